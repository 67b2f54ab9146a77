"""`minikafka up --processes`: runs a cluster of processes from its start to its end.

Rule: as `minikafka up`; whatever ends the parent, no process is left over. Kafka: `kafka-server-start`, for each node.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress

import msgspec

from minikafka.broker.listeners import ADVERTISED, host_port
from minikafka.cluster.command import Up
from minikafka.cluster.ending import LOOK_AGAIN_S, EndSignals
from minikafka.cluster.foreign import refuse_a_real_kafkas
from minikafka.cluster.host_faults import Faults
from minikafka.cluster.reasons import why_not_started
from minikafka.cluster.wanted import check_wanted
from minikafka.processes.clients import ProcessClients
from minikafka.processes.picture import ProcessPicture
from minikafka.processes.planning import Planning, Wanted
from minikafka.processes.source import ProcessSource
from minikafka.processes.supervisor import Supervisor
from minikafka.replication.log_directories import log_dirs_of
from minikafka.world import LiveUniverse, reason_of
from minikafka.world.child_process import has_processes
from minikafka.world.live import host_task
from minikafka.world.visible import in_json, visible
from minikafka.xray import discovery
from minikafka.xray.server import XrayServer

Say = Callable[[str], None]


def run_processes(wanted: Up, say: Say) -> int:
    """Run it until a signal ends it; the exit status."""
    loop = asyncio.new_event_loop()  # asyncio's own: it knows process groups
    loop.set_task_factory(host_task)
    try:
        with EndSignals() as signals:
            signals.is_starting = False  # the end needn't wait for the start
            return loop.run_until_complete(_run(wanted, say, signals))
    except Exception as problem:
        say(why_not_started(problem))
        return 1
    finally:
        loop.close()


async def _run(wanted: Up, say: Say, signals: EndSignals) -> int:
    check_wanted(wanted.brokers, wanted.controllers, "kraft", wanted.name)
    if not has_processes():
        raise ValueError("--processes needs a system with POSIX signals; leave it out here.")
    if wanted.data is not None:
        refuse_a_real_kafkas(wanted.data)
    with LiveUniverse(wanted.data) as universe:
        running = _Running(universe, wanted, say)
        signals.before_hurrying = running.hurry
        return await running.run(signals)


class _Running:
    """One cluster, while its command runs."""

    def __init__(self, universe: LiveUniverse, wanted: Up, say: Say) -> None:
        self._universe = universe
        self._wanted = wanted
        self._say = say
        racks = [rack for rack in wanted.racks.split(",") if rack]
        settings = wanted.configs()
        wishes = Wanted(
            wanted.brokers, wanted.controllers, wanted.port, wanted.fewer_brokers, settings, racks
        )
        planning = Planning(universe, wishes, syncs=wanted.data is not None)
        for sentence in planning.configs.notices:
            say(sentence)
        plans = planning.plans()
        self._plan = plans[0]
        self._configs = planning.configs
        self._opened = planning.opened
        self._bootstrap_servers = ",".join(host_port(one.host, one.port) for one in self._plan.reached)
        self._supervisor = Supervisor(universe, plans, lambda said: say(visible(said)), self._changed)
        self._source: ProcessSource | None = None
        self._faults = Faults(universe, log_dirs_of(planning.configs), self._known)
        self._cluster_id = plans[0].cluster_id
        self._name = wanted.name or f"minikafka-{self._cluster_id[:6]}"

    async def run(self, signals: EndSignals) -> int:
        """Until there is a signal."""
        try:
            starting = asyncio.get_running_loop().create_task(self._supervisor.start())
            if not await _until(signals, starting):
                return 0
            await self._serve(signals)
        finally:
            await self._supervisor.stop()
        gone = self._supervisor.problems
        if gone:
            self._say(f"It ends without {' and '.join(sorted(gone))}; the reason is above.")
        return int(bool(gone))

    def hurry(self) -> None:
        """For a process that ends this very moment."""
        self._supervisor.kill_all()
        self._universe.discard()

    async def _serve(self, signals: EndSignals) -> None:
        picture = ProcessPicture(self._universe, self._supervisor, self._name, self._bootstrap_servers)
        clients = ProcessClients(self._bootstrap_servers, self._configs, picture)
        self._source = ProcessSource(self._supervisor, picture, self._faults, clients)
        token = discovery.new_token()
        server = XrayServer(self._source, name=self._name, token=token)
        announced = None
        try:
            try:
                port = await server.start()
                announced = discovery.announce(await self._announcement(picture, port, token))
            except OSError as problem:  # the cluster is as good as any; it is only not found by name
                self._say(f"`minikafka tui` won't find this cluster: {reason_of(problem)}.")
            self._say_where()
            while not signals.came:
                await asyncio.sleep(LOOK_AGAIN_S)
        finally:
            if announced is not None:
                discovery.withdraw(announced)
            await server.close()
            picture.close()

    async def _announcement(self, picture: ProcessPicture, port: int, token: str) -> discovery.Announcement:
        clock = self._universe.guest("client-xray").clock
        return discovery.announcement_of(
            await picture.take(), port=port, token=token, started_ms=clock.time_ms()
        )

    def _say_where(self) -> None:
        """Its addresses, for programs on stdout."""
        wanted, pids = self._wanted, self._supervisor.pids
        line = self._bootstrap_servers
        if wanted.json:
            about = {
                "name": self._name,
                "cluster_id": self._cluster_id,
                "bootstrap_servers": self._bootstrap_servers,
                "controllers": ",".join(host_port(voter.host, voter.port) for voter in self._plan.voters),
                "pid": os.getpid(),
                "pids": pids,
            }
            line = msgspec.json.encode(about).decode()
        with suppress(OSError, ValueError):  # who has closed stdout doesn't want it
            print(in_json(line) if wanted.json else visible(line), flush=True)
        if not wanted.json:
            processes = ", ".join(f"{host} {pid}" for host, pid in pids.items())
            self._say(f"{self._name} is up, a process for each node: {processes}.")
            self._say(
                f"Faults are signals: `kill -9 {pids['broker-1']}` or `minikafka do kill broker-1`, then `minikafka do "
                "restart broker-1`. Watch it with `minikafka tui`; Ctrl-C stops all of it"
            )
        if ADVERTISED in wanted.configs():
            self._say(f"Clients are told to connect to {self._bootstrap_servers} (advertised.listeners).")
        if self._opened:
            opened = ", ".join(self._opened)
            self._say(f"Brokers listen on {opened}: everybody who reaches this machine can read and write.")

    def _known(self, host: str, *, clients: bool = False) -> None:
        self._supervisor.known(host)

    def _changed(self) -> None:
        if self._source is not None:
            self._source.changed()


async def _until(signals: EndSignals, starting: asyncio.Task[None]) -> bool:
    """Has it started? Not if somebody wants the end before that. Raises what it raises."""
    while not starting.done() and not signals.came:
        await asyncio.wait([starting], timeout=LOOK_AGAIN_S)
    if starting.done():
        starting.result()
        return True
    starting.cancel()
    return False


__all__ = ["run_processes"]
