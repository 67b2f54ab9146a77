"""Metadata and DescribeCluster: what a client learns first."""

import uuid

import pytest

ALL = range(14)
NOBODY = uuid.UUID("12345678-1234-1234-1234-123456789abc")


def without_topics(answer):
    return {name: value for name, value in answer.items() if name != "topics"}


@pytest.mark.parametrize("version", ALL)
def test_topics_are_described_in_every_version(broker, version):
    topic = broker.create_topic("orders", partitions=3)
    fixed = {"allow_auto_topic_creation": False}
    broker.ask("Describe the topic", "metadata", version, topics=[{"name": topic}], **fixed)
    if version >= 4:
        broker.ask(
            "Describe one that is not there",
            "metadata",
            version,
            topics=[{"name": broker.named("nowhere")}],
            **fixed,
        )
    broker.ask("Describe none", "metadata", version, topics=[] if version else [{"name": topic}], **fixed)
    broker.ask(
        "Describe all", "metadata", version, topics=None if version else [], view=without_topics, **fixed
    )
    broker.ask("Describe a bad name", "metadata", version, topics=[{"name": "no/slashes"}], **fixed)
    broker.ask("Describe it twice", "metadata", version, topics=[{"name": topic}, {"name": topic}], **fixed)


@pytest.mark.parametrize("version", [10, 11, 12, 13])
def test_topics_are_described_by_id(broker, version):
    topic = broker.create_topic("orders")
    topic_id = broker.topic_id(topic)
    broker.ask("Describe by id", "metadata", version, topics=[{"topic_id": topic_id, "name": None}])
    broker.ask("Describe an unknown id", "metadata", version, topics=[{"topic_id": NOBODY, "name": None}])
    broker.ask(
        "Describe by id and by a name in one request",
        "metadata",
        version,
        topics=[{"topic_id": topic_id, "name": None}, {"topic_id": None, "name": topic}],
    )
    broker.ask("Describe by neither", "metadata", version, topics=[{"topic_id": None, "name": None}])


@pytest.mark.parametrize("version", [8, 9, 10])
def test_authorized_operations_are_told_when_asked(broker, version):
    topic = broker.create_topic("orders")
    broker.ask(
        "Ask for the operations",
        "metadata",
        version,
        topics=[{"name": topic}],
        include_cluster_authorized_operations=True,
        include_topic_authorized_operations=True,
    )


def test_a_topic_is_created_by_asking_for_it(broker):
    """auto.create.topics.enable is on by default: first an error, soon the topic."""
    from oracle.script import until

    topic = broker.named("made")
    asked = {"topics": [{"name": topic}], "allow_auto_topic_creation": True}
    broker.ask("Ask and let it be created", "metadata", 12, **asked)
    until(lambda: broker.quietly("metadata", 12, **asked)["topics"][0]["error_code"] == "NONE", "it is there")
    broker.settle(topic, 1)
    broker.ask("Ask again", "metadata", 12, **asked)


def test_internal_topics_say_so(broker):
    broker.ask(
        "Describe the offsets topic",
        "metadata",
        12,
        topics=[{"name": "__consumer_offsets"}],
        allow_auto_topic_creation=False,
    )


@pytest.mark.parametrize("version", range(3))
def test_the_cluster_is_described(broker, version):
    broker.ask("Describe the cluster", "describe_cluster", version)
    broker.ask("With its operations", "describe_cluster", version, include_cluster_authorized_operations=True)
    if version >= 1:
        broker.ask("Ask a broker for controllers", "describe_cluster", version, endpoint_type=2)
        broker.ask("Ask for an unknown kind of endpoint", "describe_cluster", version, endpoint_type=77)
    if version >= 2:
        broker.ask("With fenced brokers", "describe_cluster", version, include_fenced_brokers=True)


def test_topics_are_described_page_by_page(broker):
    """DescribeTopicPartitions (KIP-966)."""
    one, two = broker.create_topic("orders-1", partitions=3), broker.create_topic("orders-2", partitions=2)
    nowhere = broker.named("orders-3")

    def ask(sentence, *names, limit=2000, cursor=None):
        asked = [{"name": name} for name in names]
        broker.ask(
            sentence,
            "describe_topic_partitions",
            0,
            topics=asked,
            response_partition_limit=limit,
            cursor=cursor and {"topic_name": cursor[0], "partition_index": cursor[1]},
        )

    ask("Both", one, two)
    ask("In the other order", two, one)
    ask("One twice", one, one)
    ask("One that is not there", nowhere)
    ask("Good and bad at once", two, nowhere)
    ask("A bad name", "no/slashes")
    ask("At most two partitions", one, two, limit=2)
    ask("Go on", one, two, limit=2, cursor=(one, 2))
    ask("At most three", one, two, limit=3)
    ask("From the second topic on", one, two, cursor=(two, 0))
    ask("Beyond the last partition", one, two, cursor=(two, 9))
    ask("A limit of nothing", one, limit=0)
    ask("A negative limit", one, limit=-5)
    ask("A negative partition", one, two, cursor=(one, -1))
    ask("A cursor to a topic that is not asked for", one, cursor=(two, 0))
