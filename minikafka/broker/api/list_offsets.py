"""ListOffsets (key 2): where a partition begins, ends, or reaches a point in time.

- Timestamps: -1 latest, -2 earliest, -3 the record with the largest timestamp (7+), -4 earliest local (8+),
  -5 last tiered (9+), -6 earliest pending upload (11+); others: first record at or after it.
- 4+: leader epochs (KIP-320).
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from minikafka.protocol.api import ApiKey
from minikafka.protocol.dispatch import RequestContext, handles
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.messages.list_offsets import (
    ListOffsetsPartition,
    ListOffsetsPartitionResponse,
    ListOffsetsRequest,
    ListOffsetsResponse,
    ListOffsetsTopicResponse,
)
from minikafka.replication.partition import Partition

if TYPE_CHECKING:
    from minikafka.broker.broker import Broker

LATEST, EARLIEST, MAX_TIMESTAMP, EARLIEST_LOCAL, LATEST_TIERED, EARLIEST_PENDING_UPLOAD = (
    -1,
    -2,
    -3,
    -4,
    -5,
    -6,
)
FIRST_VERSION = {MAX_TIMESTAMP: 7, EARLIEST_LOCAL: 8, LATEST_TIERED: 9, EARLIEST_PENDING_UPLOAD: 11}
FIRST_VERSION_WITH_EPOCH = 4
READ_UNCOMMITTED, READ_COMMITTED = ISOLATION_LEVELS = (0, 1)

Found = tuple[int, int, int]  # timestamp in ms, offset, leader epoch
NOTHING: Found = (-1, -1, -1)


@handles(ApiKey.LIST_OFFSETS, versions=(1, 11))
def list_offsets(node: Broker, request: ListOffsetsRequest, context: RequestContext) -> ListOffsetsResponse:
    """Look each partition up; every partition has its own error."""
    if request.isolation_level not in ISOLATION_LEVELS:
        raise ApiError(ErrorCode.UNKNOWN_SERVER_ERROR)
    times_asked = Counter(
        (topic.name, p.partition_index) for topic in request.topics for p in topic.partitions
    )
    topics: dict[str, list[ListOffsetsPartitionResponse]] = {}
    for topic in request.topics:
        # Whoever asks twice for a partition is told once that this can't be.
        asks = {ask.partition_index: ask for ask in topic.partitions}
        answers = []
        for index, ask in asks.items():
            try:
                if times_asked[topic.name, index] > 1:
                    raise ApiError(ErrorCode.INVALID_REQUEST)
                answers.append(
                    _answer(index, ErrorCode.NONE, _found(node, topic.name, ask, request, context))
                )
            except ApiError as error:
                answers.append(_answer(index, error.code, NOTHING))
            except OSError:
                answers.append(_answer(index, ErrorCode.KAFKA_STORAGE_ERROR, NOTHING))
        known = {answer.partition_index for answer in topics.get(topic.name, ())}
        if answers:  # a topic is told once, and not at all without partitions
            topics.setdefault(topic.name, []).extend(a for a in answers if a.partition_index not in known)
    return ListOffsetsResponse(
        throttle_time_ms=0,
        topics=[ListOffsetsTopicResponse(name=name, partitions=answers) for name, answers in topics.items()],
    )


def _found(
    node: Broker, topic: str, ask: ListOffsetsPartition, request: ListOffsetsRequest, context: RequestContext
) -> Found:
    if ask.timestamp < 0 and context.api_version < FIRST_VERSION.get(ask.timestamp, 0):
        raise ApiError(ErrorCode.UNSUPPORTED_VERSION)
    if ask.timestamp < EARLIEST_PENDING_UPLOAD:
        raise ApiError(ErrorCode.UNSUPPORTED_VERSION)
    timestamp_ms, offset, epoch = look_up(node.replicas.partition(topic, ask.partition_index), request, ask)
    return timestamp_ms, offset, epoch if context.api_version >= FIRST_VERSION_WITH_EPOCH else -1


def look_up(partition: Partition, request: ListOffsetsRequest, ask: ListOffsetsPartition) -> Found:
    """One partition's answer. Raises ApiError: NOT_LEADER_OR_FOLLOWER, FENCED_ and UNKNOWN_LEADER_EPOCH."""
    partition.check_leader_epoch(ask.current_leader_epoch)
    if request.replica_id != -2:  # -2 is the debugging consumer, which may ask any replica
        partition.check_leader()
    log = partition.log
    if request.replica_id >= 0:
        end = log.log_end_offset
    elif request.isolation_level == READ_COMMITTED:
        end = partition.last_stable_offset
    else:
        end = partition.high_watermark
    if ask.timestamp == LATEST:
        return -1, end, partition.leader_epoch
    if ask.timestamp in (EARLIEST, EARLIEST_LOCAL):
        return -1, log.log_start_offset, log.epochs.epoch_for_offset(log.log_start_offset)
    if ask.timestamp in (LATEST_TIERED, EARLIEST_PENDING_UPLOAD):
        return NOTHING  # there is no tiered storage
    found = (
        log.offset_of_max_timestamp()
        if ask.timestamp == MAX_TIMESTAMP
        else log.offset_for_timestamp(ask.timestamp)
    )
    if found is None or found[1] >= end:
        return NOTHING
    return found


def _answer(index: int, error: ErrorCode, found: Found) -> ListOffsetsPartitionResponse:
    return ListOffsetsPartitionResponse(
        partition_index=index, error_code=error, timestamp=found[0], offset=found[1], leader_epoch=found[2]
    )
