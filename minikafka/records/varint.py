"""Variable-length integers: 7 bits a byte, low bits first, the high bit says "more follows".

Rule: signed numbers are zigzag-coded (0, -1, 1, -2 … become 0, 1, 2, 3 …), so that small numbers of
either sign are short. Kafka's `ByteUtils.readVarint`, `writeVarint`, `readVarlong`.
"""

from __future__ import annotations

from minikafka.protocol.primitives import uvarint
from minikafka.records.errors import CorruptRecords

Buffer = bytes | bytearray | memoryview

MAX_BYTES = 10
"""A 64-bit number takes at most ten bytes."""
MAX_BYTES_32 = 5


def _zigzag(value: int) -> int:
    return value << 1 if value >= 0 else (-value << 1) - 1


# Most lengths and deltas take one byte or two: their codes are looked up, not computed.
SHORT = tuple(
    bytes((low,)) if low < 128 and not high else bytes((low | 128, high))
    for high in range(128)
    for low in range(0, 128, 2)
)
SHORT_LIMIT = len(SHORT)


def encode_varint(value: int) -> bytes:
    """`value` (a signed 64-bit integer) as a zigzag varint."""
    if 0 <= value < SHORT_LIMIT:
        return SHORT[value]
    return uvarint(_zigzag(value))


def varint_size(value: int) -> int:
    """How many bytes `encode_varint(value)` takes."""
    return max(1, (_zigzag(value).bit_length() + 6) // 7)


def read_unsigned(data: Buffer, position: int) -> tuple[int, int]:
    """The unsigned varint at `position` and the position after it; `CorruptRecords` when it doesn't end."""
    try:
        byte = data[position]
        if byte < 128:
            return byte, position + 1
        second = data[position + 1]
        if second < 128:
            return byte & 127 | second << 7, position + 2
        result, shift, last = byte & 127, 7, position + MAX_BYTES - 1
        while position < last:
            position += 1
            byte = data[position]
            if byte < 128:
                return (result | byte << shift) & 0xFFFFFFFFFFFFFFFF, position + 1
            result |= (byte & 127) << shift
            shift += 7
    except IndexError:
        raise CorruptRecords("the data ends inside a varint") from None
    raise CorruptRecords("a varint is longer than 10 bytes")


def read_unsigned_32(data: Buffer, position: int) -> tuple[int, int]:
    """As `read_unsigned`, for a number of 32 bits: `CorruptRecords` also when it takes more than 5 bytes."""
    value, after = read_unsigned(data, position)
    if after - position > MAX_BYTES_32:
        raise CorruptRecords("a varint of 32 bits is longer than 5 bytes")
    return value, after


def read_varint(data: Buffer, position: int) -> tuple[int, int]:
    """The zigzag varint at `position` and the position after it; `CorruptRecords` when it doesn't end."""
    raw, position = read_unsigned(data, position)
    return (raw >> 1) ^ -(raw & 1), position
