"""OffsetCommit and OffsetFetch: where a group has got to."""

import struct
import uuid

import pytest
from oracle.batches import batch

COMMIT = range(2, 11)
FETCH = range(1, 11)
NOBODY = uuid.UUID("12345678-1234-1234-1234-123456789abc")


class Topic:
    """A topic by name and id: commits name it in one way or the other, by version."""

    def __init__(self, broker, name="orders", partitions=2):
        self.name = broker.create_topic(name, partitions)
        self.id = broker.topic_id(self.name)


def commit(
    broker, sentence, group, topic, *offsets, version=9, generation=-1, member="", metadata="", **more
):
    """`offsets` are (partition, offset) pairs."""
    partitions = [
        {
            "partition_index": index,
            "committed_offset": offset,
            "committed_metadata": metadata,
            "committed_leader_epoch": -1,
        }
        for index, offset in offsets
    ]
    name, topic_id = (topic.name, topic.id) if isinstance(topic, Topic) else topic
    return broker.ask(
        sentence, "offset_commit", version, group_id=group, generation_id_or_member_epoch=generation, member_id=member,
        topics=[{"name": name, "topic_id": topic_id, "partitions": partitions}], **more
    )  # fmt: skip


def fetch(broker, sentence, group, topic, *indexes, version=9, member_id=None, member_epoch=-1, **more):
    """`topic` None asks for all."""
    topics = None
    if topic is not None:
        name, topic_id = (topic.name, topic.id) if isinstance(topic, Topic) else topic
        topics = [{"name": name, "topic_id": topic_id, "partition_indexes": list(indexes)}]
    if version < 8:
        return broker.ask(sentence, "offset_fetch", version, group_id=group, topics=topics, **more)
    asked = {"group_id": group, "topics": topics, "member_id": member_id, "member_epoch": member_epoch}
    return broker.ask(sentence, "offset_fetch", version, groups=[asked], **more)


def a_stable_member(broker, group, protocol_type="consumer", metadata=b"m"):
    body = {
        "group_id": group, "session_timeout": 20_000, "rebalance_timeout": 20_000, "protocol_type": protocol_type,
        "protocols": [{"name": "range", "metadata": metadata}],
    }  # fmt: skip
    given = broker.quietly("join_group", 7, member_id="", **body)["member_id"]
    generation = broker.quietly("join_group", 7, member_id=given, **body)["generation_id"]
    shares = [{"member_id": given, "assignment": b"all"}]
    broker.quietly(
        "sync_group", 4, group_id=group, generation_id=generation, member_id=given, assignments=shares
    )
    return given, generation


@pytest.mark.parametrize("version", COMMIT)
def test_a_commit_without_a_group_in_every_version(broker, version):
    group, topic = broker.named("group"), Topic(broker)
    commit(
        broker, "Commit", group, topic, (0, 5), (1, 7), version=version, metadata="note", retention_time=-1
    )
    fetch(broker, "It is there", group, topic, 0, 1)
    commit(broker, "Commit again, further back", group, topic, (0, 2), version=version)
    fetch(broker, "It is there", group, topic, 0, 1)
    commit(broker, "Nothing", group, topic, version=version)
    commit(broker, "A negative offset", group, topic, (0, -5), version=version)
    fetch(broker, "What came of it", group, topic, 0)


@pytest.mark.parametrize("version", FETCH)
def test_fetching_in_every_version(broker, version):
    group, topic, other = broker.named("group"), Topic(broker), Topic(broker, "other")
    fetch(broker, "Before any commit", group, topic, 0, 1, version=version)
    if version >= 2:
        fetch(broker, "All, before any commit", group, None, version=version)
    commit(broker, "Commit", group, topic, (0, 5), metadata="note")
    commit(broker, "Commit in the other", group, other, (1, 9))
    fetch(broker, "One that is, one that is not", group, topic, 0, 1, version=version)
    if version >= 2:
        fetch(broker, "All", group, None, version=version)
    fetch(broker, "A partition that is not there", group, topic, 7, version=version)
    fetch(broker, "A topic that is not there", group, (broker.named("nowhere"), NOBODY), 0, version=version)
    fetch(broker, "No partitions", group, topic, version=version)
    fetch(broker, "A group that never was", broker.named("never"), topic, 0, version=version)
    fetch(broker, "An empty group id", "", topic, 0, version=version)
    if version >= 7:
        fetch(broker, "Only what is stable", group, topic, 0, version=version, require_stable=True)


@pytest.mark.parametrize("version", [8, 9, 10])
def test_fetching_for_several_groups(broker, version):
    one, two, topic = broker.named("one"), broker.named("two"), Topic(broker)
    commit(broker, "Commit in one", one, topic, (0, 1))
    commit(broker, "Commit in two", two, topic, (0, 2))
    topics = [{"name": topic.name, "topic_id": topic.id, "partition_indexes": [0]}]
    groups = [{"group_id": group, "topics": topics} for group in (one, two, broker.named("never"))]
    broker.ask("Of three at once", "offset_fetch", version, groups=groups)
    broker.ask("Of none", "offset_fetch", version, groups=[])


@pytest.mark.parametrize("version", COMMIT)
def test_committing_wrongly(broker, version):
    group, topic = broker.named("group"), Topic(broker)
    commit(
        broker, "A topic that is not there", group, (broker.named("nowhere"), NOBODY), (0, 1), version=version
    )
    commit(broker, "A partition that is not there", group, topic, (9, 1), version=version)
    commit(broker, "One good, one bad", group, topic, (0, 3), (9, 1), version=version)
    commit(broker, "An empty group id", "", topic, (0, 1), version=version)
    commit(
        broker,
        "A generation without a group",
        group,
        topic,
        (0, 1),
        version=version,
        generation=3,
        member="nobody",
    )
    commit(broker, "A member without a generation", group, topic, (0, 1), version=version, member="nobody")
    commit(broker, "A generation without a member", group, topic, (0, 1), version=version, generation=0)
    commit(
        broker,
        "Metadata that is too large",
        group,
        topic,
        (0, 1),
        (1, 2),
        version=version,
        metadata="x" * 5000,
    )
    commit(broker, "Metadata of the limit's size", group, topic, (1, 2), version=version, metadata="x" * 4096)
    commit(broker, "Metadata of null", group, topic, (1, 3), version=version, metadata=None)
    fetch(broker, "What came of it", group, topic, 0, 1)
    broker.ask("Delete the group without a name", "delete_groups", 2, groups_names=[""])


@pytest.mark.parametrize("version", [2, 5, 7, 8, 9, 10])
def test_committing_as_a_member(broker, version):
    group, topic = broker.named("group"), Topic(broker)
    member, generation = a_stable_member(broker, group)
    me = {"version": version, "member": member}
    commit(broker, "Rightly", group, topic, (0, 5), generation=generation, **me)
    commit(broker, "In an old generation", group, topic, (0, 6), generation=generation - 1, **me)
    commit(broker, "In a generation of the future", group, topic, (0, 6), generation=generation + 1, **me)
    commit(
        broker, "As a stranger", group, topic, (0, 6), version=version, generation=generation, member="nobody"
    )
    commit(broker, "From outside", group, topic, (0, 6), version=version)
    if version >= 7:
        commit(
            broker,
            "With an unknown instance id",
            group,
            topic,
            (0, 6),
            generation=generation,
            group_instance_id="i",
            **me,
        )
    fetch(broker, "What came of it", group, topic, 0)


@pytest.mark.parametrize("version", [9, 10])
def test_fetching_as_a_member_of_the_new_kind(broker, version):
    """KIP-848 members say their epoch; a classic group has none."""
    group, topic = broker.named("group"), Topic(broker)
    member, generation = a_stable_member(broker, group)
    commit(broker, "Commit", group, topic, (0, 5), generation=generation, member=member)
    fetch(
        broker,
        "With a member id and epoch",
        group,
        topic,
        0,
        version=version,
        member_id=member,
        member_epoch=generation,
    )
    fetch(broker, "As a stranger", group, topic, 0, version=version, member_id="nobody", member_epoch=5)


def test_a_leader_epoch_is_kept_with_the_offset(broker):
    group, topic = broker.named("group"), Topic(broker)
    partitions = [
        {"partition_index": 0, "committed_offset": 3, "committed_leader_epoch": 4, "committed_metadata": "m"}
    ]
    broker.ask(
        "Commit with an epoch", "offset_commit", 9, group_id=group, generation_id_or_member_epoch=-1, member_id="",
        topics=[{"name": topic.name, "partitions": partitions}],
    )  # fmt: skip
    fetch(broker, "It comes back", group, topic, 0)


def test_offsets_of_a_deleted_topic_are_gone(broker):
    from oracle.script import until

    group, topic = broker.named("group"), Topic(broker)
    broker.append(topic.name, batch(b"a"))
    commit(broker, "Commit", group, topic, (0, 1))
    broker.ask("Delete the topic", "delete_topics", 5, topic_names=[topic.name], timeout=10_000)

    def forgotten():
        asked = [{"group_id": group, "topics": None}]
        return broker.quietly("offset_fetch", 9, groups=asked)["groups"][0]["topics"] == []

    until(forgotten, "the group has forgotten it")
    fetch(broker, "All", group, None)


def test_a_group_of_offsets_only_is_a_group(broker):
    group, topic = broker.named("group"), Topic(broker)
    commit(broker, "Commit from outside", group, topic, (0, 1))
    broker.ask("Describe it", "describe_groups", 5, groups=[group])
    broker.ask(
        "List it",
        "list_groups",
        4,
        view=lambda answer: [one for one in answer["groups"] if one["group_id"] == group],
    )
    broker.ask("Delete it", "delete_groups", 2, groups_names=[group])
    fetch(broker, "Its offsets are gone", group, topic, 0)


def delete(broker, sentence, group, *topics):
    """`topics` are (name, partitions) pairs."""
    asked = [
        {"name": name, "partitions": [{"partition_index": index} for index in indexes]}
        for name, indexes in topics
    ]
    return broker.ask(sentence, "offset_delete", 0, group_id=group, topics=asked)


def test_offsets_are_deleted(broker):
    group, topic, other = broker.named("group"), Topic(broker), Topic(broker, "bills")
    delete(broker, "Of a group that is not there", group, (topic.name, [0]))
    delete(broker, "Of a group without a name", "", (topic.name, [0]))
    commit(broker, "Commit", group, topic, (0, 5), (1, 7))
    commit(broker, "Commit elsewhere", group, other, (0, 9))
    delete(broker, "One of two", group, (topic.name, [0]))
    fetch(broker, "All", group, None)
    delete(broker, "It again", group, (topic.name, [0]))
    delete(broker, "What is not there", group, (topic.name, [1, 9]), (broker.named("nowhere"), [0]))
    delete(broker, "Only what is not there", group, (broker.named("nowhere"), [0]))
    delete(broker, "Nothing", group)
    delete(broker, "No partitions", group, (other.name, []))
    fetch(broker, "All but two", group, None)
    delete(broker, "The last", group, (other.name, [0]))
    fetch(broker, "None", group, None)
    broker.ask("Describe the group", "describe_groups", 5, groups=[group])


def test_offsets_that_members_need_are_not_deleted(broker):
    """A member whose subscription nobody can read may read anything; who is no consumer protects everything."""
    topic = Topic(broker)
    for protocol_type in ("consumer", "connect"):
        group = broker.named(protocol_type)
        commit(broker, f"Commit for {protocol_type}", group, topic, (0, 5))
        a_stable_member(broker, group, protocol_type)
        delete(broker, f"Delete from {protocol_type}", group, (topic.name, [0]))
        fetch(broker, f"All of {protocol_type}", group, None)


def test_offsets_of_topics_that_no_member_reads_are_deleted(broker):
    group, read, other = broker.named("group"), Topic(broker), Topic(broker, "bills")
    commit(broker, "Commit", group, read, (0, 5))
    commit(broker, "Commit elsewhere", group, other, (0, 9))
    name = read.name.encode()
    subscription = struct.pack(f">hih{len(name)}si", 0, 1, len(name), name, -1)
    a_stable_member(broker, group, metadata=subscription)
    delete(broker, "Delete both", group, (read.name, [0]), (other.name, [0]))
    fetch(broker, "All", group, None)
