"""A log beside its model: how both are opened, written to, and compared after a loss.

Its rule: a deed may end at any disk operation, and then the log must be one of those that the model allows.
"""

from __future__ import annotations

import dataclasses

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize

from minikafka.log.config import LogConfig
from minikafka.records.batch import LOG_APPEND_TIME, NewRecord, build_batch, read_batches
from minikafka.records.control import end_transaction_batch
from tests.log.fuse import Gone
from tests.log.kept_log import KeptLog
from tests.log.model import Model, Producer, Written, entries_of, rewritten, told

CONFIG = LogConfig(
    segment_bytes=1200,
    index_interval_bytes=150,
    retention_ms=-1,
    cleanup_policy="compact",
    delete_retention_ms=3000,
)
KEYS = [None, *(b"k%d" % number for number in range(5))]
IDEMPOTENT, TRANSACTIONAL = (1, 2), (11, 12)


class LogBesideModel(RuleBasedStateMachine):
    @initialize(
        universe=st.integers(0, 1 << 16), policy=st.sampled_from(["delete", "compact", "compact,delete"])
    )
    def begin(self, universe, policy):
        self.kept = KeptLog(universe, dataclasses.replace(CONFIG, cleanup_policy=policy))
        self.kept.start_up()
        self.model = Model()
        self.count = 0
        self.reign = 0
        """The newest leader epoch of all: a controller's never falls, though a log that was cut may forget it."""
        self.sequences: dict[int, int] = {}
        self.epochs: dict[int, int] = {}
        self.remembered: dict[int, int] = {}
        self.pass_is_on = None
        self.pass_end = self.pass_ms = self.opened_at = 0
        self.pass_decided: int | None = None
        """The high watermark when the pass looked for markers."""

    @property
    def log(self):
        return self.kept.log

    def batch(self, drawn, codec, *, pid=-1, transactional=False, sequence=None, base=0, epoch=-1):
        """The bytes, and what the model is to believe of them."""
        now_ms = self.kept.world.clock.time_ms()
        new = []
        for key, size, shift, headers in drawn:
            if key is None and self.log.config.is_compacted:
                key = b"k0"
            value = None if size is None and key is not None else b"%d:" % self.count + b"v" * (size or 0)
            self.count += 1
            new.append(NewRecord(now_ms + shift, key, value, headers))
        producer_epoch = self.epochs.setdefault(pid, 0) if pid >= 0 else -1
        if sequence is None:
            sequence = self.sequences.get(pid, 0) if pid >= 0 else -1
        data = build_batch(
            new, base_offset=base, leader_epoch=epoch, compression=codec, producer_id=pid,
            producer_epoch=producer_epoch, base_sequence=sequence, transactional=transactional,
        )  # fmt: skip
        return data, self.written(data)

    def written(self, data) -> Written:
        [batch] = read_batches(memoryview(data))
        return Written(told(batch), tuple(entries_of(batch)))

    def marker(self, pid, commit, *, base=0, epoch=-1):
        data = end_transaction_batch(
            commit=commit, coordinator_epoch=3, timestamp_ms=self.kept.world.clock.time_ms(),
            producer_id=pid, producer_epoch=self.epochs.setdefault(pid, 0), base_offset=base, leader_epoch=epoch,
        )  # fmt: skip
        return data, self.written(data)

    def latest_epoch(self) -> int:
        return max(self.reign, self.log.epochs.latest, *(entry[0] for entry in self.model.epochs), 0)

    def lead(self, data, batch, cut, *, new_epoch=False, origin="client"):
        """Append as leader."""
        epoch = self.latest_epoch() + new_epoch
        config = self.log.config
        appends_time = config.message_timestamp_type == LOG_APPEND_TIME
        now_ms = self.kept.world.clock.time_ms()
        expected = rewritten(batch, self.model.end, epoch, now_ms if appends_time else None)

        def deed():
            appended = self.log.append_as_leader(data, epoch, origin=origin)
            assert (appended.first_offset, appended.last_offset) == (expected.told.base, expected.told.last)
            assert not appended.duplicate

        if self.do(deed, cut, attempt=[expected]):
            self.took(expected)
            stored = self.log.read(expected.told.base, 1, at_least_one=True)
            header = next(read_batches(stored)).header
            codec = next(read_batches(memoryview(data))).header.compression
            assert header.compression == config.target_compression(codec)[0]

    def took(self, batch: Written) -> None:
        self.model.append(batch)
        self.reign = max(self.reign, batch.told.epoch)
        pid = batch.told.producer_id
        if pid >= 0 and not batch.told.control:
            self.sequences[pid] = batch.told.base_sequence + len(batch.entries)
            self.remembered[pid] = min(5, self.remembered.get(pid, 0) + 1)

    def end_transaction_of(self, pid, commit, cut):
        if self.producer(pid).open_since is not None:
            self.lead(*self.marker(pid, commit), cut, origin="coordinator")

    def producer(self, pid) -> Producer:
        return self.model.producers().get(pid, Producer())

    def do(self, deed, cut, *, attempt=(), floor=None, anything=False, starts=None) -> bool:
        """Do it; True when it was done, False when all ended in the middle and the log was opened again.

        What that may have cost: `attempt` may be there or not, all from `floor` on may be gone (`anything`: all of
        it), and the log may begin at any offset up to `starts`.
        """
        if cut is not None:
            self.kept.fuse.arm(cut[1])
        try:
            deed()
        except Gone:
            if starts is not None:
                # What it gave up may come back, though the epochs' file has forgotten it (so it may in Kafka).
                self.model.deleted = max(self.model.deleted, self.log.log_start_offset)
            self.kept.end(cut[0])
            self.open_again(
                self.model.end if cut[0] == "crash" else self.model.synced,
                attempt=attempt, floor=floor, anything=anything, starts=starts,
            )  # fmt: skip
            return False
        self.kept.fuse.arm(-1)
        return True

    def open_again(self, sure, *, attempt=(), floor=None, anything=False, starts=None) -> None:
        self.kept.start_up()
        if floor is not None:
            sure = min(sure, floor)
        self.take_over(0 if anything else sure, attempt, self.model.start if starts is None else starts)

    def take_over(self, sure: int, attempt, starts: int) -> None:
        """The log has been opened after a loss: all below `sure` must be there, and nothing that never was."""
        model, log = self.model, self.log
        assert log.log_start_offset <= starts
        lasts = [model.batches[base].told.last for base in model.present_batches]
        assert log.log_end_offset > max([last for last in lasts if last < sure], default=-1)
        served = self.kept.served()
        found = {b.header.base_offset: b for b in served}
        known = dict(model.batches)
        known |= {b.told.base: b for b in attempt}
        going = {}
        if self.pass_is_on is not None:
            going = model.may_go(self.pass_end, self.pass_ms, self.pass_decided or 0)
        for base, batch in found.items():
            assert told(batch) == known[base].told, base
            entries = set(entries_of(batch))
            assert entries <= set(known[base].entries)
            for entry in set(known[base].entries) - entries:
                gone = model.batches.get(base) is known[base] and entry.offset not in model.present
                assert gone or entry.offset < model.start or entry.offset in going, f"lost {entry}"
        expected = model.present_batches | {b.told.base for b in attempt}
        for base in expected - set(found):
            last = known[base].told.last
            is_below = last < max(log.log_start_offset, model.start)
            # Where compaction leaves holes, one that unsynced data left can't be told from them (nor in Kafka).
            is_cut = last >= (sure if self.kept.may_have_gaps else max(sure, log.log_end_offset))
            offsets = {e.offset for e in known[base].entries} & set(model.present)
            assert is_below or is_cut or offsets <= set(going), f"lost batch {base}"
            if is_cut and not is_below and base in model.batches:
                del model.batches[base]
        self.adopt(found, known)

    def adopt(self, found, known) -> None:
        model, log = self.model, self.log
        end = log.log_end_offset
        model.truncate(min(model.end, end))
        model.present_batches &= set(model.batches)
        for base in sorted(found):
            if base >= model.end:
                self.took(known[base])
        assert model.end <= end
        model.end = end
        start = log.log_start_offset
        entries = {e.offset: e for b in found.values() for e in entries_of(b)}
        model.present = {o: e for o, e in model.present.items() if o < start} | entries
        model.present_batches = {
            b for b in model.present_batches if model.batches[b].told.last < start
        } | set(found)
        model.start, model.high_watermark = start, log.high_watermark
        model.synced = min(model.synced, log.recovery_point)
        for batch in found.values():
            at = max(batch.header.base_offset, start)
            epoch = log.epochs.epoch_for_offset(at)
            # Of deleted records that came back no epoch needs to be known.
            assert epoch == batch.header.partition_leader_epoch or at < model.deleted, (
                at,
                log.epochs.entries,
            )
        model.epochs = [tuple(entry) for entry in log.epochs.entries]
        self.recall_producers()
        self.pass_is_on = None

    def recall_producers(self) -> None:
        """What the log has forgotten of producers, it may forget: what none of its segments tells."""
        model, first = self.model, self.log.segments[0].base_offset
        self.opened_at = model.end
        at_least = model.producers(first)
        for pid, whole in model.producers().items():
            known = self.log.producers.get(pid)
            if not self.is_right(whole, known):
                assert self.is_right(at_least.get(pid), known), (pid, whole, at_least.get(pid), known)
                model.forgotten[pid] = first
        for pid in IDEMPOTENT + TRANSACTIONAL:
            producer = self.producer(pid)
            self.remembered[pid] = min(1, len(producer.batches))
            self.epochs[pid] = max(0, producer.epoch)
            self.sequences[pid] = producer.last_sequence + 1

    @staticmethod
    def is_right(due: Producer | None, known) -> bool:
        if due is None or known is None:
            return due is known
        last = known.batches[-1] if known.batches else None
        due_last = due.batches[-1] if due.batches else None
        return (
            known.epoch == due.epoch
            and known.last_sequence == due.last_sequence
            and known.transaction_first_offset == due.open_since
            and (last is None) == (due_last is None)
            and (last is None or (last.first_offset, last.last_offset) == due_last[2:])
        )

    def reopened(self) -> None:
        """Nothing was lost; where the log ended in a gap, only the batches tell where now."""
        model, log = self.model, self.log
        last = max([model.batches[base].told.last + 1 for base in model.present_batches], default=0)
        assert last <= log.log_end_offset <= model.end
        model.truncate(log.log_end_offset)
        assert log.log_start_offset == model.start
        model.high_watermark = log.high_watermark
        self.recall_producers()
        self.pass_is_on = None
