"""A log against a plain list: whatever is done to it in whatever order, they agree."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from minikafka.log.config import LogConfig
from minikafka.log.log import Log
from minikafka.policy import Organs
from minikafka.records.batch import NewRecord, build_batch, read_batches
from minikafka.records.compression import Compression
from minikafka.world import SimulatedUniverse

CONFIG = LogConfig(segment_bytes=1200, index_interval_bytes=150, retention_bytes=2500, retention_ms=-1)


class LogAgainstList(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.universe = SimulatedUniverse(7)
        self.model: dict[int, bytes] = {}
        self.ever: dict[int, set[bytes]] = {}
        self.start = self.end = self.flushed = self.counter = self.epoch = 0
        self.reopen(clean=True)

    def reopen(self, *, clean: bool) -> None:
        self.world = self.universe.world("broker-1")
        self.log = Log.open(
            self.world, "t-0", "t", 0, CONFIG, Organs(), clean_shutdown=clean, recovery_point=self.flushed
        )
        self.log.advance_log_start_offset(min(self.start, self.log.log_end_offset))
        self.log.high_watermark = self.log.log_end_offset

    @rule(
        sizes=st.lists(st.integers(0, 120), min_size=1, max_size=5),
        codec=st.sampled_from(list(Compression)),
        new_epoch=st.booleans(),
    )
    def append(self, sizes, codec, new_epoch):
        self.epoch += new_epoch
        records = []
        for size in sizes:
            value = b"%d:" % self.counter + b"v" * size
            records.append(NewRecord(self.world.clock.time_ms() + self.counter % 7, None, value))
            self.model[self.end] = value
            self.ever.setdefault(self.end, set()).add(value)
            self.counter += 1
            self.end += 1
        appended = self.log.append_as_leader(build_batch(records, compression=codec), self.epoch)
        assert appended.last_offset + 1 == self.end
        self.log.high_watermark = self.end

    @rule()
    def roll(self):
        self.log.roll()

    @rule()
    def flush(self):
        self.log.flush()
        self.flushed = self.end

    @rule(share=st.floats(0, 1))
    def truncate(self, share):
        self.log.truncate_to(self.start + int((self.end - self.start) * share))
        self.forget_from(self.log.log_end_offset)
        self.start = self.log.log_start_offset

    def forget_from(self, end: int) -> None:
        assert end <= self.end
        for offset in range(end, self.end):
            self.model.pop(offset, None)
        self.end = end
        self.flushed = min(self.flushed, end)

    @rule(ahead=st.integers(0, 9))
    def start_elsewhere(self, ahead):
        if ahead < 8:
            return
        self.log.truncate_fully_and_start_at(self.end + ahead)
        self.model.clear()
        self.start = self.end = self.end + ahead
        self.flushed = min(self.flushed, self.end)

    @rule(share=st.floats(0, 1))
    def delete_records(self, share):
        self.start += int((self.end - self.start) * share)
        self.log.advance_log_start_offset(self.start)

    @rule()
    def retention(self):
        self.log.delete_old_segments()
        assert self.log.log_start_offset >= self.start
        self.start = self.log.log_start_offset

    @rule()
    def restart(self):
        self.log.close()
        self.flushed = self.end
        self.reopen(clean=True)

    @rule()
    def crash(self):
        self.log.abandon()
        self.universe.crash("broker-1")
        self.reopen(clean=False)

    @precondition(lambda self: self.counter)
    @rule()
    def power_cut(self):
        self.log.abandon()
        self.universe.power_cut("broker-1")
        self.reopen(clean=False)
        assert self.log.log_end_offset >= self.flushed or self.flushed <= self.start
        survived = self.read_all()
        for offset, value in survived.items():
            if offset < self.flushed:
                assert self.model[offset] == value
            else:
                assert value in self.ever[offset]
        self.start, self.end = self.log.log_start_offset, self.log.log_end_offset
        self.model = survived
        self.flushed = min(self.flushed, self.end)
        self.epoch = max(self.epoch, self.log.epochs.latest)

    def read_all(self, max_bytes: int = 500) -> dict[int, bytes]:
        found = {}
        at = self.log.log_start_offset
        while at < self.log.log_end_offset:
            data = self.log.read(at, max_bytes, at_least_one=True)
            assert data, f"nothing at {at} of {self.log}"
            for batch in read_batches(data):
                assert batch.crc_is_valid()
                found.update((r.offset, r.value) for r in batch.records() if r.offset >= at)
                at = batch.header.next_offset
        return found

    @rule(share=st.floats(0, 1), max_bytes=st.integers(0, 2000), ahead=st.integers(0, 9))
    def read(self, share, max_bytes, ahead):
        offset = self.start + int((self.end - self.start) * share)
        data = self.log.read(offset, max_bytes, up_to_offset=offset + ahead, at_least_one=True)
        for batch in read_batches(data):
            assert batch.header.last_offset < offset + ahead
            for record in batch.records():
                if record.offset >= self.start:
                    assert self.model[record.offset] == record.value

    @invariant()
    def they_agree(self):
        assert (self.log.log_start_offset, self.log.log_end_offset) == (self.start, self.end)
        model = {offset: value for offset, value in self.model.items() if offset >= self.start}
        assert self.read_all() == model
        starts = [entry.start_offset for entry in self.log.epochs.entries]
        assert starts == sorted(starts)
        assert not starts or starts[-1] <= self.end


TestLogAgainstList = LogAgainstList.TestCase
TestLogAgainstList.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
