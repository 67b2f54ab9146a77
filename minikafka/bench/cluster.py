"""`minikafka bench`: a cluster's speed through raw sockets, as ratios to bare limits measured in the same run; and
beside other Kafkas, where their addresses are given.

Rule: a figure without its ratio says nothing; rounds are interleaved (bare, ours, others, others, ours, bare …), a
first one that warms up doesn't count, and of the others the best does: the highest speed, the least processor time.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from minikafka.bench.requests import Peer, fetch_frame, produce_frame, pump
from minikafka.bench.servers import Server, bare_server, other_cluster, our_cluster
from minikafka.world.visible import in_json, visible

ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of work: requests of one size, so many on the way."""

    name: str
    frame: bytes
    in_flight: int
    in_megabytes: bool
    is_fetch: bool = False


@dataclass(slots=True)
class Figures:
    """What came out for one server: the best of its rounds."""

    speed: float = 0.0
    processor: float | None = None
    """Milliseconds a MB, or microseconds a request."""

    def take(self, speed: float, processor: float | None) -> None:
        self.speed = max(self.speed, speed)
        if processor is not None:
            self.processor = processor if self.processor is None else min(self.processor, processor)


@dataclass(frozen=True, slots=True)
class Result:
    """One row's figures, by the servers' names."""

    row: Row
    figures: dict[str, Figures] = field(default_factory=dict)


def rows() -> list[Row]:
    """What is measured."""
    small = produce_frame(150, 1, -1)
    return [
        Row("produce 960 kB, 4 in flight", produce_frame(1_000, 960, -1), 4, in_megabytes=True),
        Row("produce 16 kB, 16 in flight", produce_frame(1_000, 16, -1), 16, in_megabytes=True),
        Row("produce 200 B, 1 in flight", small, 1, in_megabytes=False),
        Row("produce 200 B, 16 in flight", small, 16, in_megabytes=False),
        Row("produce 200 B, 64 in flight", small, 64, in_megabytes=False),
        Row("fetch 960 kB", fetch_frame(1_000_000), 2, in_megabytes=True, is_fetch=True),
    ]


def run_bench(
    seconds: float,
    rounds: int = ROUNDS,
    against: Sequence[tuple[str, str, tuple[int, ...]]] = (),
    *,
    as_json: bool = False,
) -> None:
    """Measure and print a table. `against`: name, bootstrap address and processes of others."""
    console = Console(stderr=as_json, markup=False, emoji=False)
    with tempfile.TemporaryDirectory(prefix="minikafka-bench-") as directory, ExitStack() as stack:
        servers = [stack.enter_context(bare_server(directory))]
        servers += [stack.enter_context(our_cluster(directory, brokers)) for brokers in (1, 3)]
        servers += [stack.enter_context(other_cluster(*other)) for other in against]
        results = []
        for row in rows():
            with console.status(row.name):
                results.append(_measure(row, servers, seconds / rounds, rounds))
        Path(directory, "bare").unlink(missing_ok=True)
    console.print(_table(results, servers))
    if as_json:
        print(in_json(json.dumps([_as_dict(result) for result in results])))


def _measure(row: Row, servers: Sequence[Server], seconds: float, rounds: int) -> Result:
    measured = [server for server in servers if server.speaks_kafka or not row.is_fetch]
    result = Result(row, {server.name: Figures() for server in measured})
    for number in range(rounds + 1):
        for server in measured if number % 2 else reversed(measured):
            speed, processor = _round(row, server, seconds)
            if number:
                result.figures[server.name].take(speed, processor)
    return result


def _round(row: Row, server: Server, seconds: float) -> tuple[float, float | None]:
    peer = Peer(server.host, server.port)
    size = len(row.frame)
    if row.is_fetch:
        peer.send(row.frame)
        size = len(peer.receive())
    before = server.processor_s()
    count, elapsed_s = pump(peer, row.frame, row.in_flight, seconds)
    after = server.processor_s()
    peer.close()
    unit = size / 1e6 if row.in_megabytes else 1.0
    processor = None
    if before is not None and after is not None:
        processor = (after - before) / (count * unit) * (1e3 if row.in_megabytes else 1e6)
    return count * unit / elapsed_s, processor


def _table(results: Sequence[Result], servers: Sequence[Server]) -> Table:
    table = Table(
        title="minikafka, raw sockets, one partition, acks=all: speed, (ratio to bare), processor time",
        caption="processor time of the servers' processes alone: ms a MB, or µs a request",
    )
    table.add_column("")
    for server in servers:
        table.add_column(visible(server.name), justify="right")
    for result in results:
        cells = [_cell(result, server.name) for server in servers]
        table.add_row(f"{result.row.name} ({'MB/s' if result.row.in_megabytes else 'requests/s'})", *cells)
    return table


def _cell(result: Result, name: str) -> str:
    figures, bare = result.figures.get(name), result.figures.get("bare")
    if figures is None:
        return ""
    ratio = f" ({figures.speed / bare.speed:.2f})" if bare is not None and name.startswith("RF") else ""
    cost = ""
    if figures.processor is not None:
        unit = "ms/MB" if result.row.in_megabytes else "µs"
        cost = (
            f"\n{figures.processor:,.1f} {unit}"
            if result.row.in_megabytes
            else f"\n{figures.processor:,.0f} {unit}"
        )
    return f"{figures.speed:,.0f}{ratio}{cost}"


def _as_dict(result: Result) -> dict[str, object]:
    in_megabytes = result.row.in_megabytes
    return {
        "row": result.row.name,
        "unit": "MB/s" if in_megabytes else "requests/s",
        "processor_unit": "ms a MB" if in_megabytes else "µs a request",
        "figures": {
            name: {
                "speed": round(f.speed, 1),
                "processor": None if f.processor is None else round(f.processor, 2),
            }
            for name, f in result.figures.items()
        },
    }
