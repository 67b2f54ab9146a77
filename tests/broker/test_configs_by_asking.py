"""DescribeConfigs and the two that alter: what is told, who may be asked, and in which order answers come."""

import pytest
from simulation.story import story

from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages import alter_configs as legacy
from minikafka.protocol.messages import incremental_alter_configs as incremental
from minikafka.protocol.messages.describe_configs import DescribeConfigsRequest, DescribeConfigsResource

TOPIC, BROKER, CLIENT_METRICS, GROUP = 2, 4, 16, 32
SET = 0
BACKOFF = "log.cleaner.backoff.ms"


@pytest.fixture
def s():
    with story(1) as s:
        s.create_topic("orders")
        s.run(1)
        yield s


def describe(s, host, kind, name, keys):
    asked = DescribeConfigsResource(resource_type=kind, resource_name=name, configuration_keys=keys)
    (result,) = s.ask(host, DescribeConfigsRequest(resources=[asked]), 4).results
    return result.error_code, result.error_message, {c.name: c.value for c in result.configs}


def change(s, host, *resources, validate_only=False):
    """`resources` are (kind, name, key, value); answers are (kind, name, error)."""
    asked = [
        incremental.AlterConfigsResource(
            resource_type=kind,
            resource_name=name,
            configs=[incremental.AlterableConfig(name=key, config_operation=SET, value=value)],
        )
        for kind, name, key, value in resources
    ]
    request = incremental.IncrementalAlterConfigsRequest(resources=asked, validate_only=validate_only)
    return [(r.resource_type, r.resource_name, r.error_code) for r in s.ask(host, request, 1).responses]


def replace(s, host, *resources):
    asked = [
        legacy.AlterConfigsResource(
            resource_type=kind,
            resource_name=name,
            configs=[legacy.AlterableConfig(name=key, value=value)],
        )
        for kind, name, key, value in resources
    ]
    answer = s.ask(host, legacy.AlterConfigsRequest(resources=asked), 2)
    return [(r.resource_type, r.resource_name, r.error_code) for r in answer.responses]


def test_no_keys_mean_all_keys_and_no_error_has_an_empty_message(s):
    code, message, every = describe(s, "broker-1", TOPIC, "orders", None)
    assert (code, message, every["cleanup.policy"]) == (0, "", "delete")
    assert describe(s, "broker-1", TOPIC, "orders", []) == (0, "", every)
    assert describe(s, "broker-1", TOPIC, "orders", ["no.such.key"]) == (0, "", {})
    unknown = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    assert describe(s, "broker-1", TOPIC, "nowhere", None) == (unknown, "", {})


@pytest.mark.parametrize("alter", [change, replace])
def test_a_brokers_configs_are_changed_through_that_broker(s, alter):
    refused = ErrorCode.INVALID_REQUEST
    assert alter(s, "broker-1", (BROKER, "2", BACKOFF, "14000")) == [(BROKER, "2", refused)]
    assert alter(s, "broker-2", (BROKER, "2", BACKOFF, "14000")) == [(BROKER, "2", 0)]
    s.run(1)
    assert describe(s, "broker-2", BROKER, "2", [BACKOFF]) == (0, "", {BACKOFF: "14000"})
    assert alter(s, "broker-3", (BROKER, "two", BACKOFF, "14000")) == [(BROKER, "two", refused)]
    assert alter(s, "broker-3", (BROKER, "", BACKOFF, "13000")) == [(BROKER, "", 0)]


@pytest.mark.parametrize("alter", [change, replace])
def test_answers_come_in_the_order_asked_wherever_they_were_decided(s, alter):
    asked = [
        (BROKER, "3", BACKOFF, "1"),
        (TOPIC, "orders", "retention.ms", "5000"),
        (BROKER, "2", BACKOFF, "1"),
        (TOPIC, "nowhere", "retention.ms", "5000"),
    ]
    wrong, unknown = ErrorCode.INVALID_REQUEST, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    assert [code for _, _, code in alter(s, "broker-1", *asked)] == [wrong, 0, wrong, unknown]
    s.run(1)
    assert describe(s, "broker-2", TOPIC, "orders", ["retention.ms"])[2] == {"retention.ms": "5000"}


def test_what_is_only_validated_changes_nothing(s):
    assert change(s, "broker-1", (TOPIC, "orders", "retention.ms", "5000"), validate_only=True)[0][2] == 0
    s.run(1)
    assert describe(s, "broker-1", TOPIC, "orders", ["retention.ms"])[2] == {"retention.ms": "604800000"}


@pytest.mark.parametrize("alter", [change, replace])
def test_what_the_controller_cannot_decide_has_that_for_an_answer(s, alter):
    s.kill("controller-1")
    asked = [(TOPIC, "orders", "retention.ms", "1"), (BROKER, "2", BACKOFF, "1")]
    timed_out, wrong = ErrorCode.REQUEST_TIMED_OUT, ErrorCode.INVALID_REQUEST
    assert [code for _, _, code in alter(s, "broker-1", *asked)] == [timed_out, wrong]
    s.restart("controller-1")
    s.run(5)


def test_what_a_group_or_a_subscription_sets_outlives_everybody(s):
    """It stands in the metadata log, not with a broker."""
    wanted = [(GROUP, "readers", "share.delivery.count.limit", "7"), (CLIENT_METRICS, "all", "metrics", "*")]
    assert change(s, "broker-2", *wanted) == [(GROUP, "readers", 0), (CLIENT_METRICS, "all", 0)]
    assert change(s, "broker-2", (GROUP, "readers", "no.such.key", "1"))[0][2] == ErrorCode.INVALID_CONFIG
    for host in s.cluster.hosts:
        s.kill(host)
    for host in s.cluster.hosts:
        s.restart(host)
    s.run(2)
    for kind, name, key, value in wanted:
        code, _, configs = describe(s, "broker-3", kind, name, [key])
        assert (code, configs) == (0, {key: value})


@pytest.mark.filterwarnings("ignore::minikafka.cluster.ConfigWarning")
def test_what_a_broker_was_started_with_bounds_a_groups_settings():
    with story(1, brokers=1, group_consumer_max_session_timeout_ms="70000") as s:
        key = "consumer.session.timeout.ms"
        assert change(s, "broker-1", (GROUP, "readers", key, "70000")) == [(GROUP, "readers", 0)]
        assert change(s, "broker-1", (GROUP, "readers", key, "70001"))[0][2] == ErrorCode.INVALID_CONFIG
