"""Configuration is checked with one sentence, and errors are confluent_kafka's."""

import contextlib

import confluent_kafka
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikafka.client import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition
from minikafka.client.settings import CONSUMER, PRODUCER, check, parse_servers


def sentence_of(conf, known=PRODUCER):
    with pytest.raises(KafkaException) as caught:
        check(conf, known)
    assert caught.value.args[0] == KafkaError._INVALID_ARG
    return caught.value.args[0].str()


def test_an_unknown_key_is_refused_in_confluents_words():
    assert sentence_of({"foo.bar": 1}) == 'No such configuration property: "foo.bar"'


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("linger.ms", "soon"),
        ("linger.ms", -1),
        ("acks", 7),
        ("compression.type", "brotli"),
        ("batch.size", True),
        ("enable.idempotence", "perhaps"),
        ("bootstrap.servers", "host:port"),
        ("bootstrap.servers", "host:0"),
        ("bootstrap.servers", "[::1:9092"),
        ("security.protocol", "SSL"),
    ],
)
def test_a_wrong_value_is_refused_with_its_name(key, value):
    sentence = sentence_of({key: value})
    assert "\n" not in sentence
    assert key in sentence or str(value) in sentence


def test_aliases_mean_the_same():
    settings = check(
        {"compression.codec": "lz4", "request.required.acks": "all", "message.timeout.ms": "9"}, PRODUCER
    )
    assert (settings["compression.type"], settings["acks"], settings["delivery.timeout.ms"]) == ("lz4", -1, 9)


def test_bootstrap_servers_of_every_shape():
    text = "a:1, [::1]:2,PLAINTEXT://b:3,c"
    assert parse_servers(text) == [("a", 1), ("::1", 2), ("b", 3), ("c", 9092)]


@given(st.text(max_size=30))
def test_any_text_as_bootstrap_servers_is_parsed_or_refused(text):
    with contextlib.suppress(KafkaException):
        assert all(0 < port < 65536 for _, port in parse_servers(text))


def test_a_consumer_needs_a_group():
    with pytest.raises(ValueError, match=r"group\.id must be set"):
        Consumer({"bootstrap.servers": "localhost:9092"})


def test_idempotence_needs_acks_all():
    with pytest.raises(KafkaException, match="acks"):
        Producer({"bootstrap.servers": "localhost:9092", "enable.idempotence": True, "acks": 1})


def test_strategies_that_do_not_mix():
    with pytest.raises(KafkaException, match="mixed"):
        Consumer({"group.id": "g", "partition.assignment.strategy": "range,cooperative-sticky"})


def theirs():
    return sorted(
        name
        for name in dir(confluent_kafka.KafkaError)
        if name.lstrip("_").isupper() and isinstance(getattr(confluent_kafka.KafkaError, name), int)
    )


@pytest.mark.parametrize("name", theirs())
def test_codes_and_names_are_confluents(name):
    code = getattr(confluent_kafka.KafkaError, name)
    assert getattr(KafkaError, name) == code
    assert KafkaError(code).name() == confluent_kafka.KafkaError(code).name()
    assert "\n" not in KafkaError(code).str()


def test_errors_compare_by_code():
    error = KafkaError(KafkaError._PARTITION_EOF, "the end")
    assert error == KafkaError._PARTITION_EOF
    assert error == KafkaError(-191)
    assert repr(error) == repr(confluent_kafka.KafkaError(-191, "the end"))
    assert not KafkaError(0)
    assert KafkaError(KafkaError.NOT_LEADER_FOR_PARTITION).retriable()


def test_unknown_codes_have_names_and_sentences_too():
    assert KafkaError(4711).str()
    assert KafkaError(4711).name()
    assert not KafkaError(4711).retriable()


def test_values_look_like_confluents():
    ours, theirs = TopicPartition("a", 1, 2), confluent_kafka.TopicPartition("a", 1, 2)
    assert repr(ours) == repr(theirs)
    assert ours == TopicPartition("a", 1, 99)
    assert sorted([TopicPartition("b", 0), TopicPartition("a", 3)])[0].topic == "a"
    assert bool(Message(value=b""))
    assert len(Message(value=b"abc")) == 3


def test_every_key_that_they_share_is_accepted_by_both():
    """A configuration of ours works in confluent_kafka: no key is our invention."""
    ours_only = {
        key
        for known in (PRODUCER, CONSUMER)
        for key in known
        if not key.endswith("_cb") and key not in ("logger", "on_delivery", "on_commit")
    }
    refused = []
    for key in sorted(ours_only):
        try:
            confluent_kafka.Consumer({"group.id": "g", "log_level": 0, key: "nonsense value \0"})
        except confluent_kafka.KafkaException as error:
            if "No such configuration" in error.args[0].str():
                refused.append(key)
        except (TypeError, ValueError):
            pass
    assert refused == []
