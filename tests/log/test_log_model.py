"""A log against a plain model: whatever is done to it in whatever order, and whatever ends it, they agree."""

from __future__ import annotations

import dataclasses
import os

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule, run_state_machine_as_test

import minikafka.log.cleaner as cleaner_module
from minikafka.log.cleanable import dirty_part
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.records.batch import CREATE_TIME, LOG_APPEND_TIME, read_batches
from tests.log.appends_beside_model import AppendsBesideModel, cuts, shares
from tests.log.committed_beside_model import CommittedBesideModel
from tests.log.fuse import Gone
from tests.log.model import entries_of, told

STEPS = 0


class LogAgainstModel(AppendsBesideModel, CommittedBesideModel):
    # -- segments and the disk -------------------------------------------------------------------------------

    @rule(cut=cuts)
    def roll(self, cut):
        self.do(self.log.roll, cut)

    @rule(cut=cuts)
    def flush(self, cut):
        if self.do(self.log.flush, cut):
            assert self.log.recovery_point == self.model.end
            self.model.synced = self.model.end

    @rule(cut=cuts)
    def flush_rolled(self, cut):
        before = self.log.recovery_point
        if self.do(self.log.flush_rolled, cut):
            assert before <= self.log.recovery_point <= self.model.end
            self.model.synced = max(self.model.synced, self.log.recovery_point)

    @rule(cut=cuts)
    def note(self, cut):
        self.do(self.kept.note, cut)

    @rule(cut=cuts)
    def restart(self, cut):
        if self.do(self.kept.shut_down, cut):
            self.model.synced = self.model.end
            if self.do(self.kept.start_up, cut):
                self.reopened()

    @rule()
    def crash(self):
        self.kept.end("crash")
        self.open_again(self.model.end)

    @precondition(lambda self: self.count)
    @rule()
    def power_cut(self):
        self.kept.end("power_cut")
        self.open_again(self.model.synced)

    @rule(how=st.sampled_from(["crash", "power_cut"]), first=st.integers(0, 20), second=st.integers(0, 20))
    def a_start_is_interrupted(self, how, first, second):
        self.kept.end(how)
        for at in (first, second):
            self.kept.fuse.arm(at)
            try:
                self.kept.start_up()
            except Gone:
                self.kept.fuse.arm(-1)
                getattr(self.kept.universe, how)("broker-1")
            self.kept.fuse.arm(-1)
        self.open_again(self.model.end if how == "crash" else self.model.synced)

    # -- cutting off -----------------------------------------------------------------------------------------

    @rule(share=shares, cut=cuts)
    def truncate(self, share, cut):
        model = self.model
        lowest = max(model.high_watermark, model.start)
        offset = lowest + round((model.end - lowest) * share)
        end = min(model.end, model.end_of_the_batch(offset)) if offset < model.end else model.end
        if end < model.start:
            return  # a broker doesn't: nothing at or below its high watermark goes
        if self.do(lambda: self.kept.truncate(offset), cut, floor=end):
            if offset < model.end:
                model.truncate(end)
                self.recall_producers()
            model.epochs = [entry for entry in model.epochs if entry[1] < model.end]

    @rule(ahead=st.integers(0, 30), cut=cuts)
    def start_elsewhere(self, ahead, cut):
        if ahead < 27:
            return
        offset = self.model.end + ahead - 27
        if self.do(lambda: self.kept.start_elsewhere(offset), cut, anything=True, starts=offset):
            self.model.truncate(0)
            self.model.start = self.model.end = self.model.high_watermark = offset
            self.model.epochs.clear()
            self.recall_producers()

    @rule(share=shares, cut=cuts)
    def delete_records(self, share, cut):
        model = self.model
        offset = model.start + round((model.high_watermark - model.start) * share)
        if self.do(lambda: self.log.advance_log_start_offset(offset), cut, starts=offset):
            model.begin_at(offset)

    @rule(cut=cuts)
    def retention(self, cut):
        model, log = self.model, self.log
        now_ms, segments, config = self.kept.world.clock.time_ms(), tuple(log.segments), log.config
        before = model.copy()
        if not self.do(log.delete_old_segments, cut, starts=model.high_watermark):
            return
        start = log.log_start_offset
        assert before.start <= start <= before.high_watermark
        if any(offset < start for offset in before.visible()):
            assert config.deletes_old_segments
            gone = [s for s in segments if s.next_offset <= start]
            left = sum(s.size_bytes for s in segments if s.next_offset > start)
            is_old = config.retention_ms >= 0 and all(
                e.timestamp_ms < now_ms - config.retention_ms
                for o, e in before.present.items()
                if gone[-1].base_offset <= o < start
            )
            assert is_old or (0 <= config.retention_bytes <= left)
        model.begin_at(start)

    @rule(share=st.one_of(st.just(1), shares))
    def replicated(self, share):
        at = self.model.high_watermark
        self.log.high_watermark = self.model.high_watermark = at + round((self.model.end - at) * share)

    # -- time and settings -----------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([0.01, 1, 4]))
    def time_passes(self, seconds):
        self.kept.universe.run_for(seconds)

    @rule(
        segment_bytes=st.sampled_from([900, 1200, 4000]),
        compression_type=st.sampled_from(
            ["producer", "producer", "gzip", "snappy", "lz4", "zstd", "uncompressed"]
        ),
        cleanup_policy=st.sampled_from(["compact", "compact", "delete", "compact,delete"]),
        timestamp_type=st.sampled_from([CREATE_TIME, CREATE_TIME, LOG_APPEND_TIME]),
        retention_bytes=st.sampled_from([-1, 2500]),
        retention_ms=st.sampled_from([-1, 6000]),
        delete_retention_ms=st.sampled_from([0, 3000]),
        lag_ms=st.sampled_from([0, 0, 1000]),
    )
    def configure(self, timestamp_type, lag_ms, **changes):
        self.kept.config = self.log.config = dataclasses.replace(
            self.log.config, message_timestamp_type=timestamp_type, min_compaction_lag_ms=lag_ms, **changes
        )

    # -- compaction ------------------------------------------------------------------------------------------

    @rule(entries=st.sampled_from([2, 100, 100]), turns=st.sampled_from([0, 1, 3, 1000]), cut=cuts)
    def begin_to_compact(self, entries, turns, cut):
        now_ms = self.kept.world.clock.time_ms()
        if self.pass_is_on is not None or not self.log.config.is_compacted or len(self.log.segments) < 2:
            return
        dirty = dirty_part(self.log, now_ms)
        if dirty is None:
            return
        assert dirty.end <= self.model.last_stable_offset(self.opened_at)
        self.pass_is_on = self.kept.compaction(dirty, entries)
        self.pass_end, self.pass_ms, self.pass_decided = dirty.end, now_ms, None
        self.pass_retention_ms = self.log.config.delete_retention_ms
        self.model.cover(self.log.segments[-1].base_offset, now_ms, 0 if not self.pass_retention_ms else 3000)

        self.go_on(turns, cut)

    @rule(turns=st.sampled_from([1, 1, 2, 5, 1000, 1000]), cut=cuts)
    @precondition(lambda self: self.pass_is_on is not None)
    def compact(self, turns, cut):
        self.go_on(turns, cut)

    def go_on(self, turns, cut):
        ended = []

        def deed():
            for _ in range(turns):
                if next(self.pass_is_on, ended) is ended:
                    ended.append(True)
                    return

        before = self.log.cleaned_up_to
        if turns and self.pass_decided is None:
            self.pass_decided = self.model.high_watermark
        if not self.do(deed, cut):
            return
        self.check_compaction()
        if ended:
            cleaned = self.log.cleaned_up_to
            if cleaned > before:
                left = self.model.must_go(cleaned, self.pass_ms, self.pass_decided) & set(
                    self.model.visible()
                )
                assert not left, f"{[(o, self.model.present[o]) for o in sorted(left)]} stayed"
                self.model.settle(cleaned, self.pass_ms, self.pass_retention_ms)
            self.pass_is_on = None

    def check_compaction(self) -> None:
        """What has gone since may go."""
        served = self.kept.served()
        entries = {e.offset: e for batch in served for e in entries_of(batch)}
        going = self.model.may_go(self.pass_end, self.pass_ms, self.pass_decided or 0)
        for offset in set(self.model.visible()) - set(entries):
            assert offset in going, f"lost {self.model.present[offset]}"
        self.model.compacted_to(served, entries)
        self.model.synced = max(self.model.synced, min(self.log.recovery_point, self.model.end))

    @rule()
    @precondition(lambda self: self.pass_is_on is not None)
    def give_compaction_up(self):
        self.pass_is_on.close()
        self.pass_is_on = None

    # -- what is read ----------------------------------------------------------------------------------------

    @rule(share=shares, max_bytes=st.integers(0, 2000), ahead=st.integers(0, 20))
    def read(self, share, max_bytes, ahead):
        model = self.model
        offset, size = model.start + round((model.end - model.start) * share), 0
        data = self.log.read(offset, max_bytes, up_to_offset=offset + ahead, at_least_one=True)
        batches = list(read_batches(data))
        assert sum(b.header.size_bytes for b in batches) == len(data)
        assert len(data) <= max_bytes or len(batches) == 1
        for batch in batches:
            size += batch.header.size_bytes
            assert offset <= batch.header.last_offset < offset + ahead
            for entry in entries_of(batch):
                assert model.present[entry.offset] == entry
        there = sorted(base for base in model.present_batches if model.batches[base].told.last >= offset)
        if there and model.batches[there[0]].told.last < offset + ahead:
            assert batches and batches[0].header.base_offset == there[0]

    @rule(offset=st.integers(-2, 60))
    def read_outside(self, offset):
        at = self.model.start - 1 if offset < 0 else self.model.end + 1 + offset
        with pytest.raises(ApiError) as refusal:
            self.log.read(at, 100)
        assert refusal.value.code == ErrorCode.OFFSET_OUT_OF_RANGE

    @rule(share=shares, shift=st.integers(-12, 12))
    def look_up_a_time(self, share, shift):
        times = sorted(e.timestamp_ms for e in self.model.visible().values())
        if times:
            at_ms = times[round((len(times) - 1) * share)] + shift
            due, found = self.model.first_as_late_as(at_ms), self.log.offset_for_timestamp(at_ms)
            first = next((s for s in self.log.segments if s.largest_timestamp_ms >= at_ms), None)
            if due is not None and first.base_offset < self.model.start and due.offset >= first.next_offset:
                due = None  # as in Kafka, the segment that the log starts in is the only one that is searched
            assert (None if due is None else (due.timestamp_ms, due.offset)) == (found and found[:2])
        latest = self.log.offset_of_max_timestamp()
        if times and latest is not None and latest[1] >= self.model.start:
            due = self.model.first_as_late_as(times[-1])
            assert latest[:2] == (due.timestamp_ms, due.offset)
        assert latest is not None or not times
        assert latest is None or not times or latest[0] >= times[-1]

    @rule(epoch=st.integers(-1, 30))
    def where_an_epoch_ends(self, epoch):
        assert self.log.epochs.end_offset_for(epoch) == self.model.end_offset_for(epoch)

    @invariant()
    def they_agree(self):
        global STEPS
        STEPS += 1
        log, model = self.log, self.model
        assert (log.log_start_offset, log.log_end_offset) == (model.start, model.end)
        assert log.high_watermark == model.high_watermark
        served = self.kept.served()
        assert {b.header.base_offset for b in served} == {
            base for base in model.present_batches if model.batches[base].told.last >= model.start
        }
        for batch in served:
            assert told(batch) == model.batches[batch.header.base_offset].told
        entries = {e.offset: e for b in served for e in entries_of(b) if e.offset >= model.start}
        assert entries == model.visible()
        assert [tuple(entry) for entry in log.epochs.entries] == model.epochs
        for pid, producer in model.producers().items():
            assert self.is_right(producer, log.producers.get(pid)), (pid, producer, log.producers.get(pid))
        if model.end % 3 == 0:  # not always at once: what was asked for is remembered
            self.check_aborted(model.start, model.end)
            self.check_committed(model.start, 600)
        # What ended before the log was opened may count as replicated, as far as its snapshot of producers reaches
        # (so it does in Kafka).
        trusted = [0, *(t.marker + 1 for t in model.transactions() if t.marker < self.opened_at)]
        stable = {
            model.last_stable_offset(offset, of_what_is_left=left)
            for offset in trusted
            for left in ([False, True] if self.opened_at else [False])
        }
        assert log.last_stable_offset in stable, (log.last_stable_offset, stable)


PROFILE = settings(
    derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck), print_blob=False
)
if os.environ.get("LOG_MODEL_SHRINK") == "no":
    PROFILE = settings(PROFILE, phases=[Phase.generate])


@pytest.fixture(autouse=True)
def passes_yield_often(monkeypatch):
    monkeypatch.setattr(cleaner_module, "BYTES_A_TURN", 500)


def explore(number: int, examples: int, steps: int) -> int:
    """Runs the machine; how many steps were taken and checked."""
    before = STEPS
    machine = seed(number)(type("LogAgainstModel", (LogAgainstModel,), {}))
    run_state_machine_as_test(
        machine,
        settings=settings(PROFILE, derandomize=False, max_examples=examples, stateful_step_count=steps),
    )
    return STEPS - before


def test_the_log_and_the_model_agree():
    assert explore(int(os.environ.get("LOG_MODEL_SEED", "1")), 40, 40) > 500


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_they_agree_for_ten_thousand_steps():
    """The seeds are fixed; LOG_MODEL_SEED begins with another."""
    first = int(os.environ.get("LOG_MODEL_SEED", "2"))
    assert sum(explore(number, 60, 60) for number in range(first, first + 5)) >= 10_000
