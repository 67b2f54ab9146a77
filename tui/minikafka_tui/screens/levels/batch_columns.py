"""A batch as a row: where it is and what its header says."""

from __future__ import annotations

from datetime import UTC, datetime

from minikafka.xray.reading import BatchLine
from minikafka_tui import format, palette
from minikafka_tui.text import Drawn, Text
from minikafka_tui.widgets.columns import Column


def flags(line: BatchLine) -> Drawn:
    """What is special about it, in words."""
    header, words = line.header, []
    if header.is_control:
        words.append(("control", palette.PINK))
    if header.is_transactional:
        words.append(("txn", palette.VIOLET))
    elif header.producer_id >= 0:
        words.append(("idempotent", palette.MUTED))
    if line.time_name == "LogAppendTime":
        words.append(("append time", palette.WARN))
    if header.has_delete_horizon:
        words.append(("horizon", palette.ORANGE))
    return Text(" ").join(Text(word, colour) for word, colour in words)


def crc(line: BatchLine) -> Text:
    """Does the checksum fit the bytes?"""
    if line.crc_is_valid is None:
        return format.muted("not read")
    return Text("✓ ok", palette.GOOD) if line.crc_is_valid else Text("✗ WRONG", f"bold {palette.BAD}")


def offsets(line: BatchLine) -> str:
    """First to last."""
    first, last = line.header.base_offset, line.header.last_offset
    return format.number(first) if first == last else f"{format.number(first)} – {format.number(last)}"


def time(timestamp_ms: int, width: int) -> Text:
    """The time of day, with the date where there is room; UTC."""
    try:
        moment = datetime.fromtimestamp(timestamp_ms / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return format.muted(str(timestamp_ms))
    if timestamp_ms < 0:
        return format.muted(format.UNKNOWN)
    day = f"{moment:%Y-%m-%d} " if width >= 23 else ""
    return format.muted(f"{day}{moment:%H:%M:%S}.{timestamp_ms % 1000:03}")


def _codec(line: BatchLine) -> Text:
    return Text(line.codec, palette.MUTED if line.codec == "none" else palette.ACCENT)


def _producer(line: BatchLine) -> Text:
    header = line.header
    if header.producer_id < 0:
        return format.muted(format.UNKNOWN)
    return Text(f"{header.producer_id}/{header.producer_epoch}", palette.VIOLET)


COLUMNS: list[Column[BatchLine]] = [
    Column(
        "BYTE", 11, lambda b, w: format.muted(format.number(b.position)), lambda b: b.position, right=True
    ),
    Column("OFFSETS", 15, lambda b, w: offsets(b), lambda b: b.header.base_offset, flex=1, max_width=23),
    Column(
        "RECORDS",
        7,
        lambda b, w: format.number(b.header.record_count),
        lambda b: b.header.record_count,
        right=True,
        reverse_first=True,
    ),
    Column(
        "SIZE",
        9,
        lambda b, w: format.size(b.header.size_bytes),
        lambda b: b.header.size_bytes,
        right=True,
        reverse_first=True,
    ),
    Column("CODEC", 6, lambda b, w: _codec(b), lambda b: b.codec),
    Column("FLAGS", 11, lambda b, w: flags(b), flex=1, max_width=24),
    Column(
        "EPOCH",
        5,
        lambda b, w: format.number(b.header.partition_leader_epoch),
        lambda b: b.header.partition_leader_epoch,
        right=True,
        drop=1,
    ),
    Column(
        "MAX TIME",
        12,
        lambda b, w: time(b.header.max_timestamp, w),
        lambda b: b.header.max_timestamp,
        drop=2,
        flex=1,
        max_width=23,
    ),
    Column("PRODUCER", 10, lambda b, w: _producer(b), lambda b: b.header.producer_id, drop=3),
    Column("CRC", 8, lambda b, w: crc(b)),
]
