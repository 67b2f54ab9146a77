"""Configurations of groups and of subscriptions to clients' metrics: set, checked, told, listed."""

import pytest
from oracle.script import until

BROKER_LOGGER, CLIENT_METRICS, GROUP = 8, 16, 32
SET, DELETE, APPEND, SUBTRACT = range(4)

WRONG_FOR_A_GROUP = {
    "no.such.key": ["1"],
    "consumer.session.timeout.ms": ["x", "1", "44999", "60001"],
    "consumer.heartbeat.interval.ms": ["0", "4999", "15001"],
    "consumer.assignment.interval.ms": ["-1", "15001"],
    "share.session.timeout.ms": ["44999", "60001"],
    "share.heartbeat.interval.ms": ["4999", "15001"],
    "share.assignment.interval.ms": ["-1", "15001"],
    "share.record.lock.duration.ms": ["999", "14999", "60001"],
    "share.delivery.count.limit": ["1", "11", "26"],
    "share.partition.max.record.locks": ["99", "4001", "10001"],
    "share.auto.offset.reset": [
        "none",
        "by_duration:",
        "by_duration:-PT1H",
        "by_duration:1h",
        "earliest:PT1H",
    ],
    "share.isolation.level": ["READ_COMMITTED", ""],
    "share.renew.acknowledge.enable": ["maybe"],
    "streams.session.timeout.ms": ["44999", "60001"],
    "streams.heartbeat.interval.ms": ["4999", "15001"],
    "streams.assignment.interval.ms": ["-1", "15001"],
    "streams.num.standby.replicas": ["-1", "3"],
    "streams.initial.rebalance.delay.ms": ["-1"],
}
RIGHT_FOR_A_GROUP = {
    "consumer.session.timeout.ms": "50000",
    "share.delivery.count.limit": "7",
    "share.auto.offset.reset": "by_duration:P1DT2H3M4.5S",
    "share.isolation.level": "read_committed",
    "streams.num.standby.replicas": "2",
}
WRONG_FOR_METRICS = {
    "no.such.key": "1",
    "interval.ms": "99",
    "match": "client_id=x,zzz=x",
}


def change(broker, sentence, version, kind, name, *changes, **more):
    """`changes` are (operation, key, value)."""
    configs = [{"name": key, "config_operation": op, "value": value} for op, key, value in changes]
    asked = [{"resource_type": kind, "resource_name": name, "configs": configs}]
    return broker.ask(sentence, "incremental_alter_configs", version, resources=asked, **more)


def replace(broker, sentence, version, kind, name, configs):
    asked = [
        {
            "resource_type": kind,
            "resource_name": name,
            "configs": [{"name": key, "value": value} for key, value in configs.items()],
        }
    ]
    return broker.ask(sentence, "alter_configs", version, resources=asked)


def describe(broker, sentence, kind, name, **expected):
    """A broker knows of a change (`expected`, with `_` for `.`) a moment after it."""
    asked = [{"resource_type": kind, "resource_name": name, "configuration_keys": None}]

    def is_there():
        found = broker.quietly("describe_configs", 4, resources=asked)["results"][0]["configs"]
        known = {one["name"]: one["value"] for one in found}
        return all(known[key.replace("_", ".")] == value for key, value in expected.items())

    until(is_there, f"{name} has {expected}")
    for version in range(1, 5):
        broker.ask(
            f"{sentence} (v{version})", "describe_configs", version, resources=asked, include_synonyms=True
        )


def listed(broker, sentence, kind, name):
    """Is it among those that have a configuration? Other scripts may have left theirs."""
    answer = broker.quietly("list_config_resources", 1, resource_types=[kind])
    names = [one["resource_name"] for one in answer["config_resources"]]
    broker.same(sentence, (answer["error_code"], name in names))


@pytest.mark.parametrize("version", range(2))
def test_a_groups_settings(broker, version):
    group = broker.named("group")
    describe(broker, "Of a group that nobody has heard of", GROUP, group)
    listed(broker, "It isn't listed", GROUP, group)
    change(
        broker,
        "Only validate",
        version,
        GROUP,
        group,
        (SET, "share.delivery.count.limit", "7"),
        validate_only=True,
    )
    describe(broker, "Nothing changed", GROUP, group, share_delivery_count_limit="5")
    change(broker, "Set some", version, GROUP, group, *((SET, *pair) for pair in RIGHT_FOR_A_GROUP.items()))
    describe(broker, "They are set", GROUP, group, consumer_session_timeout_ms="50000")
    listed(broker, "It is listed", GROUP, group)
    for key, values in WRONG_FOR_A_GROUP.items():
        for value in values:
            change(broker, f"{key} can't be {value!r}", version, GROUP, group, (SET, key, value))
    change(broker, "Append", version, GROUP, group, (APPEND, "consumer.session.timeout.ms", "1"))
    change(broker, "Subtract", version, GROUP, group, (SUBTRACT, "no.such.key", "1"))
    change(broker, "Delete what isn't there", version, GROUP, group, (DELETE, "no.such.key", None))
    change(broker, "Delete", version, GROUP, group, (DELETE, "consumer.session.timeout.ms", None))
    describe(broker, "One is gone", GROUP, group, consumer_session_timeout_ms="45000")
    change(broker, "Of no group", version, GROUP, "", (SET, "consumer.session.timeout.ms", "50000"))
    describe(broker, "Of no group", GROUP, "")
    change(broker, "An odd name", version, GROUP, "a/b c", (SET, "consumer.session.timeout.ms", "50000"))
    change(broker, "Away with it", version, GROUP, "a/b c", (DELETE, "consumer.session.timeout.ms", None))


@pytest.mark.parametrize("version", range(3))
def test_all_settings_of_a_group_are_replaced(broker, version):
    group = broker.named("group")
    replace(broker, "Set one", version, GROUP, group, {"consumer.session.timeout.ms": "46000"})
    replace(broker, "Set another", version, GROUP, group, {"share.delivery.count.limit": "3"})
    describe(
        broker,
        "Only that",
        GROUP,
        group,
        share_delivery_count_limit="3",
        consumer_session_timeout_ms="45000",
    )
    replace(broker, "A bad one", version, GROUP, group, {"no.such.key": "1"})
    replace(broker, "Of no group", version, GROUP, "", {})
    replace(broker, "None", version, GROUP, group, {})
    describe(broker, "All are gone", GROUP, group, share_delivery_count_limit="5")
    listed(broker, "It isn't listed any more", GROUP, group)


@pytest.mark.parametrize("version", range(2))
def test_a_subscription_to_metrics(broker, version):
    name = broker.named("metrics")
    describe(broker, "Of one that isn't there", CLIENT_METRICS, name)
    change(broker, "Only the names", version, CLIENT_METRICS, name, (SET, "metrics", "a.,b."))
    change(
        broker, "Whose", version, CLIENT_METRICS, name, (SET, "match", "client_id=x.*,client_source_port=9.*")
    )
    describe(broker, "Set", CLIENT_METRICS, name, metrics="a.,b.")
    listed(broker, "It is listed", CLIENT_METRICS, name)
    for key, value in WRONG_FOR_METRICS.items():
        change(broker, f"{key} can't be {value!r}", version, CLIENT_METRICS, name, (SET, key, value))
    for value in ("100", "3600000", "3600001", "x"):
        change(broker, f"Every {value} ms", version, CLIENT_METRICS, name, (SET, "interval.ms", value))
    for pattern in ("client_id", "client_id=(", "=x", "client_id=a=b", ""):
        change(broker, f"Matching {pattern!r}", version, CLIENT_METRICS, name, (SET, "match", pattern))
    change(broker, "Append", version, CLIENT_METRICS, name, (APPEND, "metrics", "c"))
    change(broker, "Of no name", version, CLIENT_METRICS, "", (SET, "interval.ms", "1000"))
    describe(broker, "Of no name", CLIENT_METRICS, "")
    replace(broker, "Replace", 2, CLIENT_METRICS, name, {"metrics": "*"})
    describe(broker, "Replaced", CLIENT_METRICS, name, metrics="*", interval_ms="300000")
    replace(broker, "Away", 2, CLIENT_METRICS, name, {})
    describe(broker, "Gone", CLIENT_METRICS, name, metrics="")


@pytest.mark.parametrize("version", range(2))
def test_a_logger_that_is_not_there(broker, version):
    change(broker, "Set", version, BROKER_LOGGER, "1", (SET, "no.such.logger", "INFO"))
    change(broker, "Set what can't be", version, BROKER_LOGGER, "1", (SET, "no.such.logger", "LOUD"))
    change(broker, "Delete", version, BROKER_LOGGER, "1", (DELETE, "no.such.logger", None))
    change(broker, "Append", version, BROKER_LOGGER, "1", (APPEND, "no.such.logger", "INFO"))
    for name in ("", "2", "x"):
        change(broker, f"Of broker {name!r}", version, BROKER_LOGGER, name, (SET, "no.such.logger", "INFO"))
