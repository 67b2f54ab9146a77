from hypothesis import given
from hypothesis import strategies as st

from minikafka.policy import (
    SegmentFacts,
    batch_is_ready,
    floor_entry,
    segments_to_delete,
    should_roll,
    survives_compaction,
)


def test_a_batch_leaves_full_or_late() -> None:
    assert batch_is_ready(16384, 16384, 0, 5)
    assert batch_is_ready(1, 16384, 5, 5)
    assert not batch_is_ready(1, 16384, 4, 5)


def test_a_segment_rolls_when_full_old_or_out_of_index() -> None:
    assert should_roll(900, 101, 1000, 0, 1000, False, False)
    assert not should_roll(900, 100, 1000, 0, 1000, False, False)
    assert should_roll(1, 1, 1000, 1001, 1000, False, False)
    assert not should_roll(0, 1, 1000, 1001, 1000, False, False)
    assert should_roll(1, 1, 1000, 0, 1000, True, False)
    assert should_roll(1, 1, 1000, 0, 1000, False, True)


@given(st.lists(st.integers(0, 50), unique=True).map(sorted), st.integers(-5, 60))
def test_a_lookup_starts_at_the_last_entry_not_beyond_its_target(entries: list[int], target: int) -> None:
    at = floor_entry(entries, target)
    assert all(entry <= target for entry in entries[: at + 1])
    assert all(entry > target for entry in entries[at + 1 :])


def log(*sizes: int) -> list[SegmentFacts]:
    """Segments of ten records each; the one at offset 10 n holds records up to time 10 n + 9."""
    return [SegmentFacts(10 * n, 10 * n + 10, size, 10 * n + 9) for n, size in enumerate(sizes)]


def test_retention_by_time_takes_the_old_segments() -> None:
    assert segments_to_delete(log(5, 5, 5), 30, 15, -1, 30, 0) == 1
    assert segments_to_delete(log(5, 5, 5), 1000, 15, -1, 30, 0) == 3
    assert segments_to_delete(log(5, 5, 5), 1000, 15, -1, 25, 0) == 2
    assert segments_to_delete(log(5, 5, 5), 1000, -1, -1, 30, 0) == 0


def test_retention_by_size_keeps_at_least_that_much() -> None:
    assert segments_to_delete(log(5, 5, 5), 0, -1, 10, 30, 0) == 1
    assert segments_to_delete(log(5, 5, 5), 0, -1, 11, 30, 0) == 0
    assert segments_to_delete(log(5, 5, 5), 0, -1, 0, 30, 0) == 3


def test_what_lies_below_the_log_start_goes() -> None:
    assert segments_to_delete(log(5, 5, 5), 0, -1, -1, 30, 19) == 1
    assert segments_to_delete(log(5, 5, 5), 0, -1, -1, 30, 30) == 2


def test_an_empty_active_segment_stays() -> None:
    assert segments_to_delete(log(5, 0), 10_000, 0, 0, 20, 0) == 1


def test_compaction_keeps_the_newest_of_each_key() -> None:
    assert not survives_compaction(3, b"k", b"v", 9, False)
    assert survives_compaction(9, b"k", b"v", 9, True)
    assert survives_compaction(9, b"k", None, 9, False)
    assert not survives_compaction(9, b"k", None, 9, True)
    assert not survives_compaction(9, None, b"v", None, False)
    assert survives_compaction(12, b"k", b"v", 9, False)
