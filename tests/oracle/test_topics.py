"""CreateTopics, DeleteTopics, CreatePartitions: every way to be refused."""

import uuid

import pytest

NOBODY = uuid.UUID("12345678-1234-1234-1234-123456789abc")
CREATE = range(2, 8)
DELETE = range(1, 7)
PARTITIONS = range(4)


def create(broker, sentence, version, *topics, **more):
    asked = [{"num_partitions": 1, "replication_factor": 1} | topic for topic in topics]
    answer = broker.ask(
        sentence, "create_topics", version, topics=asked, timeout=10_000, view=with_few_configs, **more
    )
    made = {one["name"] for one in answer["topics"] if one["error_code"] == "NONE"}
    if not more.get("validate_only"):
        for name in sorted(made):
            broker.settle(name, 1)
    return answer


SEEN = (
    "cleanup.policy",
    "retention.ms",
    "max.message.bytes",
    "min.insync.replicas",
    "compression.type",
    "segment.bytes",
)


def with_few_configs(answer):
    topics = []
    for topic in answer["topics"]:
        configs = topic.get("configs")
        if configs:
            configs = [config for config in configs if config["name"] in SEEN]
        topics.append({**topic, "configs": configs} if "configs" in topic else topic)
    return {**answer, "topics": topics}


@pytest.mark.parametrize("version", CREATE)
def test_a_topic_is_created_in_every_version(broker, version):
    create(broker, "Create it", version, {"name": broker.named("orders"), "num_partitions": 3})
    create(broker, "Create it again", version, {"name": broker.named("orders")})
    create(
        broker,
        "With the broker's defaults",
        version,
        {"name": broker.named("default"), "num_partitions": -1, "replication_factor": -1},
    )
    create(broker, "Create nothing", version)


@pytest.mark.parametrize("version", [2, 4, 5, 7])
def test_only_validating_creates_nothing(broker, version):
    create(
        broker,
        "Only validate",
        version,
        {"name": broker.named("orders"), "num_partitions": 3},
        validate_only=True,
    )
    asked = {"topics": [{"name": broker.named("orders")}], "allow_auto_topic_creation": False}
    broker.ask("It is not there", "metadata", 9, **asked)
    create(broker, "Only validate what is wrong", version, {"name": "no/slashes"}, validate_only=True)


BAD_NAMES = {
    "empty": "",
    "a dot": ".",
    "two dots": "..",
    "a slash": "a/b",
    "a space": "a b",
    "letters of Korean": "주문",
    "250 letters": "x" * 250,
}


@pytest.mark.parametrize("version", CREATE)
@pytest.mark.parametrize("what", BAD_NAMES)
def test_bad_names(broker, version, what):
    create(broker, f"A name that is {what}", version, {"name": BAD_NAMES[what]})


def test_names_that_collide_in_metrics(broker):
    create(broker, "With a dot", 7, {"name": broker.named("a.b")})
    create(broker, "With an underscore", 7, {"name": broker.named("a_b")})


@pytest.mark.parametrize("version", [2, 5, 7])
def test_bad_counts(broker, version):
    for partitions, replicas in ((0, 1), (-2, 1), (1, 0), (1, -2), (1, 2), (1, 100), (-1, 1), (1, -1)):
        create(
            broker,
            f"{partitions} partitions, {replicas} replicas",
            version,
            {
                "name": broker.named(f"t{partitions}.{replicas}"),
                "num_partitions": partitions,
                "replication_factor": replicas,
            },
        )


ASSIGNMENTS = {
    "one replica each": [(0, [1]), (1, [1])],
    "a broker that is not there": [(0, [99])],
    "a broker twice": [(0, [1, 1])],
    "no replicas": [(0, [])],
    "a gap in the partitions": [(0, [1]), (2, [1])],
    "a partition twice": [(0, [1]), (0, [1])],
    "partitions from 1": [(1, [1])],
    "a negative broker": [(0, [-1])],
    "unequal replicas": [(0, [1]), (1, [1, 2])],
}


@pytest.mark.parametrize("version", [2, 7])
@pytest.mark.parametrize("what", ASSIGNMENTS)
def test_assignments_by_hand(broker, version, what):
    assignments = [{"partition_index": index, "broker_ids": ids} for index, ids in ASSIGNMENTS[what]]
    name = broker.named("orders")
    manual = {"name": name, "num_partitions": -1, "replication_factor": -1, "assignments": assignments}
    create(broker, f"Assign {what}", version, manual)
    create(
        broker,
        "With a count as well",
        version,
        manual | {"name": name + "b", "num_partitions": 2, "replication_factor": 1},
    )


BAD_CONFIGS = {
    "an unknown key": {"no.such.key": "1"},
    "no number": {"retention.ms": "soon"},
    "a number out of range": {"segment.bytes": "-7"},
    "a small segment": {"segment.bytes": "100"},
    "an unknown policy": {"cleanup.policy": "shred"},
    "two policies": {"cleanup.policy": "compact,delete"},
    "an unknown codec": {"compression.type": "rar"},
    "a bad level": {"compression.gzip.level": "77"},
    "a truth that is none": {"unclean.leader.election.enable": "perhaps"},
    "an unknown timestamp type": {"message.timestamp.type": "Never"},
    "no replicas in sync": {"min.insync.replicas": "0"},
    "a ratio above 1": {"min.cleanable.dirty.ratio": "1.5"},
    "a null value": {"retention.ms": None},
    "an empty value": {"retention.ms": ""},
    "spaces around a number": {"retention.ms": " 1000 "},
    "a good value": {"retention.ms": "86400000"},
    "tiered storage, which is off": {"remote.storage.enable": "true"},
    "a format version of the past": {"message.format.version": "2.0"},
    "local retention above retention": {"local.retention.ms": "100", "retention.ms": "10"},
    "a compaction lag upside down": {"min.compaction.lag.ms": "100", "max.compaction.lag.ms": "10"},
}  # fmt: skip


@pytest.mark.parametrize("version", CREATE)
@pytest.mark.parametrize("what", BAD_CONFIGS)
def test_configurations(broker, version, what):
    configs = [{"name": key, "value": value} for key, value in BAD_CONFIGS[what].items()]
    create(broker, f"With {what}", version, {"name": broker.named("orders"), "configs": configs})


@pytest.mark.parametrize("version", [2, 7])
def test_one_name_twice_in_a_request(broker, version):
    orders, other = broker.named("orders"), broker.named("other")
    create(broker, "Twice, and another", version, {"name": orders}, {"name": orders}, {"name": other})
    broker.ask("The other is there", "metadata", 9, topics=[{"name": other}], allow_auto_topic_creation=False)


def test_good_and_bad_in_one_request(broker):
    create(broker, "Two good, two bad", 7, {"name": broker.named("a")}, {"name": "b/c"}, {"name": broker.named("d")},
           {"name": broker.named("e"), "replication_factor": 7})  # fmt: skip


def test_an_internal_topic_can_be_created_only_once(broker):
    create(broker, "The offsets topic", 7, {"name": "__consumer_offsets"})


@pytest.mark.parametrize("version", [1, 2, 3, 4, 5])
def test_deleting_by_name(broker, version):
    orders, other = broker.create_topic("orders"), broker.create_topic("other")
    names = [orders, broker.named("nowhere")]
    broker.ask(
        "One that is there, one that is not", "delete_topics", version, topic_names=names, timeout=10_000
    )
    broker.ask("Again", "delete_topics", version, topic_names=[orders], timeout=10_000)
    broker.ask("Twice in one request", "delete_topics", version, topic_names=[other, other], timeout=10_000)
    broker.ask("A name that can't be", "delete_topics", version, topic_names=["no/slashes"], timeout=10_000)
    broker.ask("Nothing", "delete_topics", version, topic_names=[], timeout=10_000)


def test_deleting_by_name_or_id(broker):
    orders, other = broker.create_topic("orders"), broker.create_topic("other")
    orders_id, other_id = broker.topic_id(orders), broker.topic_id(other)

    def delete(sentence, *topics):
        asked = [{"name": name, "topic_id": topic_id} for name, topic_id in topics]
        broker.ask(sentence, "delete_topics", 6, topics=asked, timeout=10_000)

    delete("An unknown id", (None, NOBODY))
    delete("By name and id at once", (orders, orders_id))
    delete("By neither", (None, None))
    delete("By the same id twice", (None, other_id), (None, other_id))
    delete("By name and again by id", (other, None), (None, other_id))
    delete("By id", (None, orders_id))
    delete("By id again", (None, orders_id))
    delete("By name", (other, None))


def test_a_deleted_topic_is_gone_and_a_new_one_is_another(broker):
    from oracle.script import until

    orders = broker.create_topic("orders")
    old = broker.topic_id(orders)
    broker.ask("Delete it", "delete_topics", 5, topic_names=[orders], timeout=10_000)
    asked = {"topics": [{"name": orders}], "allow_auto_topic_creation": False}
    until(lambda: broker.quietly("metadata", 9, **asked)["topics"][0]["error_code"] != "NONE", "it is gone")
    broker.ask("It is gone", "metadata", 9, **asked)
    broker.create_topic("orders")
    broker.same("The new one has another id", broker.topic_id(orders) != old)


@pytest.mark.parametrize("version", PARTITIONS)
def test_more_partitions(broker, version):
    orders = broker.create_topic("orders", partitions=2)

    def grow(sentence, *topics, **more):
        broker.ask(sentence, "create_partitions", version, topics=list(topics), timeout=10_000, **more)

    grow("Only validate 3", {"name": orders, "count": 3, "assignments": None}, validate_only=True)
    grow("To 3", {"name": orders, "count": 3, "assignments": None})
    grow("To 3 again", {"name": orders, "count": 3, "assignments": None})
    grow("To fewer", {"name": orders, "count": 1, "assignments": None})
    grow("To 0", {"name": orders, "count": 0, "assignments": None})
    grow("To -1", {"name": orders, "count": -1, "assignments": None})
    grow("Of a topic that is not there", {"name": broker.named("nowhere"), "count": 3, "assignments": None})
    grow("Twice in one request", *[{"name": orders, "count": 5, "assignments": None}] * 2)
    grow("By hand", {"name": orders, "count": 4, "assignments": [{"broker_ids": [1]}]})
    grow("By hand, too many", {"name": orders, "count": 5, "assignments": [{"broker_ids": [1]}] * 2})
    grow("By hand, too few", {"name": orders, "count": 6, "assignments": [{"broker_ids": [1]}]})
    grow(
        "By hand, on a broker that is not there",
        {"name": orders, "count": 5, "assignments": [{"broker_ids": [9]}]},
    )
    grow("By hand, on a broker twice", {"name": orders, "count": 5, "assignments": [{"broker_ids": [1, 1]}]})
    grow("By hand, on no broker", {"name": orders, "count": 5, "assignments": [{"broker_ids": []}]})
    grow("Nothing")
    broker.settle(orders, 4)
    broker.ask("Four are there", "metadata", 9, topics=[{"name": orders}], allow_auto_topic_creation=False)
