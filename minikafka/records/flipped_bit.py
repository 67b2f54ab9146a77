"""Which one bit is wrong, where a CRC-32C doesn't fit its bytes.

Rule: what a flipped bit does to a checksum depends on its distance from the end alone, so the difference of two
checksums, followed backwards byte by byte, names the bit. A batch that was torn by a power cut isn't explained by one.

Kafka has nothing like it.
"""

from __future__ import annotations

from minikafka.records.checksum import crc32c

POLYNOMIAL = 0x82F63B78
MOST_BYTES = 1 << 20
"""Looked at from the end: a third of a second."""


def _table() -> list[int]:
    out = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (POLYNOMIAL if value & 1 else 0)
        out.append(value)
    return out


_FORWARD = _table()
_INDEX_BY_TOP = {value >> 24: index for index, value in enumerate(_FORWARD)}
_BIT_OF = {_FORWARD[1 << bit]: bit for bit in range(8)}


def flipped_bit(data: bytes | memoryview, checksum: int) -> int | None:
    """The place in `data` of the byte of which one bit is wrong, -1 when that is a bit of `checksum`; None when it
    takes more than a bit to explain (or nothing is wrong)."""
    difference = crc32c(data) ^ checksum
    if difference.bit_count() == 1:
        return -1
    if difference == 0:
        return None
    for at in range(len(data) - 1, max(-1, len(data) - 1 - MOST_BYTES), -1):
        if difference in _BIT_OF:
            return at
        index = _INDEX_BY_TOP[difference >> 24]
        difference = (difference ^ _FORWARD[index]) << 8 & 0xFFFFFFFF | index
    return None
