"""Batches are what we built, and what two other implementations build and read."""

from __future__ import annotations

import aiokafka.record.default_records as aio
import crc32c
import kafka.record.default_records as kpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minikafka.records.batch import (
    BatchBuilder,
    BatchHeader,
    NewRecord,
    build_batch,
    read_batches,
    record_size_bytes,
    set_base_offset_and_epoch,
)
from minikafka.records.compression import Compression
from minikafka.records.control import ControlType, end_transaction_batch, parse_end_transaction
from minikafka.records.varint import encode_varint, read_varint, varint_size
from minikafka.records.walk import walk_records

times = st.integers(0, 2**41)
blobs = st.none() | st.binary(max_size=300) | st.builds(bytes, st.integers(0, 5000))
headers = st.lists(st.tuples(st.text(max_size=8), st.none() | st.binary(max_size=20)), max_size=3).map(tuple)
new_records = st.lists(st.builds(NewRecord, times, blobs, blobs, headers), min_size=1, max_size=30)
codecs = st.sampled_from(list(Compression))


def read_one(data: bytes):
    (batch,) = read_batches(memoryview(data))
    assert batch.crc_is_valid()
    return batch


@given(new_records, codecs, st.integers(0, 2**62), st.integers(-1, 2**31 - 1))
@settings(deadline=None, max_examples=150)
def test_what_was_built_is_read(records, codec, base_offset, epoch):
    data = build_batch(records, base_offset=base_offset, compression=codec, leader_epoch=epoch)
    batch = read_one(data)
    assert batch.header.size_bytes == len(data)
    assert (batch.header.base_offset, batch.header.partition_leader_epoch) == (base_offset, epoch)
    assert batch.header.max_timestamp == max(record.timestamp_ms for record in records)
    out = list(batch.records())
    assert [record[1:] for record in out] == [tuple(record) for record in records]
    assert [record.offset for record in out] == list(range(base_offset, base_offset + len(records)))
    assert batch.header.next_offset == base_offset + len(records)


@given(new_records, codecs)
@settings(deadline=None, max_examples=60)
def test_aiokafka_and_kafka_python_read_ours(records, codec):
    data = build_batch(records, compression=codec, producer_id=7, producer_epoch=1, base_sequence=5)
    expected = [(r.timestamp_ms, r.key, r.value, list(r.headers)) for r in records]
    for module in (aio.DefaultRecordBatch, kpy.DefaultRecordBatch):
        theirs = module(data)
        assert theirs.validate_crc()
        assert [(r.timestamp, r.key, r.value, list(r.headers)) for r in theirs] == expected


@given(new_records, codecs, st.booleans())
@settings(deadline=None, max_examples=60)
def test_we_read_what_aiokafka_and_kafka_python_write(records, codec, transactional):
    for builder_class in (aio.DefaultRecordBatchBuilder, kpy.DefaultRecordBatchBuilder):
        builder = builder_class(
            magic=2,
            compression_type=int(codec),
            is_transactional=int(transactional),
            producer_id=3,
            producer_epoch=4,
            base_sequence=5,
            batch_size=10_000_000,
        )
        for index, record in enumerate(records):
            builder.append(
                index,
                timestamp=record.timestamp_ms,
                key=record.key,
                value=record.value,
                headers=list(record.headers),
            )
        data = bytes(builder.build())
        batch = read_one(data)
        assert [r[1:] for r in batch.records()] == [tuple(r) for r in records]
        assert batch.header.is_transactional == transactional
        assert (batch.header.producer_id, batch.header.producer_epoch, batch.header.base_sequence) == (
            3,
            4,
            5,
        )
        walked = walk_records(batch.payload(), batch.header.record_count)
        deltas = [r.timestamp_ms - records[0].timestamp_ms for r in records]
        assert walked[:2] == (min(deltas), max(deltas))
        assert walked.keyless_count == sum(r.key is None for r in records)
        assert walked.first_gap == -1


@given(new_records)
@settings(deadline=None, max_examples=50)
def test_an_uncompressed_batch_is_byte_for_byte_that_of_kafka_python(records):
    builder = kpy.DefaultRecordBatchBuilder(
        magic=2, compression_type=0, is_transactional=0, producer_id=-1, producer_epoch=-1, base_sequence=-1,
        batch_size=10_000_000,
    )  # fmt: skip
    for index, record in enumerate(records):
        builder.append(
            index,
            timestamp=record.timestamp_ms,
            key=record.key,
            value=record.value,
            headers=list(record.headers),
        )
    theirs, ours = bytes(builder.build()), build_batch(records)
    # They write leader epoch 0 where Kafka's producers write -1; it lies outside the checksum.
    assert ours[:12] + ours[16:] == theirs[:12] + theirs[16:]


@given(st.integers(-(2**63), 2**63 - 1))
def test_varints_round_trip_and_know_their_size(value):
    data = encode_varint(value)
    assert read_varint(data, 0) == (value, len(data))
    assert varint_size(value) == len(data)


@given(new_records)
@settings(deadline=None, max_examples=50)
def test_a_records_size_is_known_without_building_it(records):
    base = records[0].timestamp_ms
    sizes = [record_size_bytes(r, i, r.timestamp_ms - base) for i, r in enumerate(records)]
    assert 61 + sum(sizes) == len(build_batch(records))


def test_offset_and_epoch_are_set_in_place_outside_the_checksum():
    data = bytearray(build_batch([NewRecord(1, b"k", b"v")]))
    set_base_offset_and_epoch(data, 2**40, 17)
    batch = read_one(data)
    assert (batch.header.base_offset, batch.header.partition_leader_epoch) == (2**40, 17)
    assert [record.offset for record in batch.records()] == [2**40]


def test_an_incomplete_batch_ends_the_iteration():
    data = build_batch([NewRecord(1, b"k", b"v" * 100)])
    for cut in range(len(data)):
        assert len(list(read_batches(data + data[:cut]))) == 1


def test_a_builder_is_full_at_its_limit_but_takes_any_first_record():
    builder = BatchBuilder(200)
    assert builder.try_append(5, b"k", b"v" * 500)
    assert not builder.try_append(6, b"k", b"v")
    assert builder.record_count == 1
    small = BatchBuilder(200)
    while small.try_append(7, None, b"0123456789"):
        pass
    data = small.build(producer_id=1, producer_epoch=0, base_sequence=9)
    assert len(data) == small.size_bytes <= 200
    assert read_one(data).header.last_sequence == 9 + small.record_count - 1


def test_sequence_numbers_wrap_to_zero():
    data = build_batch(
        [NewRecord(1, b"k", b"v")] * 3, producer_id=1, producer_epoch=0, base_sequence=2**31 - 2
    )
    assert BatchHeader.read(data).last_sequence == 0


def test_a_log_append_time_batch_gives_every_record_the_largest_time():
    data = build_batch([NewRecord(5, b"a", b"1"), NewRecord(9, b"b", b"2")], timestamp_type=1)
    assert [record.timestamp_ms for record in read_one(data).records()] == [9, 9]


@pytest.mark.parametrize("commit", [True, False])
def test_a_transaction_marker_reads_back(commit):
    data = end_transaction_batch(
        commit=commit, coordinator_epoch=4, timestamp_ms=1, producer_id=8, producer_epoch=2, base_offset=30
    )
    batch = read_one(data)
    assert batch.header.is_control and batch.header.is_transactional
    (record,) = batch.records()
    marker = parse_end_transaction(record.key, record.value)
    assert marker is not None and marker.coordinator_epoch == 4
    assert marker.control_type == (ControlType.COMMIT if commit else ControlType.ABORT)
    assert aio.DefaultRecordBatch(data).is_control_batch


def test_the_checksum_is_crc32c_from_the_attributes_on():
    data = build_batch([NewRecord(1, b"k", b"v")])
    assert BatchHeader.read(data).crc == crc32c.crc32c(data[21:])
