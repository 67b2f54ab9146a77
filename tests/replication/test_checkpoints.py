"""What a broker notes of its partitions, and how a log that is opened again is brought in line with it."""

from __future__ import annotations

import asyncio
import dataclasses
import types

import pytest

from minikafka.log.checkpoints import (
    CLEANER_OFFSETS,
    HIGH_WATERMARKS,
    LOG_STARTS,
    RECOVERY_POINTS,
    OffsetCheckpoint,
)
from minikafka.log.config import LogConfig
from minikafka.log.log import Log
from minikafka.policy import Rules
from minikafka.records.batch import NewRecord, build_batch
from minikafka.replication.checkpoints import CheckpointIgnored, Checkpoints
from minikafka.world import SimulatedUniverse

HOST, KEY = "broker-1", ("orders", 0)
DELETED = LogConfig(retention_ms=-1)
COMPACTED = dataclasses.replace(DELETED, cleanup_policy="compact")


@pytest.fixture
def universe():
    with SimulatedUniverse(1) as universe:
        yield universe


def start_up(universe, config):
    """As a broker does after an unclean end."""
    world = universe.world(HOST)
    notes = Checkpoints(world, 1, {})
    log = Log.open(
        world, "orders-0", *KEY, config, Rules(),
        recovery_point=notes.recovery_point(KEY), was_compacted=notes.was_compacted(KEY),
    )  # fmt: skip
    notes.apply_to(log, KEY)
    return log


def crash(universe, log):
    log.abandon()
    universe.crash(HOST)


def noted(universe, file):
    return OffsetCheckpoint(universe.world(HOST).disk, file).read()


def forget(universe, file):
    universe.world(HOST).disk.remove(file)


def batch_at(offset):
    return build_batch([NewRecord(5, b"k%d" % offset, b"v")], base_offset=offset, leader_epoch=0)


def test_a_gap_that_a_follower_was_sent_outlives_a_change_of_policy(universe):
    log = start_up(universe, COMPACTED)
    log.append_as_follower(batch_at(0))
    assert noted(universe, CLEANER_OFFSETS) == {}
    log.append_as_follower(batch_at(7))
    assert noted(universe, CLEANER_OFFSETS) == {KEY: 0}, "noted before it is in the log"
    crash(universe, log)
    log = start_up(universe, DELETED)
    assert log.log_end_offset == 8
    crash(universe, log)
    forget(universe, CLEANER_OFFSETS)
    assert start_up(universe, DELETED).log_end_offset == 1, "without the note it is a loss"


def test_what_a_recovery_took_for_a_gap_stays_one(universe):
    log = start_up(universe, COMPACTED)
    for offset in (0, 7):
        log.append_as_follower(batch_at(offset))
    crash(universe, log)
    forget(universe, CLEANER_OFFSETS)
    log = start_up(universe, COMPACTED)
    assert log.log_end_offset == 8
    assert noted(universe, CLEANER_OFFSETS) == {KEY: 0}
    crash(universe, log)
    assert start_up(universe, DELETED).log_end_offset == 8


def test_nothing_is_noted_where_nothing_is_compacted(universe):
    log = start_up(universe, DELETED)
    log.append_as_follower(batch_at(0) + batch_at(1))
    crash(universe, log)
    start_up(universe, DELETED)
    assert noted(universe, CLEANER_OFFSETS) == {}


def test_a_recovery_point_above_a_log_that_was_cut_is_lowered_at_once(universe):
    """The process ended between the truncation and its note: what is appended then must not pass for synced."""
    log = start_up(universe, DELETED)
    for offset in range(6):
        log.append_as_follower(batch_at(offset))
    log.flush()
    OffsetCheckpoint(universe.world(HOST).disk, RECOVERY_POINTS).write({KEY: 6})
    log.truncate_to(2)
    crash(universe, log)
    log = start_up(universe, DELETED)
    assert log.log_end_offset == 2
    assert noted(universe, RECOVERY_POINTS) == {KEY: 2}
    for offset in range(2, 6):
        log.append_as_follower(batch_at(offset))
    crash(universe, log)
    assert start_up(universe, DELETED).recovery_point == 2


def test_a_recovery_point_that_is_right_is_left_alone(universe):
    log = start_up(universe, DELETED)
    for offset in range(4):
        log.append_as_follower(batch_at(offset))
    log.flush()
    OffsetCheckpoint(universe.world(HOST).disk, RECOVERY_POINTS).write({KEY: 3, ("logs", 1): 9})
    crash(universe, log)
    log = start_up(universe, DELETED)
    assert log.log_end_offset == 4
    assert noted(universe, RECOVERY_POINTS) == {KEY: 3, ("logs", 1): 9}


def test_a_log_that_was_deleted_further_than_it_reaches_begins_there(universe):
    log = start_up(universe, DELETED)
    log.append_as_follower(batch_at(0))
    OffsetCheckpoint(universe.world(HOST).disk, LOG_STARTS).write({KEY: 5})
    crash(universe, log)
    log = start_up(universe, DELETED)
    assert (log.log_start_offset, log.high_watermark, log.log_end_offset) == (5, 5, 5)


def test_a_checkpoint_that_cannot_be_read_is_told_and_counts_for_nothing(universe):
    ignored = []
    world = universe.world(HOST)
    world.trace.subscribe(lambda traced: ignored.append(traced.event))
    world.disk.write_atomic(RECOVERY_POINTS, b"0\n2\norders 0 7\n")
    assert Checkpoints(world, 1, {}).recovery_point(KEY) == 0
    assert [type(event) for event in ignored] == [CheckpointIgnored]


def test_what_is_noted_now_and_then_waits_for_no_disk_and_a_clean_end_makes_it_durable(universe):
    world = universe.world(HOST)
    log = start_up(universe, DELETED)
    log.append_as_leader(build_batch([NewRecord(1, None, b"v")]), 0)
    log.high_watermark = 1
    log.flush()
    notes = Checkpoints(world, 1, {KEY: types.SimpleNamespace(log=log)})
    synced = world.disk.counters.syncs

    async def note():
        task = asyncio.get_running_loop().create_task(notes.write_in_background())
        await asyncio.sleep(0)
        return task

    task = universe.run(note(), host=HOST)
    assert noted(universe, RECOVERY_POINTS) == noted(universe, HIGH_WATERMARKS) == {KEY: 1}
    universe.run_for(5)
    assert task.done() and task.exception() is None
    assert world.disk.counters.syncs > synced
    again = world.disk.counters.writes
    universe.run(notes.write_in_background(), host=HOST)
    assert world.disk.counters.writes == again, "nothing changed"
    notes.write()
    universe.power_cut(HOST)
    assert noted(universe, RECOVERY_POINTS) == noted(universe, HIGH_WATERMARKS) == {KEY: 1}
