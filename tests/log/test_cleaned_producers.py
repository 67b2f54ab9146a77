"""What compaction leaves of a producer when its newest batch, above the part that is cleaned, is lost afterwards."""

from __future__ import annotations

import pytest

from minikafka.log.cleanable import dirty_part
from minikafka.log.cleaner import clean
from minikafka.records.control import end_transaction_batch
from tests.log.test_cleaner import batches_in, put, small

PRODUCER = 5


def written(lab):
    """A log whose first segment holds the producer's sequences 0 and 1, both superseded; all is synced."""
    log = small(lab, segment_bytes=4000)
    for sequence in (0, 1):
        put(log, [("k", "p")], producer_id=PRODUCER, producer_epoch=0, base_sequence=sequence)
    put(log, [("k", "v")])
    log.roll()
    put(log, [("end", "1")])
    log.flush()
    return log


def the_next(log) -> None:
    put(log, [("k", "new")], producer_id=PRODUCER, producer_epoch=0, base_sequence=2)


def the_next_epoch(log) -> None:
    marker = end_transaction_batch(
        commit=True, coordinator_epoch=0, timestamp_ms=0, producer_id=PRODUCER, producer_epoch=1
    )
    log.append_as_leader(marker, 0, origin="coordinator", transaction_version=2)


def clean_up(log) -> None:
    dirty = dirty_part(log, log.world.clock.time_ms())
    assert dirty is not None
    for _ in clean(log, dirty, 1000):
        pass


def sequences(log) -> list[tuple[int, int]]:
    """Of the producer's batches: the base sequence, and how many records are left."""
    headers = [batch.header for batch in batches_in(log)]
    return [
        (h.base_sequence, h.record_count) for h in headers if h.producer_id == PRODUCER and not h.is_control
    ]


def reopened(lab, log, point: int):
    """After a power cut that took what wasn't synced, and with no note of the producers."""
    lab.power_cut(log)
    for name in lab.files():
        if name.endswith(".snapshot"):
            lab.world.disk.remove(f"orders-0/{name}")
    return lab.open(recovery_point=point)


@pytest.mark.parametrize("goes_on", [the_next, the_next_epoch])
def test_a_power_cut_that_takes_the_newest_batch_leaves_the_sequence_before(lab, goes_on):
    log = written(lab)
    end = log.recovery_point
    goes_on(log)
    log.high_watermark = log.log_end_offset
    clean_up(log)
    assert (1, 0) in sequences(log)
    assert (0, 0) not in sequences(log)
    log = reopened(lab, log, end)
    assert log.log_end_offset == end, "the power cut took it"
    state = log.producers.get(PRODUCER)
    assert (state.epoch, state.last_sequence) == (0, 1)


@pytest.mark.parametrize("goes_on", [the_next, the_next_epoch])
def test_a_new_leader_that_lacks_the_newest_batch_leaves_the_sequence_before(lab, goes_on):
    log = written(lab)
    log.high_watermark = end = log.log_end_offset
    goes_on(log)
    log.flush()
    clean_up(log)
    for path in lab.files():
        if path.endswith(".snapshot"):
            lab.world.disk.remove(f"orders-0/{path}")
    log.truncate_to(end)
    state = log.producers.get(PRODUCER)
    assert (state.epoch, state.last_sequence) == (0, 1)


def test_what_is_sure_needs_no_older_batch(lab):
    log = written(lab)
    the_next(log)
    log.flush()
    log.high_watermark = log.log_end_offset
    clean_up(log)
    assert sequences(log) == [(2, 1)]


def test_an_older_batch_goes_with_the_pass_after_the_newest_is_sure(lab):
    log = written(lab)
    the_next(log)
    log.high_watermark = log.log_end_offset
    clean_up(log)
    assert sequences(log) == [(1, 0), (2, 1)]
    log.roll()
    put(log, [("end", "2")])
    log.flush()
    log.high_watermark = log.log_end_offset
    clean_up(log)
    assert sequences(log) == [(2, 1)]
