"""A v2 batch, field by field: its header, and the records in it.

Rule: a batch's records are decoded one by one when asked for, and never more than one batch is in memory.
Kafka: `DumpLogSegments`, `DefaultRecordBatch`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from minikafka.dump.record import DumpedRecord, Parsed, parse_quickly
from minikafka.dump.source import Source
from minikafka.dump.value import BadBytes, Block, Decoded, Field, Meaning
from minikafka.records.batch import Header
from minikafka.records.checksum import crc32c
from minikafka.records.compression import Compression, decompress
from minikafka.records.control import parse_control_type, parse_end_transaction
from minikafka.records.errors import CorruptRecords
from minikafka.records.header import (
    ATTRIBUTES_AT,
    CODEC_MASK,
    HEADER_BYTES,
    LOG_APPEND_TIME,
    NO_SEQUENCE,
    BatchHeader,
)
from minikafka.records.varint import read_varint

CHUNK_BYTES = 1024 * 1024
LARGEST_BATCH_BYTES = 256 * 1024 * 1024
"""No batch is that large; a damaged length may say so, and must not fill the memory."""
MAX_TIMESTAMP_AT = 35
_INT32_MAX = 0x7FFFFFFF


def meaning_of_markers(topic: str, key: bytes | None, value: bytes | None, control: bool) -> Decoded | None:
    """The ends of transactions: the control records that need no schema."""
    if not control:
        return None
    kind = parse_control_type(key)
    marker = parse_end_transaction(key, value)
    if marker is not None:
        return Decoded(marker.control_type.name, None, {"coordinatorEpoch": marker.coordinator_epoch})
    return Decoded("UNKNOWN" if kind is None else kind.name, None, None)


@dataclass(frozen=True, slots=True)
class DumpedBatch:
    """One batch at `position` of its file; what it holds is read when asked for, while the source is open."""

    source: Source
    position: int
    header: BatchHeader
    """Of an old format, too: in the words of v2."""
    topic: str = ""
    meaning: Meaning = meaning_of_markers

    @property
    def end(self) -> int:
        return self.position + self.header.size_bytes

    @property
    def body(self) -> int:
        """Where the records begin."""
        return self.position + HEADER_BYTES

    @property
    def max_timestamp_at(self) -> int:
        """Where the largest timestamp is."""
        return self.position + MAX_TIMESTAMP_AT

    def data(self) -> bytes:
        """All its bytes; `BadBytes` for more than any broker would have taken."""
        if self.header.size_bytes > LARGEST_BATCH_BYTES:
            raise BadBytes(
                self.position, 12, f"a batch of {self.header.size_bytes} bytes is too large to decode"
            )
        return self.source.read_at(self.position, self.header.size_bytes)

    def _chunks(self, start: int) -> Iterator[bytes]:
        """Its bytes from `start` on."""
        at = self.position + start
        while at < self.end and (chunk := self.source.read_at(at, min(CHUNK_BYTES, self.end - at))):
            yield chunk
            at += len(chunk)

    def computed_crc(self) -> int:
        """The CRC-32C of the bytes from the attributes on."""
        checksum = 0
        for chunk in self._chunks(ATTRIBUTES_AT):
            checksum = crc32c(chunk, checksum)
        return checksum

    def crc_is_valid(self) -> bool:
        return self.computed_crc() == self.header.crc

    @property
    def is_plain(self) -> bool:
        """Are the records in the file as they are, not compressed?"""
        return not self.header.attributes & CODEC_MASK

    def codec_name(self) -> str:
        """`none`, `gzip` …, or the number, if it means no codec."""
        number = self.header.attributes & CODEC_MASK
        return Compression(number).name.lower() if number <= Compression.ZSTD else f"unknown ({number})"

    def time_name(self) -> str:
        return "LogAppendTime" if self.header.timestamp_type == LOG_APPEND_TIME else "CreateTime"

    def payload(self) -> tuple[bytes, int]:
        """The records' bytes and the offset of the first: 0 where they had to be unpacked. `BadBytes`."""
        packed = self.data()[HEADER_BYTES:]
        try:
            if (codec := self.header.compression) == Compression.NONE:
                return packed, self.position + HEADER_BYTES
            return decompress(codec, packed), 0
        except CorruptRecords as error:
            raise BadBytes(self.position + HEADER_BYTES, len(packed), f"{error}") from None

    def records(self) -> Iterator[DumpedRecord]:
        """The records; `BadBytes` where they stop making sense."""
        payload, origin = self.payload()
        try:
            yield from self._walk(payload, origin)
        except BadBytes as error:
            inside = error.problem
            if origin:
                raise
            raise BadBytes(
                self.position + HEADER_BYTES,
                max(1, self.header.size_bytes - HEADER_BYTES),
                f"{inside.sentence} (byte {inside.position} of the unpacked records)",
            ) from None

    def _walk(self, payload: bytes, origin: int) -> Iterator[DumpedRecord]:
        position = 0
        if self.header.record_count < 0:
            raise BadBytes(self.position + 57, 4, f"the record count is {self.header.record_count}")
        for _ in range(self.header.record_count):
            record = self._record(payload, position, origin)
            position = record.position + record.size - origin
            yield record
        if position != len(payload):
            extra = len(payload) - position
            raise BadBytes(origin + position, extra, f"{extra} bytes remain after the last record")

    def _record(self, payload: bytes, position: int, origin: int) -> DumpedRecord:
        parsed = parse_quickly(payload, position)
        if parsed is None:
            parsed = self._slowly(payload, position, origin)[0]
        header = self.header
        sequence = header.base_sequence
        if sequence != NO_SEQUENCE:
            sequence = (sequence + parsed.offset_delta) & _INT32_MAX
        append_time = header.timestamp_type == LOG_APPEND_TIME
        decoded, note = self.decoded(parsed.key, parsed.value)
        return DumpedRecord(
            header.base_offset + parsed.offset_delta,
            header.max_timestamp if append_time else header.base_timestamp + parsed.timestamp_delta,
            parsed.key,
            parsed.value,
            parsed.headers,
            sequence,
            origin + position,
            parsed.stop - position,
            lambda: self._field(payload, position, origin),
            decoded,
            note,
        )

    def _field(self, payload: bytes, position: int, origin: int) -> Field:
        """The record at `position` with all its parts."""
        parsed, parts = self._slowly(payload, position, origin)
        decoded, note = self.decoded(parsed.key, parsed.value)
        said = None if decoded is None else str(decoded)
        name = f"record {self.header.base_offset + parsed.offset_delta}"
        return Field(name, origin + position, parsed.stop - position, said, note, parts)

    def _slowly(self, payload: bytes, position: int, origin: int) -> tuple[Parsed, tuple[Field, ...]]:
        """Field by field; `BadBytes` says which one makes no sense."""
        cursor = _Cursor(payload, position, origin)
        length = cursor.varint("length")
        stop = cursor.position + length
        if length < 0 or stop > len(payload):
            raise cursor.bad(f"a record of {length} bytes does not fit into its batch", back=True)
        cursor.stop = stop
        cursor.fixed("attributes")
        delta_ms = cursor.varint("timestamp_delta")
        cursor.note(f"at {self.header.base_timestamp + delta_ms}")
        offset_delta = cursor.varint("offset_delta")
        cursor.note(f"offset {self.header.base_offset + offset_delta}")
        key = cursor.content("key")
        value = cursor.content("value")
        headers = tuple(cursor.headers())
        if cursor.position != stop:
            raise BadBytes(
                origin + cursor.position,
                stop - cursor.position,
                "the fields of a record do not fill its length",
            )
        return Parsed(delta_ms, offset_delta, key, value, headers, stop), tuple(cursor.fields)

    def decoded(self, key: bytes | None, value: bytes | None) -> tuple[Decoded | None, str]:
        """What a record says, and a note where that can't be told."""
        try:
            return self.meaning(self.topic, key, value, self.header.is_control), ""
        except ValueError as error:
            return None, f"can't be decoded: {error}"

    def header_fields(self) -> tuple[Field, ...]:
        """The 61 bytes before the records."""
        return header_fields(self.header, self.position, self.computed_crc())

    def block(self) -> Block:
        """The whole batch with all its records, for a byte view. A part that makes no sense is one field."""
        data, header = self.data(), self.header
        first, last = header.base_offset, header.last_offset
        offsets = f"offset {first}" if first == last else f"offsets {first}–{last}"
        title = f"batch at byte {self.position}, {offsets}, {header.size_bytes} bytes"
        fields = self.header_fields()
        body = self.position + HEADER_BYTES
        try:
            payload, origin = self.payload()
        except BadBytes as error:
            broken = Field("records", body, len(data) - HEADER_BYTES, None, str(error))
            return Block(title, self.position, data, (*fields, broken))
        records = tuple(self._record_fields(payload, origin))
        if origin:
            return Block(title, self.position, data, (*fields, *records))
        packed = Field(
            "records", body, len(data) - HEADER_BYTES, None, f"{self.codec_name()}, unpacked below"
        )
        inner = Block(f"unpacked from {self.codec_name()}, {len(payload)} bytes", 0, payload, records)
        return Block(title, self.position, data, (*fields, packed), (inner,))

    def _record_fields(self, payload: bytes, origin: int) -> Iterator[Field]:
        position = origin
        try:
            for record in self._walk(payload, origin):
                position = record.position + record.size
                yield record.field
        except BadBytes as error:
            yield Field("broken", position, origin + len(payload) - position, None, str(error))

    def _repr_html_(self) -> str:
        return self.block()._repr_html_()


class _Cursor:
    """Reads one record's fields and notes where each stood."""

    def __init__(self, data: bytes, position: int, origin: int) -> None:
        self.data = data
        self.position = position
        self.origin = origin
        self.stop = len(data)
        self.begin = position
        self.fields: list[Field] = []

    def bad(self, sentence: str, *, back: bool = False) -> BadBytes:
        at = self.fields[-1] if back and self.fields else None
        return BadBytes(
            self.origin + self.position if at is None else at.offset, 1 if at is None else at.size, sentence
        )

    def varint(self, name: str) -> int:
        start = self.position
        try:
            value, self.position = read_varint(self.data, start)
        except CorruptRecords as error:
            raise self.bad(f"{error}") from None
        if self.position > self.stop:
            raise self.bad(f"the {name} of a record goes beyond its end")
        self.fields.append(Field(name, self.origin + start, self.position - start, value))
        return value

    def fixed(self, name: str) -> None:
        if self.position >= self.stop:
            raise self.bad("a record has no attributes")
        self.fields.append(Field(name, self.origin + self.position, 1, self.data[self.position], "unused"))
        self.position += 1

    def note(self, note: str) -> None:
        self.fields[-1] = self.fields[-1]._replace(note=note)

    def content(self, name: str) -> bytes | None:
        size = self.varint(f"{name}_length")
        if size < 0:
            self.note("null")
            return None
        if self.position + size > self.stop:
            raise self.bad(f"a {name} of {size} bytes goes beyond the end of its record", back=True)
        start, self.position = self.position, self.position + size
        content = self.data[start : self.position]
        if size:
            self.fields.append(Field(name, self.origin + start, size, content))
        return content

    def headers(self) -> Iterator[Header]:
        count = self.varint("header_count")
        if not 0 <= count <= self.stop - self.position:
            raise self.bad(f"a record has a header count of {count}", back=True)
        for _ in range(count):
            key = self.content("header_key")
            if key is None:
                raise self.bad("a header has no key", back=True)
            yield key.decode("utf-8", "replace"), self.content("header_value")


_SIZES = (8, 4, 4, 1, 4, 2, 4, 8, 8, 8, 2, 4, 4)


def header_fields(header: BatchHeader, position: int, computed_crc: int) -> tuple[Field, ...]:
    """The thirteen fields of a batch header at `position`."""
    notes = {
        "base_offset": "the first record's offset; set by the leader",
        "batch_length": f"bytes after this field: {header.size_bytes} in all",
        "partition_leader_epoch": "which leader took it; set by the leader",
        "magic": "format v2",
        "crc": (
            f"CRC-32C of all that follows: {header.crc:#010x}, right"
            if computed_crc == header.crc
            else f"WRONG: the bytes that follow have {computed_crc}"
        ),
        "attributes": _attributes(header),
        "last_offset_delta": f"the last offset is {header.last_offset}",
        "base_timestamp": "tombstones may go after this time" if header.has_delete_horizon else "",
        "producer_id": "no idempotent producer" if header.producer_id < 0 else "",
    }
    out, at = [], position
    for name, size, value in zip(BatchHeader._fields, _SIZES, header, strict=True):
        out.append(Field(name, at, size, value, notes.get(name, "")))
        at += size
    return tuple(out)


def _attributes(header: BatchHeader) -> str:
    codec = header.attributes & CODEC_MASK
    words = [Compression(codec).name.lower() if codec <= Compression.ZSTD else f"unknown codec {codec}"]
    words.append("LogAppendTime" if header.timestamp_type == LOG_APPEND_TIME else "CreateTime")
    words += ["transactional"] * header.is_transactional + ["control"] * header.is_control
    words += ["delete horizon"] * header.has_delete_horizon
    return ", ".join(words)


__all__ = ["DumpedBatch", "header_fields"]
