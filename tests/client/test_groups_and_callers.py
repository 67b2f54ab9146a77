"""Members of groups and their callbacks: what a careless caller does, as librdkafka answers it."""

import logging

import pytest

from minikafka import Cluster, KafkaError, KafkaException, Producer, TopicPartition

GROUP = {"group.id": "g", "auto.offset.reset": "earliest"}
TP = TopicPartition("t", 0)


def read(consumer, count):
    return [int(message.value()) for message in consumer.consume(count, 20)]


def code_of(call, *arguments, **more):
    with pytest.raises(KafkaException) as caught:
        call(*arguments, **more)
    return caught.value.args[0].code()


@pytest.mark.parametrize("call", ["unassign", "incremental_unassign", "assign"])
def test_what_on_revoke_gives_up_by_itself_is_committed(cluster, call):
    """on_revoke that unassigns is the old way; with automatic commits nothing is read twice because of it."""
    give_up = {
        "unassign": lambda consumer, _found: consumer.unassign(),
        "incremental_unassign": lambda consumer, found: consumer.incremental_unassign(found),
        "assign": lambda consumer, _found: consumer.assign([]),
    }
    strategy = "cooperative-sticky" if call == "incremental_unassign" else "range"
    consumer = cluster.consumer({**GROUP, "partition.assignment.strategy": strategy})
    consumer.subscribe(["t"], on_revoke=give_up[call])
    assert read(consumer, 4) == [0, 1, 2, 3]
    consumer.close()
    assert cluster.consumer(GROUP).committed([TP], 10)[0].offset == 4


def test_a_member_whose_place_is_taken_stops_for_good(cluster):
    """Two of one group.instance.id: the second takes the place, and the first is told and does not take it back."""
    conf = {**GROUP, "group.instance.id": "one", "heartbeat.interval.ms": 500}
    first, second = cluster.consumer(conf), cluster.consumer(conf)
    first.subscribe(["t"])
    assert read(first, 1) == [0]
    second.subscribe(["t"])
    assert read(second, 1) == [0]
    event = first.poll(20)
    while event is None or event.error() is None:
        event = first.poll(20)
    assert event.error() == KafkaError._FATAL
    assert event.error().fatal()
    cluster.run(30)
    assert second.assignment() == [TP]
    assert first.assignment() == []


def test_a_pattern_that_matches_nothing_is_told(cluster):
    consumer = cluster.consumer(GROUP)
    consumer.subscribe(["^never.*"])
    event = consumer.poll(10)
    assert (event.topic(), event.error()) == ("^never.*", KafkaError.UNKNOWN_TOPIC_OR_PART)


def test_a_topic_twice_in_a_subscription(cluster):
    assert code_of(cluster.consumer(GROUP).subscribe, ["t", "t"]) == KafkaError._INVALID_ARG


def test_a_partition_is_assigned_once(cluster):
    consumer = cluster.consumer(GROUP)
    consumer.incremental_assign([TP])
    assert code_of(consumer.incremental_assign, [TP]) == KafkaError._CONFLICT


def test_a_partition_twice_among_times(cluster):
    asked = [TopicPartition("t", 0, 0), TopicPartition("t", 0, 2**50)]
    assert [tp.offset for tp in cluster.consumer(GROUP).offsets_for_times(asked, 10)] == [0, -1]


def test_an_asynchronous_commit_of_nothing_raises_nothing(cluster):
    """on_commit hears of it instead, if partitions were named."""
    told = []
    consumer = cluster.consumer({**GROUP, "on_commit": lambda error, found: told.append((error, found))})
    consumer.assign([TP])
    assert consumer.commit(offsets=[TP]) is None
    assert consumer.commit() is None
    consumer.poll(0)
    [(error, found)] = told
    assert error == KafkaError._NO_OFFSET
    assert found == [TP]
    assert code_of(consumer.commit, offsets=[TP], asynchronous=False) == KafkaError._NO_OFFSET


def test_closing_waits_for_nobody_where_there_never_was_anybody():
    """Offsets that were stored by hand, and a cluster that never answered."""
    with Cluster(brokers=1, world="simulated", seed=6) as cluster:
        conf = {**GROUP, "bootstrap.servers": "nobody:9092", "enable.auto.offset.store": False}
        consumer = cluster.consumer(conf)
        consumer.assign([TP])
        consumer.store_offsets(offsets=[TopicPartition("t", 0, 3)])
        before = cluster.now
        consumer.close()
        assert cluster.now - before < 1


@pytest.mark.parametrize(
    ("strategy", "refused", "allowed"),
    [
        ("cooperative-sticky", ["assign", "unassign"], "incremental_unassign"),
        ("range", ["incremental_assign", "incremental_unassign"], "unassign"),
    ],
)
def test_a_member_changes_its_assignment_in_its_groups_way(cluster, strategy, refused, allowed):
    """assign() in a cooperative group would silently leave what the member has already, and nobody would read it."""
    consumer = cluster.consumer({**GROUP, "partition.assignment.strategy": strategy})
    told = []

    def on_assign(member, found):
        for name in refused:
            told.append(code_of(getattr(member, name), *([] if name == "unassign" else [found])))

    consumer.subscribe(["t"], on_assign=on_assign)
    assert read(consumer, 1) == [0]  # refused, and assigned all the same
    assert told == [KafkaError._STATE] * 2
    getattr(consumer, allowed)(*([] if allowed == "unassign" else [[TP]]))
    assert consumer.assignment() == []


def test_on_revoke_closes_the_consumer(cluster):
    """In unsubscribe(), which then has nothing left to do; librdkafka hangs there."""
    consumer = cluster.consumer(GROUP)
    consumer.subscribe(["t"], on_revoke=lambda member, _found: member.close())
    assert read(consumer, 1) == [0]
    assert consumer.unsubscribe() is None
    with pytest.raises(RuntimeError, match="Consumer closed"):
        consumer.poll(0)


def test_a_logger_hears_of_a_client_that_is_debugged(caplog):
    logger = logging.getLogger("of.the.application")
    with caplog.at_level(logging.DEBUG, "of.the.application"):
        Producer({"debug": "all", "bootstrap.servers": "127.0.0.1:1"}, logger=logger).close()
    assert "INIT a producer" in caplog.text


def test_topic_settings_in_their_old_place_come_last():
    told = []
    conf = {"bootstrap.servers": "127.0.0.1:1", "message.timeout.ms": 600_000}
    with Producer({**conf, "default.topic.config": {"message.timeout.ms": 10}}) as producer:
        producer.produce("t", b"v", on_delivery=lambda error, _message: told.append(error.name()))
        producer.flush(10)
    assert told == ["_MSG_TIMED_OUT"]
