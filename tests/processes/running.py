"""`minikafka up --processes` as its user has it: its addresses, the processes' ids, and commands for it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from minikafka.xray.client import SocketFeed, XrayClient
from minikafka.xray.discovery import find_cluster
from minikafka.xray.snapshot import Snapshot
from minikafka.xray.source import Answer

PATIENCE_S = 120.0


class Running:
    """A cluster that is up; `state` is where it has announced itself."""

    def __init__(self, process: subprocess.Popen[str], about: dict[str, Any], state: Path) -> None:
        self.process = process
        self.bootstrap = about["bootstrap_servers"]
        self.about = about
        self.pids: dict[str, int] = about["pids"]
        self._said = state / "said"
        self._announced = find_cluster(about["name"], state / "clusters")

    def do(self, name: str, **args: Any) -> Answer:
        """A command, through the socket."""

        async def ask() -> Answer:
            client = await self._client()
            reading = asyncio.ensure_future(client.pictures(lambda _: None))
            try:
                return await client.command(name, args)
            finally:
                client.close()
                await asyncio.gather(reading, return_exceptions=True)

        return asyncio.run(ask())

    async def _client(self) -> XrayClient:
        """On a busy machine it may take more than one call."""
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                port, token = self._announced.port, self._announced.token
                return await XrayClient.open("127.0.0.1", port, token, watch=False)
            except ConnectionError:
                if time.monotonic() > end:
                    raise

    def restart(self, host: str) -> None:
        answer = self.do("restart", host=host, is_awaited=False)
        assert answer.ok, answer.text
        self.pids[host] = answer.value["pid"]
        until(lambda: self._runs(host), f"{host} runs again")

    def _runs(self, host: str) -> bool:
        seen = self.picture()
        return seen.pids.get(host) == self.pids[host] and "running" in [
            one.state for one in seen.hosts if one.name == host
        ]

    def said(self) -> str:
        """On its standard error, up to now."""
        return self._said.read_text()

    def signal(self, host: str, number: int) -> None:
        """From outside: nobody in the cluster knows of it."""
        os.kill(self.pids[host], number)

    def picture(self) -> Snapshot:
        async def look() -> Snapshot:
            end = time.monotonic() + PATIENCE_S
            while True:
                feed = SocketFeed(self._announced, find=lambda _: self._announced)
                try:
                    return await feed.once()
                except ConnectionError:
                    if time.monotonic() > end:
                        raise
                finally:
                    await feed.close()

        return asyncio.run(look())


@contextmanager
def up_in_processes(state: Path, *args: object) -> Iterator[Running]:
    """A running `minikafka up --processes --json …`. At its end all of it is killed, if it is still there."""
    with (state / "said").open("w") as said:  # a pipe that nobody reads would be full one day
        process = subprocess.Popen(
            [sys.executable, "-m", "minikafka.cli", "up", "--processes", "--json", *map(str, args)],
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            env={**os.environ, "MINIKAFKA_STATE_DIR": str(state)},
        )
    pids: dict[str, int] = {}
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, (state / "said").read_text()
        running = Running(process, json.loads(line), state)
        pids = running.pids
        yield running
    finally:
        for pid in (process.pid, *pids.values()):
            with_no_regret(pid)
        process.communicate()


def with_no_regret(pid: int) -> None:
    """It may be gone already."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def is_alive(pid: int) -> bool:
    """A zombie isn't."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def until(holds: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, f"within {PATIENCE_S:g} s: {what}"
        time.sleep(0.05)
