"""CRC-32C, the checksum of record batches, snapshots and tables (Castagnoli's polynomial, RFC 3720).

Rule: one name for everybody, `crc32c(data, value=0)`. By the processor's instruction where there is a wheel of the
library, else by a table (a browser's Python), two bytes at a time.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable

Buffer = bytes | bytearray | memoryview

_POLYNOMIAL = 0x82F63B78
_ONES = 0xFFFFFFFF


def by_table() -> Callable[[Buffer, int], int]:
    """A function without any library; making its table takes some hundredths of a second."""
    single = array("I")
    for rest in range(256):
        for _ in range(8):
            rest = (rest >> 1) ^ _POLYNOMIAL if rest & 1 else rest >> 1
        single.append(rest)
    double = array("I", (single[single[n & 255] & 255 ^ n >> 8] ^ single[n & 255] >> 8 for n in range(65536)))

    def crc32c(data: Buffer, value: int = 0) -> int:
        rest = value ^ _ONES
        view = memoryview(data).cast("B")
        paired = len(view) & ~1 if sys.byteorder == "little" else 0
        for pair in view[:paired].cast("H"):
            rest = double[(rest ^ pair) & 65535] ^ rest >> 16
        for byte in view[paired:]:
            rest = single[(rest ^ byte) & 255] ^ rest >> 8
        return rest ^ _ONES

    return crc32c


try:
    from crc32c import crc32c
except ModuleNotFoundError:
    crc32c = by_table()  # type: ignore[assignment]

__all__ = ["by_table", "crc32c"]
