"""A walk that takes runs of equal records in one step finds what a walk of record by record finds, in every input."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minikafka.protocol.primitives import uvarint
from minikafka.records import walk
from minikafka.records.batch import NewRecord, encode_record
from minikafka.records.errors import CorruptRecords
from minikafka.records.runs import find_run
from minikafka.records.walk import Walked, walk_records

NEVER = 1 << 40


def singly(data, count):
    """As `walk_records`, without a look for runs."""
    position, _, _, walked = walk._walk_singly(data, count, NEVER, 0, 0, walk._NOTHING)
    if position != len(data):
        raise CorruptRecords("Incorrect declared batch size, records still remaining in file")
    return walked


def outcome(action, data, count):
    try:
        return action(data, count)
    except IndexError:
        return CorruptRecords, "Incorrect declared batch size, premature EOF reached"
    except CorruptRecords as error:
        return type(error), str(error)


def agree(data: bytes, count: int):
    expected = outcome(singly, data, count)
    assert outcome(walk_records, data, count) == expected
    assert outcome(walk_records, memoryview(b"before" + data + b"behind")[6:-6], count) == expected
    return expected


def uniform(count, *, key=None, value=b"v" * 12, headers=(), delta_ms=lambda index: index // 10, begin=0):
    record = NewRecord(0, key, value, headers)
    return b"".join(encode_record(record, begin + n, delta_ms(n)) for n in range(count))


SHAPES = {
    "no key": {},
    "a key": {"key": b"key"},
    "an empty key": {"key": b""},
    "no value": {"key": b"k" * 70, "value": None},
    "an empty value": {"value": b""},
    "headers": {"key": b"k", "headers": (("t", b"0" * 4), ("", None), ("h", b""))},
    "a value of 300": {"value": b"v" * 300},
    "a value of 20,000": {"value": b"v" * 20_000},
}
DELTAS = {
    "all the same": lambda index: 0,
    "growing": lambda index: index,
    "growing, of two bytes": lambda index: 100 + index // 3,
    "growing, of three bytes": lambda index: 10_000 + 9 * index,
    "falling": lambda index: -index,
    "back and forth": lambda index: (index * 37 % 50) - 25,
    "back and forth, of two bytes": lambda index: (1 if index % 3 else -1) * (70 + index * 91 % 5000),
    "far off": lambda index: 1_700_000_000_000 + index * 7 % 90,
    "farther than that": lambda index: -(2**62),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("delta_ms", DELTAS)
def test_equal_records(shape, delta_ms):
    count = 300
    delta = DELTAS[delta_ms]
    data = uniform(count, **SHAPES[shape], delta_ms=delta)
    deltas = [delta(n) for n in range(count)]
    keyless = 0 if "key" in SHAPES[shape] else count
    assert agree(data, count) == Walked(min(deltas), max(deltas), keyless, -1)


@pytest.mark.parametrize("delta_ms", DELTAS)
def test_offset_deltas_of_one_two_and_three_bytes(delta_ms):
    count, delta = 20_000, DELTAS[delta_ms]
    data = uniform(count, value=b"", delta_ms=delta)
    deltas = [delta(n) for n in range(count)]
    assert agree(data, count) == Walked(min(deltas), max(deltas), count, -1)


@pytest.mark.parametrize(
    ("begin", "count", "found"),
    [
        (0, 64, 63),
        (64, 8128, 8127),
        (8192, 20_000, 19_999),
        (0, 100, 63),
        (60, 100, 3),
        (8000, 1000, 191),
        (2**20 - 100, 200, 99),
        (2**20, 200, None),
    ],
)
def test_a_run_ends_only_where_offset_deltas_grow_by_a_byte(begin, count, found):
    run = find_run(uniform(count, begin=begin, delta_ms=lambda index: 7), 0, begin, count - 1)
    assert (run and run.records) == found


def test_a_run_has_no_more_records_than_asked_for():
    run = find_run(uniform(60), 0, 0, 20)
    assert run is not None and run.records == 20


@pytest.mark.parametrize("shape", ["no key", "a key", pytest.param("headers", marks=pytest.mark.slow)])
def test_any_byte_of_equal_records_may_be_wrong(shape):
    count = 70
    data = uniform(count, **SHAPES[shape])
    refused = 0
    for at in range(len(data)):
        for value in (data[at] ^ 1, data[at] ^ 128, 0):
            damaged = bytearray(data)
            damaged[at] = value
            refused += not isinstance(agree(bytes(damaged), count), Walked)
    assert refused > count


@pytest.mark.parametrize("shape", ["no key", "headers"])
def test_equal_records_may_be_cut_anywhere(shape):
    data = uniform(60, **SHAPES[shape])
    for cut in range(len(data)):
        assert agree(data[:cut], 60)[0] is CorruptRecords
    assert agree(data + b"\0", 60)[0] is CorruptRecords
    assert agree(data, 59)[0] is CorruptRecords
    assert agree(b"", 0) == walk._NOTHING


def test_a_record_of_another_index_is_noticed_in_a_run():
    records = [encode_record(NewRecord(0, None, b"value"), n, 0) for n in range(64, 264)]
    records[100] = encode_record(NewRecord(0, None, b"value"), 1000, 0)
    first = uniform(64)
    assert agree(first + b"".join(records), 264) == Walked(0, 6, 264, 164)


@pytest.mark.parametrize("width", range(1, 12))
def test_timestamp_deltas_may_be_overlong_and_have_bits_that_do_not_count(width):
    def record(index):
        delta = (
            bytes((128 | index % 7,)) + b"\xff" * (width - 2) + b"\x7f" if width > 1 else bytes((index % 7,))
        )
        body = b"\0" + delta + uvarint(2 * index) + b"\x01\x02v\0"
        return uvarint(2 * len(body)) + body

    agree(b"".join(map(record, range(300))), 300)


def number(draw, value: int) -> bytes:
    """A zigzag varint, sometimes longer than it need be; rarely too long."""
    data = uvarint((value << 1) ^ (value >> 63))
    extra = draw(st.sampled_from((0,) * 12 + (1, 2, 9)))
    return data if not extra else data[:-1] + bytes((data[-1] | 128,)) + b"\x80" * (extra - 1) + b"\0"


@st.composite
def batches(draw):
    """A few runs of one shape each, as they stand in a batch; now and then damaged."""
    data, index = bytearray(), 0
    for _ in range(draw(st.integers(1, 4))):
        sized = [
            draw(st.sampled_from((None, b"", b"a", b"a" * 70))),
            draw(st.sampled_from((None, b"", b"v" * 9))),
        ]
        headers = draw(st.sampled_from(((), (), (("h", b"x"),), (("h", None), ("i" * 70, b"")))))
        tail = b"".join(
            number(draw, -1) if part is None else number(draw, len(part)) + part for part in sized
        ) + number(draw, len(headers))
        for name, value in headers:
            tail += number(draw, len(name)) + name.encode()
            tail += number(draw, -1) if value is None else number(draw, len(value)) + value
        base = draw(st.sampled_from((0, 0, 60, -3, 8000, -70, 2**40, -(2**62))))
        step, spread = draw(st.sampled_from((0, 1, 2, -1, 128))), draw(st.sampled_from((1, 1, 5, 200)))
        rng = random.Random(draw(st.integers(0, 99)))
        stretched = draw(st.booleans())
        for n in range(draw(st.integers(1, 150))):
            delta = uvarint(((z := base + n * step + rng.randrange(spread)) << 1) ^ (z >> 63))
            body = b"\0" + delta + uvarint(2 * index) + tail
            size = uvarint(2 * len(body))
            if stretched and len(size) == 1:
                size = bytes((size[0] | 128, 0))
            data += size + body
            index += 1
    for _ in range(draw(st.sampled_from((0, 0, 0, 1, 3)))):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    cut = draw(st.sampled_from((0, 0, 0, 0, 1, 7)))
    return bytes(data[: len(data) - cut]), index + draw(st.sampled_from((0, 0, 0, 0, 1, -1)))


@given(batches())
@settings(deadline=None, max_examples=300)
def test_runs_of_any_shape_damaged_or_not(batch):
    agree(*batch)


@given(st.binary(min_size=1, max_size=12), st.integers(1, 60), st.binary(max_size=20), st.integers(-1, 80))
@settings(deadline=None, max_examples=300)
def test_any_bytes_repeated(piece, times, rest, count):
    agree(piece * times + rest, count)
