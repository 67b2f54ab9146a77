"""AlterConfigs and IncrementalAlterConfigs: settings are changed, all of a resource or none."""

import pytest
from oracle.script import until

TOPIC, BROKER, BROKER_LOGGER = 2, 4, 8
SET, DELETE, APPEND, SUBTRACT = range(4)
FROM_TOPIC = 1
BACKOFF = "log.cleaner.backoff.ms"


def alter(broker, sentence, version, *resources, **more):
    """`resources` are (kind, name, {key: value})."""
    asked = [
        {
            "resource_type": kind,
            "resource_name": name,
            "configs": [{"name": key, "value": value} for key, value in configs.items()],
        }
        for kind, name, configs in resources
    ]
    return broker.ask(sentence, "alter_configs", version, resources=asked, **more)


def change(broker, sentence, version, *resources, **more):
    """`resources` are (kind, name, (operation, key, value), ...)."""
    asked = [
        {
            "resource_type": kind,
            "resource_name": name,
            "configs": [{"name": key, "config_operation": op, "value": value} for op, key, value in changes],
        }
        for kind, name, *changes in resources
    ]
    return broker.ask(sentence, "incremental_alter_configs", version, resources=asked, **more)


def describe_own(broker, sentence, topic, **expected):
    """What the topic sets itself; the broker knows of a change (`expected`, None for gone) a moment after it."""

    def own(answer):
        configs = answer["results"][0]["configs"]
        return {one["name"]: one["value"] for one in configs if one["config_source"] == FROM_TOPIC}

    asked = [{"resource_type": TOPIC, "resource_name": topic, "configuration_keys": None}]

    def is_there():
        known = own(broker.quietly("describe_configs", 4, resources=asked))
        return all(known.get(key.replace("_", ".")) == value for key, value in expected.items())

    until(is_there, f"the topic has {expected}")
    return broker.ask(sentence, "describe_configs", 4, resources=asked, view=own)


def describe_backoff(broker, sentence, value):
    """Broker 1 obeys a change a moment after it was made."""
    asked = [{"resource_type": BROKER, "resource_name": "1", "configuration_keys": [BACKOFF]}]

    def is_there():
        described = broker.quietly("describe_configs", 4, resources=asked)["results"][0]["configs"]
        return described[0]["value"] == value

    until(is_there, f"{BACKOFF} is {value}")
    broker.ask(sentence, "describe_configs", 4, resources=asked, include_synonyms=True)


@pytest.mark.parametrize("version", range(3))
def test_all_settings_of_a_topic_are_replaced(broker, version):
    orders = broker.create_topic("orders", cleanup_policy="compact", retention_bytes="1000000")
    alter(broker, "Only validate", version, (TOPIC, orders, {"retention.ms": "5000"}), validate_only=True)
    describe_own(broker, "Nothing changed", orders)
    alter(broker, "Replace", version, (TOPIC, orders, {"retention.ms": "5000", "segment.bytes": "2000000"}))
    describe_own(broker, "Replaced", orders, retention_ms="5000", retention_bytes=None)
    alter(broker, "One bad key", version, (TOPIC, orders, {"retention.ms": "6000", "no.such.key": "1"}))
    alter(broker, "A value that is no number", version, (TOPIC, orders, {"retention.ms": "soon"}))
    alter(broker, "A value out of range", version, (TOPIC, orders, {"segment.bytes": "1"}))
    alter(broker, "A null", version, (TOPIC, orders, {"retention.ms": None}))
    describe_own(broker, "As before", orders)
    alter(broker, "Nothing", version, (TOPIC, orders, {}))
    describe_own(broker, "All gone", orders, retention_ms=None)


@pytest.mark.parametrize("version", range(3))
def test_resources_that_cannot_be_altered(broker, version):
    orders = broker.create_topic("orders")
    some = {"retention.ms": "5000"}
    alter(broker, "A topic that is not there", version, (TOPIC, broker.named("nowhere"), some))
    alter(broker, "A name that can't be", version, (TOPIC, "no/slashes", some))
    alter(broker, "An empty name", version, (TOPIC, "", some))
    alter(broker, "A kind that is none", version, (77, orders, some))
    alter(broker, "A logger", version, (BROKER_LOGGER, "1", {"kafka": "DEBUG"}))
    alter(broker, "No resources", version)
    alter(broker, "Another broker", version, (BROKER, "9", {BACKOFF: "14000"}))
    alter(broker, "A broker that is no number", version, (BROKER, "one", {BACKOFF: "14000"}))
    alter(
        broker,
        "Good and bad at once",
        version,
        (BROKER, "9", {BACKOFF: "14000"}),
        (TOPIC, orders, some),
        (TOPIC, broker.named("nowhere"), some),
    )
    describe_own(broker, "The good one is done", orders, retention_ms="5000")


@pytest.mark.parametrize("version", range(2))
def test_settings_of_a_topic_are_changed_one_by_one(broker, version):
    orders = broker.create_topic("orders", retention_bytes="1000000")
    change(broker, "Set", version, (TOPIC, orders, (SET, "retention.ms", "5000")))
    change(broker, "Set it to the same", version, (TOPIC, orders, (SET, "retention.ms", "5000")))
    change(broker, "Append", version, (TOPIC, orders, (APPEND, "cleanup.policy", "compact")))
    describe_own(broker, "Both policies", orders, cleanup_policy="delete,compact")
    change(broker, "Append it again", version, (TOPIC, orders, (APPEND, "cleanup.policy", "compact")))
    change(broker, "Subtract", version, (TOPIC, orders, (SUBTRACT, "cleanup.policy", "delete")))
    change(broker, "Subtract what is not", version, (TOPIC, orders, (SUBTRACT, "cleanup.policy", "delete")))
    describe_own(broker, "One policy", orders, cleanup_policy="compact")
    change(broker, "Delete", version, (TOPIC, orders, (DELETE, "retention.bytes", None)))
    change(broker, "Delete it again", version, (TOPIC, orders, (DELETE, "retention.bytes", None)))
    change(broker, "Delete with a value", version, (TOPIC, orders, (DELETE, "retention.ms", "77")))
    describe_own(broker, "Deleted", orders, retention_bytes=None, retention_ms=None)
    set_two = ((SET, "segment.ms", "5000"), (SET, "flush.ms", "5"))
    change(broker, "Only validate", version, (TOPIC, orders, *set_two), validate_only=True)
    describe_own(broker, "Nothing changed", orders)


@pytest.mark.parametrize("version", range(2))
def test_changes_that_are_refused(broker, version):
    orders = broker.create_topic("orders")
    good = (SET, "retention.ms", "5000")
    change(broker, "An unknown key", version, (TOPIC, orders, good, (SET, "no.such.key", "1")))
    change(broker, "Deleting an unknown key", version, (TOPIC, orders, (DELETE, "no.such.key", None)))
    change(broker, "A value that is no number", version, (TOPIC, orders, (SET, "retention.ms", "soon")))
    change(
        broker, "A value that is none of a list", version, (TOPIC, orders, (SET, "cleanup.policy", "burn"))
    )
    change(broker, "A null", version, (TOPIC, orders, (SET, "retention.ms", None)))
    change(broker, "Append to a number", version, (TOPIC, orders, (APPEND, "retention.ms", "1")))
    change(broker, "Subtract from a number", version, (TOPIC, orders, (SUBTRACT, "retention.ms", "1")))
    change(broker, "An operation that is none", version, (TOPIC, orders, (9, "retention.ms", "1")))
    change(broker, "A negative operation", version, (TOPIC, orders, (-1, "retention.ms", "1")))
    change(broker, "A key twice", version, (TOPIC, orders, good, (SET, "retention.ms", "6000")))
    change(broker, "One twice", version, (TOPIC, orders, good), (TOPIC, orders, (SET, "flush.ms", "5")))
    change(broker, "A topic that is not there", version, (TOPIC, broker.named("nowhere"), good))
    change(broker, "A name that can't be", version, (TOPIC, "no/slashes", good))
    change(broker, "An empty name", version, (TOPIC, "", good))
    change(broker, "A kind that is none", version, (77, orders, good))
    change(broker, "Kind 0", version, (0, orders, good))
    change(broker, "No resources", version)
    change(broker, "No changes", version, (TOPIC, orders))
    describe_own(broker, "Nothing changed", orders)


@pytest.mark.parametrize("version", range(2))
def test_settings_of_brokers(broker, version):
    """A broker's settings are changed through that broker, those of all brokers through any."""
    set_it = (SET, BACKOFF, "14000")
    change(broker, "Of broker 1", version, (BROKER, "1", set_it))
    describe_backoff(broker, "It is set", "14000")
    change(broker, "Delete it", version, (BROKER, "1", (DELETE, BACKOFF, None)))
    describe_backoff(broker, "It is gone", "15000")
    change(broker, "Of another broker", version, (BROKER, "9", set_it))
    change(broker, "Of a broker that is no number", version, (BROKER, "one", set_it))
    change(broker, "Of a negative broker", version, (BROKER, "-1", set_it))
    change(broker, "Of all, only validated", version, (BROKER, "", set_it), validate_only=True)
    change(broker, "A fixed one", version, (BROKER, "1", (SET, "num.partitions", "5")), validate_only=True)
    change(
        broker,
        "A value that is no number",
        version,
        (BROKER, "1", (SET, BACKOFF, "many")),
        validate_only=True,
    )
    change(
        broker,
        "Another broker's and a topic's that is not there",
        version,
        (TOPIC, broker.named("nowhere"), set_it),
        (BROKER, "9", set_it),
    )
