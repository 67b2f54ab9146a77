"""A dump as JSON: one object per line, for programs.

Rule: names are those that Kafka's own dump tool prints, in snake_case; a key or value that isn't UTF-8
stands as base64 under `key_base64` / `value_base64`. Positions are bytes of the file.
"""

from __future__ import annotations

import base64
from typing import Any

from minikafka.dump.found import FoundFile
from minikafka.dump.record import DumpedRecord
from minikafka.dump.segment import DumpedBatch
from minikafka.dump.value import Problem, Row
from minikafka.records.header import MAGIC_V2


def batch_line(file: FoundFile, batch: DumpedBatch) -> dict[str, Any]:
    """A batch's header."""
    header = batch.header
    line: dict[str, Any] = {
        "file": str(file.path),
        "kind": "batch",
        "base_offset": header.base_offset,
        "last_offset": header.last_offset,
        "count": header.record_count,
        "base_sequence": header.base_sequence,
        "last_sequence": header.last_sequence,
        "producer_id": header.producer_id,
        "producer_epoch": header.producer_epoch,
        "partition_leader_epoch": header.partition_leader_epoch,
        "is_transactional": header.is_transactional,
        "is_control": header.is_control,
        "delete_horizon_ms": header.base_timestamp if header.has_delete_horizon else None,
        "position": batch.position,
        "timestamp_type": batch.time_name(),
        "max_timestamp": header.max_timestamp,
        "base_timestamp": header.base_timestamp,
        "size": header.size_bytes,
        "magic": header.magic,
        "attributes": header.attributes,
        "compresscodec": batch.codec_name(),
        "crc": header.crc,
        "is_valid": batch.crc_is_valid(),
    }
    if header.magic < MAGIC_V2:
        line["offset"] = header.last_offset  # all that a message of an old format says
    return line


def record_line(file: FoundFile, batch: DumpedBatch, record: DumpedRecord, *, data: bool) -> dict[str, Any]:
    """A record; keys, values, headers and what they say only with `data`."""
    line: dict[str, Any] = {
        "file": str(file.path),
        "kind": "record",
        "offset": record.offset,
        "timestamp_type": batch.time_name(),
        "timestamp": record.timestamp_ms,
        "key_size": -1 if record.key is None else len(record.key),
        "value_size": -1 if record.value is None else len(record.value),
        "sequence": record.sequence,
        "header_keys": [name for name, _ in record.headers],
    }
    if batch.is_plain:
        line |= {"position": record.position, "size": record.size}
    if record.crc is not None:
        line |= {"is_valid": record.crc_is_valid, "crc": record.crc}
    if data:
        line |= _content("key", record.key) | _content("value", record.value)
        line["headers"] = [{"name": name, **_content("value", value)} for name, value in record.headers]
    if record.decoded is not None:
        decoded = record.decoded
        line["decoded"] = {"kind": decoded.kind, "key": decoded.key, "value": decoded.value}
    if record.note:
        line["problem"] = record.note
    return line


def row_line(file: FoundFile, row: Row) -> dict[str, Any]:
    """An entry of an index, a line of a checkpoint, a producer. A relative offset comes with the absolute one."""
    line: dict[str, Any] = {"file": str(file.path), "kind": row.kind, "position_in_file": row.position}
    for field in row.fields:
        value = field.value
        line[field.name] = base64.b64encode(value).decode() if isinstance(value, bytes) else value
        if field.name == "relative_offset" and isinstance(value, int) and file.base_offset >= 0:
            line["offset"] = file.base_offset + value
    return line


def problem_line(path: object, problem: Problem) -> dict[str, Any]:
    """Something that is wrong."""
    return {
        "file": str(path),
        "kind": "problem",
        "position": problem.position,
        "size": problem.size,
        "problem": problem.sentence,
    }


def _content(name: str, data: bytes | None) -> dict[str, Any]:
    if data is None:
        return {name: None}
    try:
        return {name: data.decode()}
    except UnicodeDecodeError:
        return {f"{name}_base64": base64.b64encode(data).decode()}
