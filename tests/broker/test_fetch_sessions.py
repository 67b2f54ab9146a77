"""Fetch sessions as the broker keeps them (KIP-227): after the first fetch only news is told."""

import pytest
from broker.wire import Client, fetch, fetched, produce
from oracle.batches import batch
from simulation.story import story

from minikafka.protocol.errors import ErrorCode

V = 17
TIME = 1_767_225_600_000
NONE = ErrorCode.NONE


@pytest.fixture
def s():
    with story(1, brokers=1, max_incremental_fetch_session_cache_slots=3) as s:
        s.create_topic("orders", partitions=3)
        s.id = s.nodes.controller.image.topic("orders").id
        s.client = Client(s, "broker-1")
        yield s


def append(s, partition=0):
    s.client.ask(produce("orders", batch(b"v", timestamps=[TIME]), partition), 11)


def begin(s, offsets):
    """A new session; returns its id and what it was told first."""
    response = s.client.ask(fetch(s.id, offsets, session=(0, 0), min_bytes=0), V)
    assert response.error_code == NONE
    return response.session_id, fetched(response)


def go_on(s, session, offsets=None, **more):
    return s.client.ask(fetch(s.id, offsets or {}, session=session, min_bytes=0, **more), V)


def test_a_full_fetch_begins_a_session_and_names_everything(s):
    session, told = begin(s, {0: 0, 1: 0, 2: 0})
    assert session > 0
    assert told == {0: (NONE, 0, 0), 1: (NONE, 0, 0), 2: (NONE, 0, 0)}


def test_then_only_news_is_told(s):
    session, _ = begin(s, {0: 0, 1: 0, 2: 0})
    assert fetched(go_on(s, (session, 1))) == {}
    append(s, partition=1)
    told = fetched(go_on(s, (session, 2)))
    assert list(told) == [1]
    error, size, high_watermark = told[1]
    assert (error, high_watermark) == (NONE, 1)
    assert size > 0


def test_records_are_told_again_until_the_offset_moves(s):
    session, _ = begin(s, {0: 0})
    append(s)
    assert list(fetched(go_on(s, (session, 1)))) == [0]
    assert list(fetched(go_on(s, (session, 2)))) == [0]
    assert fetched(go_on(s, (session, 3), {0: 1})) == {}


def test_a_partition_is_added_and_one_forgotten(s):
    session, _ = begin(s, {0: 0})
    append(s, 0)
    append(s, 1)
    assert list(fetched(go_on(s, (session, 1), {1: 0}, forget=[0]))) == [1]
    append(s, 0)
    assert list(fetched(go_on(s, (session, 2)))) == [1]


def test_a_session_that_forgets_everything_ends(s):
    session, _ = begin(s, {0: 0})
    assert go_on(s, (session, 1), forget=[0]).session_id == 0
    assert go_on(s, (session, 2)).error_code == ErrorCode.FETCH_SESSION_ID_NOT_FOUND


def test_a_wrong_epoch_or_an_unknown_session_is_an_error_of_the_whole_fetch(s):
    session, _ = begin(s, {0: 0})
    assert go_on(s, (session, 7)).error_code == ErrorCode.INVALID_FETCH_SESSION_EPOCH
    assert go_on(s, (session + 1, 1)).error_code == ErrorCode.FETCH_SESSION_ID_NOT_FOUND
    assert go_on(s, (session, 1)).error_code == NONE, "the session itself is unhurt"


def test_a_full_fetch_with_the_id_ends_the_old_session(s):
    session, _ = begin(s, {0: 0})
    new = go_on(s, (session, 0), {0: 0}).session_id
    assert new not in (0, session)
    assert go_on(s, (session, 1)).error_code == ErrorCode.FETCH_SESSION_ID_NOT_FOUND
    assert go_on(s, (new, -1), {0: 0}).session_id == 0, "and the last one begins none"
    assert len(s.nodes.brokers["broker-1"].fetch_sessions) == 0


def test_sessions_are_by_id_or_by_name_and_don_t_mix(s):
    session, _ = begin(s, {0: 0})
    request = fetch(s.id, {}, session=(session, 1), min_bytes=0)
    answer = s.client.ask(request, 12)
    assert answer.error_code == ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR


def test_errors_are_told_each_time(s):
    session, told = begin(s, {0: 99})
    assert told[0][0] == ErrorCode.OFFSET_OUT_OF_RANGE
    assert fetched(go_on(s, (session, 1)))[0][0] == ErrorCode.OFFSET_OUT_OF_RANGE
    assert fetched(go_on(s, (session, 2), {0: 0}))[0][0] == NONE


def test_a_follower_that_had_to_truncate_is_told_the_high_watermark_then(s):
    append(s)

    def ask(session_id, session_epoch, offset, last_epoch):
        request = fetch(s.id, {0: offset}, session=(session_id, session_epoch), min_bytes=0)
        request.topics[0].partitions[0].last_fetched_epoch = last_epoch
        return s.client.ask(request, V)

    first = ask(0, 0, 9, 0)
    (diverges,) = first.responses[0].partitions
    assert diverges.diverging_epoch.end_offset == 1
    assert fetched(ask(first.session_id, 1, 1, 0)) == {0: (NONE, 0, 1)}
    assert fetched(go_on(s, (first.session_id, 2))) == {}


def test_who_got_data_goes_to_the_end_of_the_line(s):
    for partition in range(3):
        append(s, partition)
    session, _ = begin(s, {0: 0, 1: 0, 2: 0})
    size = fetched(go_on(s, (session, 1)))[0][1]
    # Room for one batch: everybody gets a turn.
    turns = [
        next(
            index for index, (_, got, _) in fetched(go_on(s, (session, epoch), max_bytes=size)).items() if got
        )
        for epoch in (2, 3, 4, 5)
    ]
    assert sorted(turns[:3]) == [0, 1, 2]
    assert turns[3] == turns[0]


def test_a_full_cache_gives_no_session_until_one_is_old(s):
    sessions = [begin(s, {0: 0})[0] for _ in range(3)]
    assert begin(s, {0: 0})[0] == 0, "all are in use"
    s.run(121)
    assert begin(s, {0: 0})[0] > 0
    assert go_on(s, (sessions[0], 1)).error_code == ErrorCode.FETCH_SESSION_ID_NOT_FOUND


def test_a_session_is_told_of_a_deleted_topic_and_of_another_one_that_got_its_name(s):
    """As by a real Kafka, whose sessions keep the name of a topic (`tests/oracle/test_topics_made_anew.py`)."""
    session, _ = begin(s, {0: 0})
    admin = s.cluster.admin()
    admin.delete_topics(["orders"])["orders"].result(10)
    admin.close()
    s.run(1)
    assert fetched(go_on(s, (session, 1)))[0][0] == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    s.cluster.create_topic("orders")
    assert fetched(go_on(s, (session, 2)))[0][0] == ErrorCode.INCONSISTENT_TOPIC_ID
