"""The checksum in an lz4 frame's descriptor, right and wrong.

Rule: Kafka's first lz4 writer checksummed the magic number, too. Messages v0 are still written so, and on
reading their checksum says nothing. Kafka: KAFKA-3160, `Lz4BlockOutputStream.writeHeader`, `Lz4BlockInputStream`.
"""

from __future__ import annotations

_FLAGS_AT = 4
_CONTENT_SIZE_FLAG = 0x08
_PRIME_1, _PRIME_2, _PRIME_3, _PRIME_4, _PRIME_5 = 0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F, 0x165667B1
_MASK = 0xFFFFFFFF


def with_right_checksum(frame: bytes) -> bytes:
    """`frame` with the checksum that the format asks for, whatever was there. Too short a frame stays as it is."""
    return _with_checksum(frame, _FLAGS_AT)


def with_broken_checksum(frame: bytes) -> bytes:
    """`frame` with the checksum that clients of messages v0 expect."""
    return _with_checksum(frame, 0)


def _with_checksum(frame: bytes, begin: int) -> bytes:
    if len(frame) <= _FLAGS_AT:
        return frame
    at = _FLAGS_AT + 2 + (8 if frame[_FLAGS_AT] & _CONTENT_SIZE_FLAG else 0)
    if at >= len(frame):
        return frame
    checksum = _xxh32_of_few(frame[begin:at]) >> 8 & 0xFF
    return b"".join((frame[:at], bytes((checksum,)), frame[at + 1 :]))


def _xxh32_of_few(data: bytes) -> int:
    """XXH32 with seed 0 of less than 16 bytes: the part of the algorithm without lanes."""
    assert len(data) < 16, len(data)
    value, whole = _PRIME_5 + len(data), len(data) & ~3
    for at in range(0, whole, 4):
        value = value + int.from_bytes(data[at : at + 4], "little") * _PRIME_3 & _MASK
        value = _rotated(value, 17) * _PRIME_4 & _MASK
    for byte in data[whole:]:
        value = value + byte * _PRIME_5 & _MASK
        value = _rotated(value, 11) * _PRIME_1 & _MASK
    value = (value ^ value >> 15) * _PRIME_2 & _MASK
    value = (value ^ value >> 13) * _PRIME_3 & _MASK
    return value ^ value >> 16


def _rotated(value: int, bits: int) -> int:
    return (value << bits | value >> 32 - bits) & _MASK
