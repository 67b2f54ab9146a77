"""Viewers see how much of a segment is cached, and however many segments there are, it costs little."""

import pytest

from minikafka.log.residency import BUDGET_PAGES, FORGET_S, FRESH_S, LOOK_PAGES, SegmentResidency


class Clock:
    def __init__(self) -> None:
        self.at = 100.0

    def now(self) -> float:
        return self.at

    def time_ms(self) -> int:
        return int(self.at * 1_000)


class Disk:
    """Counts what it is asked."""

    def __init__(self, answer=(3, 4)) -> None:
        self.answer = answer
        self.asked: list[str] = []

    def residency(self, path):
        self.asked.append(path)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def clock():
    return Clock()


def test_a_segment_is_asked_for_at_most_once_a_second(clock):
    disk = Disk()
    residency = SegmentResidency(disk, clock)
    assert [residency.of("a", 1) for _ in range(50)] == [(3, 4)] * 50
    assert disk.asked == ["a"]
    clock.at += FRESH_S
    disk.answer = (0, 4)
    assert residency.of("a", 1) == (0, 4)
    assert disk.asked == ["a", "a"]


def test_one_that_was_empty_is_asked_for_again_when_it_is_not(clock):
    disk = Disk((0, 0))
    residency = SegmentResidency(disk, clock)
    assert residency.of("a", 0) == residency.of("a", 0) == (0, 0)
    disk.answer = (9, 9)
    assert residency.of("a", 40_000) == (9, 9)
    assert disk.asked == ["a", "a"]


@pytest.mark.parametrize("answer", [None, FileNotFoundError()])
def test_what_is_unknown_or_gone_is_none_and_is_not_asked_for_all_the_time(clock, answer):
    disk = Disk(answer)
    residency = SegmentResidency(disk, clock)
    assert [residency.of("a", 1) for _ in range(5)] == [None] * 5
    assert disk.asked == ["a"]


def test_very_many_segments_are_seen_in_turn_within_the_budget(clock):
    disk = Disk((1_000, 1_000))
    residency = SegmentResidency(disk, clock)
    paths = [f"{n}" for n in range(2_000)]
    looks = BUDGET_PAGES // (LOOK_PAGES + 1_000) + 1
    for _ in range(40):
        before = len(disk.asked)
        for _ in range(3):
            known = [residency.of(path, 1) for path in paths]
        assert len(disk.asked) - before <= looks
        clock.at += FRESH_S
    assert None not in known
    late = {path: disk.asked.count(path) for path in paths}
    assert min(late.values()) >= 2, "the last ones were looked at once and never again"


def test_a_deleted_segment_is_forgotten(clock):
    residency = SegmentResidency(Disk(), clock)
    residency.of("a", 1)
    clock.at += FORGET_S
    residency.of("b", 1)
    assert list(residency._seen) == ["b"]
