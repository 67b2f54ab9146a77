"""The four codecs of a record batch, each in the framing that Kafka's clients expect.

Rule: decompression is bounded. It stops at the limit with `DecompressionLimit`, whatever the data
claims, and anything that isn't a valid stream ends in `CorruptCompression`. Codecs are imported on first use; where
their libraries don't exist, cramjam has them all (`cramjam_codecs.py`).

Kafka: `org.apache.kafka.common.compress`. gzip is a plain gzip stream; snappy has the framing of xerial's
snappy-java on write (raw blocks are accepted on read, some clients send them); lz4 is the frame format
with independent blocks; zstd (KIP-110) is one or more plain frames. Levels are KIP-390's.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from enum import IntEnum
from typing import Any

from minikafka.records.errors import CorruptCompression, DecompressionLimit

Buffer = bytes | bytearray | memoryview


class Compression(IntEnum):
    """The codec number in the lowest three bits of a batch's attributes."""

    NONE = 0
    GZIP = 1
    SNAPPY = 2
    LZ4 = 3
    ZSTD = 4

    @classmethod
    def from_name(cls, name: str) -> Compression:
        """The codec of a configuration value (`gzip`, `none`, …); `ValueError` for another word."""
        try:
            return cls[name.upper()]
        except KeyError:
            raise ValueError(f"unknown compression type {name!r}") from None


DEFAULT_LIMIT_BYTES = 100 * 1024 * 1024
"""No more than what could have been sent uncompressed in one request (`socket.request.max.bytes`)."""

_CHUNK_BYTES = 64 * 1024
_XERIAL_MAGIC = b"\x82SNAPPY\x00"
_XERIAL_HEADER = _XERIAL_MAGIC + struct.pack(">ii", 1, 1)
_XERIAL_BLOCK_BYTES = 32 * 1024
_INT32 = struct.Struct(">i")


def compress(codec: Compression, data: Buffer, level: int | None = None) -> bytes:
    """`data` compressed; `level` None takes the codec's default (gzip 6, lz4 fast, zstd 3; snappy has none)."""
    return _COMPRESS[codec](data, level)


def decompress(codec: Compression, data: Buffer, *, limit_bytes: int = DEFAULT_LIMIT_BYTES) -> bytes:
    """The original of `data`, at most `limit_bytes` long.

    Raises `DecompressionLimit` when there is more, `CorruptCompression` when the stream is broken or cut short.
    """
    try:
        return _DECOMPRESS[codec](data, limit_bytes)
    except (CorruptCompression, DecompressionLimit):
        raise
    except MemoryError:
        raise DecompressionLimit(f"{codec.name.lower()} data asks for more memory than there is") from None
    except Exception as error:  # each codec has exceptions of its own; callers know one
        raise CorruptCompression(f"{codec.name.lower()} data is corrupt: {error}") from error


def _too_much(codec: Compression, limit_bytes: int) -> DecompressionLimit:
    return DecompressionLimit(f"{codec.name.lower()} data grows beyond {limit_bytes} bytes when decompressed")


def _cut_short(codec: Compression) -> CorruptCompression:
    return CorruptCompression(f"{codec.name.lower()} data is corrupt: the stream ends too early")


def _copy(data: Buffer, _level: int | None) -> bytes:
    return bytes(data)


def _copy_bounded(data: Buffer, limit_bytes: int) -> bytes:
    if len(data) > limit_bytes:
        raise _too_much(Compression.NONE, limit_bytes)
    return bytes(data)


def _gzip_compress(data: Buffer, level: int | None) -> bytes:
    compressor = zlib.compressobj(-1 if level is None else level, zlib.DEFLATED, 31)
    return compressor.compress(data) + compressor.flush()


def _gzip_decompress(data: Buffer, limit_bytes: int) -> bytes:
    out = bytearray()
    while True:  # a gzip stream may have several members
        stream = zlib.decompressobj(31)
        out += stream.decompress(data, limit_bytes + 1 - len(out))
        if len(out) > limit_bytes:
            raise _too_much(Compression.GZIP, limit_bytes)
        if not stream.eof:
            raise _cut_short(Compression.GZIP)
        data = stream.unused_data
        if not data:
            return bytes(out)


def _snappy_compress(data: Buffer, _level: int | None) -> bytes:
    try:
        from snappy import compress as compressed
    except ModuleNotFoundError:
        from minikafka.records.cramjam_codecs import snappy_block as compressed

    view = memoryview(data)
    parts = [_XERIAL_HEADER]
    for start in range(0, len(view), _XERIAL_BLOCK_BYTES):
        block: bytes = compressed(bytes(view[start : start + _XERIAL_BLOCK_BYTES]))
        parts += (_INT32.pack(len(block)), block)
    return b"".join(parts)


def _snappy_decompress(data: Buffer, limit_bytes: int) -> bytes:
    view = memoryview(data)
    if view[: len(_XERIAL_MAGIC)] != _XERIAL_MAGIC:
        return _snappy_block(view, limit_bytes)
    if len(view) < len(_XERIAL_HEADER):
        raise _cut_short(Compression.SNAPPY)
    out = bytearray()
    position = len(_XERIAL_HEADER)
    while position < len(view):
        if view[position : position + len(_XERIAL_MAGIC)] == _XERIAL_MAGIC:  # streams may be joined
            position += len(_XERIAL_HEADER)
            continue
        if position + 4 > len(view):
            raise _cut_short(Compression.SNAPPY)
        size = _INT32.unpack_from(view, position)[0]
        position += 4
        if size < 0 or position + size > len(view):
            raise _cut_short(Compression.SNAPPY)
        out += _snappy_block(view[position : position + size], limit_bytes - len(out))
        position += size
    return bytes(out)


def _snappy_block(block: memoryview, limit_bytes: int) -> bytes:
    from minikafka.records.varint import read_unsigned

    # A block opens with its uncompressed size: known before any memory is spent.
    if read_unsigned(block, 0)[0] > limit_bytes:
        raise _too_much(Compression.SNAPPY, limit_bytes)
    try:
        from snappy import uncompress as original
    except ModuleNotFoundError:
        from minikafka.records.cramjam_codecs import snappy_original as original

    out: bytes = original(bytes(block))
    return out


def _lz4_compress(data: Buffer, level: int | None) -> bytes:
    try:
        import lz4.frame as frame
    except ModuleNotFoundError:
        from minikafka.records.cramjam_codecs import lz4_frame

        return lz4_frame(bytes(data), level)

    out: bytes = frame.compress(
        bytes(data),
        compression_level=0 if level is None else level,
        block_size=frame.BLOCKSIZE_MAX64KB,
        block_linked=False,  # Kafka's own reader refuses linked blocks
        store_size=False,
    )
    return out


def _lz4_decompress(data: Buffer, limit_bytes: int) -> bytes:
    try:
        import lz4.frame as frame
    except ModuleNotFoundError:
        from minikafka.records.cramjam_codecs import lz4_original

        return lz4_original(bytes(data), limit_bytes)

    out = bytearray()
    pending: bytes | None = bytes(data)
    while pending:  # frames may be joined
        stream = frame.LZ4FrameDecompressor()
        out += stream.decompress(pending, max_length=limit_bytes + 1 - len(out))
        if len(out) > limit_bytes:
            raise _too_much(Compression.LZ4, limit_bytes)
        if not stream.eof:
            raise _cut_short(Compression.LZ4)
        pending = stream.unused_data
    return bytes(out)


def _zstd_compress(data: Buffer, level: int | None) -> bytes:
    try:
        import zstandard
    except ModuleNotFoundError:
        from minikafka.records.cramjam_codecs import zstd_frame

        return zstd_frame(bytes(data), level)

    return zstandard.ZstdCompressor(level=3 if level is None else level).compress(data)


def _zstd_decompress(data: Buffer, limit_bytes: int) -> bytes:
    try:
        import zstandard
    except ModuleNotFoundError:
        from minikafka.records.cramjam_codecs import zstd_original

        return zstd_original(bytes(data), limit_bytes)

    context = zstandard.ZstdDecompressor()
    known = zstandard.frame_content_size(data)
    if known > limit_bytes:
        raise _too_much(Compression.ZSTD, limit_bytes)
    if known > 0:
        try:  # one frame with its size in the header, as nearly all are: one call, and no more than that size
            return context.decompress(data, allow_extra_data=False)
        except zstandard.ZstdError:
            pass  # several frames, or broken: the slow path tells
    return _zstd_stream(context, data, limit_bytes)


def _zstd_stream(context: Any, data: Buffer, limit_bytes: int) -> bytes:
    """Frames without a size in their header, or several: read through a window, chunk by chunk."""
    out = bytearray()
    with context.stream_reader(data, read_across_frames=True) as reader:
        while chunk := reader.read(_CHUNK_BYTES):
            out += chunk
            if len(out) > limit_bytes:
                raise _too_much(Compression.ZSTD, limit_bytes)
    return bytes(out)


_COMPRESS: dict[Compression, Callable[[Buffer, int | None], bytes]] = {
    Compression.NONE: _copy,
    Compression.GZIP: _gzip_compress,
    Compression.SNAPPY: _snappy_compress,
    Compression.LZ4: _lz4_compress,
    Compression.ZSTD: _zstd_compress,
}
_DECOMPRESS: dict[Compression, Callable[[Buffer, int], bytes]] = {
    Compression.NONE: _copy_bounded,
    Compression.GZIP: _gzip_decompress,
    Compression.SNAPPY: _snappy_decompress,
    Compression.LZ4: _lz4_decompress,
    Compression.ZSTD: _zstd_decompress,
}
