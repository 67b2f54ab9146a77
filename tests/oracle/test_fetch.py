"""Fetch: reading, by sessions and without, and every way to ask wrongly."""

import uuid

import pytest
from oracle.batches import batch

ALL = range(4, 19)
SOME = (4, 7, 11, 12, 13, 17, 18)
NOBODY = uuid.UUID("12345678-1234-1234-1234-123456789abc")
MAX = 1 << 20


def part(offset, index=0, max_bytes=MAX, **more):
    return {"partition": index, "fetch_offset": offset, "partition_max_bytes": max_bytes, **more}


def ask(broker, sentence, version, *partitions, topic=None, topic_id=None, topics=None, **more):
    if topics is None:
        topics = (
            [{"topic": topic, "topic_id": topic_id, "partitions": list(partitions)}] if partitions else []
        )
    request = {"max_wait": 0, "min_bytes": 0, "max_bytes": MAX, "session_epoch": -1, "replica_id": -1} | more
    return broker.ask(sentence, "fetch", version, topics=topics, **request)


def three_batches(broker, partitions=1):
    topic = broker.create_topic("orders", partitions)
    broker.append(topic, batch(b"a", b"b"), batch(b"c", b"d", b"e"), batch(b"f"))
    return topic, broker.topic_id(topic)


@pytest.mark.parametrize("version", ALL)
def test_reading_in_every_version(broker, version):
    topic, topic_id = three_batches(broker)
    where = {"topic": topic, "topic_id": topic_id}
    ask(broker, "From the beginning", version, part(0), **where)
    ask(broker, "From the middle of a batch", version, part(3), **where)
    ask(broker, "From the last record", version, part(5), **where)
    ask(broker, "From the end", version, part(6), **where)
    ask(broker, "From beyond the end", version, part(7), **where)
    ask(broker, "From before the start", version, part(-1), **where)
    ask(broker, "A partition that is not there", version, part(0, index=9), **where)
    ask(broker, "A topic that is not there", version, part(0), topic=broker.named("nowhere"), topic_id=NOBODY)


@pytest.mark.parametrize("version", SOME)
def test_one_batch_always_comes_however_small_the_limits(broker, version):
    topic, topic_id = three_batches(broker)
    where = {"topic": topic, "topic_id": topic_id}
    ask(broker, "At most 1 byte a partition", version, part(0, max_bytes=1), **where)
    ask(broker, "At most 1 byte in all", version, part(0), max_bytes=1, **where)
    ask(broker, "At most 0 bytes", version, part(0, max_bytes=0), max_bytes=0, **where)
    ask(broker, "Room for the first batch and a bit", version, part(0, max_bytes=100), **where)
    ask(broker, "A negative limit", version, part(0, max_bytes=-1), **where)


def test_limits_over_several_partitions(broker):
    topic = broker.create_topic("orders", partitions=3)
    for index in range(3):
        broker.append(topic, batch(b"x" * 300), batch(b"y" * 300), partition=index)
    three = [part(0, index) for index in range(3)]
    ask(broker, "Room for everything", 12, *three, topic=topic)
    ask(broker, "Room for one batch", 12, *three, topic=topic, max_bytes=400)
    ask(broker, "Room for nothing", 12, *three, topic=topic, max_bytes=1)
    ask(broker, "The last partition first", 12, *reversed(three), topic=topic, max_bytes=1)
    ask(broker, "An empty one first", 12, part(2, 0), part(0, 1), part(0, 2), topic=topic, max_bytes=1)


@pytest.mark.parametrize("version", [4, 12, 13])
def test_min_bytes_and_max_wait(broker, version):
    topic, topic_id = three_batches(broker)
    where = {"topic": topic, "topic_id": topic_id}
    ask(broker, "There is more than enough", version, part(0), max_wait=60_000, min_bytes=1, **where)
    ask(broker, "There is nothing, wait a little", version, part(6), max_wait=50, min_bytes=1, **where)
    ask(
        broker,
        "There is too little, wait a little",
        version,
        part(5),
        max_wait=50,
        min_bytes=100_000,
        **where,
    )
    ask(broker, "An error is worth no waiting", version, part(99), max_wait=60_000, min_bytes=1, **where)


def test_a_waiting_fetch_is_woken_by_a_produce(broker):
    topic, _ = three_batches(broker)
    waiting = broker.send(
        "Wait for a record",
        "fetch",
        12,
        max_wait=15_000,
        min_bytes=1,
        max_bytes=MAX,
        session_epoch=-1,
        replica_id=-1,
        topics=[{"topic": topic, "partitions": [part(6)]}],
    )
    broker.append(topic, batch(b"g"))
    waiting.answer()


@pytest.mark.parametrize("version", [9, 11, 12, 13, 17])
def test_the_leader_epoch_is_checked(broker, version):
    topic, topic_id = three_batches(broker)
    where = {"topic": topic, "topic_id": topic_id}
    for epoch, sentence in (
        (0, "The epoch of now"),
        (5, "An epoch of the future"),
        (-1, "No epoch"),
        (-2, "Epoch -2"),
    ):
        ask(broker, sentence, version, part(0, current_leader_epoch=epoch), **where)


@pytest.mark.parametrize("version", [12, 13, 17])
def test_divergence_is_told(broker, version):
    topic, topic_id = three_batches(broker)
    where = {"topic": topic, "topic_id": topic_id}
    ask(
        broker, "The last epoch fits", version, part(6, current_leader_epoch=0, last_fetched_epoch=0), **where
    )
    ask(
        broker,
        "An epoch that never was",
        version,
        part(6, current_leader_epoch=0, last_fetched_epoch=3),
        **where,
    )
    ask(
        broker,
        "Beyond the end of its epoch",
        version,
        part(9, current_leader_epoch=0, last_fetched_epoch=0),
        **where,
    )


@pytest.mark.parametrize("version", [4, 12])
def test_read_committed_without_transactions(broker, version):
    topic, topic_id = three_batches(broker)
    ask(broker, "Read committed", version, part(0), topic=topic, topic_id=topic_id, isolation_level=1)


@pytest.mark.parametrize("version", [5, 11, 14, 15, 17])
def test_a_stranger_is_no_replica(broker, version):
    topic, topic_id = three_batches(broker)
    replica = (
        {"replica_state": {"replica_id": 44, "replica_epoch": 1}} if version >= 15 else {"replica_id": 44}
    )
    ask(broker, "Fetch as broker 44", version, part(0), topic=topic, topic_id=topic_id, **replica)


# Sessions (KIP-227): id 0 and epoch 0 ask for one; epoch -1 for none.


@pytest.mark.parametrize("version", [7, 11, 12, 13, 17, 18])
def test_a_session_answers_only_what_changed(broker, version):
    topic, topic_id = three_batches(broker, partitions=2)
    where = {"topic": topic, "topic_id": topic_id}
    both = (part(0), part(0, index=1))
    opened = ask(broker, "Open a session", version, *both, session_id=0, session_epoch=0, **where)
    session = opened["session_id"]
    broker.same("It has an id", session != 0)
    ask(broker, "Go on where nothing was read", version, session_id=session, session_epoch=1)
    ask(broker, "Move partition 0 to its end", version, part(6), session_id=session, session_epoch=2, **where)
    ask(broker, "Nothing new", version, session_id=session, session_epoch=3)
    broker.append(topic, batch(b"new"), partition=1)
    ask(broker, "Something new in partition 1", version, session_id=session, session_epoch=4)
    ask(broker, "The epoch of before", version, session_id=session, session_epoch=4)
    ask(broker, "An epoch of the future", version, session_id=session, session_epoch=9)
    forgotten = [{"topic": topic, "topic_id": topic_id, "partitions": [1]}]
    ask(
        broker,
        "Forget partition 1",
        version,
        session_id=session,
        session_epoch=5,
        forgotten_topics_data=forgotten,
    )
    ask(
        broker,
        "Ask for a partition that is not there",
        version,
        part(0, 9),
        session_id=session,
        session_epoch=6,
        **where,
    )
    ask(broker, "It is told again", version, session_id=session, session_epoch=7)
    ask(broker, "Close the session", version, session_id=session, session_epoch=-1)
    ask(broker, "It is gone", version, session_id=session, session_epoch=8)


@pytest.mark.parametrize("version", [7, 12, 13])
def test_sessions_nobody_opened(broker, version):
    topic, topic_id = three_batches(broker)
    where = {"topic": topic, "topic_id": topic_id}
    ask(broker, "Session 12345", version, part(0), session_id=12345, session_epoch=1, **where)
    ask(broker, "Session 0, epoch 1", version, part(0), session_id=0, session_epoch=1, **where)
    ask(broker, "Close session 12345", version, part(0), session_id=12345, session_epoch=-1, **where)
    ask(
        broker,
        "Session 12345, epoch 0: a new one",
        version,
        part(0),
        session_id=12345,
        session_epoch=0,
        **where,
    )
    ask(broker, "A negative epoch", version, part(0), session_id=0, session_epoch=-7, **where)
    ask(broker, "A session of nothing", version, session_id=0, session_epoch=0)


@pytest.mark.parametrize("version", [7, 12])
def test_a_session_with_a_topic_that_is_not_there(broker, version):
    nowhere = broker.named("nowhere")
    opened = ask(broker, "Open it on nowhere", version, part(0), topic=nowhere, session_id=0, session_epoch=0)
    ask(broker, "Go on", version, session_id=opened["session_id"], session_epoch=1)


@pytest.mark.parametrize("version", [13, 17])
def test_a_session_with_an_unknown_topic_id(broker, version):
    opened = ask(
        broker, "Open it on an unknown id", version, part(0), topic_id=NOBODY, session_id=0, session_epoch=0
    )
    ask(broker, "Go on", version, session_id=opened["session_id"], session_epoch=1)


def test_names_and_ids_do_not_mix_in_one_session(broker):
    topic, topic_id = three_batches(broker)
    opened = ask(broker, "Open by name", 12, part(0), topic=topic, session_id=0, session_epoch=0)
    ask(
        broker,
        "Go on by id",
        13,
        part(0),
        topic_id=topic_id,
        session_id=opened["session_id"],
        session_epoch=1,
    )


@pytest.mark.parametrize("version", [12, 13])
def test_asking_twice_for_one_partition(broker, version):
    topic, topic_id = three_batches(broker)
    ask(broker, "Twice", version, part(0), part(2), topic=topic, topic_id=topic_id)


def test_nothing_is_asked(broker):
    for version in (4, 12, 17):
        ask(broker, "Fetch nothing", version)


@pytest.mark.parametrize("version", [4, 7, 12, 13])
def test_an_isolation_level_that_is_none(broker, version):
    topic, topic_id = three_batches(broker)
    ask(broker, "Isolation level 9", version, part(0), topic=topic, topic_id=topic_id, isolation_level=9)


@pytest.mark.parametrize("version", [4, 12, 13])
def test_read_committed_where_there_is_nothing_to_read(broker, version):
    topic, topic_id = three_batches(broker)
    where = {"topic": topic, "topic_id": topic_id, "isolation_level": 1}
    for offset in (6, 7, -1):
        ask(broker, f"From {offset}", version, part(offset), **where)
    ask(broker, "A partition that is not there", version, part(0, index=9), **where)
    if version >= 12:
        late = part(7, current_leader_epoch=0, last_fetched_epoch=0)
        ask(broker, "Beyond the end of an epoch", version, late, **where)


@pytest.mark.parametrize("version", [9, 12, 17])
def test_leader_epochs_and_epochs_of_logs_below_zero(broker, version):
    topic, topic_id = three_batches(broker)
    where = {"topic": topic, "topic_id": topic_id}
    ask(broker, "Leader epoch -2", version, part(0, current_leader_epoch=-2), **where)
    replica = (
        {"replica_state": {"replica_id": 44, "replica_epoch": 1}} if version >= 15 else {"replica_id": 44}
    )
    ask(
        broker, "A stranger who knows the epoch", version, part(0, current_leader_epoch=0), **where, **replica
    )
    if version >= 12:
        ask(broker, "Last fetched in epoch -2", version, part(0, last_fetched_epoch=-2), **where)
        below = part(-1, current_leader_epoch=0, last_fetched_epoch=0)
        ask(broker, "Below the start", version, below, **where)


def test_a_negative_limit_over_several_partitions(broker):
    topic, _ = three_batches(broker, partitions=2)
    broker.append(topic, batch(b"other"), partition=1)
    ask(broker, "In all", 12, part(0), part(0, index=1), topic=topic, max_bytes=-5)
    ask(broker, "In all, from the end", 12, part(6), part(0, index=1), topic=topic, max_bytes=-5)
    ask(broker, "Nothing to read", 12, part(6, max_bytes=-1), topic=topic)
    ask(
        broker, "Enough is asked for", 12, part(0, max_bytes=-1), topic=topic, max_wait=20_000, min_bytes=1000
    )


@pytest.mark.parametrize("version", [7, 12, 13, 17])
def test_forgetting_and_sessions_of_errors(broker, version):
    topic, topic_id = three_batches(broker, partitions=2)
    where = {"topic": topic, "topic_id": topic_id}
    opened = ask(
        broker, "Open", version, part(6), part(9), part(0, index=1), session_id=0, session_epoch=0, **where
    )
    session = {"session_id": opened["session_id"]}

    def forget(*partitions, name=topic, name_id=topic_id):
        return {
            "forgotten_topics_data": [{"topic": name, "topic_id": name_id, "partitions": list(partitions)}]
        }

    ask(broker, "Forget what is not there", version, session_epoch=1, **session, **forget(7, -1))
    ask(
        broker,
        "Forget another topic",
        version,
        session_epoch=2,
        **session,
        **forget(0, name=broker.named("nowhere"), name_id=NOBODY),
    )
    ask(broker, "Add one beyond its end", version, part(99), session_epoch=3, **session, **where)
    ask(broker, "It is told again", version, session_epoch=4, **session)
    ask(
        broker,
        "Forget and ask for it at once",
        version,
        part(0),
        session_epoch=5,
        **session,
        **where,
        **forget(0),
    )
    ask(broker, "Which won", version, session_epoch=6, **session)
    ask(broker, "Forget all", version, session_epoch=7, **session, **forget(0, 1))
    ask(broker, "Is it gone", version, session_epoch=8, **session)


@pytest.mark.parametrize("version", [4, 12])
def test_topics_twice_in_a_request(broker, version):
    topic, topic_id = three_batches(broker, partitions=2)
    topics = [
        {"topic": topic, "topic_id": topic_id, "partitions": [part(0)]},
        {"topic": topic, "topic_id": topic_id, "partitions": [part(0, index=1), part(5)]},
        {"topic": broker.named("nowhere"), "partitions": []},
    ]
    ask(broker, "Twice", version, topics=topics)
