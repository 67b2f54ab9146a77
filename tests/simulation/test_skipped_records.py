"""A record of the metadata log that can't be read or applied: said, by name and offset, and everybody goes on."""

from uuid import UUID

import pytest

from minikafka import Cluster
from minikafka.metadata.records import NoOpRecord, PartitionChangeRecord, TopicRecord, encode_record
from minikafka.protocol.uuid_text import encode_uuid
from minikafka.records.batch import NewRecord

CONTROLLER = "controller-1"
NOBODYS = UUID(int=99)


def unknown_type() -> bytes:
    return b"\x01\xf0\x01\x00" + b"from a newer Kafka"


@pytest.mark.parametrize(
    ("value", "name", "reason"),
    [
        (unknown_type(), "a record", "unknown type 240"),
        (encode_record(TopicRecord(name="torn", topic_id=NOBODYS))[:-9], "a record", ""),
        (
            encode_record(PartitionChangeRecord(topic_id=NOBODYS, partition_id=0)),
            "PartitionChangeRecord",
            f"no topic has the id {encode_uuid(NOBODYS)}",
        ),
    ],
)
def test_it_is_said_and_nobody_ends_of_it_now_or_at_the_next_start(value, name, reason):
    with Cluster(brokers=3, world="simulated", seed=1, message_events=False) as cluster:
        cluster.create_topic("before", 2)
        log = cluster._nodes.controller.quorum
        good = TopicRecord(name="with it", topic_id=UUID(int=7))
        values = [NewRecord(0, None, encode_record(good)), NewRecord(0, None, value)]
        offset = cluster._loop.call(lambda: log.propose_batch(values, [good, NoOpRecord()])) + 1
        cluster.run(5)
        skipped = [t for t in cluster.events() if t.event.kind == "MetadataRecordSkipped"]
        assert sorted(t.host for t in skipped) == ["broker-1", "broker-2", "broker-3"]
        assert {(t.event.offset, t.event.record) for t in skipped} == {(offset, name)}
        assert all(reason in t.event.reason for t in skipped)
        assert all("with it" in b.image.topics for b in cluster._nodes.brokers.values()), "its batch goes on"
        for host in cluster.hosts:
            cluster.restart(host)
        said = [t.host for t in cluster.events() if t.event.kind == "MetadataRecordSkipped"][3:]
        assert sorted({*said}) == ["broker-1", "broker-2", "broker-3", CONTROLLER]
        cluster.create_topic("after", 2)
        producer = cluster.producer()
        for topic in ("before", "after"):
            producer.produce(topic, b"v")
        assert producer.flush(30) == 0


def test_what_can_not_be_applied_is_never_committed():
    with Cluster(brokers=1, world="simulated", seed=1) as cluster:
        controller = cluster._nodes.controller
        wrong = [PartitionChangeRecord(topic_id=NOBODYS, partition_id=0)]
        end = controller.quorum.end_offset
        with pytest.raises(ValueError, match="no topic has the id"):
            controller.core.foresee(wrong, end)

        async def commit():
            from minikafka.controller.decision import Decision

            await controller.commit(lambda core, at: Decision(tuple(wrong), None))

        with pytest.raises(ValueError, match="no topic has the id"):
            cluster._loop.run(cluster._nodes.on(CONTROLLER, commit()), 10)
        assert controller.quorum.end_offset == end
        cluster.create_topic("after")
