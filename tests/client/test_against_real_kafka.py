"""Our clients against a real Apache Kafka, beside confluent_kafka: the change of a lesson's import changes nothing."""

import os

import confluent_kafka
import confluent_kafka.admin
import pytest
from oracle.brokers import real_kafka, why_no_real_kafka

import minikafka.client
import minikafka.client.admin.admin_client
from minikafka.client import (
    AdminClient,
    ConfigEntry,
    ConfigResource,
    Consumer,
    ConsumerGroupState,
    ConsumerGroupTopicPartitions,
    KafkaError,
    KafkaException,
    NewPartitions,
    NewTopic,
    OffsetSpec,
    Producer,
    TopicCollection,
    TopicPartition,
)

pytestmark = [pytest.mark.java, pytest.mark.slow]
BOTH = pytest.mark.parametrize("library", [confluent_kafka, minikafka.client], ids=["confluent", "ours"])
CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
names = iter(f"client-test-{number}" for number in range(1000))


@pytest.fixture(scope="module")
def bootstrap():
    reason = why_no_real_kafka()
    if reason:
        pytest.skip(reason)
    with real_kafka() as (host, port):
        yield {"bootstrap.servers": f"{host}:{port}"}


@pytest.fixture(scope="module")
def admin(bootstrap):
    with AdminClient(bootstrap) as client:
        yield client


@pytest.fixture
def topic(admin):
    return create(admin, f"{next(names)}-{os.getpid()}")


def create(admin, name):
    """A new topic, once the broker itself knows of it (the controller is quicker)."""
    admin.create_topics([NewTopic(name, 3, 1)])[name].result(30)
    for _ in range(100):
        partitions = admin.list_topics(name, timeout=10).topics[name].partitions
        if len(partitions) == 3 and all(partition.leader == 1 for partition in partitions.values()):
            return name
    raise AssertionError(f"{name} did not appear")


def lesson(library, admin_library, bootstrap, topic):
    """What a lesson does, in the words of confluent_kafka. Returns everything that a learner would see."""
    seen = []
    admin = admin_library.AdminClient(bootstrap)
    producer = library.Producer({**bootstrap, "linger.ms": 1, "partitioner": "murmur2_random"})

    def delivered(error, message):
        seen.append(
            ("delivered", error, message.topic(), message.partition(), message.offset(), message.key())
        )

    for number in range(20):
        producer.produce(
            topic,
            f"value-{number}",
            key=f"key-{number % 4}",
            on_delivery=delivered,
            headers={"n": str(number)},
        )
        producer.poll(0)
    seen.append(("left", producer.flush(30)))
    seen.sort(key=str)
    consumer = library.Consumer({**bootstrap, "group.id": f"lesson-{topic}", "auto.offset.reset": "earliest"})
    consumer.subscribe([topic])
    records = []
    while len(records) < 20:
        message = consumer.poll(10)
        assert message is not None
        if message.error():
            raise library.KafkaException(message.error())
        kind = message.timestamp()[0]
        records.append(
            (message.partition(), message.offset(), message.key(), message.value(), message.headers(), kind)
        )
    seen += sorted(records)
    seen.append([(tp.partition, tp.offset) for tp in sorted(consumer.position(consumer.assignment()))])
    seen.append([(tp.partition, tp.offset, tp.error) for tp in sorted(consumer.commit(asynchronous=False))])
    low_high = [
        consumer.get_watermark_offsets(library.TopicPartition(topic, p), timeout=10) for p in range(3)
    ]
    seen.append(low_high)
    times = consumer.offsets_for_times([library.TopicPartition(topic, p, 0) for p in range(3)], timeout=10)
    seen.append([(tp.partition, tp.offset) for tp in times])
    consumer.close()
    shown = admin.list_topics(topic, timeout=10).topics[topic]
    seen.append(
        (shown.topic, shown.error, sorted(shown.partitions), [p.leader for p in shown.partitions.values()])
    )
    return seen


def test_the_same_lesson_through_both(bootstrap, admin):
    results = []
    for library, admin_library in (
        (confluent_kafka, confluent_kafka.admin),
        (minikafka.client, minikafka.client.admin.admin_client),
    ):
        name = f"lesson-{library.__name__.replace('.', '-')}-{next(names)}-{os.getpid()}"
        create(admin, name)
        results.append(repr(lesson(library, admin_library, bootstrap, name)).replace(name, "TOPIC"))
    assert results[0] == results[1]


@pytest.mark.parametrize("codec", CODECS)
def test_each_reads_what_the_other_compressed(bootstrap, topic, codec):
    conf = {**bootstrap, "compression.type": codec, "linger.ms": 20}
    sent = {}
    for library in (confluent_kafka, minikafka.client):
        producer = library.Producer(conf)
        for number in range(200):
            value = f"{library.__name__} {number} ".encode() * 20
            producer.produce(topic, value, str(number).encode(), partition=number % 3)
            sent[value] = None
        assert producer.flush(30) == 0
    for library in (confluent_kafka, minikafka.client):
        consumer = library.Consumer(
            {**bootstrap, "group.id": f"{codec}-{topic}", "auto.offset.reset": "earliest", "check.crcs": True}
        )
        consumer.assign([library.TopicPartition(topic, partition, 0) for partition in range(3)])
        values = []
        while len(values) < 400:
            messages = consumer.consume(50, 10)
            assert messages
            assert not any(message.error() for message in messages)
            values += [message.value() for message in messages]
        assert sorted(values) == sorted(sent)
        consumer.close()


def test_our_member_and_librdkafkas_share_one_group(bootstrap, topic):
    conf = {
        **bootstrap,
        "group.id": f"mixed-{topic}",
        "auto.offset.reset": "earliest",
        "partition.assignment.strategy": "range",
        "session.timeout.ms": 6000,
        "heartbeat.interval.ms": 500,
    }
    ours, theirs = Consumer(conf), confluent_kafka.Consumer(conf)
    ours.subscribe([topic])
    theirs.subscribe([topic])

    def settle(done):
        for _ in range(150):
            ours.poll(0.1)
            theirs.poll(0.1)
            if done():
                return

    settle(lambda: {len(ours.assignment()), len(theirs.assignment())} == {1, 2})
    together = [tp.partition for tp in ours.assignment()] + [tp.partition for tp in theirs.assignment()]
    assert sorted(together) == [0, 1, 2]
    theirs.close()
    for _ in range(100):
        ours.poll(0.1)
        if len(ours.assignment()) == 3:
            break
    assert len(ours.assignment()) == 3
    ours.close()


@pytest.mark.parametrize("strategy", ["range", "roundrobin", "cooperative-sticky"])
def test_three_members_share_and_survive_a_leaver(bootstrap, admin, topic, strategy):
    conf = {
        **bootstrap,
        "group.id": f"three-{topic}",
        "auto.offset.reset": "earliest",
        "partition.assignment.strategy": strategy,
        "heartbeat.interval.ms": 300,
    }
    members = [Consumer(conf) for _ in range(3)]
    for member in members:
        member.subscribe([topic])

    def settled(members, sizes):
        for _ in range(200):
            for member in members:
                member.poll(0.05)
            if sorted(len(member.assignment()) for member in members) == sizes:
                break
        owned = sorted(tp.partition for member in members for tp in member.assignment())
        assert owned == [0, 1, 2]

    settled(members, [1, 1, 1])
    described = admin.describe_consumer_groups([conf["group.id"]])[conf["group.id"]].result(10)
    assert described.state is ConsumerGroupState.STABLE
    assert described.partition_assignor == strategy
    members.pop().close()
    settled(members, [1, 2])
    for member in members:
        member.close()
    admin.delete_consumer_groups([conf["group.id"]])[conf["group.id"]].result(10)


def test_idempotence_numbers_each_partition(bootstrap, topic):
    producer = Producer({**bootstrap, "enable.idempotence": True, "linger.ms": 0, "batch.num.messages": 3})
    errors = []
    for number in range(500):
        producer.produce(
            topic, b"%d" % number, partition=number % 3, on_delivery=lambda e, m: errors.append(e)
        )
    assert producer.flush(30) == 0
    assert errors == [None] * 500
    consumer = Consumer({**bootstrap, "group.id": topic})
    consumer.assign([TopicPartition(topic, 1, 0)])
    values = [int(message.value()) for message in consumer.consume(167, 10)]
    assert values == list(range(1, 500, 3))
    consumer.close()


def test_a_restarted_member_goes_on_where_it_committed(bootstrap, topic):
    producer = Producer(bootstrap)
    for number in range(10):
        producer.produce(topic, b"%d" % number, partition=0)
    producer.flush(30)
    conf = {**bootstrap, "group.id": f"again-{topic}", "auto.offset.reset": "earliest"}
    with Consumer(conf) as first:
        first.subscribe([topic])
        assert [first.poll(20).value() for _ in range(4)] == [b"0", b"1", b"2", b"3"]
        assert sum(lag or 0 for lag in first.lag().values()) == 6
    with Consumer(conf) as second:
        second.subscribe([topic])
        assert second.poll(20).value() == b"4"


def test_administration(bootstrap, admin, topic):
    cluster = admin.describe_cluster().result(10)
    assert [node.id for node in cluster.nodes] == [1]
    assert cluster.cluster_id == admin.list_topics(timeout=10).cluster_id
    with pytest.raises(KafkaException) as caught:
        admin.create_topics([NewTopic(topic, 1, 1)])[topic].result(10)
    assert caught.value.args[0] == KafkaError.TOPIC_ALREADY_EXISTS
    with pytest.raises(KafkaException) as caught:
        admin.create_topics([NewTopic("too-many", 1, 5)])["too-many"].result(10)
    assert caught.value.args[0] == KafkaError.INVALID_REPLICATION_FACTOR
    assert (
        admin.create_topics([NewTopic("only-asked", 1, 1)], validate_only=True)["only-asked"].result(10)
        is None
    )
    assert "only-asked" not in admin.list_topics(timeout=10).topics
    admin.create_partitions([NewPartitions(topic, 5)])[topic].result(10)
    for _ in range(100):
        description = admin.describe_topics(TopicCollection([topic]))[topic].result(10)
        if len(description.partitions) == 5:
            break
    assert [(p.id, p.leader.id) for p in description.partitions] == [(index, 1) for index in range(5)]
    resource = ConfigResource(ConfigResource.Type.TOPIC, topic)
    changed = ConfigResource("topic", topic, incremental_configs=[ConfigEntry("retention.ms", "12345")])
    admin.incremental_alter_configs([changed])[changed].result(10)
    for _ in range(100):  # the broker hears of it from the controller
        entry = admin.describe_configs([resource])[resource].result(10)["retention.ms"]
        if entry.value == "12345":
            break
    assert (entry.value, entry.is_default) == ("12345", False)
    broker = ConfigResource("broker", "1")
    assert "log.dirs" in admin.describe_configs([broker])[broker].result(10)
    offsets = admin.list_offsets({TopicPartition(topic, 0): OffsetSpec.latest()})
    assert offsets[TopicPartition(topic, 0)].result(10).offset == 0
    admin.delete_topics([topic])[topic].result(10)
    with pytest.raises(KafkaException) as caught:
        admin.delete_topics(["never-there"])["never-there"].result(10)
    assert caught.value.args[0] == KafkaError.UNKNOWN_TOPIC_OR_PART


def test_the_offsets_of_a_group_as_an_administrator_sees_them(bootstrap, admin, topic):
    group = f"offsets-{topic}"
    with Consumer({**bootstrap, "group.id": group}) as consumer:
        consumer.commit(offsets=[TopicPartition(topic, 2, 7, metadata="note")], asynchronous=False)
    request = ConsumerGroupTopicPartitions(group)
    listed = admin.list_consumer_group_offsets([request])[group].result(10).topic_partitions
    assert [(tp.partition, tp.offset, tp.metadata) for tp in listed] == [(2, 7, "note")]
    change = ConsumerGroupTopicPartitions(group, [TopicPartition(topic, 2, 3)])
    admin.alter_consumer_group_offsets([change])[group].result(10)
    again = admin.list_consumer_group_offsets(
        [ConsumerGroupTopicPartitions(group, [TopicPartition(topic, 2)])]
    )
    assert again[group].result(10).topic_partitions[0].offset == 3
    assert group in [listing.group_id for listing in admin.list_consumer_groups().result(10).valid]


@BOTH
def test_what_goes_wrong_looks_the_same(library, bootstrap, topic):
    consumer = library.Consumer({**bootstrap, "group.id": topic, "enable.partition.eof": True})
    seen = []
    consumer.assign([library.TopicPartition(topic, 0)])
    while not seen:
        message = consumer.poll(10)
        if message is not None and message.error():
            seen.append((message.error().name(), message.partition(), message.offset()))
    assert seen == [("_PARTITION_EOF", 0, 0)]
    for wrong in (
        lambda: consumer.commit(asynchronous=False),
        lambda: consumer.seek(library.TopicPartition(topic, 99, 0)),
    ):
        try:
            wrong()
        except library.KafkaException as error:
            seen.append(error.args[0].name())
    assert seen[1] == "_NO_OFFSET"
    consumer.close()
    with pytest.raises(RuntimeError, match="Consumer closed"):
        consumer.poll(0)
    reports = []
    producer = library.Producer({**bootstrap, "message.max.bytes": 2000, "batch.size": 1000})
    with pytest.raises(library.KafkaException) as caught:
        producer.produce(topic, bytes(5000))
    assert caught.value.args[0].name() == "MSG_SIZE_TOO_LARGE"
    producer.produce(topic, b"v", partition=77, on_delivery=lambda e, m: reports.append(e.name()))
    producer.flush(30)
    assert reports == ["_UNKNOWN_PARTITION"]


def test_topics_come_into_being_by_producing(bootstrap, admin):
    name = f"automatic-{next(names)}-{os.getpid()}"
    producer = Producer(bootstrap)
    reports = []
    producer.produce(name, b"v", on_delivery=lambda error, message: reports.append(error))
    assert producer.flush(30) == 0
    assert reports == [None]
    admin.delete_topics([name])[name].result(10)
