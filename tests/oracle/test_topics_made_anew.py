"""A topic is deleted and another one gets its name: what brokers answer who still means the old one."""

import pytest
from oracle.batches import batch
from oracle.script import until

MAX = 1 << 20


def delete(broker):
    """Deletes the topic "orders"; returns when that is known."""
    name = broker.named("orders")
    broker.quietly("delete_topics", 5, topic_names=[name], timeout=10_000)

    def is_gone():
        answer = broker.quietly(
            "metadata", 12, topics=[{"topic_id": None, "name": name}], allow_auto_topic_creation=False
        )
        return answer["topics"][0]["error_code"] == "UNKNOWN_TOPIC_OR_PARTITION"

    until(is_gone, f"{name} is gone")


def make_anew(broker, partitions=1):
    """Deletes the topic "orders" and creates it again; returns the new one's id."""
    delete(broker)
    return broker.topic_id(broker.create_topic("orders", partitions))


def old_and_new(broker, *data, partitions=1):
    """(name, old id, new id); `data` was in the old one."""
    name = broker.create_topic("orders", partitions)
    old = broker.topic_id(name)
    broker.append(name, *data)
    return name, old, make_anew(broker, partitions)


def fetch(broker, sentence, version, name, topic_id, offset, **more):
    parts = [{"partition": 0, "fetch_offset": offset, "partition_max_bytes": MAX}]
    asked = {"max_wait": 0, "min_bytes": 0, "max_bytes": MAX, "session_epoch": -1, "replica_id": -1} | more
    topics = [{"topic": name, "topic_id": topic_id, "partitions": parts}] if name else []
    return broker.ask(sentence, "fetch", version, topics=topics, **asked)


@pytest.mark.parametrize("version", [12, 13, 18])
def test_fetching_without_a_session(broker, version):
    name, old, new = old_and_new(broker, batch(b"a", b"b"))
    fetch(broker, "The old one, from its end", version, name, old, 2)
    fetch(broker, "The new one, from the old one's end", version, name, new, 2)
    broker.append(name, batch(b"c"))
    fetch(broker, "The old one, from the beginning", version, name, old, 0)
    fetch(broker, "The new one, from the beginning", version, name, new, 0)


@pytest.mark.parametrize("version", [12, 13, 18])
def test_fetching_in_a_session_that_knew_the_old_one(broker, version):
    name = broker.create_topic("orders")
    old = broker.topic_id(name)
    broker.append(name, batch(b"a", b"b"))
    opened = fetch(broker, "Open a session", version, name, old, 2, session_id=0, session_epoch=0)
    session = opened["session_id"]
    new = make_anew(broker)
    broker.append(name, batch(b"c"))
    fetch(broker, "Go on", version, None, None, 0, session_id=session, session_epoch=1)
    fetch(broker, "Go on again", version, None, None, 0, session_id=session, session_epoch=2)
    gone = (
        [{"topic": name, "topic_id": old, "partitions": [0]}] if version > 12 else []
    )  # by name they are one
    fetch(
        broker, "Forget the old one, ask for the new one", version, name, new, 0,
        session_id=session, session_epoch=3, forgotten_topics_data=gone,
    )  # fmt: skip
    broker.append(name, batch(b"d"))
    fetch(broker, "Go on with the new one", version, None, None, 0, session_id=session, session_epoch=4)


@pytest.mark.parametrize("version", [12, 13, 18])
def test_a_session_whose_topic_is_only_deleted(broker, version):
    name = broker.create_topic("orders")
    old = broker.topic_id(name)
    broker.append(name, batch(b"a", b"b"))
    opened = fetch(broker, "Open a session", version, name, old, 2, session_id=0, session_epoch=0)
    session = opened["session_id"]
    delete(broker)
    fetch(broker, "Go on", version, None, None, 0, session_id=session, session_epoch=1)
    fetch(broker, "Go on again", version, None, None, 0, session_id=session, session_epoch=2)


@pytest.mark.parametrize("version", [9, 12, 13])
def test_producing(broker, version):
    name, old, new = old_and_new(broker, batch(b"a", b"b"))
    for sentence, topic_id in (("To the old one", old), ("To the new one", new)):
        partitions = [{"index": 0, "records": batch(b"c")}]
        data = [{"name": name, "topic_id": topic_id, "partition_data": partitions}]
        broker.ask(sentence, "produce", version, acks=-1, timeout=5000, topic_data=data)


@pytest.mark.parametrize("version", [9, 10])
def test_committing_and_what_was_committed(broker, version):
    group = broker.named("group")
    name = broker.create_topic("orders")
    old = broker.topic_id(name)
    broker.append(name, batch(b"a", b"b"))

    def commit(sentence, topic_id, offset):
        partitions = [
            {
                "partition_index": 0,
                "committed_offset": offset,
                "committed_metadata": "",
                "committed_leader_epoch": -1,
            }
        ]
        broker.ask(
            sentence, "offset_commit", version, group_id=group, generation_id_or_member_epoch=-1, member_id="",
            topics=[{"name": name, "topic_id": topic_id, "partitions": partitions}],
        )  # fmt: skip

    def committed(sentence, topic_id):
        topics = [{"name": name, "topic_id": topic_id, "partition_indexes": [0]}]
        asked = {"group_id": group, "topics": topics, "member_id": None, "member_epoch": -1}
        broker.ask(sentence, "offset_fetch", version, groups=[asked])

    commit("For the old one, while it is there", old, 2)
    new = make_anew(broker)
    committed("Of the new one", new)
    committed("Of the old one", old)
    commit("For the old one, now", old, 1)
    committed("Of the new one, after that", new)
    commit("For the new one", new, 0)
    committed("Of the new one, at last", new)


def test_listing_offsets_and_deleting_records_by_name(broker):
    name, _, _ = old_and_new(broker, batch(b"a", b"b"))
    asked = [{"partition_index": 0, "timestamp": -1, "current_leader_epoch": 0}]
    broker.ask("The end", "list_offsets", 7, replica_id=-1, topics=[{"name": name, "partitions": asked}])
    partitions = [{"partition_index": 0, "offset": 2}]
    broker.ask(
        "Delete what the old one had", "delete_records", 2, topics=[{"name": name, "partitions": partitions}],
        timeout=5000,
    )  # fmt: skip
