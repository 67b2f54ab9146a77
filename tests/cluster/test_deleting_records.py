"""AdminClient.delete_records in virtual time: the beginning of partitions moves, everywhere, and says where it is."""

import pytest

from minikafka import Cluster
from minikafka.client import OFFSET_END, DeletedRecords, KafkaError, KafkaException, TopicPartition


@pytest.fixture
def cluster():
    with Cluster(brokers=3, world="simulated", seed=3) as cluster:
        cluster.create_topic("orders", partitions=2)
        producer = cluster.producer({"acks": "all", "linger.ms": 0})
        for number in range(20):
            producer.produce("orders", b"%d" % number, partition=number % 2)
            producer.flush(10)
        yield cluster


def starts(snapshot, partition):
    return [replica.log_start for replica in snapshot.partition("orders", partition).replicas]


def test_what_lies_before_the_offset_is_gone_on_every_replica(cluster):
    tp = TopicPartition("orders", 0, 4)
    deleted = cluster.admin().delete_records([tp])[tp].result(10)
    assert isinstance(deleted, DeletedRecords)
    assert deleted.low_watermark == 4
    assert starts(cluster.snapshot(), 0) == [4, 4, 4]
    assert starts(cluster.snapshot(), 1) == [0, 0, 0]
    consumer = cluster.consumer({"group.id": "g", "auto.offset.reset": "earliest"})
    assert consumer.get_watermark_offsets(tp) == (4, 10)
    consumer.assign([TopicPartition("orders", 0)])
    assert consumer.poll(10).offset() == 4


def test_the_special_end_deletes_everything_and_a_mapping_is_welcome(cluster):
    wanted = {TopicPartition("orders", 0): OFFSET_END, TopicPartition("orders", 1): 7}
    futures = cluster.admin().delete_records(wanted)
    assert [futures[tp].result(10).low_watermark for tp in wanted] == [10, 7]


def test_each_partition_fails_by_itself(cluster):
    good, beyond, nowhere = (
        TopicPartition("orders", 0, 3),
        TopicPartition("orders", 1, 11),
        TopicPartition("orders", 2, 0),
    )
    futures = cluster.admin().delete_records([good, beyond, nowhere], request_timeout=5)
    assert futures[good].result(10).low_watermark == 3
    with pytest.raises(KafkaException) as refused:
        futures[beyond].result(10)
    assert refused.value.args[0].code() == KafkaError.OFFSET_OUT_OF_RANGE
    with pytest.raises(KafkaException) as unknown:
        futures[nowhere].result(10)
    assert unknown.value.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART


def test_a_dead_leader_is_asked_for_until_another_leads(cluster):
    admin, tp = cluster.admin(), TopicPartition("orders", 0, 5)
    assert admin.delete_records([TopicPartition("orders", 0, 1)])[tp].result(10).low_watermark == 1
    leader = cluster.snapshot().partition("orders", 0).leader
    cluster.kill(leader)
    assert admin.delete_records([tp], request_timeout=30)[tp].result(60).low_watermark == 5
    assert cluster.snapshot().partition("orders", 0).leader not in (None, leader)


def test_wrong_arguments_are_refused_at_once(cluster):
    admin = cluster.admin()
    with pytest.raises(TypeError, match="list"):
        admin.delete_records(TopicPartition("orders", 0, 1))
    with pytest.raises(TypeError, match="TopicPartition"):
        admin.delete_records([("orders", 0, 1)])
    with pytest.raises(ValueError, match="negative"):
        admin.delete_records([TopicPartition("orders", -1, 1)])
