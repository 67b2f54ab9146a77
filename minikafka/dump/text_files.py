"""The small text files: checkpoints, properties, and two of JSON.

Rule: a line is a row, and what is wrong has the byte of its line. Kafka: `CheckpointFile`,
`PartitionMetadataFile`, `MetaProperties`, `FileQuorumStateStore`, `CleanShutdownFileHandler`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from minikafka.dump.source import Source
from minikafka.dump.tables import Part, row_of
from minikafka.dump.value import Field, Problem, Row, Value
from minikafka.protocol.uuid_text import decode_uuid

LARGEST_TEXT_BYTES = 64 * 1024 * 1024
Item = Row | Problem


def _text(source: Source) -> bytes | Problem:
    if source.size > LARGEST_TEXT_BYTES:
        return Problem(0, source.size, f"{source.size} bytes are too many for a file of this kind")
    data = source.read_at(0, source.size)
    if not data:
        return Problem(0, 0, "the file is empty")
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return Problem(error.start, 1, "the file is not text")
    return data


def _lines(data: bytes) -> Iterator[tuple[int, bytes, str]]:
    """(position, raw line with its end, its text)."""
    position = 0
    for raw in data.splitlines(keepends=True):
        yield position, raw, raw.decode().rstrip("\r\n")
        position += len(raw)


def _words_row(kind: str, position: int, raw: bytes, text: str, names: tuple[str, ...]) -> Row | None:
    words = text.split(" ")
    if len(words) != len(names):
        return None
    fields, at = [], position
    for name, word in zip(names, words, strict=True):
        value: Value = word
        if name != "topic":
            if not re.fullmatch(r"-?\d{1,19}", word):
                return None
            value = int(word)
        size = len(word.encode())
        fields.append(Field(name, at, size, value))
        at += size + 1
    return Row(kind, position, raw, tuple(fields))


def read_checkpoint(source: Source, kind: str, names: tuple[str, ...]) -> Iterator[Item]:
    """A version, a count, and an entry a line. Kafka creates these files empty: then there are no entries."""
    if not source.size:
        return
    data = _text(source)
    if isinstance(data, Problem):
        yield data
        return
    entries, announced = 0, -1
    for number, (position, raw, text) in enumerate(_lines(data)):
        if number < 2:
            name = ("version", "count")[number]
            row = _words_row(name, position, raw, text, (name,))
            if row is None or (number == 0 and text != "0"):
                due = "0" if number == 0 else "a number"
                yield Problem(position, len(raw), f"the {name} is {text[:80]!r}, not {due}")
            if row is not None:
                yield row
                announced = int(text) if number else announced
            continue
        entries += 1
        row = _words_row(kind, position, raw, text, names)
        yield row or Problem(position, len(raw), f"the line {text[:80]!r} is not `{' '.join(names)}`")
    if announced < 0 or announced != entries:
        told = "no count" if announced < 0 else f"a count of {announced}"
        yield Problem(0, len(data), f"the file has {told} and {entries} entries")
    if not data.endswith(b"\n"):
        yield Problem(len(data) - 1, 1, "the last line does not end: the file was cut off")


def read_leader_epochs(source: Source) -> Iterator[Item]:
    """Where each leader epoch begins; both numbers ascend."""
    before = (-1, -1)
    for item in read_checkpoint(source, "leader epoch", ("epoch", "start_offset")):
        yield item
        if isinstance(item, Row) and item.kind == "leader epoch":
            epoch, start = (int(str(field.value)) for field in item.fields)
            if epoch <= before[0] or start < before[1]:
                yield Problem(item.position, len(item.data), f"epoch {epoch} at {start} is out of order")
            before = epoch, start


def read_offset_checkpoint(source: Source) -> Iterator[Item]:
    """One offset for each partition of a data directory."""
    seen = set()
    for item in read_checkpoint(source, "partition", ("topic", "partition", "offset")):
        yield item
        if isinstance(item, Row) and item.kind == "partition":
            topic, partition, offset = (field.value for field in item.fields)
            if (topic, partition) in seen:
                yield Problem(item.position, len(item.data), f"{topic!s}-{partition!s} is listed twice")
            seen.add((topic, partition))
            if int(str(offset)) < 0:
                yield Problem(item.position, len(item.data), f"{topic!s}-{partition!s} has offset {offset!s}")


def _pairs(source: Source, separator: str, kind: str) -> Iterator[Item]:
    data = _text(source)
    if isinstance(data, Problem):
        yield data
        return
    for position, raw, text in _lines(data):
        if not text.strip() or text.startswith("#"):
            continue
        name, found, value = text.partition(separator)
        if not found:
            yield Problem(position, len(raw), f"the line {text[:80]!r} is not `name{separator}value`")
            continue
        skip = len((name + separator).encode())
        field = Field(name, position + skip, len(value.encode()), value)
        yield Row(kind, position, raw, (field,))


_IDS = ("directory.id", "topic_id")
_NUMBERS = ("node.id", "broker.id")


def _demand(items: Iterator[Item], needed: dict[str, tuple[str, ...]]) -> Iterator[Item]:
    """The same items; an unknown version, a name that its version needs, and an id that is none are problems.

    `needed`: the names by version.
    """
    seen: dict[str, str] = {}
    broken = False
    for item in items:
        yield item
        if isinstance(item, Problem):
            broken = True
            continue
        field = item.fields[0]
        seen[field.name] = str(field.value)
        if field.name == "version" and field.value not in needed:
            yield Problem(
                field.offset, field.size, f"the version is {field.value!r}, not {' or '.join(needed)}"
            )
        if field.name in _IDS and not is_uuid(str(field.value)):
            yield Problem(field.offset, field.size, f"{field.name} is {field.value!r}, which is not an id")
        if field.name in _NUMBERS and not re.fullmatch(r"\d{1,10}", str(field.value)):
            yield Problem(field.offset, field.size, f"{field.name} is {field.value!r}, which is not a number")
    for name in ("version", *needed.get(seen.get("version", ""), ())):
        if name not in seen and not broken:
            yield Problem(0, 0, f"the file has no {name}")


def is_uuid(text: str) -> bool:
    """Is it Kafka's text form of an id: 22 characters of URL-safe base64?"""
    if not re.fullmatch(r"[A-Za-z0-9_-]{22}", text):
        return False
    try:
        decode_uuid(text)
    except ValueError:
        return False
    return True


def read_partition_metadata(source: Source) -> Iterator[Item]:
    """The topic's id."""
    return _demand(_pairs(source, ": ", "line"), {"0": ("topic_id",)})


def read_meta_properties(source: Source) -> Iterator[Item]:
    """Whose directory this is. A cluster's id may be any text, if somebody chose it.

    Version 0 is that of brokers on ZooKeeper; before Kafka 0.10.1 clusters had no id.
    """
    return _demand(_pairs(source, "=", "property"), {"0": ("broker.id",), "1": ("cluster.id", "node.id")})


def read_clean_shutdown(source: Source) -> Iterator[Item]:
    """The broker's epoch, as JSON; before Kafka 3.7 the file was empty, and counted by being there."""
    if source.size:
        yield from read_json(source, "clean shutdown", ("version",))


def read_json(source: Source, kind: str, needed: tuple[str, ...]) -> Iterator[Item]:
    """One object, as one row."""
    data = _text(source)
    if isinstance(data, Problem):
        yield data
        return
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        at = error.pos if isinstance(error, json.JSONDecodeError) else 0
        yield Problem(min(at, len(data) - 1), 1, f"the file is not JSON: {str(error).split(':')[0]}")
        return
    if not isinstance(found, dict):
        yield Problem(0, len(data), "the file is not a JSON object")
        return
    fields = []
    for name, value in found.items():
        match = re.search(re.escape(json.dumps(name)).encode() + rb"\s*:\s*", data)
        at = match.end() if match else 0
        shown: Value = value if isinstance(value, (int, str)) or value is None else json.dumps(value)
        text = json.dumps(value, separators=(",", ":"))
        fields.append(Field(name, at, len(text.encode()), shown))
    yield Row(kind, 0, data, tuple(fields))
    for name in needed:
        if name not in found:
            yield Problem(0, len(data), f"the object has no {name}")


def read_lock(source: Source) -> Iterator[Item]:
    """An empty file, held locked by the broker whose directory this is."""
    parts: list[Part] = [("size", source.size, source.size, "held locked while a broker runs")]
    yield row_of("lock", 0, b"", parts)
