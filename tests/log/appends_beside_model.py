"""What is appended to a log beside its model: by leaders, by followers, by producers in order and out of it."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import rule

from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.records.batch import NewRecord, build_batch
from minikafka.records.compression import Compression
from tests.log.log_beside_model import IDEMPOTENT, KEYS, TRANSACTIONAL, LogBesideModel

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


class AppendsBesideModel(LogBesideModel):
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
