"""Damaged, lying and hostile records end in one kind of error, within bounded memory."""

from __future__ import annotations

import gzip
import random
import tracemalloc
import zlib

import lz4.frame
import pytest
import snappy
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from minikafka.records.batch import NewRecord, build_batch, decode_records, read_batches
from minikafka.records.compression import Compression, compress, decompress
from minikafka.records.errors import CorruptRecords, DecompressionLimit
from minikafka.records.walk import walk_records

MIB = 1024 * 1024
REAL_CODECS = [codec for codec in Compression if codec]


def zstd_without_size(data: bytes) -> bytes:
    stream = zstandard.ZstdCompressor(level=3, write_content_size=False).compressobj()
    return stream.compress(data) + stream.flush()


BOMBS = {
    "gzip": (Compression.GZIP, lambda data: zlib.compress(data, 9, 31)),
    "gzip members": (Compression.GZIP, lambda data: gzip.compress(data[: len(data) // 2]) * 2),
    "snappy xerial": (Compression.SNAPPY, lambda data: compress(Compression.SNAPPY, data)),
    "snappy raw": (Compression.SNAPPY, snappy.compress),
    "lz4": (Compression.LZ4, lambda data: compress(Compression.LZ4, data)),
    "lz4 linked": (Compression.LZ4, lambda data: lz4.frame.compress(data, block_linked=True)),
    "zstd": (Compression.ZSTD, zstandard.compress),
    "zstd without size": (Compression.ZSTD, zstd_without_size),
    "zstd frames": (Compression.ZSTD, lambda data: zstandard.compress(data[: len(data) // 2]) * 2),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_stops_at_the_limit(name):
    codec, pack = BOMBS[name]
    bomb = pack(bytes(64 * MIB))
    tracemalloc.start()
    try:
        with pytest.raises(DecompressionLimit, match="grows beyond"):
            decompress(codec, bomb, limit_bytes=2 * MIB)
        assert tracemalloc.get_traced_memory()[1] < 20 * MIB
    finally:
        tracemalloc.stop()
    assert decompress(codec, bomb, limit_bytes=64 * MIB) == bytes(64 * MIB)


def test_a_zstd_frame_that_lies_about_its_size_is_corrupt_or_bounded():
    frame = bytearray(zstandard.compress(bytes(8 * MIB)))
    assert zstandard.frame_content_size(bytes(frame)) == 8 * MIB
    # The size field of a single-segment frame of this size: four bytes after magic and descriptor.
    at = bytes(frame).index((8 * MIB).to_bytes(4, "little"))
    frame[at : at + 4] = (1000).to_bytes(4, "little")
    with pytest.raises(CorruptRecords):
        decompress(Compression.ZSTD, bytes(frame), limit_bytes=MIB)


@pytest.mark.parametrize("codec", REAL_CODECS)
def test_data_cut_short_is_corrupt(codec):
    original = random.Random(1).randbytes(3000)
    packed = compress(codec, original)
    for cut in (1, 8, 15, len(packed) // 2, len(packed) - 1):
        try:
            assert decompress(codec, packed[:cut]) != original
        except CorruptRecords:
            pass


@given(st.sampled_from(REAL_CODECS), st.binary(max_size=400))
@settings(deadline=None)
def test_any_bytes_decompress_or_are_corrupt(codec, data):
    try:
        decompress(codec, data, limit_bytes=MIB)
    except CorruptRecords:
        pass


@given(st.sampled_from(REAL_CODECS), st.binary(max_size=100_000), st.booleans())
@settings(deadline=None, max_examples=60)
def test_codecs_round_trip(codec, data, raw_snappy):
    packed = snappy.compress(data) if raw_snappy and codec == Compression.SNAPPY else compress(codec, data)
    assert decompress(codec, packed) == data


def test_levels_are_obeyed():
    text = b"".join(b'{"carrier": "%d", "delay": %d}' % (n % 7, n) for n in range(4000))
    for codec, low, high in ((Compression.GZIP, 1, 9), (Compression.LZ4, 0, 12), (Compression.ZSTD, 1, 19)):
        assert len(compress(codec, text, high)) < len(compress(codec, text, low))


@given(st.sampled_from(list(Compression)), st.data())
@settings(deadline=None, max_examples=200)
def test_a_flipped_bit_is_noticed_by_checksum_or_reading(codec, data):
    records = [NewRecord(1000 + n, b"key%d" % n, b"value" * n, (("h", b"x"),)) for n in range(8)]
    original = build_batch(records, compression=codec)
    damaged = bytearray(original)
    damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    try:
        for batch in read_batches(memoryview(damaged)):
            valid = batch.crc_is_valid()
            out = [tuple(record[1:]) for record in batch.records(limit_bytes=MIB)]
            # Base offset and leader epoch lie outside the checksum and don't change the records.
            assert not valid or out == [tuple(record) for record in records]
    except CorruptRecords:
        pass


@given(st.binary(max_size=200), st.integers(-1, 20))
@settings(deadline=None, max_examples=300)
def test_walking_any_bytes_ends(data, count):
    try:
        walk_records(data, count)
    except CorruptRecords:
        pass


@given(st.data())
@settings(deadline=None, max_examples=200)
def test_the_walk_refuses_what_the_decoder_refuses(data):
    records = [NewRecord(1000 + n, b"key%d" % n, b"value" * n, (("h", b"x"),)) for n in range(8)]
    (batch,) = read_batches(build_batch(records))
    payload = bytearray(batch.payload())
    payload[data.draw(st.integers(0, len(payload) - 1))] ^= 1 << data.draw(st.integers(0, 7))

    def outcome(action) -> bool:
        try:
            action()
        except CorruptRecords:
            return False
        return True

    walked = outcome(lambda: walk_records(bytes(payload), 8))
    decoded = outcome(lambda: list(decode_records(batch.header, payload)))
    assert walked == decoded
