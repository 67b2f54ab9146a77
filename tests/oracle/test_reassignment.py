"""AlterPartitionReassignments, ListPartitionReassignments: every way to be refused, and what moves nothing."""

import pytest
from oracle.script import until

ALTER = range(2)


def alter(broker, sentence, version, topic, *partitions, **more):
    wanted = [{"partition_index": index, "replicas": replicas} for index, replicas in partitions]
    return broker.ask(
        sentence,
        "alter_partition_reassignments",
        version,
        timeout=10_000,
        topics=[{"name": topic, "partitions": wanted}],
        **more,
    )


@pytest.mark.parametrize("version", ALTER)
def test_what_makes_no_sense_is_refused(broker, version):
    topic = broker.create_topic("orders", partitions=2)
    alter(broker, "Of no topic", version, broker.named("nothing"), (0, (1,)))
    alter(broker, "Of no partition", version, topic, (7, (1,)))
    alter(broker, "To no broker", version, topic, (0, (1, 99)))
    alter(broker, "To nobody", version, topic, (0, ()))
    alter(broker, "To one twice", version, topic, (0, (1, 1)))
    alter(broker, "To a negative one", version, topic, (0, (-1,)))
    alter(broker, "Nothing to take back", version, topic, (0, None), (1, None))
    alter(broker, "Some of it makes sense", version, topic, (0, (1,)), (1, (99,)))
    alter(broker, "Nothing at all", version, topic)


def test_the_number_of_replicas_may_be_protected(broker):
    topic = broker.create_topic("orders")
    alter(broker, "One more", 1, topic, (0, (1, 99)), allow_replication_factor_change=False)
    alter(broker, "As many", 1, topic, (0, (1,)), allow_replication_factor_change=False)


@pytest.mark.parametrize("version", ALTER)
def test_where_it_lies_already_nothing_moves(broker, version):
    topic = broker.create_topic("orders", partitions=2)
    alter(broker, "To where it is", version, topic, (0, (1,)), (1, (1,)))
    broker.ask("What moves", "list_partition_reassignments", 0, timeout=10_000, topics=None)
    asked = [
        {"name": topic, "partition_indexes": (0, 7)},
        {"name": broker.named("nothing"), "partition_indexes": (0,)},
    ]
    broker.ask("Of these", "list_partition_reassignments", 0, timeout=10_000, topics=asked)


def alter_dirs(broker, sentence, version, *dirs):
    asked = [
        {"path": path, "topics": [{"name": name, "partitions": partitions} for name, partitions in topics]}
        for path, topics in dirs
    ]
    return broker.ask(sentence, "alter_replica_log_dirs", version, dirs=asked)


@pytest.mark.parametrize("version", [1, 2])
def test_replicas_move_to_no_directory_that_is_not_there(broker, version):
    topic = broker.create_topic("orders")
    alter_dirs(broker, "No such directory", version, ("/no/such/directory", [(topic, (0,))]))
    alter_dirs(
        broker, "No such partition", version, ("/no/such/directory", [(topic, (7,)), ("nothing", (0,))])
    )
    alter_dirs(broker, "Nothing", version)


RATE = "leader.replication.throttled.rate"


def rate(broker, sentence, operation, value):
    config = {"name": RATE, "config_operation": operation, "value": value}
    asked = [{"resource_type": 4, "resource_name": "1", "configs": [config]}]
    return broker.ask(sentence, "incremental_alter_configs", 1, resources=asked, validate_only=False)


def test_throttles_are_settings_that_only_a_request_sets(broker):
    asked = [{"resource_type": 4, "resource_name": "1", "configuration_keys": [RATE]}]

    def described():
        answer = broker.quietly("describe_configs", 4, resources=asked, include_synonyms=True)
        return [one["value"] for one in answer["results"][0]["configs"]]

    def describe(sentence):
        def of_value(answer):
            return [
                (one["name"], one["value"], one["config_source"], one["read_only"], one["synonyms"])
                for one in answer["results"][0]["configs"]
            ]

        broker.ask(sentence, "describe_configs", 4, resources=asked, include_synonyms=True, view=of_value)

    describe("There is none")
    rate(broker, "No number", 0, "fast")
    rate(broker, "Below zero", 0, "-5")
    rate(broker, "A rate", 0, "1000000")
    until(lambda: described() == ["1000000"], "the broker knows")
    describe("There is one")
    rate(broker, "None again", 1, None)
    until(lambda: described() == [], "the broker has forgotten it")
