"""CreateTopics, DeleteTopics, CreatePartitions and configurations: codes and sentences as Kafka's."""

import pytest
from controller.machine import Machine

from minikafka.controller.topics import TopicsToCreate
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.messages import alter_configs as legacy
from minikafka.protocol.messages.create_partitions import (
    CreatePartitionsAssignment,
    CreatePartitionsRequest,
    CreatePartitionsTopic,
)
from minikafka.protocol.messages.create_topics import (
    CreatableReplicaAssignment,
    CreatableTopic,
    CreatableTopicConfig,
    CreateTopicsRequest,
    CreateTopicsResponse,
)
from minikafka.protocol.messages.delete_topics import DeleteTopicsRequest, DeleteTopicState
from minikafka.protocol.messages.incremental_alter_configs import (
    AlterableConfig,
    AlterConfigsResource,
    IncrementalAlterConfigsRequest,
)
from minikafka.protocol.schema import ZERO_UUID


def cluster(brokers: int = 3) -> Machine:
    machine = Machine(1)
    for id in range(1, brokers + 1):
        machine.register(id, clean=True)
        machine.heartbeat(id)
    return machine


def topic(
    name: str,
    partitions: int = 1,
    factor: int = 1,
    assignments: dict[int, list[int]] | None = None,
    configs: dict[str, str | None] | None = None,
) -> CreatableTopic:
    return CreatableTopic(
        name=name,
        num_partitions=partitions,
        replication_factor=factor,
        assignments=[
            CreatableReplicaAssignment(partition_index=index, broker_ids=ids)
            for index, ids in (assignments or {}).items()
        ],
        configs=[CreatableTopicConfig(name=key, value=value) for key, value in (configs or {}).items()],
    )


def create(machine: Machine, *topics: CreatableTopic, validate_only: bool = False) -> CreateTopicsResponse:
    request = CreateTopicsRequest(topics=list(topics), validate_only=validate_only)
    return machine.do(machine.core.create_topics(TopicsToCreate(request)))


def test_a_new_topic_is_described_in_full() -> None:
    machine = cluster()
    (result,) = create(machine, topic("orders", 6, 3, configs={"retention.ms": "5"})).topics
    assert (result.error_code, result.error_message) == (0, None)
    assert (result.num_partitions, result.replication_factor) == (6, 3)
    assert result.topic_id == machine.core.image.topics["orders"].id
    assert result.configs is not None
    by_name = {config.name: config for config in result.configs}
    assert len(by_name) == 33
    assert (by_name["retention.ms"].value, by_name["retention.ms"].config_source) == ("5", 1)
    assert (by_name["min.insync.replicas"].value, by_name["min.insync.replicas"].config_source) == ("1", 3)
    assert by_name["segment.bytes"].config_source == 5
    leaders = [p.leader for _, _, p in machine.core.image.partitions()]
    assert sorted(leaders) == [1, 1, 2, 2, 3, 3]


def test_defaults_come_from_the_controllers_configuration() -> None:
    (result,) = create(cluster(), topic("t", -1, -1)).topics
    assert (result.num_partitions, result.replication_factor) == (1, 3)


def test_validate_only_changes_nothing() -> None:
    machine = cluster()
    (result,) = create(machine, topic("t"), validate_only=True).topics
    assert result.error_code == 0
    assert machine.core.image.topics == {}


LONG = "x" * 250


@pytest.mark.parametrize(
    ("wanted", "code", "sentence"),
    [
        (topic(""), "INVALID_TOPIC_EXCEPTION", "Topic name is invalid: the empty string is not allowed"),
        (topic("."), "INVALID_TOPIC_EXCEPTION", "Topic name is invalid: '.' is not allowed"),
        (topic(".."), "INVALID_TOPIC_EXCEPTION", "Topic name is invalid: '..' is not allowed"),
        (
            topic(LONG),
            "INVALID_TOPIC_EXCEPTION",
            f"Topic name is invalid: the length of '{LONG}' is longer than the max allowed length 249",
        ),
        (
            topic("a b"),
            "INVALID_TOPIC_EXCEPTION",
            "Topic name is invalid: 'a b' contains one or more characters other than ASCII alphanumerics, "
            "'.', '_' and '-'",
        ),
        (topic("my.topic"), "TOPIC_ALREADY_EXISTS", "Topic 'my.topic' already exists."),
        (
            topic("my_topic"),
            "INVALID_TOPIC_EXCEPTION",
            "Topic 'my_topic' collides with existing topic: my.topic",
        ),
        (
            topic("__cluster_metadata"),
            "INVALID_REQUEST",
            "Creation of internal topic __cluster_metadata is prohibited.",
        ),
        (
            topic("t", 0),
            "INVALID_PARTITIONS",
            "Number of partitions was set to an invalid non-positive value.",
        ),
        (
            topic("t", 1, 0),
            "INVALID_REPLICATION_FACTOR",
            "Replication factor must be larger than 0, or -1 to use the default value.",
        ),
        (
            topic("t", 1, 4),
            "INVALID_REPLICATION_FACTOR",
            "Unable to replicate the partition 4 time(s): The target replication factor of 4 cannot be reached "
            "because only 3 broker(s) are registered or some brokers have all their log directories cordoned.",
        ),
        (topic("t", 10_001), "POLICY_VIOLATION", "Excessively large number of partitions per request."),
        (
            topic("t", 1, -1, {0: [1]}),
            "INVALID_REQUEST",
            "A manual partition assignment was specified, but numPartitions was not set to -1.",
        ),
        (
            topic("t", -1, 1, {0: [1]}),
            "INVALID_REQUEST",
            "A manual partition assignment was specified, but replication factor was not set to -1.",
        ),
        (
            topic("t", -1, -1, {0: [9]}),
            "INVALID_REPLICA_ASSIGNMENT",
            "The manual partition assignment includes broker 9, but no such broker is registered.",
        ),
        (
            topic("t", -1, -1, {0: [1, 1]}),
            "INVALID_REPLICA_ASSIGNMENT",
            "The manual partition assignment includes the broker 1 more than once.",
        ),
        (
            topic("t", -1, -1, {0: []}),
            "INVALID_REPLICA_ASSIGNMENT",
            "The manual partition assignment includes an empty replica list.",
        ),
        (
            topic("t", -1, -1, {0: [1, 2], 1: [1]}),
            "INVALID_REPLICA_ASSIGNMENT",
            "The manual partition assignment includes a partition with 1 replica(s), but this is not consistent "
            "with previous partitions, which have 2 replica(s).",
        ),
        (
            topic("t", -1, -1, {1: [1]}),
            "INVALID_REPLICA_ASSIGNMENT",
            "partitions should be a consecutive 0-based integer sequence",
        ),
        (topic("t", configs={"foo": "1"}), "INVALID_CONFIG", "Unknown topic config name: foo"),
        (
            topic("t", configs={"retention.ms": None}),
            "INVALID_CONFIG",
            "Null value not supported for topic configs: retention.ms",
        ),
    ],
)
def test_a_wrong_topic_is_refused_in_kafkas_words(wanted: CreatableTopic, code: str, sentence: str) -> None:
    machine = cluster()
    create(machine, topic("my.topic"))
    good, bad = create(machine, topic("good"), wanted).topics
    assert (ErrorCode(bad.error_code).name, bad.error_message) == (code, sentence)
    assert good.error_code == (bad.error_code if code == "POLICY_VIOLATION" else 0)
    assert wanted.name == "my.topic" or wanted.name not in machine.core.image.topics


def test_a_topic_named_twice_is_refused_once() -> None:
    machine = cluster()
    results = create(machine, topic("t"), topic("u"), topic("t")).topics
    assert [(r.name, ErrorCode(r.error_code).name, r.error_message) for r in results] == [
        ("t", "INVALID_REQUEST", "Duplicate topic name."),
        ("u", "NONE", None),
    ]


def test_fenced_brokers_get_replicas_only_when_there_are_no_others() -> None:
    machine = cluster()
    machine.heartbeat(2, fence=True)
    create(machine, topic("two", 4, 2), topic("three", 1, 3))
    for name, _, partition in machine.core.image.partitions():
        assert (2 in partition.replicas) is (name.name == "three")
        assert 2 not in partition.isr
    for id in (1, 3):
        machine.heartbeat(id, fence=True)
    (result,) = create(machine, topic("none")).topics
    assert result.error_message == (
        "Unable to replicate the partition 1 time(s): All brokers are currently fenced."
    )


def test_topics_are_deleted_by_name_and_by_id() -> None:
    machine = cluster()
    create(machine, topic("a"), topic("b"), topic("c"), topic("d"))
    ids = {name: found.id for name, found in machine.core.image.topics.items()}
    request = DeleteTopicsRequest(
        timeout_ms=1,
        topics=[
            DeleteTopicState(name="a", topic_id=ZERO_UUID),
            DeleteTopicState(name=None, topic_id=ids["b"]),
            DeleteTopicState(name="c", topic_id=ids["c"]),
            DeleteTopicState(name="nope", topic_id=ZERO_UUID),
            DeleteTopicState(name=None, topic_id=ZERO_UUID),
            DeleteTopicState(name="d", topic_id=ZERO_UUID),
            DeleteTopicState(name="d", topic_id=ZERO_UUID),
        ],
    )
    results = machine.do(machine.core.delete_topics(request)).responses
    assert sorted(machine.core.image.topics) == ["c", "d"]
    told = {(r.name, ErrorCode(r.error_code).name, r.error_message) for r in results}
    assert told == {
        ("a", "NONE", None),
        ("b", "NONE", None),
        ("c", "INVALID_REQUEST", "You may not specify both topic name and topic id."),
        (None, "INVALID_REQUEST", "Neither topic name nor id were specified."),
        ("d", "INVALID_REQUEST", "Duplicate topic name."),
        ("nope", "UNKNOWN_TOPIC_OR_PARTITION", "This server does not host this topic-partition."),
    }


def more(
    machine: Machine, name: str, count: int, assignments: list[list[int]] | None = None
) -> tuple[str, str | None]:
    wanted = CreatePartitionsTopic(
        name=name,
        count=count,
        assignments=None
        if assignments is None
        else [CreatePartitionsAssignment(broker_ids=ids) for ids in assignments],
    )
    request = CreatePartitionsRequest(topics=[wanted], timeout_ms=1, validate_only=False)
    (result,) = machine.do(machine.core.create_partitions(request)).results
    return ErrorCode(result.error_code).name, result.error_message


def test_partitions_only_become_more() -> None:
    machine = cluster()
    create(machine, topic("t", 2, 2))
    assert more(machine, "t", 2) == ("INVALID_PARTITIONS", "Topic already has 2 partition(s).")
    assert more(machine, "t", 1) == (
        "INVALID_PARTITIONS",
        "The topic t currently has 2 partition(s); 1 would not be an increase.",
    )
    assert more(machine, "nope", 5)[0] == "UNKNOWN_TOPIC_OR_PARTITION"
    assert more(machine, "t", 4, [[1, 2]]) == (
        "INVALID_REPLICA_ASSIGNMENT",
        "Attempted to add 2 additional partition(s), but only 1 assignment(s) were specified.",
    )
    assert more(machine, "t", 3, [[3, 1]]) == ("NONE", None)
    assert machine.core.image.topics["t"].partitions[2].replicas == (3, 1)
    assert more(machine, "t", 5) == ("NONE", None)
    assert sorted(machine.core.image.topics["t"].partitions) == [0, 1, 2, 3, 4]


def alter(
    machine: Machine, kind: int, name: str, *configs: tuple[str, int, str | None]
) -> tuple[str, str | None]:
    resource = AlterConfigsResource(
        resource_type=kind,
        resource_name=name,
        configs=[AlterableConfig(name=n, config_operation=op, value=value) for n, op, value in configs],
    )
    request = IncrementalAlterConfigsRequest(resources=[resource], validate_only=False)
    (result,) = machine.do(machine.core.incremental_alter_configs(request)).responses
    return ErrorCode(result.error_code).name, result.error_message


def test_configurations_are_set_extended_and_taken_back() -> None:
    machine = cluster()
    create(machine, topic("t"))
    assert alter(machine, 2, "t", ("retention.ms", 0, "7"), ("cleanup.policy", 2, "compact"))[0] == "NONE"
    assert machine.core.image.topic_configs("t") == {"retention.ms": "7", "cleanup.policy": "delete,compact"}
    assert alter(machine, 2, "t", ("retention.ms", 1, None), ("cleanup.policy", 3, "delete"))[0] == "NONE"
    assert machine.core.image.topic_configs("t") == {"cleanup.policy": "compact"}
    assert alter(machine, 2, "t", ("retention.ms", 2, "1")) == (
        "INVALID_CONFIG",
        "Can't APPEND to key retention.ms because its type is not LIST.",
    )
    assert alter(machine, 2, "t", ("foo", 0, "1")) == ("INVALID_CONFIG", "Unknown topic config name: foo")
    assert alter(machine, 2, "nope", ("retention.ms", 0, "1")) == (
        "UNKNOWN_TOPIC_OR_PARTITION",
        "The topic 'nope' does not exist.",
    )
    assert alter(machine, 4, "9", ("message.max.bytes", 0, "1")) == (
        "BROKER_ID_NOT_REGISTERED",
        "No node with id 9 found.",
    )
    assert alter(machine, 4, "", ("message.max.bytes", 0, "77"))[0] == "NONE"
    assert machine.core.image.configs_of(4, "")["message.max.bytes"] == "77"


def test_the_old_alter_configs_replaces_everything() -> None:
    machine = cluster()
    create(machine, topic("t", configs={"retention.ms": "7", "segment.ms": "9"}))
    request = legacy.AlterConfigsRequest(
        resources=[
            legacy.AlterConfigsResource(
                resource_type=2,
                resource_name="t",
                configs=[legacy.AlterableConfig(name="segment.ms", value="10")],
            )
        ],
        validate_only=False,
    )
    machine.do(machine.core.alter_configs(request))
    assert machine.core.image.topic_configs("t") == {"segment.ms": "10"}


def test_a_request_of_too_many_records_is_refused_as_a_whole() -> None:
    """10,000 partitions and their topic are one record too many, as in Kafka."""
    machine = cluster()
    for asked in ([topic("t", 10_000)], [topic("t", 9_998, configs={"retention.ms": "5"}), topic("u", 1)]):
        with pytest.raises(ApiError, match=r"POLICY_VIOLATION.*excessively large batch"):
            create(machine, *asked)
    assert machine.core.image.topics == {}
    create(machine, topic("t", 9_999), validate_only=True)
