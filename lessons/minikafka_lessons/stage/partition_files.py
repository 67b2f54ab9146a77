"""A partition's files for a cell: which there are, their bytes, and what `minikafka dump-log` says of them.

Rule: they are read from a broker's disk as they lie there; of a simulated broker also while it is down.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from minikafka.dump import DumpedBatch, Problem, RawBytes, decode, meaning_of
from minikafka.dump.lines import batch_line, problem_line, row_line
from minikafka.xray import reading
from minikafka.xray.files import MOST_BYTES, BytesOf, FileBytes, ReplicaPlace, Unseen
from minikafka_lessons.cells import Stumble
from minikafka_lessons.show.batch_bytes import leader_of


def files(cluster: Any, topic: str, partition: int, broker: str | None) -> dict[str, int]:
    """Name to size, by name. Raises Stumble with one sentence."""
    try:
        listed = reading.read(reading.files(_place(cluster, topic, partition, broker)), cluster.look)
    except Unseen as why:
        raise Stumble(str(why)) from None
    return {file.name: file.size_bytes for file in listed.files}


def read_file(cluster: Any, topic: str, name: str, partition: int, broker: str | None) -> bytes:
    """All bytes. Raises Stumble with one sentence."""
    data, size = b"", 1
    try:
        place = _place(cluster, topic, partition, broker)
        while len(data) < size:
            found = cluster.look(BytesOf(place, name, len(data), MOST_BYTES))
            assert isinstance(found, FileBytes)
            data, size = data + found.data, found.file_bytes
    except Unseen as why:
        raise Stumble(str(why)) from None
    return data


def dump_log(cluster: Any, topic: str, name: str, partition: int, broker: str | None) -> list[dict[str, Any]]:
    """A line for each batch, entry or problem, without the file's name. Raises Stumble with one sentence."""
    place = ReplicaPlace("", topic, partition)
    kind = reading.kind_of(place, name)
    data = read_file(cluster, topic, name, partition, broker)
    if kind is None:
        raise Stumble(f"{name} is not a file that a broker writes.")
    lines = []
    for item in decode(RawBytes(data), kind, meaning_of):
        if isinstance(item, Problem):
            lines.append(problem_line(Path(name), item))
        elif isinstance(item, DumpedBatch):
            lines.append(batch_line(kind, item))
        else:
            lines.append(row_line(kind, item))
    return [{field: value for field, value in line.items() if field != "file"} for line in lines]


def _place(cluster: Any, topic: str, partition: int, broker: str | None) -> ReplicaPlace:
    if broker is not None:
        return ReplicaPlace(broker, topic, partition)
    return leader_of(cluster, topic, partition)
