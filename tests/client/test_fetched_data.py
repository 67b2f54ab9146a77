"""What the consumer makes of the bytes that a fetch brought."""

from minikafka.client import KafkaError
from minikafka.client.consumer.fetcher import next_offset_after
from minikafka.client.consumer.positions import Buffer, Chunk, Position
from minikafka.records.batch import Compression, NewRecord, Record, build_batch, set_base_offset_and_epoch
from minikafka.records.control import ControlType, control_key
from minikafka.records.legacy import message_set


def batch(offset, *values, **more):
    keys = more.pop("keys", [None] * len(values))
    records = [NewRecord(7, key, value) for key, value in zip(keys, values, strict=True)]
    data = bytearray(build_batch(records, **more))
    set_base_offset_and_epoch(data, offset, 3)
    return bytes(data)


def marker(offset, producer_id, kind):
    return batch(
        offset,
        b"\x00\x00\x00\x00\x00\x00",
        keys=[control_key(kind)],
        producer_id=producer_id,
        producer_epoch=0,
        transactional=True,
        control=True,
    )


def read(data, *, start=0, aborted=(), committed=True, check_crcs=False):
    buffer = Buffer(check_crcs=check_crcs, read_committed=committed)
    position = Position("t", 0)
    position.move(start)
    view = memoryview(data)
    buffer.add(Chunk(position, position.era, start, view, tuple(aborted), next_offset_after(view), len(view)))
    messages = []
    while (message := buffer.next()) is not None:
        messages.append(message)
    assert buffer.size_bytes == 0
    return messages, position


def test_records_before_the_wanted_offset_are_left_out():
    messages, position = read(batch(0, b"a", b"b", b"c"), start=1)
    assert [(m.offset(), m.value(), m.leader_epoch(), m.timestamp()) for m in messages] == [
        (1, b"b", 3, (1, 7)),
        (2, b"c", 3, (1, 7)),
    ]
    assert position.consumed == 3


def test_an_aborted_transaction_is_read_only_by_those_who_want_everything():
    data = b"".join(
        (
            batch(0, b"plain"),
            batch(1, b"aborted", producer_id=5, producer_epoch=0, base_sequence=0, transactional=True),
            batch(2, b"open to all"),
            marker(3, 5, ControlType.ABORT),
            batch(4, b"committed", producer_id=5, producer_epoch=0, base_sequence=1, transactional=True),
            marker(5, 5, ControlType.COMMIT),
        )
    )
    messages, position = read(data, aborted=[(1, 5)])
    assert [m.value() for m in messages] == [b"plain", b"open to all", b"committed"]
    assert position.consumed == 6  # the marker at the end moves the position, too
    messages, _ = read(data, committed=False)
    assert [m.value() for m in messages] == [b"plain", b"aborted", b"open to all", b"committed"]


def test_a_wrong_checksum_is_told_where_it_is_looked_for():
    data = bytearray(batch(0, b"a"))
    data[-2] ^= 1
    messages, _ = read(bytes(data), check_crcs=True)
    assert [m.error().code() for m in messages] == [KafkaError._BAD_MSG]
    assert [m.value() for m in read(batch(0, b"a"), check_crcs=True)[0]] == [b"a"]


def test_garbage_is_an_event_and_no_crash():
    data = bytearray(batch(0, b"a", b"b"))
    data[61] = 0xFF
    messages, _ = read(bytes(data))
    assert messages[-1].error().code() == KafkaError._BAD_MSG


def test_a_batch_that_is_cut_off_is_fetched_again():
    data = batch(0, b"a") + batch(1, b"b")[:-3]
    messages, position = read(data)
    assert [m.value() for m in messages] == [b"a"]
    assert position.consumed == 1


def test_message_sets_of_old_formats_are_read():
    records = [Record(i, 7 + i, b"k", b"%d" % i) for i in range(6)]
    data = b"".join(
        (
            message_set(records[:2], 0),
            message_set(records[2:4], 1, compression=Compression.GZIP),
            message_set(records[4:], 1, timestamp_type=1),
            batch(6, b"new"),
        )
    )
    messages, position = read(data, start=1, check_crcs=True)
    assert [(m.offset(), m.value(), m.timestamp()) for m in messages] == [
        (1, b"1", (0, 0)),  # v0 has no times
        (2, b"2", (1, 9)),
        (3, b"3", (1, 10)),
        (4, b"4", (2, 12)),
        (5, b"5", (2, 12)),
        (6, b"new", (1, 7)),
    ]
    assert position.consumed == 7
    for cut in range(1, len(data)):  # of what is whole the end is known
        whole = read(data[:cut], check_crcs=True)[0]
        assert next_offset_after(memoryview(data[:cut])) == (whole[-1].offset() + 1 if whole else -1)


def test_what_is_held_for_a_paused_partition_goes_when_that_has_moved():
    buffer = Buffer(check_crcs=False, read_committed=False)
    position = Position("t", 0)
    for offset in range(0, 10, 2):
        position.move(offset)
        view = memoryview(batch(offset, b"first", b"second"))
        buffer.add(Chunk(position, position.era, offset, view, (), offset + 2, len(view)))
        assert buffer.next().offset() == offset
        position.paused = True
        assert buffer.next() is None
        position.paused = False
        assert len(buffer._held) == 1
    buffer.resume()
    assert buffer.next().offset() == 9
