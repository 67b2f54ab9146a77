"""A byte of a log of old formats is wrong, or the messages are large: what is read is right, or an error says so."""

from __future__ import annotations

import random

import pytest

from minikafka.records.batch import NewRecord, Record, build_batch
from minikafka.records.compression import Compression
from minikafka.records.legacy import message_set
from tests.log.flips import TURNS, check_clean_end, check_recovery, every_flip, files_of, read_all

START_MS = 1_700_000_000_000
CONFIG = {"segment_bytes": 500, "index_interval_bytes": 100, "retention_ms": -1}
KINDS = (
    (0, Compression.NONE),
    (1, Compression.NONE),
    (0, Compression.LZ4),
    (1, Compression.SNAPPY),
    (2, None),
)


@pytest.fixture
def written(lab):
    """A log of a few segments, closed: its files, and what is in it by offset."""
    log = lab.open(**CONFIG)
    right = {}
    for number in range(13):
        magic, codec = KINDS[number % 5]
        times = [-1, -1] if magic == 0 else [START_MS + number * 10, START_MS + number * 10 + 1]
        values = [b"%d" % number, b"y" * (number % 4 * 9)]
        records = [
            Record(2 * number + i, t, b"k", v) for i, (t, v) in enumerate(zip(times, values, strict=True))
        ]
        if codec is None:
            new = [NewRecord(*record[1:]) for record in records]
            log.append_as_follower(build_batch(new, base_offset=2 * number, leader_epoch=2))
        else:
            log.append_as_follower(message_set(records, magic, compression=codec))
        right |= {record.offset: record for record in records}
    assert len(log.segments) > 2
    log.close()
    return files_of(lab), right


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("max_bytes", [pytest.param(1, marks=pytest.mark.slow), 300])
def test_after_a_clean_end_all_is_right_or_an_error_says_so(lab, written, max_bytes, turn):
    files, right = written
    check_clean_end(lab, lambda: lab.open(clean=True), every_flip(lab, files, turn, ".log"), right, max_bytes)


@pytest.mark.slow
@pytest.mark.parametrize("turn", TURNS)
def test_a_recovery_keeps_a_right_beginning_and_says_what_it_cut(lab, written, turn):
    files, right = written
    check_recovery(lab, lambda: lab.open(clean=False), every_flip(lab, files, turn, ".log"), right)


def test_large_messages_are_served_beside_large_batches(lab):
    chance, offset, right, sets = random.Random(7), 0, [], []
    log = lab.open(retention_ms=-1)
    for number in range(12):
        magic, codec = KINDS[number % 5]
        records = [
            Record(offset + i, -1 if magic == 0 else START_MS + i, b"k", chance.randbytes(size))
            for i, size in enumerate([300_000, 10] if number % 3 else [10, 20])
        ]
        offset += len(records)
        right += records
        if codec is None:
            new = [NewRecord(*record[1:]) for record in records]
            sets.append(build_batch(new, base_offset=records[0].offset))
        else:
            sets.append(message_set(records, magic, compression=codec))
        log.append_as_follower(sets[-1])
    for max_bytes in (1, 1000, 400_000, 1 << 30):
        assert list(read_all(log, max_bytes).values()) == right
    assert bytes(log.read(0, 1 << 30)) == b"".join(sets)
