"""Configuration is checked with one sentence, and errors are confluent_kafka's."""

import contextlib

import confluent_kafka
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikafka.client import (
    AdminClient,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)
from minikafka.client.producer.async_producer import with_rules
from minikafka.client.producer.partitioner import partition_hash
from minikafka.client.settings.settings import CONSUMER, PRODUCER, check, parse_servers
from minikafka.policy import Rules


def sentence_of(conf, kind="producer"):
    with pytest.raises(KafkaException) as caught:
        check(conf, kind)
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
        {"compression.codec": "lz4", "request.required.acks": "all", "message.timeout.ms": "9"}, "producer"
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
        if not key.endswith("_cb")
        and key not in ("logger", "on_delivery", "on_commit", "default.topic.config")
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


@pytest.mark.parametrize(
    ("kind", "conf"),
    [
        (Producer, {"group.id": "g", "auto.offset.reset": "earliest", "enable.auto.commit": False}),
        (Consumer, {"group.id": "g", "acks": "all", "enable.idempotence": True, "linger.ms": 5}),
        (AdminClient, {"group.id": "g", "linger.ms": 5}),
    ],
)
def test_one_dict_serves_all_clients_and_each_key_of_another_is_told(kind, conf, caplog):
    client = kind({"bootstrap.servers": "127.0.0.1:9", **conf})
    client.close()
    told = [record.getMessage() for record in caplog.records]
    of_others = [key for key in conf if kind is not Consumer or key != "group.id"]
    assert [line.split()[2] for line in told] == of_others
    assert all("will be ignored by this" in line for line in told)


def test_words_are_taken_in_any_case():
    assert check({"compression.type": "ZSTD"}, "producer")["compression.type"] == "zstd"
    assert check({"isolation.level": "READ_COMMITTED"}, "consumer")["isolation.level"] == "read_committed"
    assert check({"auto.offset.reset": "Earliest"}, "consumer")["auto.offset.reset"] == "earliest"


def test_what_has_no_effect_is_told_in_a_line_and_its_value_checked(caplog):
    check(
        {"socket.keepalive.enable": True, "ssl.ca.location": "/ca", "socket.nagle.disable": True}, "producer"
    )
    told = [record.getMessage() for record in caplog.records]
    assert [line.split()[2] for line in told] == ["socket.keepalive.enable", "ssl.ca.location"]
    for key, value in (
        ("socket.keepalive.enable", "perhaps"),
        ("statistics.interval.ms", -1),
        ("dr_cb", print),
    ):
        sentence_of({key: value})


def test_the_applications_own_logger_is_told():
    lines = []

    class Logger:
        def warning(self, text, *arguments):
            lines.append(text % arguments)

    check({"group.id": "g", "logger": Logger()}, "producer")
    assert lines == [
        "Configuration property group.id is a consumer property and will be ignored by this producer instance"
    ]


@pytest.mark.parametrize(
    ("kind", "conf"),
    [
        ("producer", {"transactional.id": "x"}),
        ("producer", {"security.protocol": "SASL_SSL"}),
        ("consumer", {"group.protocol": "consumer"}),
    ],
)
def test_what_a_program_must_not_believe_that_it_has_is_refused(kind, conf):
    with pytest.raises(KafkaException):
        check(conf, kind)


@pytest.mark.parametrize("partitioner", ["consistent", "murmur2", "fnv1a"])
def test_partitioners_are_librdkafkas(partitioner):
    hash_of = partition_hash(partitioner)
    theirs = getattr(confluent_kafka, partitioner)
    for key in (b"k", b"key-1", b"\xff\xfe", b"a longer key, of several words"):
        assert [hash_of(key, count) for count in (1, 7, 1000)] == [
            theirs(key, count) for count in (1, 7, 1000)
        ]


def test_the_default_partitioner_is_librdkafkas_and_a_clusters_own_is_kafkas():
    assert check({}, "producer")["partitioner"] == "consistent_random"
    assert with_rules({}, Rules())["partitioner"] == "murmur2_random"
