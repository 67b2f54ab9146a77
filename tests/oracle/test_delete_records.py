"""DeleteRecords: how far the start of a partition may move, and what is left to read."""

import pytest
from oracle.batches import batch


def some_records(broker, **configs):
    topic = broker.create_topic("orders", **configs)
    for values in ((b"a", b"b"), (b"c",), (b"d", b"e", b"f")):
        broker.append(topic, batch(*values))
    return topic


def delete(broker, sentence, topic, offset, version=2, partition=0):
    asked = [{"partition_index": partition, "offset": offset}]
    broker.ask(
        sentence, "delete_records", version, topics=[{"name": topic, "partitions": asked}], timeout=5000
    )


def where_it_begins(broker, topic):
    asked = [{"partition_index": 0, "timestamp": timestamp} for timestamp in (-2,)]
    broker.ask(
        "Where it begins", "list_offsets", 7, replica_id=-1, topics=[{"name": topic, "partitions": asked}]
    )


@pytest.mark.parametrize("version", [0, 1, 2])
def test_the_start_moves_forward_only(broker, version):
    topic = some_records(broker)
    for sentence, offset in (
        ("Into the middle of a batch", 1),
        ("Back again", 0),
        ("To the same place", 1),
        ("To a batch's beginning", 2),
        ("Beyond the end", 7),
        ("Far beyond the end", 2**62),
        ("Offset -2", -2),
        ("Everything", -1),
        ("Everything again", -1),
    ):
        delete(broker, sentence, topic, offset, version)
        where_it_begins(broker, topic)


def test_what_is_read_then(broker):
    topic = some_records(broker)
    delete(broker, "Two and a half batches", topic, 4)
    for offset in (0, 3, 4, 6):
        asked = [{"partition": 0, "fetch_offset": offset, "partition_max_bytes": 1 << 20}]
        topics = [{"topic": topic, "partitions": asked}]
        broker.ask(
            f"Read from {offset}", "fetch", 12, max_wait=0, min_bytes=0, max_bytes=1 << 20, topics=topics
        )
    data = [{"name": topic, "partition_data": [{"index": 0, "records": batch(b"g")}]}]
    broker.ask("Write on", "produce", 9, acks=-1, timeout=5000, topic_data=data)
    data = [{"name": topic, "partition_data": [{"index": 0, "records": batch(b"g", base_offset=3)}]}]
    broker.ask("Write nonsense", "produce", 9, acks=-1, timeout=5000, topic_data=data)


def test_partitions_that_are_none(broker):
    topic = some_records(broker)
    delete(broker, "A partition that is not there", topic, 0, partition=5)
    delete(broker, "A topic that is not there", broker.named("nowhere"), 0)
    delete(broker, "A name that can't be", "no/slashes", 0)
    delete(broker, "The offsets of groups", "__consumer_offsets", 0)
    broker.ask("Nothing", "delete_records", 2, topics=[], timeout=5000)


@pytest.mark.parametrize("policy", ["compact", "compact,delete"])
def test_a_compacted_topic_keeps_its_records(broker, policy):
    topic = broker.create_topic("orders", cleanup_policy=policy)
    broker.append(topic, batch((b"k", b"v")))
    delete(broker, "All of it", topic, -1)
    where_it_begins(broker, topic)
