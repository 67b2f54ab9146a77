"""Administration in virtual time: futures whose result() moves the time."""

import pytest

from minikafka import Cluster
from minikafka.client import (
    ConfigResource,
    ConsumerGroupTopicPartitions,
    KafkaError,
    KafkaException,
    OffsetSpec,
    TopicCollection,
    TopicPartition,
)


def test_asking_for_a_result_moves_the_time(stage):
    s = stage(t=2)
    future = s.admin().list_offsets({TopicPartition("t", 1): OffsetSpec.latest()})[TopicPartition("t", 1)]
    before = s.now
    assert not future.done()
    assert s.now == before  # nothing moves by itself
    assert future.result(5).offset == 0
    assert s.now > before


def test_a_client_that_is_made_and_dropped_in_one_line_still_answers(stage):
    s = stage(t=2)
    described = s.admin().describe_topics(TopicCollection(["t", "nowhere"]))
    assert [p.id for p in described["t"].result(5).partitions] == [0, 1]
    with pytest.raises(KafkaException) as caught:
        described["nowhere"].result(5)
    assert caught.value.args[0] == KafkaError.UNKNOWN_TOPIC_OR_PART


def test_what_the_broker_does_not_speak_is_said_so(stage):
    s = stage(t=1)
    resource = ConfigResource("topic", "t")
    with pytest.raises(KafkaException) as caught:
        s.admin().describe_configs([resource])[resource].result(5)
    assert caught.value.args[0] == KafkaError._UNSUPPORTED_FEATURE


def test_a_dead_cluster_ends_in_an_error_when_the_time_is_over(stage):
    s = stage(t=1)
    s.universe.crash("broker-1")
    with pytest.raises(KafkaException) as caught:
        s.admin().describe_cluster(request_timeout=3).result()
    assert caught.value.args[0] == KafkaError._TIMED_OUT
    assert "no broker can be reached" in caught.value.args[0].str()
    assert s.now < 5


def test_a_result_that_does_not_come_in_time_is_a_time_out(stage):
    s = stage(t=1)
    s.universe.crash("broker-1")
    future = s.admin().describe_cluster(request_timeout=100)
    with pytest.raises(TimeoutError):
        future.result(1)
    assert s.now == pytest.approx(1, abs=0.01)


def test_offsets_of_a_group_can_be_set_and_seen(stage):
    s = stage(t=1)
    admin = s.admin()
    wanted = ConsumerGroupTopicPartitions("g", [TopicPartition("t", 0, 42)])
    admin.alter_consumer_group_offsets([wanted])["g"].result(5)
    asked = ConsumerGroupTopicPartitions("g", [TopicPartition("t", 0)])
    seen = admin.list_consumer_group_offsets([asked])["g"].result(5)
    assert [tp.offset for tp in seen.topic_partitions] == [42]


def test_wrong_arguments_are_refused_at_once(stage):
    admin = stage().admin()
    with pytest.raises(TypeError, match="unknown option"):
        admin.describe_cluster(patience=3)
    with pytest.raises(ValueError, match="non-empty"):
        admin.create_topics([])
    admin.close()
    with pytest.raises(RuntimeError, match="closed"):
        admin.describe_cluster()


def test_members_of_killed_processes_leave_when_an_admin_says_so():
    with Cluster(brokers=1, world="simulated", seed=1) as cluster:
        cluster.create_topic("t", 2)
        dead = cluster.consumer({"group.id": "g"})
        dead.subscribe(["t"])
        while not dead.assignment():
            dead.poll(0.5)
        admin = cluster.admin()
        assert admin.remove_members_from_consumer_group("g").result() == 1
        assert admin.describe_consumer_groups(["g"])["g"].result().members == []
        admin.delete_consumer_groups(["g"])["g"].result()
        assert admin.remove_members_from_consumer_group("g").result() == 0


def test_who_asks_is_told_what_he_may_do():
    """Without an authorizer that is everything that there is for a topic, a group and a cluster."""
    with Cluster(brokers=1, world="simulated", seed=2) as cluster:
        cluster.create_topic("t")
        consumer = cluster.consumer({"group.id": "g"})
        consumer.subscribe(["t"])
        consumer.poll(10)
        admin = cluster.admin()

        def told(**options):
            topic = admin.describe_topics(TopicCollection(["t"]), **options)["t"].result(10)
            group = admin.describe_consumer_groups(["g"], **options)["g"].result(10)
            found = [topic, admin.describe_cluster(**options).result(10), group]
            return [
                one.authorized_operations and " ".join(o.name for o in one.authorized_operations)
                for one in found
            ]

        assert told() == [None, None, None]
        assert told(include_authorized_operations=True) == [
            "READ WRITE CREATE DELETE ALTER DESCRIBE DESCRIBE_CONFIGS ALTER_CONFIGS",
            "CREATE ALTER DESCRIBE CLUSTER_ACTION DESCRIBE_CONFIGS ALTER_CONFIGS IDEMPOTENT_WRITE",
            "READ DELETE DESCRIBE DESCRIBE_CONFIGS ALTER_CONFIGS",
        ]
