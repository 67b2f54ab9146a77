"""`minikafka bench clients`: what a record costs our Producer and Consumer in processor time, beside confluent_kafka's
where it is installed, and beside the clients of other versions of ours.

Rule: each client lives in a process of its own and only that process's time counts, with all its threads; all work
against one live broker in another process, in turns, and who begins changes. Of the rounds the median does.
"""

from __future__ import annotations

import importlib.util
import itertools
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from minikafka.bench.servers import SEGMENT_BYTES, Server, our_cluster
from minikafka.client import AdminClient, NewTopic

OURS, CONFLUENT = "minikafka", "confluent_kafka"
_numbers = itertools.count(1)

CLIENT = """
import json, sys, time
library, bootstrap = sys.argv[1:]
client = __import__(library)
MANY = 500

def produce(topic, count, size):
    told = 0
    def tell(error, message):
        nonlocal told
        assert error is None, error
        told += 1
    producer = client.Producer({"bootstrap.servers": bootstrap})
    value = b"v" * size
    producer.produce(topic, value, partition=0, on_delivery=tell)
    producer.flush()
    before = time.process_time(), time.perf_counter()
    for _ in range(count):
        while True:
            try:
                producer.produce(topic, value, on_delivery=tell)
                break
            except BufferError:
                producer.poll(0.01)
        producer.poll(0)
    producer.flush()
    after = time.process_time(), time.perf_counter()
    assert told == count + 1, told
    return before, after

def reader(topic):
    consumer = client.Consumer({"bootstrap.servers": bootstrap, "group.id": "bench"})
    consumer.assign([client.TopicPartition(topic, 0, 0)])
    return consumer

def poll(topic, count, size):
    consumer = reader(topic)
    assert consumer.poll(30) is not None
    before = time.process_time(), time.perf_counter()
    left = count
    while left:
        message = consumer.poll(30)
        assert message.error() is None and len(message.value()) == size, message
        left -= 1
    after = time.process_time(), time.perf_counter()
    consumer.close()
    return before, after

def consume(topic, count, size):
    consumer = reader(topic)
    assert consumer.poll(30) is not None
    before = time.process_time(), time.perf_counter()
    left = count
    while left:
        messages = consumer.consume(min(MANY, left), 30)
        for message in messages:
            assert message.error() is None and len(message.value()) == size, message
        left -= len(messages)
    after = time.process_time(), time.perf_counter()
    consumer.close()
    return before, after

print(client.__file__, flush=True)
for line in sys.stdin:
    work, topic, count, size = json.loads(line)
    (processor, clock), (processor_after, clock_after) = globals()[work](topic, count, size)
    print(json.dumps([processor_after - processor, clock_after - clock]), flush=True)
"""
"""Does the work that its input names, a line each, and answers with (processor, elapsed) seconds. Old versions of ours
can do it, too."""


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of work with records of one size."""

    work: str
    size_bytes: int

    @property
    def name(self) -> str:
        """As the table shows it."""
        what = {"produce": "produce, with callbacks", "poll": "poll()", "consume": "consume(500)"}[self.work]
        return f"{what}, {self.size_bytes:,} B"


ROWS = tuple(Row(work, size) for work in ("produce", "poll", "consume") for size in (100, 1024))


@dataclass(slots=True)
class Figures:
    """Of one client in one row: microseconds of processor time a record, and records a second, round by round."""

    cost_us: list[float] = field(default_factory=list)
    speed: list[float] = field(default_factory=list)


class Client:
    """A process in which one library's clients work."""

    def __init__(self, name: str, library: str, source: Path | None, bootstrap: str) -> None:
        self.name = name
        self._process = subprocess.Popen(
            [sys.executable, "-c", CLIENT, library, bootstrap],
            cwd=source,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.file = self._answer()

    def does(self, row: Row, topic: str, count: int) -> tuple[float, float]:
        """(processor, elapsed) seconds. Raises OSError."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([row.work, topic, count, row.size_bytes]) + "\n")
        self._process.stdin.flush()
        processor_s, elapsed_s = json.loads(self._answer())
        return processor_s, elapsed_s

    def _answer(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise OSError(f"the client {self.name} ended: its reason is above")
        return line.strip()

    def close(self) -> None:
        """Ends the process."""
        self._process.kill()
        self._process.wait()


def parse_version(text: str) -> tuple[str, Path]:
    """`NAME=DIRECTORY` of another version's source. Raises ValueError."""
    name, equals, directory = text.partition("=")
    path = Path(directory)
    if not equals or not name or not (path / "minikafka" / "client").is_dir():
        raise ValueError(f"{text!r} is not NAME=DIRECTORY with a version of minikafka in it")
    return name, path


def run_clients(
    records: int, rounds: int, versions: Sequence[tuple[str, Path]] = (), *, as_json: bool = False
) -> None:
    """Measures and prints a table. Raises OSError."""
    console = Console(stderr=as_json, markup=False, emoji=False)
    with tempfile.TemporaryDirectory(prefix="minikafka-bench-") as directory, ExitStack() as stack:
        server = stack.enter_context(our_cluster(directory, 1))
        clients = [stack.enter_context(_client(*one, server)) for one in _wanted(versions)]
        results = {}
        for row in ROWS:
            with console.status(row.name):
                results[row] = _measure(row, clients, server, records, rounds)
    console.print(_table(results))
    if as_json:
        print(json.dumps([_as_dict(row, figures) for row, figures in results.items()]))


def _wanted(versions: Sequence[tuple[str, Path]]) -> list[tuple[str, str, Path | None]]:
    """(name, library, directory) of each client."""
    wanted: list[tuple[str, str, Path | None]] = [(OURS, OURS, Path(__file__).parents[2])]
    wanted += [(name, OURS, path) for name, path in versions]
    if importlib.util.find_spec(CONFLUENT) is not None:
        wanted.append((CONFLUENT, CONFLUENT, None))
    return wanted


@contextmanager
def _client(name: str, library: str, source: Path | None, server: Server) -> Iterator[Client]:
    client = Client(name, library, source, f"{server.host}:{server.port}")
    try:
        yield client
    finally:
        client.close()


def _measure(
    row: Row, clients: Sequence[Client], server: Server, records: int, rounds: int
) -> dict[str, Figures]:
    """Each client's figures; a first round, which warms up, doesn't count."""
    count = records if row.size_bytes < 1000 else max(1, records // 4)
    figures = {client.name: Figures() for client in clients}
    with _topic(server) as filled:
        if row.work != "produce":
            clients[0].does(Row("produce", row.size_bytes), filled, count)
        for number in range(rounds + 1):
            for client in clients if number % 2 else reversed(clients):
                if row.work == "produce":
                    with _topic(server) as topic:
                        processor_s, elapsed_s = client.does(row, topic, count)
                else:
                    processor_s, elapsed_s = client.does(row, filled, count)
                if number:
                    figures[client.name].cost_us.append(processor_s / count * 1e6)
                    figures[client.name].speed.append(count / elapsed_s)
    return figures


@contextmanager
def _topic(server: Server) -> Iterator[str]:
    """One of its own, with one partition; it goes at the end."""
    name = f"clients-{next(_numbers)}"
    admin = AdminClient({"bootstrap.servers": f"{server.host}:{server.port}"})
    try:
        new = NewTopic(name, 1, 1, config={"segment.bytes": str(SEGMENT_BYTES)})
        admin.create_topics([new])[name].result(30)
        yield name
        admin.delete_topics([name])[name].result(30)
    finally:
        admin.close()


def _table(results: dict[Row, dict[str, Figures]]) -> Table:
    table = Table(
        title="what a record costs a client: processor time of its process (ratio to ours), speed",
        caption="the median round; one partition, acks=all, default settings",
    )
    table.add_column("")
    for name in next(iter(results.values())):
        table.add_column(name, justify="right")
    for row, figures in results.items():
        ours_us = statistics.median(figures[OURS].cost_us)
        cells = []
        for name, one in figures.items():
            cost_us, speed = statistics.median(one.cost_us), statistics.median(one.speed)
            ratio = "" if name == OURS else f" ({cost_us / ours_us:.2f})"
            cells.append(f"{cost_us:.2f} µs{ratio}\n{speed:,.0f}/s")
        table.add_row(row.name, *cells)
    return table


def _as_dict(row: Row, figures: dict[str, Figures]) -> dict[str, object]:
    return {
        "row": row.name,
        "unit": "microseconds of processor time a record",
        "figures": {
            name: {
                "cost": [round(us, 3) for us in one.cost_us],
                "speed": [round(speed) for speed in one.speed],
            }
            for name, one in figures.items()
        },
    }
