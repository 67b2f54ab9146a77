"""What is said of a broker's setting that changes nothing: a name nobody knows, a slip, another Kafka's."""

from __future__ import annotations

from pathlib import Path

import pytest

import minikafka
from minikafka.log.config import _KEYS as LOG_KEYS
from minikafka.metadata.broker_configs import BROKER_CONFIGS
from minikafka.metadata.configs import BrokerConfigs, ConfigError
from minikafka.metadata.notices import WITHOUT_EFFECT, notices
from minikafka.metadata.topic_configs import TOPIC_CONFIGS
from minikafka.metadata.unread_configs import RETIRED, unread_configs

ROOM = Path(minikafka.__file__).parent
TABLES = {"broker_configs.py", "notices.py", "topic_configs.py", "unread_configs.py"}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("no.such.key", "is not a setting of a Kafka broker and has no effect."),
        ("log.retention.hour", "Did you mean log.retention.hours?"),
        ("LOG_RETENTION_MS", "Did you mean log.retention.ms?"),
        ("num-partitions", "Did you mean num.partitions?"),
        ("num.io.thread", "Did you mean num.io.threads?"),
        ("retention.ms", "what all topics start from is log.retention.ms."),
        ("remote.storage.enable", "It is a topic's."),
        ("broker.id", "is known to Kafka and has no effect here: brokers are numbered from 1."),
        ("controller.quorum.voters", "has no effect here: a cluster comes with controllers of its own"),
        ("background.threads", "is known to Kafka and has no effect here."),
        ("ssl.keystore.location", "no TLS"),
        ("listener.name.external.ssl.keystore.location", "no TLS"),
        ("zookeeper.connect", "was removed from Kafka with ZooKeeper in 4.0"),
        ("inter.broker.protocol.version", "was removed from Kafka in 4.0"),
        ("", "is not a setting"),
    ],
)
def test_a_setting_without_effect_is_one_sentence(name: str, words: str) -> None:
    (sentence,) = notices([name])
    assert sentence.startswith(name)
    assert words in sentence
    assert "\n" not in sentence


def test_a_setting_that_is_read_is_taken_without_a_word() -> None:
    assert notices(["num.partitions", "log.dirs", "min.insync.replicas", "log.roll.hours"]) == ()


def test_a_name_that_nobody_could_mean_suggests_nothing() -> None:
    (sentence,) = notices(["bootstrap.servers"])
    assert "mean" not in sentence


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("num.io.threads", "0", "must be at least 1"),
        ("background.threads", "many", "Not a number"),
        ("group.share.delivery.count.limit", "11", "must be no more than 10"),
        ("ssl.client.auth", "perhaps", "must be one of: required, requested, none"),
    ],
)
def test_a_value_that_kafka_refuses_is_refused_though_nothing_reads_it(
    name: str, value: str, words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        BrokerConfigs({name: value})


def test_every_name_is_known_once() -> None:
    unread = set(unread_configs())
    assert not unread & set(BROKER_CONFIGS)
    assert not unread & RETIRED
    assert not RETIRED & set(BROKER_CONFIGS)
    assert len(unread) + len(BROKER_CONFIGS) == 360, "as many as KafkaConfig of 4.3.1 defines"


def test_what_is_said_to_have_no_effect_is_read_nowhere_and_all_else_is() -> None:
    sources = [path.read_text() for path in ROOM.rglob("*.py") if path.name not in TABLES]
    used = {name for name in BROKER_CONFIGS if any(f'"{name}"' in text for text in sources)}
    for topic in TOPIC_CONFIGS.values():
        if topic.name in LOG_KEYS:
            used.update(name for name, _ in topic.synonyms)
    unused = set(BROKER_CONFIGS) - used
    assert unused - set(WITHOUT_EFFECT) == set(), "these need an effect, or a word"
