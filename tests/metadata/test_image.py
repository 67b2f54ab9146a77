from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikafka.metadata.image import MetadataImage
from minikafka.metadata.records import (
    RECORD_TYPES,
    BrokerEndpoint,
    BrokerRegistrationChangeRecord,
    ClearElrRecord,
    ConfigRecord,
    FeatureLevelRecord,
    NoOpRecord,
    PartitionChangeRecord,
    PartitionRecord,
    ProducerIdsRecord,
    RegisterBrokerRecord,
    RemoveTopicRecord,
    TopicRecord,
    decode_record,
    encode_record,
)
from minikafka.metadata.replay import apply_all
from minikafka.protocol.schema import MalformedMessage, Message

TOPIC = UUID(int=7)


def applied(image: MetadataImage, record: Message) -> MetadataImage:
    return apply_all(image, [record], image.offset + 1)


def registered(broker_id: int, epoch: int) -> RegisterBrokerRecord:
    return RegisterBrokerRecord(
        broker_id=broker_id,
        incarnation_id=UUID(int=broker_id + 100),
        broker_epoch=epoch,
        end_points=[BrokerEndpoint(name="PLAINTEXT", host="h", port=9092, security_protocol=0)],
        log_dirs=[UUID(int=broker_id + 1000)],
    )


def cluster() -> MetadataImage:
    image = MetadataImage()
    for record in (
        FeatureLevelRecord(name="metadata.version", feature_level=30),
        registered(1, 5),
        registered(2, 6),
        BrokerRegistrationChangeRecord(broker_id=1, broker_epoch=5, fenced=-1),
        TopicRecord(name="orders", topic_id=TOPIC),
        PartitionRecord(
            partition_id=0,
            topic_id=TOPIC,
            replicas=[1, 2],
            isr=[1, 2],
            leader=1,
            leader_epoch=0,
            partition_epoch=0,
        ),
        ConfigRecord(resource_type=2, resource_name="orders", name="retention.ms", value="5"),
    ):
        image = applied(image, record)
    return image


def test_records_add_up_to_an_image() -> None:
    image = cluster()
    assert image.offset == 6
    assert [broker.id for broker in image.alive_brokers()] == [1]
    assert image.brokers[2].fenced
    assert image.topic_by_id(TOPIC) is image.topic("orders")
    assert image.topic_configs("orders") == {"retention.ms": "5"}
    assert image.features == {"metadata.version": 30}
    image = applied(image, ProducerIdsRecord(broker_id=1, next_producer_id=1000))
    assert image.next_producer_id == 1000


def test_an_image_never_changes() -> None:
    before = cluster()
    after = applied(before, PartitionChangeRecord(partition_id=0, topic_id=TOPIC, isr=[1]))
    gone = applied(after, RemoveTopicRecord(topic_id=TOPIC))
    first, second = before.partition("orders", 0), after.partition("orders", 0)
    assert first is not None
    assert second is not None
    assert (first.isr, second.isr) == ((1, 2), (1,))
    assert (second.leader_epoch, second.partition_epoch) == (0, 1)
    assert gone.topic("orders") is None
    assert gone.topic_configs("orders") == {}
    assert before.topic("orders") is not None


def test_naming_a_leader_begins_an_epoch() -> None:
    image = applied(cluster(), PartitionChangeRecord(partition_id=0, topic_id=TOPIC, leader=1))
    partition = image.partition("orders", 0)
    assert partition is not None
    assert (partition.leader, partition.leader_epoch, partition.partition_epoch) == (1, 1, 1)


def test_a_delta_names_what_changed() -> None:
    before = cluster()
    assert not applied(before, NoOpRecord()).delta(before)
    after = apply_all(
        before,
        [
            RemoveTopicRecord(topic_id=TOPIC),
            TopicRecord(name="orders", topic_id=UUID(int=8)),
            PartitionRecord(partition_id=0, topic_id=UUID(int=8), replicas=[2], isr=[2], leader=2),
            BrokerRegistrationChangeRecord(broker_id=2, broker_epoch=6, fenced=-1),
        ],
        10,
    )
    delta = after.delta(before)
    assert delta.brokers == (2,)
    assert delta.deleted_topics == (("orders", TOPIC),)
    assert delta.created_topics == ("orders",)
    assert delta.partitions == (("orders", 0),)
    assert delta.configs == ((2, "orders"),)
    assert not delta.features


def test_nonsense_is_refused() -> None:
    for record in (
        PartitionChangeRecord(partition_id=5, topic_id=TOPIC),
        RemoveTopicRecord(topic_id=UUID(int=9)),
        BrokerRegistrationChangeRecord(broker_id=1, broker_epoch=4, fenced=1),
        TopicRecord(name="orders", topic_id=UUID(int=9)),
    ):
        with pytest.raises(ValueError, match="metadata log"):
            applied(cluster(), record)


@pytest.mark.parametrize("name", ["orders", ""])
def test_nobody_is_eligible_once_that_is_cleared(name: str) -> None:
    change = PartitionChangeRecord(
        partition_id=0, topic_id=TOPIC, isr=[1], eligible_leader_replicas=[2], last_known_elr=[2]
    )
    before = applied(cluster(), change)
    assert before.topics["orders"].partitions[0].elr == (2,)
    after = applied(before, ClearElrRecord(topic_name=name)).topics["orders"].partitions[0]
    assert (after.elr, after.last_known_elr, after.isr) == ((), (), (1,))
    with pytest.raises(ValueError, match="there is no topic payments"):
        applied(before, ClearElrRecord(topic_name="payments"))


def test_bytes_as_a_real_kafka_wrote_them() -> None:
    # From the __cluster_metadata-0 of a Kafka 4.3.1.
    assert encode_record(NoOpRecord()) == bytes([1, 20, 0, 0])
    cleared = ClearElrRecord(topic_name="__transaction_state")
    assert encode_record(cleared) == b"\x01\x1c\x00\x14__transaction_state\x00"
    assert encode_record(FeatureLevelRecord(name="metadata.version", feature_level=30)) == (
        b"\x01\x0c\x00\x11metadata.version\x00\x1e\x00"
    )
    wanted = ConfigRecord(resource_type=4, resource_name="", name="min.insync.replicas", value="1")
    assert len(encode_record(wanted)) == 28
    unfenced = BrokerRegistrationChangeRecord(broker_id=1, broker_epoch=13, fenced=-1)
    assert len(encode_record(unfenced)) == 19


@given(st.binary(max_size=40))
def test_garbage_is_refused_in_one_way(data: bytes) -> None:
    try:
        record = decode_record(data)
    except MalformedMessage:
        return
    assert type(record) in RECORD_TYPES.values()


@given(
    st.lists(st.integers(0, 9)),
    st.none() | st.lists(st.integers(0, 9)),
    st.integers(-2, 9),
    st.none() | st.lists(st.uuids()),
)
def test_records_come_back_as_they_went(
    isr: list[int], elr: list[int] | None, leader: int, directories: list[UUID] | None
) -> None:
    record = PartitionChangeRecord(
        partition_id=3, topic_id=TOPIC, isr=isr, leader=leader, eligible_leader_replicas=elr
    )
    record.directories = directories
    assert decode_record(encode_record(record)) == record
    assert decode_record(memoryview(encode_record(registered(4, 2)))) == registered(4, 2)
