"""Produce: what a leader accepts, and which error it gives for everything else."""

import struct
import uuid

import pytest
from oracle.batches import CODECS, batch, compress, old_message, record, varint

ALL = range(3, 14)
SOME = (3, 7, 8, 9, 12, 13)
LATEST = 12  # the last version that says topics by name
NOBODY = uuid.UUID("12345678-1234-1234-1234-123456789abc")


def one(topic, records, partition=0, topic_id=None):
    """The body for one partition; versions before 13 use the name, later ones the id."""
    partitions = [{"index": partition, "records": records}]
    return [{"name": topic, "topic_id": topic_id, "partition_data": partitions}]


def produce(broker, sentence, records, topic, version=LATEST, acks=-1, partition=0, topic_id=None, **more):
    data = one(topic, records, partition, topic_id)
    return broker.ask(sentence, "produce", version, acks=acks, timeout=5000, topic_data=data, **more)


def read_back(broker, topic, partition=0, offset=0):
    asked = [{"partition": partition, "fetch_offset": offset, "partition_max_bytes": 1 << 20}]
    broker.ask(
        "Read it back",
        "fetch",
        12,
        max_wait=0,
        min_bytes=0,
        max_bytes=1 << 20,
        topics=[{"topic": topic, "partitions": asked}],
    )


@pytest.mark.parametrize("version", ALL)
def test_offsets_count_up_in_every_version(broker, version):
    topic = broker.create_topic("orders")
    topic_id = broker.topic_id(topic)
    produce(broker, "Three records", batch(b"a", b"b", b"c"), topic, version, topic_id=topic_id)
    produce(broker, "Two more", batch(b"d", b"e"), topic, version, topic_id=topic_id)
    read_back(broker, topic)


@pytest.mark.parametrize("acks", [1, -1])
def test_both_acks_are_answered(broker, acks):
    topic = broker.create_topic("orders")
    produce(broker, f"acks={acks}", batch(b"a"), topic, acks=acks)


@pytest.mark.parametrize("version", SOME)
@pytest.mark.parametrize("acks", [2, -2, 77])
def test_no_other_acks_exist(broker, version, acks):
    topic = broker.create_topic("orders")
    topic_id = broker.topic_id(topic)
    produce(broker, f"acks={acks}", batch(b"a"), topic, version, acks=acks, topic_id=topic_id)
    read_back(broker, topic)


def test_acks_0_with_an_error_closes_the_connection(broker):
    """There is no other way to tell the client that its metadata is old."""
    nowhere = broker.named("nowhere")
    broker.tell("To nowhere", "produce", 9, acks=0, timeout=1000, topic_data=one(nowhere, batch(b"a")))
    broker.ask("Is anybody there", "metadata", 1, topics=[])
    broker.ask("After connecting again", "metadata", 1, topics=[])


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("version", [3, 7, 9, 12])
def test_every_codec_is_stored_as_it_came(broker, version, codec):
    topic = broker.create_topic("orders")
    produce(
        broker, f"With {codec}", batch(*[b"value %d" % i for i in range(50)], codec=codec), topic, version
    )
    read_back(broker, topic)


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("topic_codec", CODECS)
def test_a_topic_with_a_codec_of_its_own_recompresses(broker, codec, topic_codec):
    name = "uncompressed" if topic_codec == "none" else topic_codec
    topic = broker.create_topic("orders", compression_type=name)
    produce(broker, f"{codec} into {name}", batch(b"a" * 100, (b"k", b"b"), (b"k", None), codec=codec), topic)
    read_back(broker, topic)


def test_keys_values_and_tombstones_survive(broker):
    topic = broker.create_topic("orders")
    produce(
        broker,
        "All kinds of records",
        batch((b"k", b"v"), (None, b"v"), (b"k", None), (None, None), (b"", b"")),
        topic,
    )
    read_back(broker, topic)


@pytest.mark.parametrize("version", SOME)
def test_unknown_topics_and_partitions(broker, version):
    topic = broker.create_topic("orders")
    topic_id = broker.topic_id(topic)
    produce(broker, "To nowhere", batch(b"a"), broker.named("nowhere"), version, topic_id=NOBODY)
    produce(broker, "To partition 7 of 1", batch(b"a"), topic, version, partition=7, topic_id=topic_id)
    produce(broker, "To partition -1", batch(b"a"), topic, version, partition=-1, topic_id=topic_id)
    produce(broker, "To a name that can't be", batch(b"a"), "no/slashes", version, topic_id=None)


def test_one_bad_partition_does_not_spoil_the_others(broker):
    topic = broker.create_topic("orders", partitions=2)
    partitions = [
        {"index": 0, "records": batch(b"good")},
        {"index": 1, "records": batch(b"bad", crc_off_by=1)},
        {"index": 2, "records": batch(b"nowhere")},
    ]
    data = [
        {"name": topic, "partition_data": partitions},
        {"name": broker.named("nowhere"), "partition_data": partitions[:1]},
    ]
    broker.ask("Four partitions, one good", "produce", 9, acks=-1, timeout=5000, topic_data=data)
    broker.ask("No topics at all", "produce", 9, acks=-1, timeout=5000, topic_data=[])


LYING = {
    "a wrong CRC": {"crc_off_by": 1},
    "a count that is too high": {"count": 4},
    "a count that is too low": {"count": 2},
    "a count of zero": {"count": 0},
    "a negative count": {"count": -1},
    "an enormous count": {"count": 2**31 - 1},
    "a last offset delta that is too high": {"last_offset_delta": 9},
    "a last offset delta that is too low": {"last_offset_delta": 1},
    "a negative last offset delta": {"last_offset_delta": -1},
    "magic 3": {"magic": 3},
    "magic 1 on a new batch": {"magic": 1},
    "magic -1": {"magic": -1},
    "a length that is too long": {"length": 5000},
    "a length that is too short": {"length": 20},
    "a negative length": {"length": -1},
    "a length of zero": {"length": 0},
    "a base offset that is not 0": {"base_offset": 55},
    "a leader epoch of its own": {"leader_epoch": 99},
    "an unknown codec 5": {"attributes": 5},
    "an unknown codec 7": {"attributes": 7},
    "the control bit": {"attributes": 0x20},
    "the transaction bit without a producer id": {"attributes": 0x10},
    "log append time claimed by the client": {"attributes": 0x08},
    "unused attribute bits": {"attributes": 0x300},
    "a max timestamp that is too high": {"max_timestamp": 1_700_000_009_999},
    "a max timestamp that is too low": {"max_timestamp": 1},
    "a producer id without a sequence": {"producer_id": 5, "producer_epoch": 0},
    "a sequence without a producer id": {"sequence": 0},
    "a negative epoch": {"producer_id": 5, "producer_epoch": -1, "sequence": 0},
}


@pytest.mark.parametrize("what", LYING)
@pytest.mark.parametrize("version", [3, 9, 12])
def test_a_batch_that_lies(broker, version, what):
    topic = broker.create_topic("orders")
    produce(broker, f"A batch with {what}", batch(b"a", b"b", b"c", **LYING[what]), topic, version)
    read_back(broker, topic)
    produce(broker, "A good one is still accepted", batch(b"good"), topic, version)


@pytest.mark.parametrize("what", ["a count that is too high", "a count that is too low", "a count of zero"])
@pytest.mark.parametrize("codec", CODECS[1:])
def test_a_compressed_batch_that_lies(broker, codec, what):
    topic = broker.create_topic("orders")
    produce(broker, f"{codec} with {what}", batch(b"a", b"b", b"c", codec=codec, **LYING[what]), topic)
    read_back(broker, topic)


@pytest.mark.parametrize("codec", CODECS[1:])
def test_garbage_in_a_compressed_batch(broker, codec):
    topic = broker.create_topic("orders")
    produce(
        broker,
        "Noise where a stream should be",
        batch(b"a", codec=codec, body=b"\x01\x02\x03 noise" * 9),
        topic,
    )
    read_back(broker, topic)


BAD_RECORDS = {
    "a record that is longer than the batch": b"\xfe\x07" + b"\0" * 6,
    "a record of negative length": b"\x01" + b"\0" * 6,
    "bytes left over after the last record": record(0, None, b"a", 0) + b"left over",
    "noise": b"noise noise noise",
    "nothing": b"",
    "an offset delta that skips": record(3, None, b"a", 0),
}


@pytest.mark.parametrize("what", BAD_RECORDS)
def test_records_that_lie(broker, what):
    topic = broker.create_topic("orders")
    produce(broker, f"A batch of {what}", batch(b"a", body=BAD_RECORDS[what]), topic)
    read_back(broker, topic)


def test_empty_records(broker):
    """(Null records make Kafka's request thread stumble: it never answers. That is nothing to be equal to.)"""
    topic = broker.create_topic("orders")
    produce(broker, "Nothing", b"", topic)
    produce(broker, "Less than a header", b"\0" * 11, topic)
    produce(broker, "Half a batch", batch(b"a" * 100)[:80], topic)
    produce(broker, "Noise", bytes(range(200)), topic)
    read_back(broker, topic)


@pytest.mark.parametrize("version", [3, 9, 12])
def test_a_request_holds_one_batch_a_partition(broker, version):
    topic = broker.create_topic("orders")
    produce(broker, "Two batches at once", batch(b"a") + batch(b"b"), topic, version)
    produce(broker, "One and a half", batch(b"a") + batch(b"b")[:30], topic, version)
    produce(broker, "A batch and noise", batch(b"a") + b"noise", topic, version)
    read_back(broker, topic)


@pytest.mark.parametrize("magic", [0, 1])
@pytest.mark.parametrize("version", [3, 9])
def test_message_sets_of_the_past_are_refused(broker, version, magic):
    topic = broker.create_topic("orders")
    produce(broker, f"Magic {magic}", old_message(b"old", magic), topic, version)
    read_back(broker, topic)


@pytest.mark.parametrize("version", SOME)
def test_a_batch_above_max_message_bytes_is_too_large(broker, version):
    topic = broker.create_topic("orders", max_message_bytes="1000")
    topic_id = broker.topic_id(topic)
    for size, sentence in ((900, "Fits"), (1000, "Just above"), (50_000, "Far above")):
        produce(broker, sentence, batch(b"x" * size), topic, version, topic_id=topic_id)
    produce(broker, "Exactly at the limit", batch(b"x" * (1000 - 61 - 9)), topic, version, topic_id=topic_id)
    produce(broker, "One byte above it", batch(b"x" * (1000 - 61 - 8)), topic, version, topic_id=topic_id)
    produce(
        broker, "Large, but compressed", batch(b"x" * 50_000, codec="gzip"), topic, version, topic_id=topic_id
    )


def test_a_compacted_topic_wants_keys(broker):
    topic = broker.create_topic("orders", cleanup_policy="compact")
    produce(broker, "With a key", batch((b"k", b"v")), topic)
    produce(broker, "Without", batch(b"v"), topic)
    produce(broker, "One of three without", batch((b"k", b"v"), b"v", (b"k", b"v")), topic)
    produce(broker, "Compressed, without", batch(b"v", codec="lz4"), topic)
    read_back(broker, topic)


def test_the_broker_stamps_where_the_topic_says_so(broker):
    topic = broker.create_topic("orders", message_timestamp_type="LogAppendTime")
    produce(broker, "Two records", batch(b"a", b"b"), topic)
    produce(broker, "Two compressed ones", batch(b"a", b"b", codec="zstd"), topic)
    read_back(broker, topic)


@pytest.mark.parametrize("version", [7, 8, 12])
def test_timestamps_out_of_bounds_are_refused(broker, version):
    topic = broker.create_topic("orders", message_timestamp_before_max_ms="3600000")
    produce(broker, "A record of 2023", batch(b"old"), topic, version)
    produce(
        broker,
        "One of three is of 2023",
        batch(b"a", b"b", timestamps=[4_000_000_000_000, 1_700_000_000_000]),
        topic,
        version,
    )
    produce(broker, "A record of 2096", batch(b"new", timestamps=[4_000_000_000_000]), topic, version)
    produce(broker, "A negative timestamp", batch(b"none", timestamps=[-5]), topic, version)
    read_back(broker, topic)


def test_more_replicas_wanted_than_there_are(broker):
    topic = broker.create_topic("orders", min_insync_replicas="2")
    produce(broker, "acks=all", batch(b"a"), topic)
    produce(broker, "acks=1", batch(b"b"), topic, acks=1)
    read_back(broker, topic)


def test_the_offsets_topic_is_not_for_clients(broker):
    produce(broker, "Into __consumer_offsets", batch((b"k", b"v")), "__consumer_offsets")


def test_a_transactional_id_without_a_transaction(broker):
    topic = broker.create_topic("orders")
    produce(
        broker, "An id, but a plain batch", batch(b"a"), topic, 9, transactional_id=broker.named("nobody")
    )


# Idempotence: (producer id, epoch, sequence) decides.


def new_producer(broker):
    answer = broker.ask(
        "A producer id, please", "init_producer_id", 4, transactional_id=None, transaction_timeout=60000
    )
    return answer["producer_id"], answer["producer_epoch"]


def idempotent(producer, sequence, *values, epoch=None, **more):
    return batch(
        *values,
        producer_id=producer[0],
        producer_epoch=producer[1] if epoch is None else epoch,
        sequence=sequence,
        **more,
    )


@pytest.mark.parametrize("version", [3, 8, 9, 12])
def test_a_duplicate_is_answered_with_its_first_offset(broker, version):
    topic = broker.create_topic("orders")
    producer = new_producer(broker)
    first, second = idempotent(producer, 0, b"a", b"b"), idempotent(producer, 2, b"c")
    produce(broker, "The first batch", first, topic, version)
    produce(broker, "The first again", first, topic, version)
    produce(broker, "The second", second, topic, version)
    produce(broker, "The first, once more", first, topic, version)
    produce(broker, "The second again", second, topic, version)
    read_back(broker, topic)


def test_only_five_batches_are_remembered(broker):
    topic = broker.create_topic("orders")
    producer = new_producer(broker)
    sent = [idempotent(producer, n, b"%d" % n) for n in range(7)]
    for n, data in enumerate(sent):
        produce(broker, f"Batch {n}", data, topic)
    for n, data in enumerate(sent):
        produce(broker, f"Batch {n} again", data, topic)
    read_back(broker, topic)


@pytest.mark.parametrize("version", [3, 9, 12])
def test_a_gap_in_the_sequence(broker, version):
    topic = broker.create_topic("orders")
    producer = new_producer(broker)
    produce(broker, "Sequence 0", idempotent(producer, 0, b"a"), topic, version)
    produce(broker, "Sequence 5", idempotent(producer, 5, b"b"), topic, version)
    produce(broker, "Sequence 1 overlapping 0", idempotent(producer, 0, b"a", b"b"), topic, version)
    produce(broker, "Sequence 1", idempotent(producer, 1, b"c"), topic, version)
    read_back(broker, topic)


def test_a_producer_that_the_partition_does_not_know_starts_anywhere(broker):
    topic = broker.create_topic("orders", partitions=2)
    producer = new_producer(broker)
    produce(broker, "Sequence 0 to partition 0", idempotent(producer, 0, b"a"), topic)
    produce(broker, "Sequence 7 to partition 1", idempotent(producer, 7, b"b"), topic, partition=1)
    produce(broker, "Sequence 8 to partition 1", idempotent(producer, 8, b"c"), topic, partition=1)


def test_epochs_fence(broker):
    topic = broker.create_topic("orders")
    producer = new_producer(broker)
    produce(broker, "Epoch 3", idempotent(producer, 0, b"a", epoch=3), topic)
    produce(broker, "Epoch 2 is old", idempotent(producer, 1, b"b", epoch=2), topic)
    produce(broker, "Epoch 4 must begin at 0", idempotent(producer, 1, b"c", epoch=4), topic)
    produce(broker, "Epoch 4 from 0", idempotent(producer, 0, b"d", epoch=4), topic)
    produce(broker, "Epoch 3 is old now", idempotent(producer, 1, b"e", epoch=3), topic)
    read_back(broker, topic)


def test_the_sequence_wraps_around(broker):
    topic = broker.create_topic("orders")
    producer = new_producer(broker)
    top = 2**31 - 1
    produce(broker, "The last but one", idempotent(producer, top - 1, b"a"), topic)
    produce(broker, "Across the edge", idempotent(producer, top, b"b", b"c"), topic)
    produce(broker, "After it", idempotent(producer, 1, b"d"), topic)
    read_back(broker, topic)


def test_a_producer_id_nobody_gave_out(broker):
    topic = broker.create_topic("orders")
    produce(broker, "Id 999999", batch(b"a", producer_id=999_999, producer_epoch=0, sequence=0), topic)


def test_a_transactional_batch_outside_a_transaction(broker):
    topic = broker.create_topic("orders")
    producer = new_producer(broker)
    produce(
        broker,
        "The transaction bit, no transactional id",
        idempotent(producer, 0, b"a", attributes=0x10),
        topic,
    )


@pytest.mark.parametrize("version", range(6))
def test_producer_ids_are_given_out_in_every_version(broker, version):
    asked = {"transactional_id": None, "transaction_timeout": 60_000}
    first = broker.ask("One", "init_producer_id", version, **asked)
    second = broker.ask("Another", "init_producer_id", version, **asked)
    broker.same("They differ", first["producer_id"] != second["producer_id"])
    broker.ask("A timeout of 0", "init_producer_id", version, transactional_id=None, transaction_timeout=0)
    broker.ask(
        "An empty transactional id", "init_producer_id", version, transactional_id="", transaction_timeout=1
    )
    if version >= 3:
        broker.ask(
            "An epoch without an id", "init_producer_id", version, producer_epoch=3, producer_id=-1, **asked
        )
        broker.ask(
            "An id without an epoch", "init_producer_id", version, producer_epoch=-1, producer_id=3, **asked
        )
        broker.ask(
            "Bump an epoch without a transaction",
            "init_producer_id",
            version,
            producer_epoch=3,
            producer_id=3,
            **asked,
        )


def test_a_frame_may_hold_a_varint_of_any_length(broker):
    """A record whose length is written in more bytes than needed is still that length."""
    topic = broker.create_topic("orders")
    plain = record(0, None, b"a", 0)
    wide = bytes([plain[0] | 0x80, 0x80, 0x00]) + plain[1:]
    produce(broker, "A wide length", batch(b"a", body=wide), topic)
    produce(
        broker,
        "A length of 6 bytes",
        batch(b"a", body=bytes([plain[0] | 0x80]) + b"\x80" * 5 + b"\0" + plain[1:]),
        topic,
    )
    produce(
        broker, "A length of 2 GiB", batch(b"a", body=b"\xfe\xff\xff\xff\x0f" + struct.pack(">q", 0)), topic
    )


def several(name, *records):
    return [
        {"name": name, "partition_data": [{"index": i, "records": data} for i, data in enumerate(records)]}
    ]


def ask_several(broker, sentence, topic, *records, version=LATEST, acks=-1, **more):
    data = several(topic, *records)
    broker.ask(sentence, "produce", version, acks=acks, timeout=5000, topic_data=data, **more)


def test_what_spoils_a_whole_request(broker):
    """A batch that can't be looked for, or one that claims a transaction: no partition gets its records."""
    topic = broker.create_topic("orders", partitions=2)
    good = batch(b"good")
    producer = new_producer(broker)
    transactional = idempotent(producer, 0, b"a", attributes=0x10)
    for sentence, bad in (
        ("Noise", bytes(range(200))),
        ("A length of zero", batch(b"a", length=0)),
        ("Magic 3", batch(b"a", magic=3)),
        ("A transaction", transactional),
        ("A transaction, then noise", transactional + b"noise"),
    ):
        ask_several(broker, f"{sentence} in the second partition", topic, good, bad)
        ask_several(broker, f"{sentence} in the first partition", topic, bad, good, version=9)
    ask_several(broker, "Noise behind a good batch", topic, good, good + bytes(range(200)))
    ask_several(broker, "Twelve bytes of noise behind it", topic, good, good + b"\xff" * 12)
    ask_several(broker, "Magic 1 in the second partition", topic, good, old_message(b"old", 1))
    read_back(broker, topic)
    read_back(broker, topic, partition=1)


@pytest.mark.parametrize("acks", [0, 1])
def test_what_spoils_a_whole_request_without_an_answer(broker, acks):
    topic = broker.create_topic("orders")
    body = {"acks": acks, "timeout": 1000, "topic_data": one(topic, bytes(range(200)))}
    (broker.tell if acks == 0 else broker.ask)("Noise", "produce", 9, **body)
    broker.ask("Is anybody there", "metadata", 1, topics=[])


def test_two_things_wrong_at_once(broker):
    topic = broker.create_topic("orders")
    nowhere = broker.named("nowhere")
    bad = batch(b"bad", crc_off_by=1)
    produce(broker, "Acks 7, to nowhere", batch(b"a"), nowhere, acks=7)
    produce(broker, "Acks 7, a wrong CRC", bad, topic, acks=7)
    produce(broker, "Acks 7, two batches", batch(b"a") * 2, topic, acks=7)
    produce(broker, "Acks 7, zstd of before its time", batch(b"a", codec="zstd"), topic, 6, acks=7)
    produce(broker, "A wrong CRC, to nowhere", bad, nowhere)
    produce(broker, "Two batches into the offsets", batch(b"a") * 2, "__consumer_offsets")
    produce(broker, "Into the offsets, acks 7", batch(b"a"), "__consumer_offsets", acks=7)
    produce(broker, "A wrong CRC and two wrong counts", batch(b"a", crc_off_by=1, count=9), topic)
    produce(broker, "Too large and a wrong CRC", batch(b"a" * 2_000_000, crc_off_by=1), topic)
    produce(broker, "Too large and a wrong base offset", batch(b"a" * 2_000_000, base_offset=5), topic)
    produce(broker, "Into the log of metadata", batch(b"a"), "__cluster_metadata")
    read_back(broker, topic)


def test_a_request_of_nothing(broker):
    """(Of one partition named twice, Kafka drops the first batch without a word. That is nothing to be equal to.)"""
    nothing = [{"name": broker.create_topic("orders"), "partition_data": []}]
    broker.ask("No partition", "produce", 9, acks=-1, timeout=5000, topic_data=nothing)
    broker.ask("No topic", "produce", 9, acks=-1, timeout=5000, topic_data=[])


BAD_FIELDS = {
    "an offset delta of 7 bytes": b"\0" + b"\0" + b"\x80" * 6 + b"\0" + b"\x01\x01\0",
    "a timestamp delta of 10 bytes": b"\0" + b"\x80" * 9 + b"\0" + b"\0\x01\x01\0",
    "a timestamp delta of 11 bytes": b"\0" + b"\x80" * 10 + b"\0" + b"\0\x01\x01\0",
    "a key length of 6 bytes": b"\0\0\0" + b"\x80" * 5 + b"\0\x01\0",
    "a key that is longer than the record": b"\0\0\0\x20k\x01\0",
    "a key of length -5": b"\0\0\0\x09\x01\0",
    "a value of length -5": b"\0\0\0\x01\x09\0",
    "a value that is longer than the record": b"\0\0\0\x01\x20v\0",
    "a value length of 6 bytes": b"\0\0\0\x01" + b"\x80" * 5 + b"\0\0",
    "a header count that lies": b"\0\0\0\x01\x01\x10",
    "a negative header count": b"\0\0\0\x01\x01\x01",
    "a header with a null key": b"\0\0\0\x01\x01\x02\x01\x01",
    "a header with an empty key and a null value": b"\0\0\0\x01\x01\x02\0\x01",
    "a header key that is not UTF-8": b"\0\0\0\x01\x01\x02\x02\xff\x01",
    "bytes left over": b"\0\0\0\x01\x01\0left",
    "attributes": b"\x7f\0\0\x01\x01\0",
    "no header count": b"\0\0\0\x01\x01",
    "nothing": b"",
}


@pytest.mark.parametrize("codec", ["none", "gzip", "lz4"])
@pytest.mark.parametrize("what", BAD_FIELDS)
def test_fields_of_a_record_that_lie(broker, what, codec):
    topic = broker.create_topic("orders")
    body = varint(len(BAD_FIELDS[what])) + BAD_FIELDS[what]
    produce(broker, f"A record with {what}", batch(b"a", codec=codec, body=compress(codec, body)), topic)


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("length", [b"\x8c\x80\x80\x80\x80\0", b"\x8c\x80\x80\x80\0", b"\x8c\x80"])
def test_lengths_of_records_that_lie(broker, length, codec):
    """(A length that is merely wrong, Kafka doesn't notice within a compressed stream; ours does.)"""
    topic = broker.create_topic("orders")
    body = length + b"\0\0\0\x01\x01\0"
    produce(broker, f"Length {length.hex()}", batch(b"a", codec=codec, body=compress(codec, body)), topic)


@pytest.mark.parametrize("policy", ["delete", "compact"])
@pytest.mark.parametrize("codec", ["none", "zstd"])
def test_timestamps_of_batches_that_lie(broker, codec, policy):
    topic = broker.create_topic("orders", cleanup_policy=policy)
    pairs = ((b"k", b"a"), (b"k", b"b"))
    produce(broker, "A largest timestamp that lies", batch(*pairs, codec=codec, max_timestamp=5), topic)
    produce(broker, "None", batch(*pairs, codec=codec, timestamps=[-1, -1]), topic)
    produce(broker, "LogAppendTime set by the client", batch(*pairs, codec=codec, attributes=8), topic)
    produce(broker, "An unused bit", batch(*pairs, codec=codec, attributes=0x80), topic)
    produce(broker, "The bit of delete horizons", batch(*pairs, codec=codec, attributes=0x40), topic)
    produce(broker, "Falling ones", batch(*pairs, codec=codec, timestamps=[1_700_000_000_009, 5]), topic)
    read_back(broker, topic)


def test_where_the_broker_stamps_a_duplicate_has_its_first_time(broker):
    topic = broker.create_topic("orders", message_timestamp_type="LogAppendTime")
    producer = new_producer(broker)
    data = idempotent(producer, 0, b"a")
    produce(broker, "First", data, topic)
    produce(broker, "Again", data, topic)
    produce(broker, "A client's LogAppendTime", batch(b"a", attributes=8), topic)


@pytest.mark.parametrize("acks", [-1, 1])
def test_producers_that_lie(broker, acks):
    topic = broker.create_topic("orders")
    for sentence, fields in (
        ("An id without an epoch", {"producer_id": 5, "sequence": 0}),
        ("An epoch without an id", {"producer_epoch": 5}),
        ("A sequence without an id", {"sequence": 5}),
        ("Id -2", {"producer_id": -2, "producer_epoch": 0, "sequence": 0}),
        ("Sequence -2", {"producer_id": 6, "producer_epoch": 0, "sequence": -2}),
        ("Epoch -2", {"producer_id": 7, "producer_epoch": -2, "sequence": 0}),
    ):
        produce(broker, sentence, batch(b"a", **fields), topic, acks=acks)
        produce(broker, f"{sentence}, again", batch(b"a", **fields), topic, acks=acks)
    read_back(broker, topic)
