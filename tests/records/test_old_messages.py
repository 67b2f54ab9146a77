"""Messages v0 and v1 are what we built, what two other implementations build and read, and what the bytes say."""

from __future__ import annotations

import aiokafka.record.legacy_records as aio
import kafka.record.legacy_records as kafka_python
import lz4.frame
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kafka.record import MemoryRecords as KafkaPythonRecords

from minikafka.records import legacy
from minikafka.records.batch import LOG_APPEND_TIME, NewRecord, OldBatch, Record, build_batch, read_batches
from minikafka.records.compression import Compression, compress
from minikafka.records.errors import CorruptChecksum, CorruptRecords, DecompressionLimit
from minikafka.records.legacy import header_of, message_set, messages_inside, read_message, records_of
from minikafka.records.lz4_descriptor import with_broken_checksum, with_right_checksum

OLD_CODECS = (Compression.NONE, Compression.GZIP, Compression.SNAPPY, Compression.LZ4)
MAGICS = st.sampled_from([0, 1])
CODECS = st.sampled_from(OLD_CODECS)
BLOBS = st.none() | st.binary(max_size=100) | st.builds(bytes, st.integers(0, 5000))
CONTENTS = st.lists(st.tuples(st.integers(0, 2**41), BLOBS, BLOBS), min_size=1, max_size=20)


def at_offsets(contents, base: int, step: int = 1) -> list[Record]:
    return [Record(base + i * step, *content) for i, content in enumerate(contents)]


def seen(records: list[Record], magic: int, timestamp_type: int = 0) -> list[Record]:
    """What a reader sees of them."""
    if magic == 0:
        return [record._replace(timestamp_ms=-1) for record in records]
    if timestamp_type == LOG_APPEND_TIME:
        latest = max(record.timestamp_ms for record in records)
        return [record._replace(timestamp_ms=latest) for record in records]
    return records


@given(CONTENTS, st.integers(0, 2**60), st.integers(1, 5), MAGICS, CODECS, st.sampled_from([0, 1]))
@settings(deadline=None, max_examples=150)
def test_what_was_written_is_read(contents, base, step, magic, codec, timestamp_type):
    records = at_offsets(contents, base, step)
    data = message_set(records, magic, compression=codec, timestamp_type=timestamp_type)
    batches = list(read_batches(data))
    assert [record for batch in batches for record in batch.records()] == seen(records, magic, timestamp_type)
    assert all(isinstance(batch, OldBatch) and batch.crc_is_valid() for batch in batches)
    assert b"".join(bytes(batch.data) for batch in batches) == data
    headers = [batch.header for batch in batches]
    assert len(headers) == (len(records) if codec == Compression.NONE else 1)
    assert (headers[0].base_offset, headers[-1].last_offset) == (base, records[-1].offset)
    assert sum(header.record_count for header in headers) == len(records)
    assert {header.compression for header in headers} == {codec}
    assert max(h.max_timestamp for h in headers) == (-1 if magic == 0 else max(r[1] for r in records))


@given(CONTENTS, MAGICS, st.sampled_from([Compression.NONE, Compression.GZIP, Compression.SNAPPY]))
@settings(deadline=None, max_examples=60)
def test_another_implementation_reads_ours(contents, magic, codec):
    records = at_offsets(contents, 40)
    theirs, found = KafkaPythonRecords(message_set(records, magic, compression=codec)), []
    while (batch := theirs.next_batch()) is not None:
        assert batch.validate_crc()
        found += [(r.offset, r.timestamp, r.key, r.value) for r in batch]
    assert found == [(r.offset, r.timestamp_ms if magic else None, r.key, r.value) for r in records]


@pytest.mark.parametrize("module", [aio, kafka_python])
@pytest.mark.parametrize("magic", [0, 1])
def test_ours_are_the_bytes_that_others_write(module, magic):
    builder = module.LegacyRecordBatchBuilder(magic, 0, 1 << 20)
    records = at_offsets([(5, b"key", b"value"), (6, None, b""), (7, b"", None)], 0)
    for record in records:
        builder.append(record.offset, timestamp=record.timestamp_ms, key=record.key, value=record.value)
    assert bytes(builder.build()) == message_set(records, magic)


def test_known_bytes():
    """From the layout in Kafka's protocol guide, with zlib's CRC-32 of the bytes from the magic on."""
    v0 = bytes.fromhex("0000000000000007 00000010 8b23e3da 00 00 00000002 6b32 ffffffff".replace(" ", ""))
    assert list(records_of(memoryview(v0))) == [Record(7, -1, b"k2", None)]
    assert message_set([Record(7, 99, b"k2", None)], 0) == v0
    v1 = message_set([Record(1, 0x18BCFE56800, None, b"v")], 1)
    assert v1[16:].hex() == "01000000018bcfe56800ffffffff0000000176"
    assert header_of(memoryview(v1)).max_timestamp == 1_700_000_000_000


def test_offsets_inside_are_absolute_in_v0_and_relative_in_v1():
    records = at_offsets([(1, b"a", b"1"), (2, b"b", b"2"), (3, b"c", b"3")], 100, 5)
    for magic, inside in ((0, [100, 105, 110]), (1, [0, 5, 10])):
        wrapper = read_message(memoryview(message_set(records, magic, compression=Compression.GZIP)))
        assert (wrapper.offset, wrapper.key) == (110, None)
        assert [message.offset for message in messages_inside(wrapper)] == inside


def test_formats_may_follow_each_other():
    parts = []
    for offset, magic in enumerate((0, 2, 1, 2, 0)):
        if magic == 2:
            parts.append(build_batch([NewRecord(3, b"k", b"v")], base_offset=offset))
        else:
            parts.append(message_set([Record(offset, 3, None, None)], magic))
    data = b"".join(parts)
    assert [batch.header.magic for batch in read_batches(data)] == [0, 2, 1, 2, 0]
    for cut in range(len(data)):  # what isn't whole is left out
        sizes = [batch.header.size_bytes for batch in read_batches(data[:cut])]
        assert sum(sizes) <= cut < sum(len(part) for part in parts[: len(sizes) + 1])


def test_a_wrapper_whose_magic_is_not_that_of_those_inside_is_read():
    """Kafka's cleaner once wrote such (KAFKA-4298)."""
    inside = message_set(at_offsets([(5, b"a", b"1"), (6, b"b", b"2")], 0), 0)
    wrapper = legacy._message(21, 1, Compression.GZIP, 9, None, compress(Compression.GZIP, inside))
    assert list(records_of(memoryview(wrapper))) == [Record(20, -1, b"a", b"1"), Record(21, -1, b"b", b"2")]


# -- lz4's descriptor ----------------------------------------------------------------------------------------


@given(st.binary(min_size=1, max_size=2000), st.booleans())
@settings(deadline=None, max_examples=60)
def test_the_checksum_of_a_descriptor_is_the_libraries(data, store_size):
    frame = lz4.frame.compress(data, store_size=store_size)
    broken = with_broken_checksum(frame)
    assert with_right_checksum(broken) == frame
    changed = [i for i, (a, b) in enumerate(zip(frame, broken, strict=True)) if a != b]
    assert set(changed) <= {14 if store_size else 6}


def test_lz4_in_v0_has_the_broken_checksum_and_is_read_with_any():
    records = at_offsets([(5, b"a", b"1" * 500)], 3)
    inside = message_set(records, 0)
    frame = compress(Compression.LZ4, inside)
    written = read_message(memoryview(message_set(records, 0, compression=Compression.LZ4)))
    assert written.value == with_broken_checksum(frame) != frame
    assert with_broken_checksum(frame)[6] == 0x1A  # KAFKA-3160: flags 0x60, blocks of 64 KiB
    for checksum in range(256):
        value = frame[:6] + bytes([checksum]) + frame[7:]
        wrappers = [legacy._message(3, magic, Compression.LZ4, 5, None, value) for magic in (0, 1)]
        assert list(records_of(memoryview(wrappers[0]))) == seen(records, 0)
        if checksum != frame[6]:
            with pytest.raises(CorruptRecords):
                list(records_of(memoryview(wrappers[1])))


# -- what isn't a message ------------------------------------------------------------------------------------


@given(CONTENTS, MAGICS, CODECS, st.data())
@settings(deadline=None, max_examples=100)
def test_a_changed_byte_is_never_read(contents, magic, codec, data):
    raw = message_set(at_offsets(contents[:1], 7), magic, compression=codec)
    position = data.draw(st.integers(8, len(raw) - 1))  # no checksum covers the offset
    wrong = bytearray(raw)
    wrong[position] ^= data.draw(st.integers(1, 255))
    with pytest.raises(CorruptRecords):
        records_of(memoryview(wrong)).__next__()
    with pytest.raises(CorruptRecords):
        header_of(memoryview(wrong))


@given(st.binary(max_size=200), MAGICS)
@settings(max_examples=300)
def test_garbage_is_refused(data, magic):
    with pytest.raises(CorruptRecords):
        header_of(memoryview(data))
    body = bytes([magic]) + data
    framed = legacy._INT64.pack(3) + legacy._LENGTH.pack(4 + len(body)) + b"\0\0\0\0" + body
    try:
        list(read_batches(framed))
    except CorruptRecords:
        pass


def wrapped(value: bytes | None, *, magic=1, offset=9, codec=Compression.GZIP) -> memoryview:
    packed = None if value is None else compress(Compression.GZIP, value)
    return memoryview(legacy._message(offset, magic, codec, 5, None, packed))


def test_what_is_wrong_inside_a_wrapper_is_an_error():
    one = message_set(at_offsets([(5, b"a", b"1")], 0), 1)
    two = message_set(at_offsets([(5, b"a", b"1"), (6, b"b", b"2")], 0), 1)
    nested = message_set(at_offsets([(5, b"a", b"1")], 0), 1, compression=Compression.GZIP)
    damaged = two[:-1] + b"x"
    for value in (None, b"", b"\0" * 11, two[:-1], two + b"\0", nested, damaged, bytes(40)):
        with pytest.raises(CorruptRecords):
            list(records_of(wrapped(value)))
    with pytest.raises(CorruptChecksum):
        list(records_of(wrapped(damaged)))
    with pytest.raises(CorruptRecords):
        header_of(wrapped(two, offset=0))  # offsets -1 and 0
    with pytest.raises(CorruptRecords):
        header_of(wrapped(two[len(one) :] + one, offset=9))  # backwards
    with pytest.raises(CorruptRecords):
        header_of(wrapped(message_set(at_offsets([(5, b"a", b"1")], 8), 0), magic=0, offset=9))
    for codec in (4, 5, 6, 7):
        with pytest.raises(CorruptRecords):
            list(records_of(wrapped(one, codec=codec)))


def test_a_bomb_is_not_unpacked():
    bomb = legacy._message(9, 1, Compression.GZIP, 5, None, compress(Compression.GZIP, bytes(1 << 20)))
    with pytest.raises(DecompressionLimit):
        list(records_of(memoryview(bomb), limit_bytes=1000))
