"""Our view of files and logs, in the words of LogFiles.java and of clients."""

from __future__ import annotations

from typing import Any

from minikafka.log.log import Log
from minikafka.records.batch import LOG_APPEND_TIME, Batch, BatchHeader, read_batches
from minikafka.records.control import parse_control_type

CODECS = ("none", "gzip", "snappy", "lz4", "zstd")


def told(file: str, position: int, batch: Batch) -> dict[str, Any]:
    """Our view of a batch in the words of LogFiles.java."""
    header = batch.header
    assert batch.crc_is_valid()
    return {
        "file": file,
        **told_header(position, header),
        "timestamp_type": "LogAppendTime" if header.timestamp_type == LOG_APPEND_TIME else "CreateTime",
        "producer_id": header.producer_id,
        "producer_epoch": header.producer_epoch,
        "base_sequence": header.base_sequence,
        "last_sequence": header.last_sequence,
        "count": header.record_count,
        "transactional": header.is_transactional,
        "control": header.is_control,
        "records": [told_record(batch, record) for record in batch.records()],
    }


def told_header(position: int, header: BatchHeader) -> dict[str, Any]:
    """What batches of all formats have."""
    return {
        "position": position,
        "size": header.size_bytes,
        "base_offset": header.base_offset,
        "last_offset": header.last_offset,
        "epoch": header.partition_leader_epoch,
        "magic": header.magic,
        "crc": header.crc,
        "codec": CODECS[header.compression],
        "max_timestamp": header.max_timestamp,
    }


def told_record(batch: Batch, record: Any) -> list[Any]:
    header = batch.header
    kind = parse_control_type(record.key) if header.is_control else None
    sequence = -1 if header.base_sequence < 0 else header.base_sequence + record.offset - header.base_offset
    return [
        record.offset,
        record.timestamp_ms,
        None if record.key is None else record.key.hex(),
        None if record.value is None else record.value.hex(),
        sequence,
        [[key.encode().hex(), None if value is None else value.hex()] for key, value in record.headers],
        None if kind is None else kind.name,
    ]


def told_file(file: str, data: bytes) -> list[dict[str, Any]]:
    lines, position = [], 0
    for batch in read_batches(data):
        lines.append(told(file, position, batch))
        position += batch.header.size_bytes
    return [*lines, {"file": file, "end": position}]


def read_all(log: Log) -> list[list[Any]]:
    found, at = [], log.log_start_offset
    while at < log.log_end_offset:
        for batch in read_batches(log.read(at, 5000, at_least_one=True)):
            found += [told_record(batch, r) for r in batch.records() if r.offset >= log.log_start_offset]
            at = batch.header.next_offset
    return found


def client_view(log: Log) -> list[tuple[Any, ...]]:
    def data(text: str | None) -> bytes | None:
        return None if text is None else bytes.fromhex(text)

    return [
        (offset, timestamp, data(key), data(value), headers)
        for offset, timestamp, key, value, _, headers, control in read_all(log)
        if control is None
    ]
