"""Messages, partitions, errors and clients as values: compared, hashed, copied, pickled, and made by hand."""

import copy
import pickle

import pytest

from minikafka import Consumer, KafkaError, Message, Producer, TopicPartition, consistent, fnv1a, murmur2
from minikafka.admin import AdminClient

NOBODY = {"bootstrap.servers": "127.0.0.1:1", "group.id": "g"}


def message(value="v"):
    return Message("t", 1, 2, "k", value, [], None, (0, 4), 5.67, 3)


def test_messages_are_equal_when_all_is():
    assert message() == message()
    assert message() != message("z")
    assert message() != 1
    with pytest.raises(TypeError):
        hash(message())
    with pytest.raises(TypeError):
        sorted([message(), message()])


def test_a_message_is_pickled_and_copied():
    for again in (pickle.loads(pickle.dumps(message())), copy.copy(message()), copy.deepcopy(message())):
        assert again == message()


def test_what_is_below_zero_is_none():
    found = Message(None, -2, -2, None, None, None, None, None, -2.0, -2)
    assert (found.partition(), found.offset(), found.latency(), found.leader_epoch()) == (None,) * 4
    assert found.timestamp() == (0, 0)


def test_an_empty_value_is_no_empty_message():
    """On purpose: in confluent_kafka `if message:` takes an empty value for nothing."""
    assert Message("t", value=b"")


def test_partitions_are_compared_with_partitions_only():
    assert TopicPartition("a", 1, 7) == TopicPartition("a", 1, 9)
    assert TopicPartition("a", 1) != "a"
    with pytest.raises(TypeError):
        sorted([TopicPartition("a", 1), "a"])
    with pytest.raises(ValueError, match="null character"):
        TopicPartition("a", 0, 0, "x\0y")


def test_an_error_that_nobody_knows():
    assert (KafkaError(12345).name(), KafkaError(12345).str()) == ("ERR_12345?", "Err-12345?")


def test_errors_are_compared_with_errors_and_codes():
    assert KafkaError(1) < KafkaError(3) > 2
    for wrong in (lambda: sorted([KafkaError(1), "a"]), lambda: KafkaError("x")):
        with pytest.raises(TypeError):
            wrong()


def test_an_error_whose_code_may_pass_is_retriable():
    """On purpose: in confluent_kafka only what transactions raise says so."""
    assert KafkaError(KafkaError._TRANSPORT).retriable()
    assert not KafkaError(KafkaError.TOPIC_EXCEPTION).retriable()


@pytest.mark.parametrize("partitioner", [consistent, fnv1a, murmur2])
@pytest.mark.parametrize("count", [0, -1])
def test_partitioners_need_a_partition(partitioner, count):
    with pytest.raises(ValueError, match="partition_count must be > 0"):
        partitioner(b"k", count)


@pytest.mark.parametrize("kind", [Producer, Consumer, AdminClient])
def test_a_client_is_not_copied(kind):
    client = kind(NOBODY)
    try:
        for way in (copy.copy, copy.deepcopy, pickle.dumps):
            with pytest.raises(TypeError, match="can't be copied"):
                way(client)
    finally:
        client.close()


@pytest.mark.parametrize(
    ("kind", "calls"),
    [
        (Producer, {"produce": ("t",), "poll": (), "flush": (), "purge": (), "list_topics": ()}),
        (
            Consumer,
            {
                "subscribe": (["t"],),
                "unsubscribe": (),
                "poll": (),
                "consume": (),
                "commit": (),
                "list_topics": (),
            },
        ),
        (AdminClient, {"poll": (), "list_topics": (), "describe_cluster": (), "create_topics": ([],)}),
    ],
)
def test_a_subclass_that_forgets_to_begin(kind, calls):
    class Forgetful(kind):
        def __init__(self):
            pass

    client = Forgetful()
    for name, given in calls.items():
        with pytest.raises((RuntimeError, ValueError)):
            getattr(client, name)(*given)
    client.close()
