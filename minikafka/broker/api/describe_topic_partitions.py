"""DescribeTopicPartitions (key 75): topics page by page, for clusters too big for one answer (KIP-966)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minikafka.broker.api.metadata import TOPIC_OPERATIONS, leadership, why_absent
from minikafka.metadata.image import PartitionRegistration, TopicImage
from minikafka.metadata.topic_names import is_internal
from minikafka.protocol.api import ApiKey
from minikafka.protocol.dispatch import RequestContext, handles
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.messages.describe_topic_partitions import (
    Cursor,
    DescribeTopicPartitionsRequest,
    DescribeTopicPartitionsResponse,
    DescribeTopicPartitionsResponsePartition,
    DescribeTopicPartitionsResponseTopic,
)
from minikafka.protocol.schema import ZERO_UUID

if TYPE_CHECKING:
    from minikafka.broker.broker import Broker

MAX_PARTITIONS = 2_000  # max.request.partition.size.limit


@handles(ApiKey.DESCRIBE_TOPIC_PARTITIONS, versions=(0, 0))
def describe_topic_partitions(
    node: Broker, request: DescribeTopicPartitionsRequest, context: RequestContext
) -> DescribeTopicPartitionsResponse:
    """Topics in order of their names from the cursor on, at most so many partitions."""
    every = not request.topics
    names = sorted(node.image.topics) if every else sorted({topic.name for topic in request.topics})
    cursor = request.cursor
    if cursor is not None:
        if cursor.partition_index < 0 or (not every and cursor.topic_name not in names):
            raise ApiError(ErrorCode.INVALID_REQUEST, "The cursor points to nothing that was asked for.")
        names = [name for name in names if name >= cursor.topic_name]
    left = max(1, min(MAX_PARTITIONS, request.response_partition_limit))
    topics: list[DescribeTopicPartitionsResponseTopic] = []
    next_cursor: Cursor | None = None
    for name in names:
        topic = node.image.topic(name)
        if topic is None:
            topics.append(_absent(name, why_absent(node, name), TOPIC_OPERATIONS))
            continue
        if left == 0:
            next_cursor = Cursor(topic_name=name, partition_index=0)
            break
        first = cursor.partition_index if cursor is not None and cursor.topic_name == name else 0
        indexes = [i for i in sorted(topic.partitions) if i >= first]
        topics.append(_describe(node, topic, indexes[:left]))
        if len(indexes) > left:
            next_cursor = Cursor(topic_name=name, partition_index=indexes[left])
            break
        left -= len(indexes)
    return DescribeTopicPartitionsResponse(throttle_time_ms=0, topics=topics, next_cursor=next_cursor)


def _absent(name: str, error: ErrorCode, operations: int) -> DescribeTopicPartitionsResponseTopic:
    return DescribeTopicPartitionsResponseTopic(
        error_code=error,
        name=name,
        topic_id=ZERO_UUID,
        is_internal=is_internal(name),
        partitions=[],
        topic_authorized_operations=operations,
    )


def _describe(node: Broker, topic: TopicImage, indexes: list[int]) -> DescribeTopicPartitionsResponseTopic:
    return DescribeTopicPartitionsResponseTopic(
        error_code=ErrorCode.NONE,
        name=topic.name,
        topic_id=topic.id,
        is_internal=is_internal(topic.name),
        partitions=[_partition(node, index, topic.partitions[index]) for index in indexes],
        topic_authorized_operations=TOPIC_OPERATIONS,
    )


def _partition(
    node: Broker, index: int, p: PartitionRegistration
) -> DescribeTopicPartitionsResponsePartition:
    error, leader, offline = leadership(node, p)
    return DescribeTopicPartitionsResponsePartition(
        error_code=error,
        partition_index=index,
        leader_id=leader,
        leader_epoch=p.leader_epoch,
        replica_nodes=list(p.replicas),
        isr_nodes=list(p.isr),
        eligible_leader_replicas=list(p.elr),
        last_known_elr=list(p.last_known_elr),
        offline_replicas=offline,
    )
