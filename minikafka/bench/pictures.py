"""`minikafka bench pictures`: a cluster of thousands of partitions is written to and watched. How many pictures a
viewer gets, how many bytes one has, and what looking costs those who don't look.

Rule: each load runs without a viewer, with one and with several, in turns on one cluster; only such rows are
compared. The viewers are the inspector's own feed without a screen; cluster, load and viewers are three processes.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
import threading  # noqa: TID251 - the viewers' loop runs beside the measurement
import time  # noqa: TID251 - it measures real time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from minikafka.bench.outside import OutsideCluster, Pinger, ours, pinging
from minikafka.bench.partitions import SETTLING_S, Wanted, create_topics
from minikafka.xray.client import XrayClient
from minikafka.xray.discovery import Announcement, running_clusters
from minikafka.xray.snapshot import Snapshot

AS_MANY_AS_IT_TAKES = -1
WARMING_S = 2.0

LOAD = """
import sys, threading, time
from minikafka import Producer
servers, rate, topics, partitions = sys.argv[1], *map(int, sys.argv[2:])
delivered, number, stop = 0, 0, threading.Event()
def on_delivery(error, message):
    global delivered
    delivered += error is None
def work():
    global number
    producer, began = Producer({"bootstrap.servers": servers, "acks": "all", "linger.ms": 20}), time.monotonic()
    while not stop.is_set():
        due = number + 50 if rate < 0 else int((time.monotonic() - began) * rate)
        while number < due:
            if rate < 0 and len(producer) > 2000: break
            producer.produce(f"t{number % topics}", b"v" * 10, partition=number // topics % partitions,
                             on_delivery=on_delivery)
            number += 1
        producer.poll(0.02)
threading.Thread(target=work, daemon=True).start()
for _ in sys.stdin: print(delivered, flush=True)
"""
"""Writes records of 10 B to each partition in turn, so many a second (below 0: as many as are acknowledged); for each
line it gets, it prints how many were acknowledged so far. (Small ones, so that not all logs get their first index
entries, and open two more files, in the middle of it.)"""


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one row. `rate`: records a second that were wanted; `bytes_median`, `bytes_mean`: of a picture; `share`: of a
    core, the cluster's; `longest_s`: the longest answer to somebody else."""

    rate: int
    viewers: int
    records_a_second: float
    pictures_a_second: float
    bytes_median: int
    bytes_mean: int
    share: float
    longest_s: float


class Load:
    """Somebody who writes."""

    def __init__(self, servers: str, rate: int, wanted: Wanted) -> None:
        words = (servers, str(rate), str(wanted.topics), str(wanted.partitions))
        self._process = subprocess.Popen(
            [sys.executable, "-c", LOAD, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def acknowledged(self) -> int:
        """Records so far."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


@contextmanager
def loading(servers: str, rate: int, wanted: Wanted) -> Iterator[Load | None]:
    """None: nobody writes."""
    load = Load(servers, rate, wanted) if rate else None
    try:
        yield load
    finally:
        if load is not None:
            load.close()


class Watching:
    """Viewers in a thread of their own. `sizes`: the bytes of each picture that the first of them got; `problem`: why
    one of them sees nothing any more."""

    def __init__(self, announcement: Announcement, viewers: int) -> None:
        self._announcement = announcement
        self._viewers = viewers
        self.sizes: list[int] = []
        self.problem: Exception | None = None
        self._loop = asyncio.new_event_loop()
        self._task: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Look away. Raises ConnectionError when a viewer was sent away."""
        with contextlib.suppress(RuntimeError):  # it ended by itself: `problem` says why
            self._loop.call_soon_threadsafe(lambda: self._task.cancel() if self._task is not None else None)
        self._thread.join()
        if self.problem is not None:
            raise self.problem

    def _run(self) -> None:
        async def all_of_them() -> None:
            self._task = asyncio.current_task()
            await asyncio.gather(asyncio.Event().wait(), *map(self._watch, range(self._viewers)))

        try:
            self._loop.run_until_complete(all_of_them())
        except asyncio.CancelledError:
            pass
        except Exception as problem:
            self.problem = problem
        finally:
            self._loop.close()

    async def _watch(self, number: int) -> None:
        client = await XrayClient.open("127.0.0.1", self._announcement.port, self._announcement.token)
        got = 0

        def show(_: Snapshot) -> None:
            nonlocal got
            if number == 0:
                self.sizes.append(client.bytes_read - got)
            got = client.bytes_read

        await client.pictures(show)


def measure(cluster: OutsideCluster, wanted: Wanted, rate: int, viewers: int, seconds: float) -> Figures:
    """One row. Raises OSError."""
    announcement = next(a for a in running_clusters() if a.pid == cluster.pid)
    with pinging(cluster.ports) as pinger, loading(announcement.bootstrap_servers, rate, wanted) as load:
        watching = Watching(announcement, viewers)
        try:
            time.sleep(WARMING_S * (4 if rate else 1))
            row = _seconds(cluster, pinger, load, watching, seconds)
        finally:
            watching.close()
    records, sizes, share, longest_s = row
    return Figures(
        rate=rate,
        viewers=viewers,
        records_a_second=records,
        pictures_a_second=len(sizes) / seconds,
        bytes_median=int(statistics.median(sizes or [0])),
        bytes_mean=int(statistics.mean(sizes or [0])),
        share=share,
        longest_s=longest_s,
    )


def _seconds(
    cluster: OutsideCluster, pinger: Pinger, load: Load | None, watching: Watching, seconds: float
) -> tuple[float, list[int], float, float]:
    """Records a second, the sizes of pictures, the cluster's share of a core, the longest answer."""
    pinger.longest_s()
    pictures, written = len(watching.sizes), load.acknowledged() if load else 0
    spent, began = cluster.processor_s(), time.monotonic()
    time.sleep(seconds)
    took = time.monotonic() - began
    spent = cluster.processor_s() - spent
    written = (load.acknowledged() if load else 0) - written
    return written / took, watching.sizes[pictures:], spent / took, pinger.longest_s()


def run_pictures(
    wanted: Wanted,
    *,
    rates: list[int],
    viewers: list[int],
    seconds: float,
    port: int,
    data: Path | None,
    as_json: bool,
) -> None:
    """Measure, and print a table. Raises OSError, TimeoutError."""
    console = Console(stderr=as_json, markup=False, emoji=False)
    rows = []
    with tempfile.TemporaryDirectory(prefix="minikafka-bench-", dir=data) as directory:
        cluster = OutsideCluster(ours(wanted.brokers, port), wanted.brokers, port, Path(directory, "data"))
        cluster.start()
        try:
            create_topics(cluster, wanted)
            time.sleep(SETTLING_S)
            for rate in rates:
                for count in viewers:
                    row = measure(cluster, wanted, rate, count, seconds)
                    rows.append(row)
                    console.print("  " + "; ".join(f"{name} {text}" for name, text in _cells(row).items()))
        finally:
            cluster.stop()
    console.print(_table(wanted, rows))
    if as_json:
        print(json.dumps({"wanted": asdict(wanted), "rows": [asdict(row) for row in rows]}))


def _cells(row: Figures) -> dict[str, str]:
    sees = row.viewers > 0
    load = {0: "nothing", AS_MANY_AS_IT_TAKES: "as many as it takes"}.get(row.rate, f"{row.rate:,}/s")
    return {
        "written": load,
        "viewers": str(row.viewers),
        "records/s": f"{row.records_a_second:,.0f}",
        "pictures/s": f"{row.pictures_a_second:.1f}" if sees else "",
        "bytes, median": f"{row.bytes_median:,}" if sees else "",
        "bytes, mean": f"{row.bytes_mean:,}" if sees else "",
        "of a core": f"{row.share:.0%}",
        "longest answer to another": f"{row.longest_s:.3f} s",
    }


def _table(wanted: Wanted, rows: list[Figures]) -> Table:
    table = Table(title=str(wanted))
    for number, row in enumerate(rows):
        cells = _cells(row)
        if number == 0:
            for name in cells:
                table.add_column(name, justify="left" if name == "written" else "right")
        table.add_row(*cells.values())
    return table
