"""A message of format v0 or v1, field by field: alone, or a wrapper and those inside.

Rule: a damaged message is shown as far as it makes sense, with the checksum said to be wrong.
Kafka: `DumpLogSegments`, `LegacyRecord`.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from minikafka.dump.record import DumpedRecord
from minikafka.dump.segment import LARGEST_BATCH_BYTES, DumpedBatch
from minikafka.dump.source import Source
from minikafka.dump.value import BadBytes, Block, Field, Meaning
from minikafka.records import legacy
from minikafka.records.compression import Compression
from minikafka.records.errors import CorruptRecords
from minikafka.records.header import (
    CODEC_MASK,
    LOG_APPEND_TIME,
    LOG_OVERHEAD_BYTES,
    MAGIC_AT,
    NO_TIMESTAMP,
    TIMESTAMP_TYPE_FLAG,
)

_BEGINNING = ("offset", "message_size", "crc", "magic", "attributes")
_LAYOUT = {0: struct.Struct(">qiIBB"), 1: struct.Struct(">qiIBBq")}
_SIZES = (8, 4, 4, 1, 1, 8)
_LENGTH = struct.Struct(">i")
_KNOWN_ATTRIBUTES = {0: CODEC_MASK, 1: CODEC_MASK | TIMESTAMP_TYPE_FLAG}


class _Parsed(NamedTuple):
    """A message's fields, and what they say."""

    fields: tuple[Field, ...]
    offset: int
    crc: int
    crc_is_valid: bool
    magic: int
    attributes: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None


def _parse(data: bytes, at: int, origin: int) -> _Parsed:
    """The message at `at` of `data`, which begins at `origin`; `BadBytes` where its lengths can't be."""
    magic = data[at + MAGIC_AT] if len(data) - at > MAGIC_AT else -1
    size = legacy.size_of(data, at) if len(data) - at >= LOG_OVERHEAD_BYTES else 0
    smallest = legacy.SMALLEST_MESSAGE_BYTES + (8 if magic == 1 else 0)
    if magic not in legacy.OLD_MAGICS or not smallest <= size <= len(data) - at:
        rest = len(data) - at
        raise BadBytes(
            origin + at, rest, f"no message begins here: magic {magic}, {size} bytes of {rest} that remain"
        )
    end, layout = at + size, _LAYOUT[magic]
    values = layout.unpack_from(data, at)
    offset, _, crc, _, attributes = values[:5]
    computed = zlib.crc32(memoryview(data)[at + MAGIC_AT : end])
    notes = {
        "message_size": f"bytes after this field: {size} in all",
        "crc": f"CRC-32 of all that follows: {crc:#010x}, right"
        if computed == crc
        else f"WRONG: the bytes that follow have {computed}",
        "magic": f"format v{magic}",
        "attributes": _attributes(magic, attributes),
    }
    fields, place = [], at
    for name, length, value in zip((*_BEGINNING, "timestamp"), _SIZES, values, strict=False):
        fields.append(Field(name, origin + place, length, value, notes.get(name, "")))
        place += length
    key, place = _content("key", data, place, end, origin, fields)
    value, place = _content("value", data, place, end, origin, fields)
    if place != end:
        raise BadBytes(origin + place, end - place, "the fields of a message do not fill its size")
    timestamp_ms = values[5] if magic == 1 else NO_TIMESTAMP
    right = computed == crc
    return _Parsed(tuple(fields), offset, crc, right, magic, attributes, timestamp_ms, key, value)


def _content(
    name: str, data: bytes, at: int, end: int, origin: int, fields: list[Field]
) -> tuple[bytes | None, int]:
    begin = at + _LENGTH.size
    if begin > end:
        raise BadBytes(origin + at, max(1, end - at), f"a message has no {name}_length")
    size: int = _LENGTH.unpack_from(data, at)[0]
    fields.append(Field(f"{name}_length", origin + at, 4, size, "null" if size < 0 else ""))
    if size < 0:
        return None, begin
    if begin + size > end:
        raise BadBytes(origin + at, 4, f"a {name} of {size} bytes goes beyond the end of its message")
    if size:
        fields.append(Field(name, origin + begin, size, data[begin : begin + size]))
    return data[begin : begin + size], begin + size


def _attributes(magic: int, attributes: int) -> str:
    codec = attributes & CODEC_MASK
    words = [
        Compression(codec).name.lower() if codec < Compression.ZSTD else f"no codec of old formats: {codec}"
    ]
    if magic == 1:
        words.append("LogAppendTime" if attributes & TIMESTAMP_TYPE_FLAG else "CreateTime")
    return ", ".join(words)


@dataclass(frozen=True, slots=True)
class DumpedMessage(DumpedBatch):
    """One message at `position` of its file. `base_is_known`: could a wrapper be unpacked?"""

    base_is_known: bool = True

    @property
    def body(self) -> int:
        """A message has no records after its header: it is one."""
        return self.position

    @property
    def max_timestamp_at(self) -> int:
        """Where the timestamp of v1 is."""
        return self.position + _LAYOUT[0].size

    def computed_crc(self) -> int:
        """The CRC-32 of the bytes from the magic on."""
        checksum = 0
        for chunk in self._chunks(MAGIC_AT):
            checksum = zlib.crc32(chunk, checksum)
        return checksum

    def time_name(self) -> str:
        """Kafka's name for it."""
        if self.header.magic == 0:
            return "NoTimestampType"
        return "LogAppendTime" if self.header.timestamp_type == LOG_APPEND_TIME else "CreateTime"

    @property
    def unknown_attributes(self) -> int:
        """The bits of the attributes that mean nothing in this format."""
        raw = self.source.read_at(self.position + MAGIC_AT + 1, 1)
        return raw[0] & ~_KNOWN_ATTRIBUTES[self.header.magic] if raw else 0

    def payload(self) -> tuple[bytes, int]:
        """The message, and where it begins; or those inside a wrapper, and 0. `BadBytes`."""
        data = self.data()
        if self.is_plain:
            return data, self.position
        try:
            return bytes(legacy.unpacked(legacy.read_message(memoryview(data)))), 0
        except CorruptRecords as error:
            raise BadBytes(self.position, len(data), f"{error}") from None

    def records(self) -> Iterator[DumpedRecord]:
        """The records; `BadBytes` where they stop making sense."""
        payload, origin = self.payload()
        if self.is_plain:
            yield self._dumped(_parse(payload, 0, origin), 0, self.header.max_timestamp)
            return
        try:
            yield from self._inside(payload)
        except (BadBytes, CorruptRecords) as error:
            inside = error.problem if isinstance(error, BadBytes) else None
            where = "" if inside is None else f" (byte {inside.position} of the unpacked messages)"
            raise BadBytes(self.position, self.header.size_bytes, f"{error}{where}") from None

    def _inside(self, payload: bytes) -> Iterator[DumpedRecord]:
        wrapper = legacy.read_message(memoryview(self.data()))
        shift = legacy.shift_of(wrapper, _last_offset(payload))
        for parsed in _messages(payload):
            gives_time = self.header.timestamp_type == LOG_APPEND_TIME and parsed.magic == 1
            yield self._dumped(
                parsed, shift, self.header.max_timestamp if gives_time else parsed.timestamp_ms
            )

    def _dumped(self, parsed: _Parsed, shift: int, timestamp_ms: int) -> DumpedRecord:
        offset, key, value = parsed.offset + shift, parsed.key, parsed.value
        decoded, note = self.decoded(key, value)
        said = None if decoded is None else str(decoded)
        begin, last = parsed.fields[0].offset, parsed.fields[-1]
        fields = parsed.fields
        if shift:
            relative = fields[0]._replace(note=f"relative: offset {offset}")
            fields = (relative, *fields[1:])
        whole = Field(f"record {offset}", begin, last.offset + last.size - begin, said, note, fields)
        return DumpedRecord(
            offset,
            timestamp_ms,
            key,
            value,
            (),
            -1,
            whole.offset,
            whole.size,
            lambda: whole,
            decoded,
            note,
            parsed.crc,
            parsed.crc_is_valid,
        )

    def header_fields(self) -> tuple[Field, ...]:
        """All fields but the value of a wrapper; `BadBytes` where they make no sense."""
        fields = _parse(self.data(), 0, self.position).fields
        return fields if self.is_plain else fields[:-1]

    def block(self) -> Block:
        """The whole message with those inside, for a byte view. A part that makes no sense is one field."""
        data, header = self.data(), self.header
        first, last = header.base_offset, header.last_offset
        offsets = f"offset {first}" if first == last else f"offsets {first}–{last}"
        title = f"message v{header.magic} at byte {self.position}, {offsets}, {len(data)} bytes"
        try:
            if self.is_plain:
                return Block(title, self.position, data, tuple(record.field for record in self.records()))
            fields = self.header_fields()
        except BadBytes as error:
            broken = Field("broken", self.position, len(data), None, f"{error}")
            return Block(title, self.position, data, (broken,))
        at = fields[-1].offset + fields[-1].size
        note, inner = f"{self.codec_name()}, unpacked below", tuple[Block, ...]()
        try:
            payload, _ = self.payload()
            records = tuple(self._inner_fields(payload))
            inner = (Block(f"unpacked from {self.codec_name()}, {len(payload)} bytes", 0, payload, records),)
        except BadBytes as error:
            note = f"{error}"
        packed = Field("messages", at, self.end - at, None, note)
        return Block(title, self.position, data, (*fields, packed), inner)

    def _inner_fields(self, payload: bytes) -> Iterator[Field]:
        position = 0
        try:
            for record in self._inside(payload):
                position = record.position + record.size
                yield record.field
        except (BadBytes, CorruptRecords) as error:
            yield Field("broken", position, len(payload) - position, None, f"{error}")


def _messages(payload: bytes) -> Iterator[_Parsed]:
    at = 0
    while at < len(payload):
        yield _parse(payload, at, 0)
        at += legacy.size_of(payload, at)


def _last_offset(payload: bytes) -> int:
    """Of the last message that is whole."""
    at, offset = 0, -1
    while len(payload) - at >= legacy.SMALLEST_MESSAGE_BYTES:
        offset, size = legacy.offset_of(payload, at), legacy.size_of(payload, at)
        at += max(size, legacy.SMALLEST_MESSAGE_BYTES)
    return offset


def dumped_message(source: Source, position: int, topic: str, meaning: Meaning) -> DumpedMessage:
    """The message at `position`, where at least 26 bytes are; as its own header says, when it is damaged."""
    beginning = source.read_at(position, legacy.SMALLEST_MESSAGE_BYTES)
    size = legacy.size_of(beginning)
    if size <= LARGEST_BATCH_BYTES:
        data = source.read_at(position, size)
        if len(data) == size:
            try:
                return DumpedMessage(source, position, legacy.header_of(memoryview(data)), topic, meaning)
            except CorruptRecords:
                pass
    header = legacy.header_of_damaged(beginning)
    is_plain = not header.attributes & CODEC_MASK
    return DumpedMessage(source, position, header, topic, meaning, base_is_known=is_plain)
