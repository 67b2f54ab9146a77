import pytest

from minikafka.metadata.configs import (
    BROKER_CONFIGS,
    TOPIC_CONFIGS,
    BrokerConfigs,
    ConfigError,
    ConfigSource,
    describe_broker,
    describe_topic,
    effective_topic_configs,
    validate_topic_configs,
)
from minikafka.metadata.image import MetadataImage
from minikafka.metadata.records import ConfigRecord
from minikafka.metadata.replay import apply_all
from minikafka.protocol.errors import ApiError, ErrorCode


def image(*configs: tuple[int, str, str, str]) -> MetadataImage:
    made = MetadataImage()
    for kind, resource, name, value in configs:
        record = ConfigRecord(resource_type=kind, resource_name=resource, name=name, value=value)
        made = apply_all(made, [record], made.offset + 1)
    return made


def test_every_default_is_valid() -> None:
    for definition in (*TOPIC_CONFIGS.values(), *BROKER_CONFIGS.values()):
        assert definition.doc
        if definition.default is not None and definition.name not in ("process.roles",):
            definition.parse(definition.default)
    validate_topic_configs({})


def test_every_synonym_is_a_broker_config_with_the_same_default() -> None:
    for definition in TOPIC_CONFIGS.values():
        for name, factor in definition.synonyms:
            default = BROKER_CONFIGS[name].default
            if default is not None and factor == 1:
                assert default == definition.default, name


# What a real Kafka 4.3.1 answers to CreateTopics with each of these.
@pytest.mark.parametrize(
    ("configs", "sentence"),
    [
        ({"foo": "1"}, "Unknown topic config name: foo"),
        (
            {"retention.ms": "abc"},
            "Invalid value abc for configuration retention.ms: Not a number of type LONG",
        ),
        (
            {"retention.ms": "-2"},
            "Invalid value -2 for configuration retention.ms: Value must be at least -1",
        ),
        (
            {"segment.bytes": "10"},
            "Invalid value 10 for configuration segment.bytes: Value must be at least 1048576",
        ),
        (
            {"segment.bytes": "99999999999"},
            "Invalid value 99999999999 for configuration segment.bytes: Not a number of type INT",
        ),
        (
            {"cleanup.policy": "xx"},
            "Invalid value xx for configuration cleanup.policy: String must be one of: compact, delete",
        ),
        (
            {"compression.type": "brotli"},
            "Invalid value brotli for configuration compression.type: String must be one of: "
            "uncompressed, zstd, lz4, snappy, gzip, producer",
        ),
        (
            {"min.cleanable.dirty.ratio": "2"},
            "Invalid value 2.0 for configuration min.cleanable.dirty.ratio: Value must be no more than 1",
        ),
        (
            {"unclean.leader.election.enable": "maybe"},
            "Invalid value maybe for configuration unclean.leader.election.enable: "
            "Expected value to be either true or false",
        ),
        (
            {"compression.gzip.level": "0"},
            "Invalid value 0 for configuration compression.gzip.level: "
            "Value must be between 1 and 9 or equal to -1",
        ),
        (
            {"min.compaction.lag.ms": "10", "max.compaction.lag.ms": "5"},
            "conflict topic config setting min.compaction.lag.ms (10) > max.compaction.lag.ms (5)",
        ),
        (
            {"leader.replication.throttled.replicas": "zz"},
            "Invalid value [zz] for configuration leader.replication.throttled.replicas: "
            "leader.replication.throttled.replicas must be the literal '*' or a list of replicas in the "
            "following format: [partitionId]:[brokerId],[partitionId]:[brokerId],...",
        ),
        (
            {"remote.storage.enable": "true"},
            "Tiered Storage functionality is disabled in the broker. "
            "Topic cannot be configured with remote log storage.",
        ),
        ({"flush.ms": "1.5"}, "Invalid value 1.5 for configuration flush.ms: Not a number of type LONG"),
    ],
)
def test_a_wrong_topic_config_is_one_sentence(configs: dict[str, str], sentence: str) -> None:
    with pytest.raises(ApiError) as caught:
        validate_topic_configs(configs)
    assert caught.value.code is ErrorCode.INVALID_CONFIG
    assert caught.value.message == sentence


def test_what_kafka_lets_pass() -> None:
    validate_topic_configs({"cleanup.policy": ""})
    validate_topic_configs({"cleanup.policy": "compact,compact"})
    validate_topic_configs({"preallocate": " TRUE "})
    validate_topic_configs({"leader.replication.throttled.replicas": "0:1, 1:2"})


def test_the_nearest_value_counts() -> None:
    configs = BrokerConfigs({"log.retention.hours": 2, "message.max.bytes": 5})
    assert effective_topic_configs(image(), "t", configs)["retention.ms"] == "7200000"
    cluster_wide = image((4, "", "message.max.bytes", "6"))
    assert effective_topic_configs(cluster_wide, "t", configs, 1)["max.message.bytes"] == "6"
    one_broker = image((4, "", "message.max.bytes", "6"), (4, "1", "message.max.bytes", "7"))
    assert effective_topic_configs(one_broker, "t", configs, 1)["max.message.bytes"] == "7"
    assert effective_topic_configs(one_broker, "t", configs, 2)["max.message.bytes"] == "6"
    topic = image((2, "t", "max.message.bytes", "8"), (4, "", "message.max.bytes", "6"))
    assert effective_topic_configs(topic, "t", configs)["max.message.bytes"] == "8"


def test_a_description_says_where_values_come_from() -> None:
    described = {
        config.name: config
        for config in describe_topic(
            image((2, "t", "min.insync.replicas", "2"), (4, "", "min.insync.replicas", "1")),
            "t",
            BrokerConfigs({"min.insync.replicas": 3}),
        )
    }
    assert list(described) == sorted(described)
    config = described["min.insync.replicas"]
    assert (config.value, config.source) == ("2", ConfigSource.DYNAMIC_TOPIC_CONFIG)
    assert [(s.value, s.source.name) for s in config.synonyms] == [
        ("2", "DYNAMIC_TOPIC_CONFIG"),
        ("1", "DYNAMIC_DEFAULT_BROKER_CONFIG"),
        ("3", "STATIC_BROKER_CONFIG"),
        ("1", "DEFAULT_CONFIG"),
    ]
    assert described["retention.ms"].synonyms == ()
    assert described["segment.bytes"].synonyms[0].name == "log.segment.bytes"


def test_broker_configs_are_typed() -> None:
    configs = BrokerConfigs(
        {"broker.session.timeout.ms": 3000, "listeners": "A://a:1,B://b:2", "my.own": "x"}
    )
    assert configs.int("broker.session.timeout.ms") == 3000
    assert configs.seconds("broker.heartbeat.interval.ms") == 2.0
    assert configs.bool("auto.create.topics.enable") is True
    assert configs.list("listeners") == ["A://a:1", "B://b:2"]
    assert "my.own is not a setting of a Kafka broker and has no effect." in configs.notices
    with pytest.raises(ConfigError, match=r"Invalid value x for configuration num\.partitions: Not a number"):
        BrokerConfigs({"num.partitions": "x"})
    shown = {config.name: config for config in describe_broker(MetadataImage(), configs, 1)}
    assert shown["broker.session.timeout.ms"].source is ConfigSource.STATIC_BROKER_CONFIG
    assert shown["broker.session.timeout.ms"].read_only
    assert not shown["message.max.bytes"].read_only
