"""What the generated readers and writers call: variable-length integers, uuids, tagged fields.

Rule: a length that the rest of the buffer cannot hold is refused before anything is allocated.
Kafka has the same in `common/protocol/Readable.java` and `common/utils/ByteUtils.java`.
"""

from __future__ import annotations

import functools
import struct
import uuid

from minikafka.protocol.schema import Buffer, MalformedMessage

SMALL_UVARINTS = tuple(bytes([value]) for value in range(128))
NULL_INT16 = b"\xff\xff"
NULL_INT32 = b"\xff\xff\xff\xff"


def uvarint(value: int) -> bytes:
    """An unsigned varint, seven bits a byte, lowest first."""
    if value < 128:
        return SMALL_UVARINTS[value]
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def read_uvarint(buffer: Buffer, position: int) -> tuple[int, int]:
    """(value, next position)."""
    byte = buffer[position]
    if byte < 128:
        return byte, position + 1
    return finish_uvarint(buffer, position + 1, byte)


def finish_uvarint(buffer: Buffer, position: int, first: int) -> tuple[int, int]:
    """Go on with a varint whose first byte, already read, had its high bit set. At most 32 bits."""
    value = first & 127
    for shift in (7, 14, 21, 28):
        byte = buffer[position]
        position += 1
        value |= (byte & 127) << shift
        if byte < 128:
            if value > 0xFFFFFFFF:
                break
            return value, position
    raise MalformedMessage("a varint is longer than 32 bits")


def skip_tagged_fields(buffer: Buffer, position: int, first: int, end: int) -> int:
    """Step over all tagged fields; `first` is the first byte of their count. Returns the next position."""
    count = first
    if first > 127:
        count, position = finish_uvarint(buffer, position, first)
    while count:
        _tag, position = read_uvarint(buffer, position)
        size, position = read_uvarint(buffer, position)
        position += size
        if position > end:
            raise MalformedMessage("a tagged field is longer than the message")
        count -= 1
    return position


@functools.lru_cache(maxsize=4096)
def uuid_from_bytes(data: bytes) -> uuid.UUID:
    """Topic ids come again and again, and building a UUID is slow."""
    return uuid.UUID(bytes=data)


def overrun(size: int, remaining: int) -> MalformedMessage:
    return MalformedMessage(f"length {size} where {remaining} bytes remain")


def read_numbers(code: str, count: int, buffer: Buffer, position: int) -> list[int]:
    """An array of fixed-size numbers; the caller has checked that they fit."""
    return list(struct.unpack_from(f">{count}{code}", buffer, position))


def write_numbers(code: str, values: list[int]) -> bytes:
    return struct.pack(f">{len(values)}{code}", *values)
