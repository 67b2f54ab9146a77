"""Decoding takes runs of records of one shape at once, and gives what was encoded, in every mixture of shapes."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minikafka.records.batch import LOG_APPEND_TIME, NewRecord, build_batch, decode_records, read_batches
from minikafka.records.decoding import _one_by_one
from minikafka.records.errors import CorruptRecords
from minikafka.records.walk import walk_records

START_MS = 1_700_000_000_000
SHAPES = {
    "no key": (None, b"v" * 12, ()),
    "a key": (b"key", b"v" * 12, ()),
    "nothing": (None, None, ()),
    "empty": (b"", b"", ()),
    "a key without a value": (b"k" * 70, None, ()),
    "headers": (b"k", b"v", (("t", b"0" * 4), ("", None), ("h", b""))),
    "300 bytes": (None, b"v" * 300, ()),
}
TIMES = {
    "one time": lambda n: 0,
    "times that grow": lambda n: n * 7,
    "times that grow much": lambda n: n * 100_003,
    "times that fall": lambda n: -n * 9,
    "any times": lambda n: random.Random(n).randrange(-5_000, 5_000),
}


def decoded(records, **options):
    (batch,) = read_batches(build_batch(records, base_offset=50, **options))
    return list(batch.records())


def given_back(records, time_ms=None):
    return [(50 + n, r.timestamp_ms if time_ms is None else time_ms, *r[1:]) for n, r in enumerate(records)]


@pytest.mark.parametrize("time", TIMES)
@pytest.mark.parametrize("shape", SHAPES)
def test_a_run_is_read_as_it_was_written(shape, time):
    records = [NewRecord(START_MS + TIMES[time](n), *SHAPES[shape]) for n in range(200)]
    assert decoded(records) == given_back(records)
    latest_ms = max(record.timestamp_ms for record in records)
    assert decoded(records, timestamp_type=LOG_APPEND_TIME) == given_back(records, latest_ms)


def test_a_run_across_all_widths_of_offsets():
    records = [NewRecord(START_MS + n // 100, None, b"%08d" % n) for n in range(17_000)]
    assert decoded(records) == given_back(records)


@given(
    st.lists(st.tuples(st.sampled_from(sorted(SHAPES)), st.integers(1, 150)), min_size=1, max_size=6),
    st.sampled_from(sorted(TIMES)),
)
@settings(deadline=None, max_examples=60)
def test_any_mixture_of_shapes_is_read_as_it_was_written(parts, time):
    shapes = [SHAPES[shape] for shape, count in parts for _ in range(count)]
    records = [NewRecord(START_MS + TIMES[time](n), *shape) for n, shape in enumerate(shapes)]
    assert decoded(records) == given_back(records)


@given(st.data())
@settings(deadline=None, max_examples=150)
def test_damage_within_a_run_is_found_as_by_reading_one_by_one(data):
    shape = SHAPES[data.draw(st.sampled_from(["no key", "a key", "300 bytes"]))]
    (batch,) = read_batches(build_batch([NewRecord(START_MS + n, *shape) for n in range(120)]))
    payload = bytearray(batch.payload())
    payload[data.draw(st.integers(0, len(payload) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    if data.draw(st.booleans()):
        del payload[data.draw(st.integers(1, len(payload) - 1)) :]

    def outcome(read):
        try:
            return read()
        except CorruptRecords:
            return None

    def one_by_one():
        found = []
        reading = _one_by_one(batch.header, bytes(payload), 0, 0, 1 << 40)
        while True:
            try:
                found.append(next(reading))
            except StopIteration as end:
                if end.value[2] != len(payload):
                    raise CorruptRecords("bytes remain") from None
                return found

    found = outcome(lambda: list(decode_records(batch.header, payload)))
    assert found == outcome(one_by_one)
    assert (found is None) == (outcome(lambda: walk_records(bytes(payload), 120)) is None)
