"""Scenarios of administration on a cluster, as confluent_kafka's own integration tests use them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from client_cases.kit import Case, Kit, partitions, raised, tried

from client_scenarios.reading import read, seeded

_NO_ACLS = "missing: the cluster has no authorizer, so nobody can set rules (SECURITY_DISABLED)"


def outcomes(answers: Any) -> Any:
    """What futures answer, by the names of their keys."""
    return {str(key): tried(lambda future=future: future.result(10)) for key, future in answers.items()}


def soon(look: Callable[[], Any], right: Callable[[Any], bool]) -> Any:
    """Looks until it is right; a broker may be a moment behind."""
    until = time.monotonic() + 5
    while True:
        found = look()
        if right(found) or time.monotonic() > until:
            return found
        time.sleep(0.1)


def _created_and_grown(kit: Kit) -> Any:
    a, topic = kit.admin(), kit.new_name()
    new = [kit.admin_names.NewTopic(topic, 2, 1, config={"compression.type": "gzip"})]
    steps: list[Any] = [list(outcomes(a.create_topics(new, validate_only=True)).values())]
    steps.append(topic in a.list_topics(timeout=10).topics)
    steps.append(list(outcomes(a.create_topics(new, operation_timeout=10)).values()))
    for given in ({}, {"topic": topic}):
        view = soon(lambda given=given: a.list_topics(**given, timeout=10), lambda v: topic in v.topics)
        steps.append(len(view.topics[topic].partitions))
    grown = a.create_partitions([kit.admin_names.NewPartitions(topic, 5)], operation_timeout=10)
    steps.append(list(outcomes(grown).values()))
    view = soon(lambda: a.list_topics(topic, 10), lambda v: len(v.topics[topic].partitions) == 5)
    one = view.topics[topic].partitions[4]
    steps.append((len(view.topics[topic].partitions), one.id, one.leader, one.replicas, one.isrs, one.error))
    steps.append((str(view.topics[topic]).replace(topic, "topic"), view.controller_id > 0, len(view.brokers)))
    steps.append(list(outcomes(a.delete_topics([topic])).values()))
    return steps


def _groups(kit: Kit) -> Any:
    """Two groups read, are listed, described, altered, deleted."""
    a, names = kit.admin(), kit.names
    topic = kit.new_topic(2)
    seeded(kit, topic, b"a", b"b")
    groups = [kit.new_name(), kit.new_name()]
    for group in groups:
        consumer = kit.consumer(group_id=group)
        consumer.subscribe([topic])
        read(consumer, 2)
        consumer.commit(asynchronous=False)
        consumer.close()
    [group, other] = groups
    listed = {one.id for one in a.list_groups(timeout=10)}
    one = [(g.id == group, g.state, g.protocol_type) for g in a.list_groups(group)]
    steps: list[Any] = [set(groups) <= listed, one]
    found = a.list_consumer_groups(request_timeout=10).result()
    ours = [g for g in found.valid if g.group_id in groups]
    steps.append(sorted((g.state.name, g.type.name, g.is_simple_consumer_group) for g in ours))
    stable = a.list_consumer_groups(states={names.ConsumerGroupState.STABLE}).result().valid
    steps += [[g for g in stable if g.group_id in groups], found.errors]
    offsets = names.ConsumerGroupTopicPartitions
    listed_offsets = a.list_consumer_group_offsets([offsets(group)])[group].result(10)
    steps.append((type(listed_offsets).__name__, partitions(listed_offsets.topic_partitions)))
    altered = a.alter_consumer_group_offsets([offsets(group, [names.TopicPartition(topic, 0, 1)])])[
        group
    ].result(10)
    steps.append((altered.group_id == group, partitions(altered.topic_partitions)))
    again = a.list_consumer_group_offsets(
        [offsets(group, [names.TopicPartition(topic, p) for p in (0, 1, 7)])]
    )
    steps.append(partitions(again[group].result(10).topic_partitions))
    steps.append(list(outcomes(a.delete_consumer_groups(groups, request_timeout=10)).values()))
    steps.append(list(outcomes(a.delete_consumer_groups([other])).values()))
    return steps


def _offsets_of_a_living_group(kit: Kit) -> Any:
    a, group = kit.admin(), kit.new_name()
    consumer = kit.consumer(group_id=group)
    consumer.subscribe([kit.topic])
    read(consumer, 1)
    altered = kit.names.ConsumerGroupTopicPartitions(group, [kit.tp(0, 1)])
    steps = [
        tried(
            lambda: partitions(a.alter_consumer_group_offsets([altered])[group].result(10).topic_partitions)
        ),
        list(outcomes(a.delete_consumer_groups([group])).values()),
    ]
    described = a.describe_consumer_groups([group])[group].result(10)
    [member] = described.members
    steps.append(
        (
            described.state.name,
            described.partition_assignor,
            described.is_simple_consumer_group,
            described.type.name,
            described.coordinator.id,
            member.client_id != "",
            member.host != "",
            member.group_instance_id,
            partitions(member.assignment.topic_partitions),
        )
    )
    return steps


def _alter_configs(kit: Kit) -> Any:
    a, topic = kit.admin(), kit.new_topic(1)
    resource = kit.admin_names.ConfigResource(kit.admin_names.ResourceType.TOPIC, topic)
    resource.set_config("file.delete.delay.ms", "12345")
    resource.set_config("compression.type", "snappy")
    steps = [a.alter_configs([resource])[resource].result(10)]

    def look() -> Any:
        entries = a.describe_configs([resource])[resource].result(10)
        one = entries["compression.type"]
        known = (
            one.name,
            one.value,
            one.source,
            one.is_default,
            one.is_read_only,
            one.is_sensitive,
            one.is_synonym,
        )
        return entries["file.delete.delay.ms"].value, known, sorted(one.synonyms), len(entries) > 20, str(one)

    return [*steps, soon(look, lambda found: found[0] == "12345")]


def _incremental(kit: Kit) -> Any:
    """APPEND, SUBTRACT, SET and DELETE of two topics."""
    a, names = kit.admin(), kit.admin_names
    operation, entry = names.AlterConfigOpType, names.ConfigEntry
    one = names.ConfigResource(
        names.ResourceType.TOPIC,
        kit.new_topic(1),
        incremental_configs=[
            entry("cleanup.policy", "compact", incremental_operation=operation.APPEND),
            entry("retention.ms", "10000", incremental_operation=operation.SET),
        ],
    )
    other = names.ConfigResource(
        names.ResourceType.TOPIC,
        kit.new_topic(1),
        incremental_configs=[
            entry("cleanup.policy", "delete", incremental_operation=operation.SUBTRACT),
            entry("retention.ms", "5000", incremental_operation=operation.SET),
        ],
    )

    def set_(resource: Any) -> list[str]:
        entries = a.describe_configs([resource])[resource].result(10).values()
        return sorted(str(entry) for entry in entries if not entry.is_default)

    steps: list[Any] = [list(outcomes(a.incremental_alter_configs([one, other])).values())]
    for resource, value in ((one, 'retention.ms="10000"'), (other, 'retention.ms="5000"')):
        steps.append(soon(lambda r=resource: set_(r), lambda found, v=value: v in found))
    back = names.ConfigResource(
        names.ResourceType.TOPIC,
        other.name,
        incremental_configs=[
            entry("retention.ms", None, incremental_operation=operation.DELETE),
            entry("segment.ms", "20000", incremental_operation=operation.SET),
        ],
    )
    steps.append(list(outcomes(a.incremental_alter_configs([back])).values()))
    steps.append(soon(lambda: set_(back), lambda found: 'segment.ms="20000"' in found))
    wrong = names.ConfigResource(
        names.ResourceType.TOPIC,
        other.name,
        incremental_configs=[entry("no.such.setting", "1", incremental_operation=operation.SET)],
    )
    nowhere = names.ConfigResource(
        names.ResourceType.TOPIC,
        kit.new_name(),
        incremental_configs=[entry("retention.ms", "1", incremental_operation=operation.SET)],
    )
    for resource in (wrong, nowhere):
        steps.append(list(outcomes(a.incremental_alter_configs([resource])).values()))
    return steps


def _of_a_group(kit: Kit) -> Any:
    a, names = kit.admin(), kit.admin_names
    entry = names.ConfigEntry(
        "consumer.session.timeout.ms", "50000", incremental_operation=names.AlterConfigOpType.SET
    )
    resource = names.ConfigResource(names.ResourceType.GROUP, kit.new_name(), incremental_configs=[entry])
    done = list(outcomes(a.incremental_alter_configs([resource])).values())

    def look() -> list[str]:
        entries = a.describe_configs([resource])[resource].result(10).values()
        return sorted(str(entry) for entry in entries if not entry.is_default)

    return done, soon(look, bool)


def _of_a_broker(kit: Kit) -> Any:
    a = kit.admin()
    resource = kit.admin_names.ConfigResource("broker", "1")
    entries = a.describe_configs([resource])[resource].result(10)
    one = entries["log.retention.ms"]
    nobody = kit.admin_names.ConfigResource("broker", "77")
    return (
        one.value,
        one.is_default,
        "advertised.listeners" in entries,
        tried(lambda: a.describe_configs([nobody], request_timeout=2)[nobody].result(10)),
    )


def _deleted_records(kit: Kit) -> Any:
    a, names, spec = kit.admin(), kit.names, kit.admin_names.OffsetSpec
    one, two = kit.new_topic(3), kit.new_topic(3)
    for topic in (one, two):
        for number in range(3):
            seeded(kit, topic, b"1", b"2", b"3", partition=number)
    tp = names.TopicPartition
    steps: list[Any] = []
    for some in (
        [tp(one, 0, 0)],
        [tp(one, 0, 1), tp(one, 1, 1)],
        [tp(one, 2, 2), tp(two, 0, 2), tp(two, 1, 2), tp(two, 2, names.OFFSET_END)],
        [tp(one, 9, 1), tp(kit.new_name(), 0, 1)],
    ):
        deleted = a.delete_records(some, request_timeout=10)
        steps.append([tried(lambda f=f: f.result(10).low_watermark) for f in deleted.values()])
        begin = a.list_offsets({part: spec.earliest() for part in some}, request_timeout=3)
        steps.append([tried(lambda f=f: f.result(10).offset) for f in begin.values()])
    return steps


def _listed_offsets(kit: Kit) -> Any:
    a, spec, topic = kit.admin(), kit.admin_names.OffsetSpec, kit.new_topic(1)
    producer = kit.producer()
    for at in (100, 400, 200):
        producer.produce(topic, b"v", timestamp=1_000_000_000 + at)
    producer.flush(10)
    where = kit.names.TopicPartition(topic, 0)
    levels = kit.names.IsolationLevel
    steps = []
    for options in ({}, {"isolation_level": levels.READ_COMMITTED, "request_timeout": 30}):
        for asked in (
            spec.earliest(),
            spec.latest(),
            spec.max_timestamp(),
            spec.for_timestamp(1_000_000_150),
            spec.for_timestamp(2_000_000_000),
        ):
            found = a.list_offsets({where: asked}, **options)[where].result(10)
            steps.append((found.offset, found.timestamp, found.leader_epoch))
    return steps


def _authorized(kit: Kit) -> Any:
    """Without an authorizer everybody may do everything, and nobody is told unless he asks."""
    a = kit.admin()
    group = kit.new_name()
    consumer = kit.consumer(group_id=group)
    consumer.subscribe([kit.topic])
    read(consumer, 1)

    def operations(described: Any) -> Any:
        found = described.authorized_operations
        return found if found is None else sorted(one.name for one in found)

    steps = []
    for wants in (False, True):
        option = {"include_authorized_operations": wants}
        topics = a.describe_topics(kit.names.TopicCollection([kit.topic]), **option)
        steps += [
            operations(topics[kit.topic].result(10)),
            operations(a.describe_cluster(**option).result(10)),
            operations(a.describe_consumer_groups([group], **option)[group].result(10)),
        ]
    return steps


def _described(kit: Kit) -> Any:
    a = kit.admin()
    topic = a.describe_topics(kit.names.TopicCollection([kit.topic]))[kit.topic].result(10)
    [one] = topic.partitions
    cluster = a.describe_cluster().result(10)
    nodes = [(node.id, node.host, node.rack) for node in cluster.nodes]
    return (
        (topic.name == kit.topic, topic.is_internal, str(topic.topic_id) != "", one.id, one.leader.id),
        ([node.id for node in one.replicas], [node.id for node in one.isr]),
        (type(cluster.cluster_id).__name__, cluster.controller.id, nodes),
    )


def _scram(kit: Kit) -> Any:
    a, names = kit.admin(), kit.admin_names
    user = kit.new_name()
    info = names.ScramCredentialInfo(names.ScramMechanism.SCRAM_SHA_256, 10_000)
    upsertion = names.UserScramCredentialUpsertion(user, info, b"password", b"salt")
    return (
        list(outcomes(a.describe_user_scram_credentials([user])).values()),
        tried(lambda: type(a.describe_user_scram_credentials().result(10)).__name__),
        tried(lambda: type(a.describe_user_scram_credentials(None).result(10)).__name__),
        list(outcomes(a.alter_user_scram_credentials([upsertion])).values()),
    )


def _elected(kit: Kit) -> Any:
    a, kinds = kit.admin(), kit.names.ElectionType

    def result(*given: Any) -> Any:
        answer = a.elect_leaders(*given).result(10)
        return sorted((tp.partition, error and error.name()) for tp, error in answer.items())

    steps = [
        tried(lambda g=g: result(*g)) for g in ((kinds.PREFERRED, [kit.tp()]), (kinds.UNCLEAN, [kit.tp()]))
    ]
    return [
        *steps,
        tried(lambda: result(kinds.PREFERRED, [kit.tp(9)])),
        tried(lambda: result(kinds.PREFERRED, [])),
    ]


def _futures(kit: Kit) -> Any:
    """Callbacks, waiting for many, and time limits of futures."""
    import concurrent.futures

    a, told = kit.admin(), []
    futures = a.describe_topics(kit.names.TopicCollection([kit.topic, kit.new_name()]))
    for future in futures.values():
        future.add_done_callback(lambda f: told.append(f.exception() is None))
    done, waiting = concurrent.futures.wait(futures.values(), timeout=10)
    again = [f.exception() and raised(f.exception()) for f in futures.values()]
    late = a.describe_topics(kit.names.TopicCollection([kit.topic]))[kit.topic]
    concurrent.futures.wait([late], timeout=10)
    late.add_done_callback(lambda f: told.append("late"))
    return len(done), len(waiting), sorted(map(str, told)), again


ADMINISTERING: dict[str, dict[str, Case | str]] = {
    "tests/integration/admin/test_basic_operations.py": {
        "a topic is validated, created, grown, deleted": _created_and_grown,
        "groups and their offsets": _groups,
        "a group that lives is altered, deleted, described": _offsets_of_a_living_group,
        "alter_configs, describe_configs": _alter_configs,
        "a broker's settings": _of_a_broker,
        "ACLs are set and deleted": _NO_ACLS,
        "futures": _futures,
    },
    "tests/integration/admin/test_describe_operations.py": {
        "authorized operations": _authorized,
        "topic, cluster": _described,
        "operations by rules, over SASL": _NO_ACLS,
    },
    "tests/integration/admin/test_incremental_alter_configs.py": {
        "two topics' settings": _incremental,
        "a group's settings": _of_a_group,
    },
    "tests/integration/admin/test_delete_records.py": {"records of two topics": _deleted_records},
    "tests/integration/admin/test_list_offsets.py": {"first, last, by time": _listed_offsets},
    "tests/integration/admin/test_user_scram_credentials.py": {"credentials are asked for and set": _scram},
    "elect_leaders": {"preferred, unclean, unknown": _elected},
}
