"""Whether replication has to pause: the rate of the last seconds, of the replicas that their topics name."""

import uuid

from minikafka.metadata.configs import BrokerConfigs
from minikafka.metadata.image import BROKER_RESOURCE, TOPIC_RESOURCE, MetadataImage
from minikafka.metadata.records import ConfigRecord, TopicRecord
from minikafka.metadata.replay import apply_all
from minikafka.replication.throttle import Throttle


def throttle(rate: str | None, **replicas: str) -> Throttle:
    """Of broker 1, as a leader."""
    records = [TopicRecord(name=name, topic_id=uuid.UUID(int=n + 5)) for n, name in enumerate(replicas)]
    settings = [
        ConfigRecord(
            resource_type=TOPIC_RESOURCE,
            resource_name=name,
            name="leader.replication.throttled.replicas",
            value=value,
        )
        for name, value in replicas.items()
    ]
    if rate is not None:
        settings.append(
            ConfigRecord(
                resource_type=BROKER_RESOURCE,
                resource_name="1",
                name="leader.replication.throttled.rate",
                value=rate,
            )
        )
    made = Throttle("leader", 1, BrokerConfigs())
    made.see(apply_all(MetadataImage(), [*records, *settings], len(records) + len(settings) - 1))
    return made


def test_nothing_is_held_back_unless_both_rate_and_replicas_are_set() -> None:
    assert not throttle("100").is_set
    assert not throttle(None, orders="*").is_set
    assert throttle("100", orders="*").is_set


def test_a_topic_names_replicas_by_partition_and_broker() -> None:
    some = throttle("100", orders="0:1,1:2, 2:1", payments="*")
    assert [some.concerns("orders", n) for n in range(4)] == [True, False, True, False]
    assert some.concerns("payments", 7)
    assert not some.concerns("other", 0)


def test_a_large_answer_is_followed_by_a_pause() -> None:
    some = throttle("100", orders="*")
    assert not some.is_exceeded(10.0)
    some.count(10.0, 500)
    assert some.is_exceeded(10.5)
    assert some.is_exceeded(14.9)
    assert not some.is_exceeded(15.0)
    some.count(15.0, 200)
    assert some.is_exceeded(15.0)
    assert not some.is_exceeded(17.0)


def test_what_was_long_ago_counts_no_more() -> None:
    some = throttle("100", orders="*")
    some.count(10.0, 5_000)
    assert some.is_exceeded(20.9)
    assert not some.is_exceeded(21.0)
