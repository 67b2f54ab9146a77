"""Metadata: topics come to be by asking for them, and are asked for by name or by id."""

import uuid

import pytest
from simulation.story import story

from minikafka.controller.events import TopicCreated
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.describe_topic_partitions import (
    Cursor,
    DescribeTopicPartitionsRequest,
    TopicRequest,
)
from minikafka.protocol.messages.metadata import MetadataRequest, MetadataRequestTopic

UNKNOWN = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION


def metadata(s, *names, ids=(), version=13, create=False):
    asked = [MetadataRequestTopic(name=name) for name in names]
    asked += [MetadataRequestTopic(name=None, topic_id=topic_id) for topic_id in ids]
    request = MetadataRequest(topics=asked, allow_auto_topic_creation=create)
    return s.ask("broker-1", request, version)


def told(answer):
    return [(topic.name, topic.error_code, len(topic.partitions)) for topic in answer.topics]


def until_made(s, name, partitions=1, within=5):
    """Ask as clients do, again and again."""
    deadline = s.now + within
    while told(answer := metadata(s, name, create=True)) != [(name, 0, partitions)]:
        assert told(answer) == [(name, UNKNOWN, 0)]
        assert s.now < deadline, f"{name} was not made within {within} virtual seconds"
        s.run(0.1)


def test_a_missing_topic_is_answered_as_missing_and_soon_there():
    with story(1, num_partitions=3) as s:
        assert told(metadata(s, "made", create=True)) == [("made", UNKNOWN, 0)]
        until_made(s, "made", partitions=3)


def test_impatient_clients_cause_one_creation():
    with story(1) as s:
        for _ in range(3):
            metadata(s, "made", "made", create=True)
        until_made(s, "made")
        made = [traced for traced in s.universe.trace.recent if isinstance(traced.event, TopicCreated)]
        assert [traced.event.topic for traced in made] == ["made"]


@pytest.mark.parametrize("name", ["no/slashes", "..", "x" * 250])
def test_a_bad_name_is_never_created(name):
    with story(1) as s:
        assert told(metadata(s, name, create=True)) == [(name, ErrorCode.INVALID_TOPIC_EXCEPTION, 0)]
        s.run(1)
        assert s.nodes.controller.image.topic(name) is None


def test_nothing_is_created_where_that_is_off():
    with story(1, auto_create_topics_enable="false") as s:
        assert told(metadata(s, "made", create=True)) == [("made", UNKNOWN, 0)]
        s.run(1)
        assert told(metadata(s, "made", create=True)) == [("made", UNKNOWN, 0)]


def test_a_creation_that_the_controller_missed_is_tried_again():
    with story(1) as s:
        s.kill("controller-1")
        assert told(metadata(s, "made", create=True)) == [("made", UNKNOWN, 0)]
        s.run(40)
        s.restart("controller-1")
        until_made(s, "made", within=60)


def test_ids_are_for_version_12_and_names_beside_them_are_left_out():
    with story(1) as s:
        s.create_topic("orders")
        s.run(1)
        known, unknown = s.nodes.controller.image.topic("orders").id, uuid.UUID(int=99)
        answer = metadata(s, "orders", ids=[unknown, known], version=12)
        assert told(answer) == [(None, ErrorCode.UNKNOWN_TOPIC_ID, 0), ("orders", 0, 1)]
        refused = metadata(s, "orders", ids=[known], version=11)
        wrong = ErrorCode.INVALID_REQUEST
        assert (told(refused), refused.brokers) == ([("orders", wrong, 0), ("", wrong, 0)], [])
        assert metadata(s, ids=[uuid.UUID(int=0)]).error_code == ErrorCode.UNKNOWN_SERVER_ERROR


def test_a_cursor_to_nothing_is_an_error_of_each_topic():
    with story(1) as s:
        s.create_topic("orders", partitions=3)
        s.run(1)

        def pages(cursor):
            request = DescribeTopicPartitionsRequest(
                topics=[TopicRequest(name="orders")], response_partition_limit=2, cursor=cursor
            )
            answer = s.ask("broker-1", request, 0)
            (topic,) = answer.topics
            return topic.error_code, [p.partition_index for p in topic.partitions], answer.next_cursor

        following = Cursor(topic_name="orders", partition_index=2)
        assert pages(None) == (0, [0, 1], following)
        assert pages(following) == (0, [2], None)
        for nothing in (
            Cursor(topic_name="bills", partition_index=0),
            Cursor(topic_name="orders", partition_index=-1),
        ):
            assert pages(nothing) == (ErrorCode.INVALID_REQUEST, [], None)
