"""DescribeConfigs: settings with where they come from."""

import pytest

ALL = range(1, 5)
TOPIC, BROKER, BROKER_LOGGER = 2, 4, 8
KEYS = [
    "cleanup.policy",
    "retention.ms",
    "retention.bytes",
    "segment.bytes",
    "max.message.bytes",
    "min.insync.replicas",
    "compression.type",
    "message.timestamp.type",
    "segment.ms",
    "index.interval.bytes",
    "unclean.leader.election.enable",
]
BROKER_KEYS = [
    "log.retention.ms",
    "log.segment.bytes",
    "num.partitions",
    "default.replication.factor",
    "message.max.bytes",
    "offsets.topic.num.partitions",
    "group.initial.rebalance.delay.ms",
    "auto.create.topics.enable",
    "replica.lag.time.max.ms",
    "log.cleanup.policy",
    "min.insync.replicas",
    "socket.request.max.bytes",
]


def ask(broker, sentence, version, *resources, **more):
    asked = [
        {"resource_type": kind, "resource_name": name, "configuration_keys": keys}
        for kind, name, keys in resources
    ]
    return broker.ask(sentence, "describe_configs", version, resources=asked, **more)


@pytest.mark.parametrize("version", ALL)
def test_a_topics_settings(broker, version):
    orders = broker.create_topic("orders", segment_bytes="2000000", cleanup_policy="compact")
    ask(broker, "Chosen keys", version, (TOPIC, orders, KEYS))
    ask(broker, "With synonyms", version, (TOPIC, orders, KEYS), include_synonyms=True)
    ask(broker, "A key that is not there", version, (TOPIC, orders, ["no.such.key"]))
    ask(broker, "No keys", version, (TOPIC, orders, []))


def test_the_names_of_all_topic_settings(broker):
    orders = broker.create_topic("orders")
    asked = [{"resource_type": TOPIC, "resource_name": orders, "configuration_keys": None}]

    def names(answer):
        return [config["name"] for config in answer["results"][0]["configs"]]

    broker.ask("All keys", "describe_configs", 4, resources=asked, view=lambda answer: sorted(names(answer)))
    broker.ask("All keys with their values", "describe_configs", 4, resources=asked)


def test_what_a_setting_means_is_told(broker):
    orders = broker.create_topic("orders")
    asked = [{"resource_type": TOPIC, "resource_name": orders, "configuration_keys": KEYS}]

    def has_words(answer):
        return {config["name"]: bool(config["documentation"]) for config in answer["results"][0]["configs"]}

    broker.ask(
        "With documentation",
        "describe_configs",
        4,
        resources=asked,
        include_documentation=True,
        view=has_words,
    )


@pytest.mark.parametrize("version", ALL)
def test_a_brokers_settings(broker, version):
    ask(broker, "Of broker 1", version, (BROKER, "1", BROKER_KEYS))
    ask(broker, "Of the cluster's default", version, (BROKER, "", BROKER_KEYS))


@pytest.mark.parametrize("version", [1, 4])
def test_resources_that_are_none(broker, version):
    orders = broker.create_topic("orders")
    ask(broker, "A topic that is not there", version, (TOPIC, broker.named("nowhere"), None))
    ask(broker, "A name that can't be", version, (TOPIC, "no/slashes", None))
    ask(broker, "An empty name", version, (TOPIC, "", None))
    ask(broker, "A broker that is not there", version, (BROKER, "99", None))
    ask(broker, "A broker that is no number", version, (BROKER, "one", None))
    ask(broker, "A kind that is none", version, (77, orders, None))
    ask(broker, "Kind 0", version, (0, orders, None))
    ask(broker, "Nothing", version)
    ask(
        broker,
        "Good and bad at once",
        version,
        (TOPIC, orders, ["retention.ms"]),
        (TOPIC, broker.named("nowhere"), None),
    )
    ask(broker, "One twice", version, (TOPIC, orders, ["retention.ms"]), (TOPIC, orders, ["retention.ms"]))
