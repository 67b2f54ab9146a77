"""Requests that no client makes, in old versions and new ones: asked for nothing, for something twice, by no name."""

import pytest

BROKER, BROKER_LOGGER = 4, 8
INVALID = 7


def records_to_delete(*topics):
    return [
        {
            "name": name,
            "partitions": [{"partition_index": index, "offset": offset} for index, offset in partitions],
        }
        for name, *partitions in topics
    ]


@pytest.mark.parametrize("version", range(3))
def test_records_of_a_partition_are_deleted_twice(broker, version):
    orders = broker.create_topic("orders", 2)
    nowhere = broker.named("nowhere")
    for what, topics in {
        "a partition twice": [(orders, (0, 0), (0, 0), (1, 0))],
        "a topic twice": [(orders, (0, 0)), (orders, (1, 0))],
        "a topic twice that isn't there": [(nowhere, (0, 0)), (nowhere, (1, 0))],
        "no partition": [(orders,), (nowhere,)],
    }.items():
        asked = records_to_delete(*topics)
        broker.ask(f"Delete of {what}", "delete_records", version, topics=asked, timeout=1000)


@pytest.mark.parametrize("version", range(1, 12))
def test_offsets_of_no_partition(broker, version):
    orders = broker.create_topic("orders", 2)
    nothing = [{"name": orders, "partitions": []}, {"name": broker.named("nowhere"), "partitions": []}]
    broker.ask("Ask for none", "list_offsets", version, replica_id=-1, topics=nothing, timeout=1000)


@pytest.mark.parametrize("version", [8, 9, 11, 12])
def test_a_fetch_of_nothing_at_no_isolation_level(broker, version):
    broker.ask(
        "Fetch nothing",
        "fetch",
        version,
        replica_id=-1,
        max_wait=0,
        min_bytes=0,
        max_bytes=1000,
        isolation_level=INVALID,
        session_id=0,
        session_epoch=-1,
        topics=[],
    )


def test_offsets_are_deleted_of_a_group_that_is_not_there(broker):
    nowhere = [{"name": broker.named("nowhere"), "partitions": [{"partition_index": 0}]}]
    for group in ("", broker.named("nobody")):
        for topics in ([], nowhere):
            broker.ask("Delete offsets", "offset_delete", 0, group_id=group, topics=topics)


@pytest.mark.parametrize("version", range(1, 5))
def test_the_loggers_of_another_broker(broker, version):
    for kind in (BROKER, BROKER_LOGGER):
        for name in ("2", "-1", "x", "1.0"):
            asked = [{"resource_type": kind, "resource_name": name, "configuration_keys": None}]
            broker.ask(f"Describe {name}", "describe_configs", version, resources=asked)


@pytest.mark.parametrize("version", range(3))
def test_the_quorum_of_another_topic(broker, version):
    asked = [{"topic_name": broker.create_topic("orders"), "partitions": [{"partition_index": 0}]}]
    broker.ask("Describe it", "describe_quorum", version, topics=asked, view=lambda answer: answer["topics"])


@pytest.mark.parametrize("version", range(3))
def test_an_election_that_is_not_needed(broker, version):
    asked = [{"topic": broker.create_topic("orders"), "partitions": [0, 7]}]
    broker.ask("Elect", "elect_leaders", version, election_type=0, topic_partitions=asked, timeout=1000)


@pytest.mark.parametrize("version", [4, 5, 6])
def test_the_coordinator_of_a_share_partition_by_a_key_that_is_none(broker, version):
    broker.ask("Ask", "find_coordinator", version, key_type=2, coordinator_keys=["nonsense"])


def test_the_producers_of_what_is_not_there(broker):
    topics = [
        {"name": broker.create_topic("orders"), "partition_indexes": [0, 7]},
        {"name": broker.named("nowhere"), "partition_indexes": [0]},
    ]
    broker.ask("Describe them", "describe_producers", 0, topics=topics)


@pytest.mark.parametrize("version", range(2))
def test_an_operation_that_is_none_on_a_resource_that_is_none(broker, version):
    for kind in (1, 77):
        configs = [{"name": "x", "config_operation": 9, "value": "1"}]
        asked = [{"resource_type": kind, "resource_name": "x", "configs": configs}]
        broker.ask(f"Alter {kind}", "incremental_alter_configs", version, resources=asked)


@pytest.mark.parametrize("version", range(2, 10))
def test_offsets_of_a_topic_that_is_not_there_are_committed_twice(broker, version):
    one = {"partition_index": 0, "committed_offset": 0, "committed_metadata": ""}
    nowhere = broker.named("nowhere")
    topics = [
        {"name": nowhere, "partitions": []},
        {"name": nowhere, "partitions": [one]},
        {"name": nowhere, "partitions": [{**one, "partition_index": 1}]},
    ]
    broker.ask(
        "Commit them",
        "offset_commit",
        version,
        group_id=broker.named("group"),
        generation_id_or_member_epoch=-1,
        member_id="",
        topics=topics,
    )
