"""snappy, lz4 and zstd by cramjam alone, for where their own libraries don't exist (a browser's Python).

Rule: the same framings and the same bounds as `compression.py` gives; only the compressed bytes may differ.
"""

from __future__ import annotations

from types import ModuleType

import cramjam

from minikafka.records.errors import DecompressionLimit

_FIRST_GUESS_BYTES = 64 * 1024
_BUFFER_IS_FULL = "failed to write whole buffer"


def snappy_block(data: bytes) -> bytes:
    return bytes(cramjam.snappy.compress_raw(data))


def snappy_original(block: bytes) -> bytes:
    """The caller has looked at the size it claims."""
    return bytes(cramjam.snappy.decompress_raw(block))


def lz4_frame(data: bytes, level: int | None) -> bytes:
    compressor = cramjam.lz4.Compressor(level=level or 1, content_checksum=False, block_linked=False)
    compressor.compress(data)
    return bytes(compressor.finish())


def lz4_original(data: bytes, limit_bytes: int) -> bytes:
    return _bounded(cramjam.lz4, data, limit_bytes)


def zstd_frame(data: bytes, level: int | None) -> bytes:
    return bytes(cramjam.zstd.compress(data, level=3 if level is None else level))


def zstd_original(data: bytes, limit_bytes: int) -> bytes:
    return _bounded(cramjam.zstd, data, limit_bytes)


def _bounded(codec: ModuleType, data: bytes, limit_bytes: int) -> bytes:
    """All frames, into a buffer that grows up to the limit."""
    size = min(limit_bytes, max(_FIRST_GUESS_BYTES, 4 * len(data)))
    while True:
        buffer = bytearray(size)
        try:
            written: int = codec.decompress_into(data, memoryview(buffer))
        except cramjam.DecompressionError as error:
            if str(error) != _BUFFER_IS_FULL:
                raise
            if size == limit_bytes:
                raise DecompressionLimit(
                    f"the data grows beyond {limit_bytes} bytes when decompressed"
                ) from None
            size = min(limit_bytes, 4 * size)
        else:
            return bytes(memoryview(buffer)[:written])
