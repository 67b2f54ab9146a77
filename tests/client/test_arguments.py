"""What an application hands over is looked at at the call, with confluent_kafka's kind of error."""

import datetime

import confluent_kafka
import pytest

from minikafka.client import KafkaException, Producer, TopicPartition

NOBODY = {"bootstrap.servers": "127.0.0.1:9", "log_level": 0, "error_cb": lambda _error: None}
PRODUCED = {
    "a partition that is text": {"partition": "0"},
    "a partition that is None": {"partition": None},
    "a partition that is a float": {"partition": 1.0},
    "a partition of 40 bits": {"partition": 2**40},
    "a timestamp with a fraction": {"timestamp": 1_700_000_000_000.5},
    "a timestamp that is text": {"timestamp": "1700000000000"},
    "a timestamp that is None": {"timestamp": None},
    "a timestamp that is a date": {"timestamp": datetime.datetime(2024, 1, 1)},
    "a timestamp of 70 bits": {"timestamp": 2**70},
    "a key that is a number": {"key": 5},
    "a key that is no text": {"key": "\udc80"},
    "a value that is a number": {"value": 5},
    "a value that is no text": {"value": "\udc80"},
    "headers that are a number": {"headers": 5},
    "headers that are text": {"headers": "ab"},
    "headers that are False": {"headers": False},
    "a header without a value": {"headers": [("a",)]},
    "a header of three": {"headers": [("a", "b", "c")]},
    "a header whose value is a number": {"headers": [("a", 5)]},
    "a header of a dict whose value is a number": {"headers": {"a": 5}},
    "a topic that is a number": {"topic": 5},
    "a topic that is None": {"topic": None},
    "a topic that is bytes": {"topic": b"t"},
    "a topic that is no text": {"topic": "\udc80"},
    "a topic with a null character": {"topic": "a\0b"},
}
OURS = {
    "a callback that is none": ({"on_delivery": 5}, TypeError),  # librdkafka's own error is a SystemError
    "a header's name that is no text": (
        {"headers": [("\udc80", b"x")]},
        UnicodeEncodeError,
    ),  # it ends the process
    "a header that is a number": ({"headers": [1]}, TypeError),  # the same
    "a partition below -1": ({"partition": -2}, KafkaException),
}


def what_it_raises(producer, given):
    try:
        producer.produce(
            given.get("topic", "t"), **{"value": b"v", **{k: v for k, v in given.items() if k != "topic"}}
        )
    except Exception as error:
        return type(error).__name__
    return "nothing"


@pytest.mark.parametrize("kind", PRODUCED)
def test_a_wrong_argument_is_refused_as_librdkafka_does(stage, kind):
    s = stage(t=1)
    ours = s.producer()
    theirs = confluent_kafka.Producer(NOBODY)
    refused = what_it_raises(ours, PRODUCED[kind])
    assert refused != "nothing"
    assert refused == what_it_raises(theirs, PRODUCED[kind])
    told = []
    ours.produce("t", b"good", on_delivery=lambda error, _message: told.append(error))
    assert ours.flush(30) == 0
    assert told == [None]


@pytest.mark.parametrize("kind", OURS)
def test_what_librdkafka_does_worse_is_refused_too(stage, kind):
    given, refused = OURS[kind]
    producer = stage(t=1).producer()
    assert what_it_raises(producer, given) == refused.__name__
    producer.produce("t", b"good")
    assert producer.flush(30) == 0


@pytest.mark.parametrize("timeout", [None, "1", float("nan"), []])
def test_a_timeout_is_a_number(stage, timeout):
    s = stage(t=1)
    for call in (
        s.producer().poll,
        s.producer().flush,
        s.consumer().poll,
        lambda t: s.consumer().consume(1, t),
    ):
        with pytest.raises((TypeError, ValueError)):
            call(timeout)


@pytest.mark.parametrize("wrong", [5, None, ["t"], "t", {TopicPartition("t", 0)}])
def test_partitions_are_a_list_of_them(stage, wrong):
    consumer = stage(t=1).consumer()
    for name in (
        "assign",
        "incremental_assign",
        "incremental_unassign",
        "pause",
        "resume",
        "position",
        "committed",
    ):
        with pytest.raises(TypeError):
            getattr(consumer, name)(wrong)
    for call in (consumer.seek, consumer.get_watermark_offsets):
        with pytest.raises(TypeError):
            call(wrong)


def test_a_batch_is_looked_at_before_anything_is_queued(stage):
    producer = stage(t=1).producer()
    for wrong in (
        [{"value": b"good"}, {"value": 5}],
        [{"value": b"good"}, 5],
        [{"partition": "0"}],
        ({"value": b""},),
    ):
        with pytest.raises(TypeError):
            producer.produce_batch("t", wrong)
    assert len(producer) == 0
    entries = [{"value": b"good", "headers": {"a": "b"}}, {"value": b"x" * 2_000_000}]
    assert producer.produce_batch("t", entries) == 1
    assert entries[1]["_error"].name() == "MSG_SIZE_TOO_LARGE"


def test_every_call_to_a_closed_client_says_so(stage):
    s = stage(t=1)
    tp = TopicPartition("t", 0)
    for client, calls in (
        (
            s.producer(),
            {
                "produce": ("t",),
                "poll": (),
                "flush": (),
                "purge": (),
                "init_transactions": (),
                "list_topics": (),
            },
        ),
        (
            s.consumer(),
            {"poll": (), "consume": (), "subscribe": (["t"],), "seek": (tp,), "pause": ([tp],), "commit": ()},
        ),
        (
            s.consumer(),
            {"assign": ([tp],), "committed": ([tp],), "memberid": (), "assignment": (), "unsubscribe": ()},
        ),
        (s.admin(), {"list_topics": (), "describe_cluster": (), "list_consumer_groups": ()}),
    ):
        client.close()
        client.close()
        for name, arguments in calls.items():
            with pytest.raises(RuntimeError, match="closed"):
                getattr(client, name)(*arguments)


def test_a_partition_that_a_known_topic_does_not_have_is_refused_at_the_call(stage):
    s = stage(t=1)
    producer = s.producer()
    producer.produce("t", b"v")
    producer.flush(10)
    with pytest.raises(KafkaException) as caught:
        producer.produce("t", b"v", partition=7)
    assert caught.value.args[0].name() == "_UNKNOWN_PARTITION"


def test_a_full_queue_is_a_buffer_error_by_number_and_by_size():
    for conf, size in (({"queue.buffering.max.messages": 3}, 1), ({"queue.buffering.max.kbytes": 1}, 400)):
        for kind in (Producer, confluent_kafka.Producer):
            producer = kind({**NOBODY, **conf, "linger.ms": 1000})
            for _ in range(3 if size == 1 else 2):
                producer.produce("t", b"x" * size)
            with pytest.raises(BufferError):
                producer.produce("t", b"x" * size)
            producer.purge()
            producer.poll(0.5)
