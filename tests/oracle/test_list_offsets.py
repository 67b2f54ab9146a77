"""ListOffsets and OffsetForLeaderEpoch: from a time, or an epoch, to an offset."""

import pytest
from oracle.batches import BASE_TIMESTAMP_MS, CODECS, batch

ALL = range(1, 12)
T = BASE_TIMESTAMP_MS
SPECIAL = {
    -1: "the end",
    -2: "the beginning",
    -3: "the highest timestamp",
    -4: "the local beginning",
    -5: "the end of tiered storage",
    -6: "pending upload",
    -77: "nonsense",
}


def ask(broker, sentence, version, topic, timestamp, partition=0, replica_id=-1, isolation_level=0, **more):
    asked = [{"partition_index": partition, "timestamp": timestamp, **more}]
    return broker.ask(
        sentence,
        "list_offsets",
        version,
        replica_id=replica_id,
        isolation_level=isolation_level,
        topics=[{"name": topic, "partitions": asked}],
        timeout=1000,
    )


def some_records(broker):
    topic = broker.create_topic("orders")
    broker.append(
        topic,
        batch(b"a", b"b", timestamps=[T, T + 100]),
        batch(b"c", b"d", b"e", timestamps=[T + 500, T + 900, T + 700]),
        batch(b"f", timestamps=[T + 300]),
    )
    return topic


@pytest.mark.parametrize("version", ALL)
def test_special_timestamps_in_every_version(broker, version):
    topic = some_records(broker)
    empty = broker.create_topic("empty")
    for timestamp, name in SPECIAL.items():
        ask(broker, f"Ask for {name}", version, topic, timestamp)
        ask(broker, f"Ask an empty partition for {name}", version, empty, timestamp)


@pytest.mark.parametrize("version", ALL)
def test_what_is_not_there(broker, version):
    topic = some_records(broker)
    ask(broker, "A topic that is not there", version, broker.named("nowhere"), -1)
    ask(broker, "A partition that is not there", version, topic, -1, partition=9)
    ask(broker, "A partition below zero", version, topic, -1, partition=-1)
    ask(broker, "A name that can't be", version, "no/slashes", -1)


@pytest.mark.parametrize("version", [1, 5, 7, 11])
def test_by_time(broker, version):
    topic = some_records(broker)
    for after in (-5000, 0, 1, 100, 101, 500, 600, 701, 900, 901, 10_000):
        ask(broker, f"{after} ms after the first", version, topic, T + after)
    ask(broker, "At time 0", version, topic, 0)


@pytest.mark.parametrize("codec", CODECS)
def test_by_time_within_a_compressed_batch(broker, codec):
    topic = broker.create_topic("orders")
    broker.append(topic, batch(*[b"%d" % i for i in range(20)], codec=codec))
    ask(broker, "The tenth", 7, topic, T + 10)
    ask(broker, "The highest", 7, topic, -3)


@pytest.mark.parametrize("version", [4, 7, 11])
def test_the_leader_epoch_is_checked(broker, version):
    topic = some_records(broker)
    for epoch in (0, 1, 50, -1, -2):
        ask(broker, f"With leader epoch {epoch}", version, topic, -1, current_leader_epoch=epoch)


@pytest.mark.parametrize("version", [2, 7])
def test_read_committed(broker, version):
    topic = some_records(broker)
    ask(broker, "The last stable offset", version, topic, -1, isolation_level=1)
    ask(broker, "By time", version, topic, T + 500, isolation_level=1)
    ask(broker, "An isolation level that is none", version, topic, -1, isolation_level=9)


def test_as_a_stranger_or_a_debugger(broker):
    topic = some_records(broker)
    ask(broker, "As replica 44", 7, topic, -1, replica_id=44)
    ask(broker, "As the debugger", 7, topic, -1, replica_id=-2)


def test_one_partition_twice(broker):
    topic = some_records(broker)
    twice = [{"partition_index": 0, "timestamp": -1}, {"partition_index": 0, "timestamp": -2}]
    broker.ask("Twice", "list_offsets", 7, replica_id=-1, topics=[{"name": topic, "partitions": twice}])
    broker.ask("Nothing", "list_offsets", 7, replica_id=-1, topics=[])


@pytest.mark.parametrize("version", [2, 3, 4])
def test_the_end_of_an_epoch(broker, version):
    topic = some_records(broker)
    empty = broker.create_topic("empty")

    def end_of(sentence, name, epoch, current=-1, partition=0, replica_id=-1):
        asked = [{"partition": partition, "current_leader_epoch": current, "leader_epoch": epoch}]
        broker.ask(
            sentence,
            "offset_for_leader_epoch",
            version,
            replica_id=replica_id,
            topics=[{"topic": name, "partitions": asked}],
        )

    end_of("Of epoch 0", topic, 0)
    end_of("Of epoch 3, which is not yet", topic, 3)
    end_of("Of epoch -1", topic, -1)
    end_of("Of epoch 0 of an empty partition", empty, 0)
    end_of("As of leader epoch 0", topic, 0, current=0)
    end_of("As of leader epoch 9", topic, 0, current=9)
    end_of("Of a partition that is not there", topic, 0, partition=5)
    end_of("Of a topic that is not there", broker.named("nowhere"), 0)
    end_of("As the debugger", topic, 0, replica_id=-2)
    end_of("As replica 44", topic, 0, replica_id=44)


@pytest.mark.parametrize("version", [1, 4, 11])
def test_what_is_wrong_with_several_at_once(broker, version):
    topic = some_records(broker)
    other = broker.create_topic("other", partitions=2)

    def parts(*asked):
        return [{"partition_index": index, "timestamp": timestamp} for index, timestamp in asked]

    topics = [
        {"name": topic, "partitions": parts((0, -1), (4, -1))},
        {"name": other, "partitions": parts((0, -1), (1, -2), (0, -2), (7, -1), (7, -1))},
        {"name": broker.named("nowhere"), "partitions": parts((0, -1), (0, -9))},
    ]
    broker.ask("Several", "list_offsets", version, replica_id=-1, topics=topics)
    again = [{"name": topic, "partitions": parts((0, -1))}, {"name": other, "partitions": parts((0, -1))}]
    broker.ask("One of each", "list_offsets", version, replica_id=-1, topics=again)
    for timestamp in (-6, -7, -100, -(2**63), 2**63 - 1):
        ask(broker, f"Timestamp {timestamp}", version, topic, timestamp)


@pytest.mark.parametrize("version", [2, 3, 4])
def test_the_ends_of_several_epochs(broker, version):
    topic = some_records(broker)

    def part(index, epoch, current=-1):
        return {"partition": index, "current_leader_epoch": current, "leader_epoch": epoch}

    topics = [
        {"topic": topic, "partitions": [part(0, 0), part(3, 0), part(0, 0, -2), part(0, -5)]},
        {"topic": broker.named("nowhere"), "partitions": [part(0, 0)]},
        {"topic": "no/slashes", "partitions": [part(-1, 0)]},
    ]
    for replica_id in (-1, 1):
        broker.ask(
            f"Several, as replica {replica_id}",
            "offset_for_leader_epoch",
            version,
            replica_id=replica_id,
            topics=topics,
        )
    broker.ask("None", "offset_for_leader_epoch", version, replica_id=-1, topics=[])


def a_log_of_several_segments(broker):
    """Times rise and fall; the latest of all stands in the second of three segments, the first has a batch of many."""
    topic = broker.create_topic("segments", segment_bytes="1048576")
    many = batch(*[b"x" * 75_000 for _ in range(12)], timestamps=[T + 10 * n for n in range(12)])
    later = batch(b"y" * 900_000, b"z", timestamps=[T + 5000, T + 200])
    last = batch(*[b"w" * 50_000 for _ in range(10)], timestamps=[T + 300 - n for n in range(10)])
    broker.append(topic, many, later, last, batch(b"end", timestamps=[T + 310]))
    return topic


STARTS = (0, 1, 5, 11, 12, 13, 14, 18, 24, 25)
"""Offsets: before, within and behind each batch, and the end."""


@pytest.mark.parametrize("start", STARTS)
def test_after_records_were_deleted(broker, start):
    """The log begins in the middle of a batch or a segment: what was before is found by the highest timestamp only."""
    topic = a_log_of_several_segments(broker)
    deleted = [{"name": topic, "partitions": [{"partition_index": 0, "offset": start}]}]
    broker.ask("Delete records", "delete_records", 2, topics=deleted, timeout=10_000)
    for version in (1, 4, 7, 8, 9, 11):
        for timestamp, name in SPECIAL.items():
            ask(broker, f"Ask for {name}", version, topic, timestamp)
    for time_ms in (
        0,
        T,
        T + 5,
        T + 50,
        T + 110,
        T + 111,
        T + 200,
        T + 291,
        T + 300,
        T + 310,
        T + 311,
        T + 5000,
        T + 5001,
    ):
        ask(broker, f"Ask for {time_ms - T} ms", 7, topic, time_ms)
        ask(broker, f"Ask for {time_ms - T} ms of what is committed", 7, topic, time_ms, isolation_level=1)


@pytest.mark.parametrize("codec", CODECS)
def test_after_a_part_of_a_compressed_batch_was_deleted(broker, codec):
    topic = broker.create_topic("orders")
    times = [T + 700, T, T + 900, T + 100, T + 900, T + 50]
    broker.append(topic, batch(*[b"%d" % n for n in range(6)], timestamps=times, codec=codec))
    for start in range(1, 7):
        deleted = [{"name": topic, "partitions": [{"partition_index": 0, "offset": start}]}]
        broker.ask(f"Delete records before {start}", "delete_records", 2, topics=deleted, timeout=10_000)
        for timestamp in (-1, -2, -3, -4, -5, 0, T, T + 51, T + 101, T + 701, T + 900, T + 901):
            ask(broker, f"From {start}, ask for {timestamp}", 9, topic, timestamp)
