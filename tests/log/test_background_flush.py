"""A rolled segment is synced while the log goes on: the recovery point moves only when what it promises is true."""

import pytest

from minikafka.log.log import Log

KEY = ("orders", 0)


@pytest.fixture
def rolled(lab, batch_of):
    """A log whose first two segments are rolled and not synced; the third is the active one."""
    log = lab.open(segment_bytes=900)
    fill(log, batch_of, until=lambda: len(log.segments) == 3)
    return log


def fill(log, batch_of, until):
    while not until():
        log.append_as_leader(batch_of(b"v" * 100), 1)


def flush_and(lab, log, change):
    """`change` happens while the sync runs."""

    async def scenario():
        flushing = lab.world.spawn(log.flush_rolled_in_background(), "flush")
        lab.world.call_later(0.0005, change)
        await flushing

    lab.universe.run(scenario())
    assert lab.world.trace.failures == []


def test_the_recovery_point_moves_when_the_sync_is_done(lab, rolled):
    following = rolled.segments[1].base_offset
    seen = []
    flush_and(lab, rolled, lambda: seen.append(rolled.recovery_point))
    assert seen == [0] and rolled.recovery_point == following
    lab.power_cut(rolled)
    assert lab.open(recovery_point=following).log_end_offset >= following


def test_appends_go_on(lab, batch_of, rolled):
    following = rolled.segments[1].base_offset
    flush_and(lab, rolled, lambda: fill(rolled, batch_of, until=lambda: len(rolled.segments) == 5))
    assert rolled.recovery_point == following


@pytest.mark.parametrize("cut_to", ["inside of it", "its end", "the log's beginning"])
def test_a_log_that_was_cut_meanwhile_promises_nothing_new(lab, batch_of, rolled, cut_to):
    """What was appended in the place of what was cut isn't synced."""
    following = rolled.segments[1].base_offset
    offset = {"inside of it": following - 2, "its end": following, "the log's beginning": 0}[cut_to]

    def change():
        rolled.truncate_to(offset)
        fill(rolled, batch_of, until=lambda: rolled.log_end_offset > following + 20)

    flush_and(lab, rolled, change)
    assert rolled.recovery_point == (following if cut_to == "its end" else 0)
    assert rolled.has_unflushed_segment


def test_a_log_that_began_anew_meanwhile_promises_nothing(lab, rolled):
    flush_and(lab, rolled, lambda: rolled.truncate_fully_and_start_at(1000))
    assert rolled.recovery_point <= rolled.segments[0].base_offset and not rolled.has_unflushed_segment


@pytest.mark.parametrize("end", [Log.close, Log.abandon, Log.delete])
def test_a_log_may_end_meanwhile(lab, rolled, end):
    at = rolled.log_end_offset
    flush_and(lab, rolled, lambda: end(rolled))
    assert end is not Log.close or rolled.recovery_point == at


def test_a_full_flush_is_not_undone(lab, rolled):
    flush_and(lab, rolled, rolled.flush)
    assert rolled.recovery_point == rolled.log_end_offset


def test_a_segment_that_retention_removed_meanwhile_is_no_trouble(lab, rolled):
    def change():
        rolled.advance_log_start_offset(rolled.segments[1].base_offset)
        rolled.delete_old_segments()

    flush_and(lab, rolled, change)
    assert rolled.recovery_point in (0, rolled.segments[0].base_offset)
    while rolled.has_unflushed_segment:
        flush_and(lab, rolled, lambda: None)
    assert rolled.recovery_point == rolled.segments[-1].base_offset
