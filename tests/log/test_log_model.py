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
from minikafka.records.batch import CREATE_TIME, LOG_APPEND_TIME, NewRecord, build_batch, read_batches
from minikafka.records.compression import Compression
from tests.log.fuse import Gone
from tests.log.log_beside_model import IDEMPOTENT, KEYS, TRANSACTIONAL, LogBesideModel
from tests.log.model import entries_of, told

STEPS = 0

records = st.lists(
    st.tuples(
        st.sampled_from(KEYS),
        st.one_of(st.none(), st.integers(0, 150)),
        st.integers(-9, 9),
        st.sampled_from([(), (), (("h", b"x"), ("h", None), ("", b""))]),
    ),
    min_size=1,
    max_size=5,
)
codecs = st.sampled_from(list(Compression))
shares = st.floats(0, 1)
# Before which disk operation of a deed all ends; mostly none.
cuts = st.one_of(st.none(), st.tuples(st.sampled_from(["crash", "power_cut"]), st.integers(0, 25)))


class LogAgainstModel(LogBesideModel):
    # -- what is appended --------------------------------------------------------------------------------

    @rule(drawn=records, codec=codecs, new_epoch=st.booleans(), cut=cuts)
    def append(self, drawn, codec, new_epoch, cut):
        self.lead(*self.batch(drawn, codec), cut, new_epoch=new_epoch)

    @rule(drawn=records, codec=codecs, pid=st.sampled_from(IDEMPOTENT), cut=cuts)
    def append_idempotent(self, drawn, codec, pid, cut):
        self.lead(*self.batch(drawn, codec, pid=pid), cut)

    @rule(drawn=records, codec=codecs, pid=st.sampled_from(TRANSACTIONAL), cut=cuts)
    def append_in_transaction(self, drawn, codec, pid, cut):
        self.lead(*self.batch(drawn, codec, pid=pid, transactional=True), cut)

    @rule(
        many=st.lists(records, min_size=4, max_size=14),
        codec=codecs,
        pid=st.sampled_from([-1, *IDEMPOTENT, *TRANSACTIONAL]),
        ends=st.sampled_from([None, True, False]),
    )
    def a_busy_while(self, many, codec, pid, ends):
        """A lot is written, maybe a whole transaction, and all is replicated."""
        for drawn in many:
            self.lead(*self.batch(drawn, codec, pid=pid, transactional=pid in TRANSACTIONAL), None)
        if ends is not None:
            for each in TRANSACTIONAL:
                self.end_transaction_of(each, ends, None)
        self.log.roll()
        self.log.high_watermark = self.model.high_watermark = self.model.end

    @rule(pid=st.sampled_from(TRANSACTIONAL), commit=st.booleans(), cut=cuts)
    def end_transaction(self, pid, commit, cut):
        self.end_transaction_of(pid, commit, cut)

    @rule(pid=st.sampled_from(IDEMPOTENT + TRANSACTIONAL))
    def producer_begins_anew(self, pid):
        """As after InitProducerId."""
        if self.producer(pid).open_since is None and self.producer(pid).epoch == self.epochs.get(pid, 0):
            self.epochs[pid] = self.epochs.get(pid, 0) + 1
            self.sequences[pid] = 0
            self.remembered[pid] = 0

    @rule(pid=st.sampled_from(IDEMPOTENT + TRANSACTIONAL), back=st.integers(0, 5), codec=codecs)
    def retry(self, pid, back, codec):
        """A batch that was appended before is answered with its offsets, as long as it is remembered."""
        known = self.producer(pid)
        if known.epoch != self.epochs.get(pid) or back >= len(known.batches):
            return
        first, last, *offsets = known.batches[-1 - back]
        drawn = [(b"k1", 3, 0, ())] * (last - first + 1)
        data, _ = self.batch(drawn, codec, pid=pid, sequence=first, transactional=pid in TRANSACTIONAL)
        try:
            appended = self.log.append_as_leader(data, self.latest_epoch())
        except ApiError as error:
            answer = error.code
        else:
            assert appended.duplicate and [appended.first_offset, appended.last_offset] == offsets
            return
        assert answer == ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER
        assert back >= max(1, self.remembered[pid])

    @rule(pid=st.sampled_from(IDEMPOTENT + TRANSACTIONAL), ahead=st.integers(1, 50), codec=codecs)
    def a_batch_is_missing(self, pid, ahead, codec):
        known = self.producer(pid)
        if known.epoch != self.epochs.get(pid) or not known.batches:
            return
        data, _ = self.batch(
            [(b"k1", 3, 0, ())], codec, pid=pid, sequence=known.last_sequence + 1 + ahead,
            transactional=pid in TRANSACTIONAL,
        )  # fmt: skip
        with pytest.raises(ApiError) as refusal:
            self.log.append_as_leader(data, self.latest_epoch())
        assert refusal.value.code == ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER

    @rule(pid=st.sampled_from(IDEMPOTENT + TRANSACTIONAL))
    def an_earlier_incarnation(self, pid):
        if self.producer(pid).epoch < 1:
            return
        data = build_batch(
            [NewRecord(0, b"k1", b"zombie")], producer_id=pid, producer_epoch=self.producer(pid).epoch - 1,
            base_sequence=0, transactional=pid in TRANSACTIONAL,
        )  # fmt: skip
        with pytest.raises(ApiError) as refusal:
            self.log.append_as_leader(data, self.latest_epoch())
        assert refusal.value.code == ErrorCode.INVALID_PRODUCER_EPOCH

    @rule(codec=codecs)
    def refused(self, codec):
        """A record without a key, and a batch whose bytes were damaged."""
        data = build_batch([NewRecord(self.kept.world.clock.time_ms(), None, b"v")], compression=codec)
        if self.log.config.is_compacted:
            with pytest.raises(ApiError) as refusal:
                self.log.append_as_leader(data, self.latest_epoch())
            assert refusal.value.code == ErrorCode.INVALID_RECORD
        with pytest.raises(ApiError) as refusal:
            self.log.append_as_leader(data[:-1] + bytes([data[-1] ^ 1]), self.latest_epoch())
        assert refusal.value.code == ErrorCode.CORRUPT_MESSAGE

    @rule(
        many=st.lists(
            st.tuples(
                records,
                codecs,
                st.sampled_from([-1, -1, *IDEMPOTENT, *TRANSACTIONAL]),
                st.integers(0, 9),
                st.booleans(),
            ),
            min_size=1,
            max_size=6,
        ),
        torn=st.integers(0, 40),
        cut=cuts,
    )
    def follow(self, many, torn, cut):
        """What a leader sends: several batches, with gaps where the topic is compacted, the last one incomplete."""
        epoch, end, pieces, batches = self.latest_epoch(), self.model.end, [], []
        sequences, open_since = dict(self.sequences), {p: self.producer(p).open_since for p in TRANSACTIONAL}
        for drawn, codec, pid, gap, flag in many:
            base = end + (gap if self.log.config.is_compacted and gap > 6 else 0)
            epoch += flag and gap == 0
            if pid in TRANSACTIONAL and flag and open_since[pid] is not None:
                data, batch = self.marker(pid, gap % 2 == 0, base=base, epoch=epoch)
                open_since[pid] = None
            else:
                data, batch = self.batch(
                    drawn, codec, pid=pid, base=base, epoch=epoch, sequence=sequences.get(pid, 0) if pid > 0 else -1,
                    transactional=pid in TRANSACTIONAL,
                )  # fmt: skip
                sequences[pid] = sequences.get(pid, 0) + len(drawn)
                if pid in TRANSACTIONAL and open_since[pid] is None:
                    open_since[pid] = base
            pieces.append(data)
            batches.append(batch)
            end = batch.told.last + 1
        incomplete, _ = self.batch([(b"k1", 3, 0, ())], Compression.NONE, base=end, epoch=epoch)
        data = b"".join(pieces) + incomplete[:torn]

        def deed():
            assert self.log.append_as_follower(data) == end

        if self.do(deed, cut, attempt=batches):
            for batch in batches:
                self.took(batch)

    # -- deeds, and what may interrupt them ----------------------------------------------------------------

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
        self.pass_end, self.pass_ms = dirty.end, now_ms
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
        if not self.do(deed, cut):
            return
        self.check_compaction()
        if ended:
            cleaned = self.log.cleaned_up_to
            if cleaned > before:
                left = self.model.must_go(cleaned, self.pass_ms) & set(self.model.visible())
                assert not left, f"{[(o, self.model.present[o]) for o in sorted(left)]} stayed"
                self.model.settle(cleaned, self.pass_ms, self.pass_retention_ms)
            self.pass_is_on = None

    def check_compaction(self) -> None:
        """What has gone since may go."""
        served = self.kept.served()
        entries = {e.offset: e for batch in served for e in entries_of(batch)}
        going = self.model.may_go(self.pass_end, self.pass_ms)
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
            assert (None if due is None else (due.timestamp_ms, due.offset)) == (found and found[:2])
        latest = self.log.offset_of_max_timestamp()
        if times and latest is not None:
            due = self.model.first_as_late_as(times[-1])
            assert latest[:2] == (due.timestamp_ms, due.offset)
        assert latest is not None or not times

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
        # What ended before the log was opened may count as replicated (so it does in Kafka).
        stable = model.last_stable_offset(), model.last_stable_offset(self.opened_at)
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
