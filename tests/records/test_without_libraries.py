"""Where crc32c, lz4, zstandard and snappy don't exist (a browser), the same is done without them."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from crc32c import crc32c
from hypothesis import given
from hypothesis import strategies as st

from minikafka.records.checksum import by_table
from minikafka.records.compression import Compression, compress, decompress
from minikafka.records.errors import CorruptCompression, DecompressionLimit

BY_TABLE = by_table()
CODECS = [Compression.SNAPPY, Compression.LZ4, Compression.ZSTD]
DATA = bytes(range(256)) * 700 + b"orders" * 20_000


@pytest.fixture
def without_libraries() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("snappy", "lz4", "lz4.frame", "zstandard"):
            patch.setitem(sys.modules, name, None)
        yield


@given(data=st.binary(max_size=300), value=st.integers(0, 2**32 - 1), cut=st.integers(0, 300))
def test_the_table_counts_as_the_library(data: bytes, value: int, cut: int) -> None:
    assert BY_TABLE(data, value) == crc32c(data, value)
    assert BY_TABLE(memoryview(data)[cut:]) == crc32c(data[cut:])


@pytest.mark.parametrize("codec", CODECS)
def test_each_reads_what_the_other_wrote(codec: Compression) -> None:
    theirs = compress(codec, DATA)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("snappy", "lz4", "lz4.frame", "zstandard"):
            patch.setitem(sys.modules, name, None)
        ours = compress(codec, DATA)
        assert decompress(codec, theirs) == DATA
        assert decompress(codec, theirs + theirs) == DATA + DATA
    assert decompress(codec, ours) == DATA


@pytest.mark.usefixtures("without_libraries")
@pytest.mark.parametrize("codec", CODECS)
def test_the_limit_holds_and_damage_is_said(codec: Compression) -> None:
    packed = compress(codec, DATA)
    assert decompress(codec, packed, limit_bytes=len(DATA)) == DATA
    with pytest.raises(DecompressionLimit):
        decompress(codec, packed, limit_bytes=len(DATA) - 1)
    with pytest.raises(CorruptCompression):
        decompress(codec, packed[:-7])
    with pytest.raises(CorruptCompression):
        decompress(codec, b"\x00\x01\x02" + packed[3:])


@pytest.mark.usefixtures("without_libraries")
@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("data", [b"", b"a"])
def test_little_comes_back(codec: Compression, data: bytes) -> None:
    assert decompress(codec, compress(codec, data)) == data
