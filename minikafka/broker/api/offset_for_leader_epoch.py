"""OffsetForLeaderEpoch (key 23): where a leader epoch ended, so that a client or follower knows what it lost.

- 2+: the caller's leader epoch is checked (KIP-320). 3+: the replica that asks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from minikafka.protocol.api import ApiKey
from minikafka.protocol.dispatch import RequestContext, handles
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.messages.offset_for_leader_epoch import (
    EpochEndOffset,
    OffsetForLeaderEpochRequest,
    OffsetForLeaderEpochResponse,
    OffsetForLeaderPartition,
    OffsetForLeaderTopicResult,
)

if TYPE_CHECKING:
    from minikafka.broker.broker import Broker


@handles(ApiKey.OFFSET_FOR_LEADER_EPOCH, versions=(2, 4))
def offset_for_leader_epoch(
    node: Broker, request: OffsetForLeaderEpochRequest, context: RequestContext
) -> OffsetForLeaderEpochResponse:
    """The largest epoch not above the asked one, and the offset where it ended."""
    return OffsetForLeaderEpochResponse(
        throttle_time_ms=0,
        topics=[
            OffsetForLeaderTopicResult(
                topic=topic.topic, partitions=[_look_up(node, topic.topic, ask) for ask in topic.partitions]
            )
            for topic in request.topics
        ],
    )


def _look_up(node: Broker, topic: str, ask: OffsetForLeaderPartition) -> EpochEndOffset:
    error, epoch, end_offset = ErrorCode.NONE, -1, -1
    try:
        partition = node.replicas.partition(topic, ask.partition)
        partition.check_leader_epoch(ask.current_leader_epoch)
        partition.check_leader()
        epoch, end_offset = partition.log.epochs.end_offset_for(ask.leader_epoch)
    except ApiError as refused:
        error = refused.code
    return EpochEndOffset(
        error_code=error, partition=ask.partition, leader_epoch=epoch, end_offset=end_offset
    )
