"""`minikafka bench partitions`: thousands of partitions created, left idle, paused, restarted and deleted, and how long
somebody else has to wait meanwhile; beside a real Kafka in the same run where there is one.

Rule: a partition counts as there when its leader answers for it with every replica in sync. One cluster runs at a
time, so they don't take each other's processor.
"""

from __future__ import annotations

import json
import tempfile
import time  # noqa: TID251 - it measures real time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

from rich.console import Console
from rich.table import Table

from minikafka.bench.outside import OURS, OutsideCluster, Pinger, busy_neighbours, ours, pinging, real
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.create_topics import (
    CreatableTopic,
    CreateTopicsRequest,
    CreateTopicsResponse,
)
from minikafka.protocol.messages.delete_topics import (
    DeleteTopicsRequest,
    DeleteTopicsResponse,
    DeleteTopicState,
)
from minikafka.world.visible import visible

CREATE_VERSION, DELETE_VERSION = 7, 6
TIMEOUT_MS = 280_000
MOST_AT_ONCE = 5000
"""Partitions to a request; Kafka refuses 10,000."""
SETTLING_S = 5.0
"""After a change, before idleness is measured."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to measure. `topics` of `partitions` each, on `brokers` brokers with a replica on each."""

    brokers: int
    topics: int
    partitions: int

    @property
    def count(self) -> int:
        return self.topics * self.partitions

    def __str__(self) -> str:
        return f"{self.count:,} partitions of RF {self.brokers} ({self.topics:,} topics)"


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one cluster; times in seconds. `waits_s`: the longest answer to somebody else, phase by phase."""

    cluster: str
    create_s: float
    idle_share: float
    after_pause_s: float
    restart_s: float
    delete_s: float
    waits_s: dict[str, float]


def create_topics(cluster: OutsideCluster, wanted: Wanted) -> None:
    """Topics `t0`, `t1` …; returns when all of their partitions are served. Raises OSError, TimeoutError."""
    at_once = max(1, MOST_AT_ONCE // wanted.partitions)
    for first in range(0, wanted.topics, at_once):
        request = CreateTopicsRequest(
            topics=[
                CreatableTopic(
                    name=f"t{n}", num_partitions=wanted.partitions, replication_factor=wanted.brokers
                )
                for n in range(first, min(first + at_once, wanted.topics))
            ],
            timeout_ms=TIMEOUT_MS,
        )
        response = cast(
            "CreateTopicsResponse",
            cluster.ask(cluster.ports[0], request, CREATE_VERSION, CreateTopicsResponse),
        )
        _check([topic.error_code for topic in response.topics])
    cluster.wait_for(wanted.count, wanted.brokers)


class Run:
    """All phases on one cluster."""

    def __init__(
        self,
        cluster: OutsideCluster,
        wanted: Wanted,
        pause_s: float,
        idle_s: float,
        tell: Callable[[str], None],
    ) -> None:
        self._cluster = cluster
        self._wanted = wanted
        self._pause_s = pause_s
        self._idle_s = idle_s
        self._tell = tell
        self._waits: dict[str, float] = {}

    def measure(self) -> Figures:
        """Starts and stops the cluster. Raises OSError, TimeoutError."""
        cluster = self._cluster
        cluster.start()
        try:
            with pinging(cluster.ports) as pinger:
                create_s = self._phase(pinger, "create", self._create)
                idle_share = self._idle(pinger)
                after_pause_s = self._paused(pinger)
            cluster.stop()
            began = time.monotonic()
            cluster.start()
            cluster.wait_for(self._wanted.count, self._wanted.brokers)
            restart_s = time.monotonic() - began
            self._tell(f"restarted in {restart_s:.1f} s")
            with pinging(cluster.ports) as pinger:
                time.sleep(SETTLING_S)
                delete_s = self._phase(pinger, "delete", self._delete)
        finally:
            cluster.stop()
        return Figures(
            cluster.kind.name, create_s, idle_share, after_pause_s, restart_s, delete_s, self._waits
        )

    def _phase(self, pinger: Pinger, name: str, work: Callable[[], None]) -> float:
        time.sleep(1)
        pinger.longest_s()
        began = time.monotonic()
        work()
        took = time.monotonic() - began
        self._waits[name] = pinger.longest_s()
        self._tell(f"{name}: {took:.1f} s, the longest answer to somebody else {self._waits[name]:.2f} s")
        return took

    def _create(self) -> None:
        create_topics(self._cluster, self._wanted)

    def _delete(self) -> None:
        request = DeleteTopicsRequest(
            topics=[DeleteTopicState(name=f"t{n}") for n in range(self._wanted.topics)], timeout_ms=TIMEOUT_MS
        )
        response = cast(
            "DeleteTopicsResponse",
            self._cluster.ask(self._cluster.ports[0], request, DELETE_VERSION, DeleteTopicsResponse),
        )
        _check([topic.error_code for topic in response.responses])
        self._cluster.wait_for(0, self._wanted.brokers)

    def _idle(self, pinger: Pinger) -> float:
        time.sleep(SETTLING_S)
        pinger.longest_s()
        before, began = self._cluster.processor_s(), time.monotonic()
        time.sleep(self._idle_s)
        share = (self._cluster.processor_s() - before) / (time.monotonic() - began)
        self._waits["idle"] = pinger.longest_s()
        self._tell(f"idle at {share:.1%} of a core")
        return share

    def _paused(self, pinger: Pinger) -> float:
        """From the end of the pause until all are served and in sync, also some seconds later."""
        self._cluster.pause(self._pause_s)
        began = time.monotonic()
        time.sleep(1)
        pinger.longest_s()
        until_s = 1 + self._cluster.wait_for(self._wanted.count, self._wanted.brokers)
        time.sleep(2 * SETTLING_S)
        is_still_whole = self._cluster.partitions(self._wanted.brokers)[0] == self._wanted.count
        self._waits["after the pause"] = pinger.longest_s()
        if not is_still_whole:
            self._cluster.wait_for(self._wanted.count, self._wanted.brokers)
        took = until_s if is_still_whole else time.monotonic() - began
        self._tell(f"whole again {took:.1f} s after a pause of {self._pause_s:g} s")
        return took


def _check(codes: list[int]) -> None:
    for code in codes:
        if code != ErrorCode.NONE:
            raise OSError(f"a topic was refused: {ErrorCode(code).name}")


def run_partitions(
    wanted: list[Wanted],
    *,
    port: int,
    pause_s: float,
    idle_s: float,
    neighbours: int,
    data: Path | None,
    as_json: bool,
) -> None:
    """Measure, and print a table for each. Raises OSError, TimeoutError."""
    console = Console(stderr=as_json, markup=False, emoji=False)
    report = []
    with busy_neighbours(neighbours):
        for one in wanted:
            rows = []
            for kind in (ours(one.brokers, port), real(one.brokers, port)):
                if kind is None:
                    console.print("No real Kafka to compare with: set REAL_KAFKA to its command.")
                    continue
                console.print(f"{kind.name}: {one}")
                with tempfile.TemporaryDirectory(prefix="minikafka-bench-", dir=data) as directory:
                    cluster = OutsideCluster(kind, one.brokers, port, Path(directory, "data"))
                    run = Run(cluster, one, pause_s, idle_s, lambda text: console.print(f"  {text}"))
                    try:
                        rows.append(run.measure())
                    except (OSError, TimeoutError) as problem:
                        if kind.name == OURS:
                            raise
                        console.print(
                            f"  {kind.name} could not be measured completely: {visible(str(problem))}"
                        )
            console.print(_table(one, rows))
            report.append({"wanted": asdict(one), "clusters": [asdict(row) for row in rows]})
    if as_json:
        print(json.dumps(report))


def _table(wanted: Wanted, rows: list[Figures]) -> Table:
    table = Table(title=str(wanted))
    table.add_column("")
    for row in rows:
        table.add_column(row.cluster, justify="right")
        table.add_column("longest answer to another", justify="right")
    if len(rows) == 2:
        table.add_column("ratio", justify="right")
    phases: list[tuple[str, str, Callable[[Figures], float]]] = [
        ("create", "create", lambda row: row.create_s),
        ("idle (of a core)", "idle", lambda row: row.idle_share),
        ("whole after a pause", "after the pause", lambda row: row.after_pause_s),
        ("restart", "", lambda row: row.restart_s),
        ("delete", "delete", lambda row: row.delete_s),
    ]
    for name, phase, figure in phases:
        cells = [name]
        for row in rows:
            cells.append(f"{figure(row):.1%}" if phase == "idle" else f"{figure(row):.1f} s")
            cells.append(f"{row.waits_s[phase]:.2f} s" if phase else "")
        if len(rows) == 2:
            cells.append(f"{figure(rows[0]) / max(figure(rows[1]), 0.001):.2f}")
        table.add_row(*cells)
    return table
