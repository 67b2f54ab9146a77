"""Record batches (magic 2, KIP-98) for scripts: right ones, and wrong ones in every field.

Its one rule: independent of minikafka/records.

Layout: base offset i64, length i32, leader epoch i32, magic i8, crc32c u32, attributes i16, last offset delta i32,
base timestamp i64, max timestamp i64, producer id i64, producer epoch i16, base sequence i32, count i32, records.
"""

import gzip
import struct
from collections.abc import Sequence
from typing import Any

import crc32c
import lz4.frame
import snappy
import zstandard

CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
BASE_TIMESTAMP_MS = 1_700_000_000_000
HEADER = struct.Struct(">qiibIhiqqqhii")
XERIAL = b"\x82SNAPPY\x00" + struct.pack(">ii", 1, 1)

Value = bytes | tuple[bytes | None, bytes | None]


def varint(value: int) -> bytes:
    number = (value << 1) ^ (value >> 63)
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _sized(data: bytes | None) -> bytes:
    return varint(-1) if data is None else varint(len(data)) + data


def record(delta: int, key: bytes | None, value: bytes | None, time_delta_ms: int) -> bytes:
    body = b"\0" + varint(time_delta_ms) + varint(delta) + _sized(key) + _sized(value) + varint(0)
    return varint(len(body)) + body


def compress(codec: str, data: bytes) -> bytes:
    match codec:
        case "gzip":
            return gzip.compress(data, 6, mtime=0)
        case "snappy":
            block = snappy.compress(data)
            return XERIAL + struct.pack(">i", len(block)) + block
        case "lz4":
            return lz4.frame.compress(data, block_linked=False, content_checksum=False, store_size=False)
        case "zstd":
            return zstandard.ZstdCompressor(3).compress(data)
    return data


def decompress(codec: str, data: bytes) -> bytes:
    match codec:
        case "gzip":
            return gzip.decompress(data)
        case "snappy":
            if not data.startswith(XERIAL[:8]):
                return snappy.decompress(data)
            out, position = b"", len(XERIAL)
            while position < len(data):
                (size,) = struct.unpack_from(">i", data, position)
                out += snappy.decompress(data[position + 4 : position + 4 + size])
                position += 4 + size
            return out
        case "lz4":
            return lz4.frame.decompress(data)
        case "zstd":
            return zstandard.ZstdDecompressor().decompressobj().decompress(data)
    return data


def batch(
    *values: Value,
    codec: str = "none",
    timestamps: Sequence[int] | None = None,
    base_offset: int = 0,
    leader_epoch: int = -1,
    magic: int = 2,
    attributes: int = 0,
    producer_id: int = -1,
    producer_epoch: int = -1,
    sequence: int = -1,
    count: int | None = None,
    last_offset_delta: int | None = None,
    max_timestamp: int | None = None,
    crc_off_by: int = 0,
    body: bytes | None = None,
    length: int | None = None,
) -> bytes:
    """A batch of these values (or (key, value) pairs); everything after `timestamps` can be made to lie."""
    pairs = [value if isinstance(value, tuple) else (None, value) for value in values]
    times = list(timestamps or [BASE_TIMESTAMP_MS + i for i in range(len(pairs))])
    first = times[0] if times else -1
    if body is None:
        body = compress(codec, b"".join(record(i, k, v, times[i] - first) for i, (k, v) in enumerate(pairs)))
    after_crc = struct.pack(
        ">hiqqqhii",
        attributes | CODECS.index(codec),
        len(pairs) - 1 if last_offset_delta is None else last_offset_delta,
        first,
        (max(times) if times else -1) if max_timestamp is None else max_timestamp,
        producer_id,
        producer_epoch,
        sequence,
        len(pairs) if count is None else count,
    )
    crc = (crc32c.crc32c(after_crc + body) + crc_off_by) % 2**32
    size = 9 + len(after_crc) + len(body) if length is None else length
    return struct.pack(">qiibI", base_offset, size, leader_epoch, magic, crc) + after_crc + body


def old_message(value: bytes, magic: int) -> bytes:
    """A message set of one message in the format before KIP-98 (magic 0 or 1)."""
    import zlib

    time = struct.pack(">q", BASE_TIMESTAMP_MS) if magic else b""
    tail = struct.pack(">bb", magic, 0) + time + struct.pack(">i", -1) + struct.pack(">i", len(value)) + value
    message = struct.pack(">I", zlib.crc32(tail)) + tail
    return struct.pack(">qi", 0, len(message)) + message


def decode(data: bytes | None) -> Any:
    """Batches as plain dicts. A torn last batch is left out: Kafka cuts at a size, and clients drop it."""
    if data is None:
        return None
    found: list[dict[str, Any]] = []
    position = 0
    while position + HEADER.size <= len(data):
        header = HEADER.unpack_from(data, position)
        end = position + 12 + header[1]
        if end > len(data):
            break
        codec = CODECS[header[5] & 7]
        payload = data[position + HEADER.size : end]
        found.append(
            {
                "base_offset": header[0],
                "leader_epoch": header[2],
                "magic": header[3],
                "crc_is_valid": crc32c.crc32c(data[position + 21 : end]) == header[4],
                "codec": codec,
                "attributes": header[5] & ~7,
                "last_offset_delta": header[6],
                "base_timestamp": header[7],
                "max_timestamp": header[8],
                "producer_id": header[9],
                "producer_epoch": header[10],
                "sequence": header[11],
                "count": header[12],
                "payload": decompress(codec, payload).hex(),
            }
        )
        position = end
    return found
