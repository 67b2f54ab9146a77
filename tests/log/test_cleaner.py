"""Compaction: of each key the newest record stays at its offset, and everything else goes in time."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minikafka.log.cleanable import dirtiest, dirty_part
from minikafka.log.cleaner import clean
from minikafka.log.events import LogCleaned
from minikafka.records.batch import Compression, NewRecord, build_batch, read_batches
from minikafka.records.control import end_transaction_batch

DAY_MS = 86_400_000


def put(log, pairs, timestamp_ms=None, **options):
    now_ms = log.world.clock.time_ms() if timestamp_ms is None else timestamp_ms
    records = [NewRecord(now_ms, k.encode(), None if v is None else v.encode()) for k, v in pairs]
    return log.append_as_leader(build_batch(records, **options), 0)


def compact(log, entries=1000):
    """Everything that may be compacted, to the end of one pass; False when nothing was dirty."""
    log.high_watermark = log.log_end_offset
    dirty = dirty_part(log, log.world.clock.time_ms())
    if dirty is None:
        return False
    for _ in clean(log, dirty, entries):
        pass
    return True


def batches_in(log):
    at, out = log.log_start_offset, []
    while at < log.log_end_offset:
        data = log.read(at, 4000, at_least_one=True)
        if not data:
            break
        for batch in read_batches(data):
            assert batch.crc_is_valid() and batch.header.base_offset >= (
                out[-1].header.next_offset if out else 0
            )
            out.append(batch)
            at = batch.header.next_offset
    return out


def records_in(log):
    return [(r.offset, r.key.decode(), r.value and r.value.decode())
            for b in batches_in(log) if not b.header.is_control for r in b.records()]  # fmt: skip


def small(lab, **config):
    options = {"cleanup_policy": "compact", "segment_bytes": 600, "index_interval_bytes": 100}
    return lab.open(**{**options, **config})


def after(lab, ms):
    lab.universe.run_for(ms / 1000)


def test_the_newest_record_of_each_key_stays_at_its_offset(lab):
    log = small(lab)
    events = []
    lab.world.trace.subscribe(lambda traced: events.append(traced.event))
    for number in range(40):
        put(log, [(f"k{number % 5}", f"{number}"), (f"once{number}", "x")])
    written, active = records_in(log), log.segments[-1].base_offset
    assert compact(log)
    dirty = [r for r in written if r[0] < active]
    newest = {key: offset for offset, key, _ in dirty}
    assert records_in(log) == [r for r in dirty if newest[r[1]] == r[0]] + written[len(dirty) :]
    assert log.cleaned_up_to == active and log.log_end_offset == 80
    [event] = [e for e in events if isinstance(e, LogCleaned)]
    assert (event.first_dirty_offset, event.end_offset) == (0, active)
    assert event.bytes_after < event.bytes_before and event.segments_after <= event.segments_before
    assert not compact(log)


def test_a_read_from_a_removed_offset_goes_on_with_the_next_batch(lab):
    log = small(lab)
    for number in range(60):
        put(log, [("k", f"{number}")], timestamp_ms=1_700_000_000_000 + number)
    compact(log)
    kept = records_in(log)
    for offset in range(60):
        batch = next(read_batches(log.read(offset, 4000, at_least_one=True)))
        assert batch.header.base_offset == min(o for o, _, _ in kept if o >= offset)
    first = kept[0][0]
    assert log.offset_for_timestamp(1_700_000_000_000)[1] == first
    assert log.offset_for_timestamp(1_700_000_000_059)[1] == 59
    log.close()
    log = lab.open(clean=True)
    assert records_in(log) == kept and log.log_end_offset == 60
    lab.crash(log)
    assert records_in(lab.open()) == kept


@pytest.mark.parametrize("codec", list(Compression))
def test_batches_keep_their_codec_and_their_shape(lab, codec):
    log = small(lab)
    for number in range(20):
        put(log, [("a", f"{number}"), (f"b{number}", "y" * 50), ("a", f"{number}+")], compression=codec)
    shapes = {b.header.base_offset: b.header for b in batches_in(log)}
    compact(log)
    for batch in batches_in(log):
        header, was = batch.header, shapes[batch.header.base_offset]
        assert header.compression == codec and header.last_offset == was.last_offset
        assert header.partition_leader_epoch == was.partition_leader_epoch
        assert header.record_count == len(list(batch.records()))
    values = dict(r[1:] for r in records_in(log))
    assert values["a"] == "19+" and all(values[f"b{n}"] == "y" * 50 for n in range(20))


def test_a_deletion_marker_stays_for_a_day_after_its_first_compaction(lab):
    log = small(lab, delete_retention_ms=DAY_MS)
    put(log, [("gone", "1"), ("stays", "1")])
    put(log, [("gone", None)])
    log.roll()
    put(log, [("other", "1")])
    compact(log)
    assert ("gone", None) in [r[1:] for r in records_in(log)] and ("gone", "1") not in [
        r[1:] for r in records_in(log)
    ]
    marked = [b.header for b in batches_in(log) if b.header.has_delete_horizon]
    assert [h.base_timestamp for h in marked] == [lab.now_ms() + DAY_MS]
    for wait_ms, is_there in ((DAY_MS - 10_000, True), (20_000, False)):
        after(lab, wait_ms)
        log.roll()
        put(log, [("other", "2")])
        compact(log)
        assert ("gone" in [r[1] for r in records_in(log)]) is is_there
    assert ("stays", "1") in [r[1:] for r in records_in(log)]


def test_records_keep_their_times_under_a_delete_horizon(lab):
    log = small(lab)
    put(log, [("a", "1"), ("b", None)], timestamp_ms=1_600_000_000_123)
    log.roll()
    put(log, [("c", "1")])
    compact(log)
    assert [r.timestamp_ms for r in batches_in(log)[0].records()] == [1_600_000_000_123] * 2


def test_young_records_and_the_active_segment_wait(lab):
    log = small(lab, min_compaction_lag_ms=60_000)
    for _ in range(3):
        put(log, [("k", "v" * 100)])
    log.roll()
    after(lab, 61_000)
    for _ in range(3):
        put(log, [("k", "w" * 100)])
    log.roll()
    put(log, [("k", "x")])
    assert compact(log)
    assert log.cleaned_up_to == 3 and len(records_in(log)) == 5
    assert not compact(log)
    after(lab, 61_000)
    assert compact(log) and log.cleaned_up_to == 6


def test_nothing_at_or_above_the_high_watermark_or_an_open_transaction_is_cleaned(lab):
    log = small(lab)
    for _ in range(9):
        put(log, [("k", "v" * 150)])
    log.high_watermark = 4
    assert dirty_part(log, lab.now_ms()).end == 4
    log.high_watermark = 0
    assert dirty_part(log, lab.now_ms()) is None
    put(log, [("t", "1")], transactional=True, producer_id=7, producer_epoch=0, base_sequence=0)
    log.roll()
    log.high_watermark = log.log_end_offset
    assert dirty_part(log, lab.now_ms()).end == 9


def test_the_dirtiest_log_comes_first_if_it_is_dirty_enough(lab):
    log = small(lab)
    for _ in range(20):
        put(log, [(f"k{log.log_end_offset}", "v" * 100)])
    compact(log)
    assert dirtiest([log], lab.now_ms()) is None
    put(log, [("k", "v" * 400)])
    put(log, [("k", "v" * 400)])
    log.high_watermark = log.log_end_offset
    assert dirtiest([log], lab.now_ms()) is None  # a fifth
    log.config = dataclasses.replace(log.config, min_cleanable_dirty_ratio=0.1)
    assert dirtiest([log], lab.now_ms())[0] is log
    log.config = dataclasses.replace(log.config, min_cleanable_dirty_ratio=0.5, max_compaction_lag_ms=60_000)
    after(lab, 61_000)
    found = dirtiest([log], lab.now_ms())
    assert found is not None and found[1].is_overdue


def test_a_tiny_map_takes_several_passes(lab):
    log = small(lab)
    for number in range(60):
        put(log, [(f"k{number % 20}", f"{number}"), (f"k{(number + 1) % 20}", f"{number}+")])
    before = dict(r[1:] for r in records_in(log))
    ends = []
    while compact(log, entries=3):
        ends.append(log.cleaned_up_to)
        assert dict(r[1:] for r in records_in(log)) == before
    assert len(ends) > 10 and ends == sorted(set(ends))
    log.config = dataclasses.replace(log.config, segment_bytes=100_000)
    log.roll()
    put(log, [("z", "z")])
    compact(log)
    assert len(log.segments) == 2


def test_the_last_batch_of_a_producer_stays_without_records(lab):
    log = small(lab)
    for sequence in range(3):
        put(log, [("k", "p")], producer_id=5, producer_epoch=1, base_sequence=sequence)
    for _ in range(8):
        put(log, [("k", "v" * 100)])
    compact(log)
    [kept] = [b.header for b in batches_in(log) if b.header.producer_id == 5]
    assert (kept.base_offset, kept.base_sequence, kept.record_count, kept.size_bytes) == (2, 2, 0, 61)
    lab.crash(log)
    for name in lab.files():
        if name.endswith(".snapshot"):
            lab.world.disk.remove(f"orders-0/{name}")
    assert lab.open().producers.get(5).last_sequence == 2


def test_aborted_data_goes_and_its_marker_when_its_time_has_come(lab):
    log = small(lab, delete_retention_ms=DAY_MS)
    for producer, commit in ((1, True), (2, False)):
        options = {"transactional": True, "producer_id": producer, "producer_epoch": 0}
        put(log, [(f"t{producer}", "1")], base_sequence=0, **options)
        marker = end_transaction_batch(
            commit=commit, coordinator_epoch=0, timestamp_ms=lab.now_ms(), producer_id=producer, producer_epoch=0
        )  # fmt: skip
        log.append_as_leader(marker, 0, origin="coordinator")
    put(log, [("t1", "2")])

    def again():
        log.roll()
        put(log, [("o", "1")])
        compact(log)
        return [
            b.header.producer_id for b in batches_in(log) if b.header.is_control and b.header.record_count
        ]

    assert again() == [1, 2]
    assert "t2" not in [r[1] for r in records_in(log)]
    after(lab, DAY_MS + 1000)
    assert again() == [1, 2]  # emptied batches still hold the producers' last sequences
    log.producers.expire(lab.now_ms(), DAY_MS)
    assert again() == [1, 2]  # now these went
    assert again() == [1, 2]  # and the markers' horizon is set
    after(lab, DAY_MS + 1000)
    assert again() == []
    assert [r[1:] for r in records_in(log) if r[1] == "t1"] == [("t1", "2")]


def test_data_whose_abort_marker_lies_behind_the_pass_takes_nobodys_place(lab):
    log = small(lab, delete_retention_ms=0)
    put(log, [("k", "committed")])
    put(log, [("k", "aborted")], producer_id=2, producer_epoch=0, base_sequence=0, transactional=True)
    log.roll()
    marker = end_transaction_batch(
        commit=False, coordinator_epoch=0, timestamp_ms=lab.now_ms(), producer_id=2, producer_epoch=0
    )
    log.append_as_leader(marker, 0, origin="coordinator")
    for _ in range(3):
        compact(log)
        assert records_in(log) == [(0, "k", "committed")]
        log.roll()
        put(log, [("end", "1")])
        log.truncate_to(log.log_end_offset - 1)
    assert len([b for b in batches_in(log) if b.header.is_control]) == 1


def test_compact_and_delete_go_together(lab):
    log = small(lab, cleanup_policy="compact,delete", retention_ms=60_000)
    for _ in range(12):
        put(log, [("k", "v" * 100)])
    compact(log)
    after(lab, 61_000)
    put(log, [("k", "new")])
    log.high_watermark = log.log_end_offset
    assert log.delete_old_segments() > 0
    assert log.log_start_offset > 0 and records_in(log)[-1][1:] == ("k", "new")


def test_a_log_that_is_cut_while_it_is_cleaned_is_left_as_it_is(lab):
    log = small(lab)
    for number in range(30):
        put(log, [(f"k{number % 3}", "v" * 100)])
    log.high_watermark = log.log_end_offset
    passing = clean(log, dirty_part(log, lab.now_ms()), 100)
    next(passing)
    log.truncate_to(3)
    before = records_in(log)
    assert list(passing) == [] and records_in(log) == before
    assert not [name for name in lab.files() if "cleaned" in name] and log.cleaned_up_to <= 3


def test_gaps_survive_a_crash_even_when_the_topic_is_no_longer_compacted(lab):
    log = small(lab)
    for _ in range(30):
        put(log, [("k", "v" * 100)])
    compact(log)
    before = records_in(log)
    lab.crash(log)
    log = lab.open(cleanup_policy="delete", was_compacted=True)
    assert records_in(log) == before


KEYS = st.sampled_from("abcdef")
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.lists(st.tuples(KEYS, st.sampled_from(["1", "2", None])), min_size=1, max_size=5),
                  st.sampled_from([Compression.NONE, Compression.ZSTD])),
        st.tuples(st.just("roll")),
        st.tuples(st.just("compact"), st.integers(1, 6)),
        st.tuples(st.just("wait"), st.sampled_from([1_000, 50_000])),
        st.tuples(st.just("crash")),
        st.tuples(st.just("power cut")),
    ),
    max_size=40,
)  # fmt: skip


@settings(max_examples=120, deadline=None)
@given(steps=STEPS)
def test_a_compacted_log_is_a_dict(steps):
    from tests.log.conftest import Lab

    lab = Lab()
    log = small(lab, delete_retention_ms=30_000, segment_bytes=400)
    written, flushed = [], 0
    for step, *args in steps:
        if step == "put":
            written += zip(range(log.log_end_offset, 10**6), args[0], strict=False)
            put(log, args[0], compression=args[1])
        elif step == "roll":
            log.roll()
        elif step == "compact":
            compact(log, args[0])
        elif step == "wait":
            after(lab, args[0])
        else:
            cleaned, flushed = log.cleaned_up_to, log.recovery_point
            getattr(lab, "crash" if step == "crash" else "power_cut")(log)
            log = lab.open(recovery_point=flushed)
            log.cleaned_up_to = cleaned
            assert log.log_end_offset >= flushed
            written = [w for w in written if w[0] < log.log_end_offset]
        got = records_in(log)
        assert all((o, (k, v)) in set(written) for o, k, v in got)
        model = {key: value for _, (key, value) in written}
        read = {key: value for _, key, value in got}
        assert {k: v for k, v in read.items() if v is not None} == {
            k: v for k, v in model.items() if v is not None
        }
        assert log.log_end_offset == (written[-1][0] + 1 if written else 0)
