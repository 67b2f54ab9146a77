"""A checksum that doesn't fit names the bit that is wrong, if it is one."""

import random

import crc32c
import pytest

from minikafka.records.flipped_bit import flipped_bit


@pytest.mark.parametrize("size", [1, 2, 61, 300])
def test_every_flipped_bit_is_found(size):
    data = bytearray(random.Random(size).randbytes(size))
    checksum = crc32c.crc32c(data)
    for bit in range(8 * size):
        data[bit // 8] ^= 1 << bit % 8
        assert flipped_bit(bytes(data), checksum) == bit // 8
        data[bit // 8] ^= 1 << bit % 8
    for bit in range(32):
        assert flipped_bit(bytes(data), checksum ^ 1 << bit) == -1


def test_what_is_right_or_torn_is_no_flipped_bit():
    data = random.Random(7).randbytes(5000)
    checksum = crc32c.crc32c(data)
    assert flipped_bit(data, checksum) is None
    for kept in range(0, 4900, 100):
        assert flipped_bit(data[:kept] + bytes(5000 - kept), checksum) is None
        assert flipped_bit(data[: kept + 1], checksum) is None
