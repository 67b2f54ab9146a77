"""The power goes at every single disk operation of a busy log's life; and a process is killed on real files.

Each time the log opens again, with everything that was synced, and of the rest a state that it once had.
"""

from __future__ import annotations

import contextlib
import random
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest

from minikafka.log.checkpoints import CLEAN_SHUTDOWN_FILE, LOG_STARTS, RECOVERY_POINTS, OffsetCheckpoint
from minikafka.log.config import LogConfig
from minikafka.log.log import Log
from minikafka.log.producers import ProducerStates
from minikafka.policy import Rules
from minikafka.records.batch import NewRecord, build_batch, read_batches
from minikafka.records.compression import Compression
from minikafka.records.control import end_transaction_batch
from minikafka.world import LiveUniverse, SimulatedUniverse
from tests.log.fuse import Fuse, Gone, fused

CONFIG = LogConfig(segment_bytes=1000, index_interval_bytes=150, retention_bytes=4000, retention_ms=-1)
KEY = ("orders", 0)


class Busy:
    """A log as a broker keeps it, with its checkpoints, and a model of all that it ever was."""

    def __init__(self, seed: int, fuse: Fuse) -> None:
        self.universe = SimulatedUniverse(seed)
        self.random = random.Random(seed)
        self.values: dict[int, bytes] = {}
        self.states: list[dict[int, bytes]] = [{}]
        self.synced = 0
        self.epoch = 1
        self.sequence = {1: 0, 2: 0, 3: 0}
        self.number = 0
        self.start_up(fuse)

    def start_up(self, fuse: Fuse) -> None:
        self.world = fused(self.universe.world("broker-1"), fuse)
        disk = self.world.disk
        clean = disk.exists(CLEAN_SHUTDOWN_FILE)
        if clean:
            disk.remove(CLEAN_SHUTDOWN_FILE)
            disk.sync_dir("")
        self.noted = OffsetCheckpoint(disk, RECOVERY_POINTS).read().get(KEY, 0)
        self.log = Log.open(
            self.world, "orders-0", *KEY, CONFIG, Rules(), clean_shutdown=clean, recovery_point=self.noted
        )
        start = OffsetCheckpoint(disk, LOG_STARTS).read().get(KEY, 0)
        self.log.advance_log_start_offset(min(start, self.log.log_end_offset))
        self.log.high_watermark = self.log.log_end_offset

    # -- what it does ----------------------------------------------------------------------------------

    def append(self, producer: int = -1, *, transactional: bool = False) -> None:
        values = [b"%d:" % (self.number + i) + b"v" * self.random.randrange(90) for i in range(2)]
        self.number += 2
        first = self.log.log_end_offset
        self.states.append(dict(self.values))
        self.values |= {first + i: value for i, value in enumerate(values)}
        self.states.append(dict(self.values))  # the power may go once it is written and before we are told
        self.log.append_as_leader(
            build_batch(
                [NewRecord(1_700_000_000_000 + self.number, b"k", value) for value in values],
                compression=self.random.choice(list(Compression)),
                producer_id=producer,
                producer_epoch=0 if producer > 0 else -1,
                base_sequence=self.sequence.get(producer, -1),
                transactional=transactional,
            ),
            self.epoch,
        )
        if producer > 0:
            self.sequence[producer] += 2
        self.log.high_watermark = self.log.log_end_offset

    def transaction(self, *, commit: bool) -> None:
        self.append(2, transactional=True)
        self.end(2, commit=commit)

    def end(self, producer: int, *, commit: bool) -> None:
        self.values[self.log.log_end_offset] = b"marker"
        self.states.append(dict(self.values))
        marker = end_transaction_batch(
            commit=commit, coordinator_epoch=4, timestamp_ms=7, producer_id=producer, producer_epoch=0
        )
        self.log.append_as_leader(marker, self.epoch, origin="coordinator")

    def note(self) -> None:
        OffsetCheckpoint(self.world.disk, RECOVERY_POINTS).write({KEY: self.log.recovery_point})
        OffsetCheckpoint(self.world.disk, LOG_STARTS).write({KEY: self.log.log_start_offset})
        self.noted = self.log.recovery_point

    def flush(self, sync: Callable[[Log], None] = Log.flush) -> None:
        sync(self.log)
        self.synced = self.log.recovery_point
        self.note()

    def truncate(self, offset: int) -> None:
        self.synced = min(self.synced, offset - 1)  # a batch of two may go whole
        self.log.truncate_to(offset)
        if self.log.recovery_point < self.noted:
            self.note()
        self.values = {o: v for o, v in self.values.items() if o < self.log.log_end_offset}
        self.states.append(dict(self.values))
        self.sequence = {
            p: (s.last_sequence + 1 if (s := self.log.producers.get(p)) else 0) for p in self.sequence
        }
        self.epoch += 1

    def close(self) -> None:
        self.log.close()
        self.synced = self.log.log_end_offset
        self.note()
        self.world.disk.write_atomic(CLEAN_SHUTDOWN_FILE, b"{}")

    def live(self, fuse: Fuse) -> None:
        """Some of everything; the scripted workload."""
        for _ in range(5):
            self.append(1)
        self.transaction(commit=True)
        self.epoch += 1
        for _ in range(6):
            self.append()
        self.transaction(commit=False)
        self.append(3, transactional=True)
        self.flush(Log.flush_rolled)
        self.append(1)
        self.end(3, commit=False)
        self.truncate(self.log.log_end_offset - 5)
        for _ in range(4):
            self.append(1)
        self.flush()
        self.log.roll()
        self.transaction(commit=False)
        self.append(2, transactional=True)
        self.log.advance_log_start_offset(7)
        self.note()
        self.log.delete_old_segments()
        self.truncate(self.log.segments[-2].base_offset)
        self.append(1)
        self.close()
        self.start_up(fuse)
        for number in range(12):
            self.append(1)
            if number % 4 == 1:
                self.append(3, transactional=True)
                self.transaction(commit=False)
            if number % 4 == 3:
                self.end(3, commit=number == 7)
            self.flush(Log.flush_rolled)
        self.log.delete_old_segments()
        self.append()

    # -- what must be true ---------------------------------------------------------------------------------

    def check(self) -> None:
        """After the power came back and `start_up`."""
        log = self.log
        batches = [
            batch for segment in log.segments for batch in read_batches(memory_of(self.world, segment))
        ]
        found = {r.offset: r.value for b in batches if not b.header.is_control for r in b.records()}
        found |= {b.header.base_offset: b"marker" for b in batches if b.header.is_control}
        first, end = log.segments[0].base_offset, log.log_end_offset
        assert sorted(found) == list(range(first, end)), "no hole, nothing twice"
        assert end >= self.synced
        assert any(all(state.get(o) == v for o, v in found.items()) for state in self.states)
        assert all(found[o] == self.values[o] for o in range(first, min(self.synced, end)))
        for offset in range(log.log_start_offset, end):
            served = next(read_batches(log.read(offset, 1, at_least_one=True))).header
            assert served.base_offset <= offset <= served.last_offset
        for batch in batches:
            assert batch.crc_is_valid()
            if batch.header.last_offset >= log.log_start_offset:
                at = max(batch.header.base_offset, log.log_start_offset)
                known, oldest = log.epochs.epoch_for_offset(at), log.epochs.entries[0].start_offset
                # Below the oldest a DeleteRecords is half done.
                assert known == batch.header.partition_leader_epoch or (known == -1 and at < oldest)
                latest = log.offset_for_timestamp(batch.header.max_timestamp)
                assert latest is not None and latest[0] >= batch.header.max_timestamp
        assert log.epochs.latest == batches[-1].header.partition_leader_epoch if batches else True
        again, ended = ProducerStates("orders-0"), []
        for batch in batches:
            ended.append(again.update(batch.header, batch))
        aborted = {done.last_offset: done for done in ended if done is not None and done.is_aborted}
        for entry in log.aborted_transactions(first, end):
            done = aborted.pop(entry.last_offset, None)
            began_before = entry.first_offset < first
            assert began_before if done is None else (began_before or entry == tuple(done[:4]))
        assert not aborted, "nothing of an aborted transaction passes for committed"
        for state in again:
            known = log.producers.get(state.producer_id)
            assert known is not None
            assert (known.epoch, known.last_sequence) == (state.epoch, state.last_sequence)
            assert known.transaction_first_offset == state.transaction_first_offset


def memory_of(world, segment) -> memoryview:
    return memoryview(world.disk.read_bytes(segment.path))


def cut_at(seed: int, operation: int) -> bool:
    """One life with a power cut before that operation; False when it ended before."""
    fuse = Fuse(operation)
    busy = None
    try:
        busy = Busy.__new__(Busy)
        busy.__init__(seed, fuse)
        busy.live(fuse)
    except Gone:
        pass
    else:
        return False
    busy.universe.power_cut("broker-1")
    busy.start_up(Fuse())
    busy.check()
    busy.sequence = {9: 0}
    busy.epoch = max(busy.epoch, busy.log.epochs.latest)
    end = busy.log.log_end_offset
    busy.append(9)
    assert busy.log.log_end_offset == end + 2
    busy.values = busy.states[-1]
    busy.close()
    snapshot = busy.log.snapshot()
    busy.start_up(Fuse())
    again = busy.log.snapshot()
    assert (again.start, again.end, len(again.segments)) == (
        snapshot.start, snapshot.end, len(snapshot.segments),
    )  # fmt: skip
    return True


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 3, 4, 6, 8, 10, 13])
def test_after_a_power_cut_at_any_disk_operation_what_was_synced_is_there(seed):
    operation = 0
    try:
        while cut_at(seed, operation):
            operation += 1
    except BaseException as error:
        error.add_note(f"seed {seed}, disk operation {operation}")
        raise
    assert operation > 200


WRITER = """
import sys
from minikafka.log.config import LogConfig
from minikafka.log.log import Log
from minikafka.policy import Rules
from minikafka.records.batch import NewRecord, build_batch
from minikafka.world import LiveUniverse

world = LiveUniverse(sys.argv[1]).world("broker-1")
log = Log.open(world, "orders-0", "orders", 0, LogConfig(segment_bytes=20_000, index_interval_bytes=500), Rules())
while True:
    value = b"%d:" % log.log_end_offset + b"v" * (log.log_end_offset * 37 % 700)
    print(log.append_as_leader(build_batch([NewRecord(1_700_000_000_000, None, value)]), 0).last_offset, flush=True)
"""


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_killed_process_loses_nothing_that_it_acknowledged(tmp_path, seed):
    process = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        for _ in range(random.Random(seed).randrange(50, 600)):
            line = process.stdout.readline()
            assert line, "the writer ended by itself"
    finally:
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read()
        process.wait(30)
        process.stdout.close()
    complete = (line + rest).rpartition(b"\n")[0]
    acknowledged = int(complete.splitlines()[-1])
    with LiveUniverse(tmp_path) as universe:
        world = universe.world("broker-1")
        config = LogConfig(segment_bytes=20_000, index_interval_bytes=500)
        log = Log.open(world, "orders-0", *KEY, config, Rules())
        assert log.log_end_offset > acknowledged
        at = 0
        while at < log.log_end_offset:
            for batch in read_batches(log.read(at, 10_000, at_least_one=True)):
                assert batch.crc_is_valid()
                for record in batch.records():
                    assert record.value == b"%d:" % record.offset + b"v" * (record.offset * 37 % 700)
                    assert record.offset == at
                    at += 1
        log.abandon()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("at", range(12))
def test_an_index_that_is_made_again_is_whole_whenever_the_power_goes(at, seed):
    """No start looks again at a segment below the recovery point, so half a time index would hide records for good."""
    universe, fuse = SimulatedUniverse(seed), Fuse()

    def start_up() -> Log:
        world = fused(universe.world("broker-1"), fuse)
        return Log.open(world, "orders-0", *KEY, CONFIG, Rules(), recovery_point=40)

    log = start_up()
    for number in range(40):
        log.append_as_leader(build_batch([NewRecord(1_700_000_000_000 + number, None, b"v" * 90)]), 1)
    log.high_watermark = log.log_end_offset
    log.roll()
    log.flush()
    first = log.segments.first
    for path in first.paths[1:3]:
        log.segments.first.disk.open(path).truncate(3)
        log.segments.first.disk.open(path).sync()
    universe.power_cut("broker-1")

    log = start_up()
    fuse.arm(at)
    with contextlib.suppress(Gone):
        log.offset_for_timestamp(1_700_000_000_000)
    fuse.arm(-1)
    universe.power_cut("broker-1")
    log = start_up()
    for number in range(40):
        found = log.offset_for_timestamp(1_700_000_000_000 + number)
        assert found is not None
        assert found[1] == number
