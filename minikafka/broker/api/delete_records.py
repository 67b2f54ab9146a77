"""DeleteRecords (key 21): move the start of a partition forward (KIP-107).

The answer comes when every living replica has moved too, so that no later leader shows the records again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from minikafka.metadata.topic_names import is_internal
from minikafka.protocol.api import ApiKey
from minikafka.protocol.dispatch import RequestContext, handles
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.later import Later
from minikafka.protocol.messages.delete_records import (
    DeleteRecordsPartitionResult,
    DeleteRecordsRequest,
    DeleteRecordsResponse,
    DeleteRecordsTopicResult,
)
from minikafka.replication.partition import Partition

if TYPE_CHECKING:
    from minikafka.broker.broker import Broker

HIGH_WATERMARK = -1


@handles(ApiKey.DELETE_RECORDS, versions=(0, 2))
def delete_records(
    node: Broker, request: DeleteRecordsRequest, context: RequestContext
) -> DeleteRecordsResponse | Later[DeleteRecordsResponse]:
    """Advance each log start to the asked offset (-1: the high watermark)."""
    waiting: list[tuple[Partition, int, DeleteRecordsPartitionResult]] = []
    topics = []
    # A partition is told once, as it was asked for last; a topic not at all without partitions.
    asked: dict[str, dict[int, int]] = {}
    for topic in request.topics:
        for ask in topic.partitions:
            asked.setdefault(topic.name, {})[ask.partition_index] = ask.offset
    for name, offsets in asked.items():
        results = []
        for index, offset in offsets.items():
            result = DeleteRecordsPartitionResult(
                partition_index=index, low_watermark=-1, error_code=ErrorCode.NONE
            )
            try:
                partition = node.replicas.partition(name, index)
                waiting.append((partition, _advance(partition, offset), result))
            except ApiError as error:
                result.error_code = error.code
            except OSError as problem:
                node.replicas.storage_failed(partition, problem)
                result.error_code = ErrorCode.KAFKA_STORAGE_ERROR
            results.append(result)
        topics.append(DeleteRecordsTopicResult(name=name, partitions=results))
    if waiting:
        node.replicas.write_log_starts()
    response = DeleteRecordsResponse(throttle_time_ms=0, topics=topics)
    return _wait(node, response, waiting, request.timeout_ms / 1000)


def _advance(partition: Partition, offset: int) -> int:
    if is_internal(partition.topic):
        raise ApiError(ErrorCode.INVALID_TOPIC_EXCEPTION)
    partition.check_leader()
    if "delete" not in partition.log.config.cleanup_policy:
        raise ApiError(ErrorCode.POLICY_VIOLATION)
    target = partition.high_watermark if offset == HIGH_WATERMARK else offset
    if target < 0 or target > partition.high_watermark:
        raise ApiError(ErrorCode.OFFSET_OUT_OF_RANGE)
    if target > partition.log.log_start_offset:
        partition.log.advance_log_start_offset(target)
        partition.changed(partition)
    return target


def _wait(
    node: Broker,
    response: DeleteRecordsResponse,
    waiting: list[tuple[Partition, int, DeleteRecordsPartitionResult]],
    timeout_s: float,
) -> DeleteRecordsResponse | Later[DeleteRecordsResponse]:
    left = list(waiting)

    def look(_: object) -> DeleteRecordsResponse | None:
        for item in list(left):
            partition, target, result = item
            if not partition.is_leader:
                result.error_code = ErrorCode.NOT_LEADER_OR_FOLLOWER
                left.remove(item)
                continue
            starts = [partition.log.log_start_offset]
            starts += [
                f.log_start_offset for r, f in partition.followers.items() if node.endpoint(r) is not None
            ]
            if min(starts) >= target:
                result.low_watermark = min(starts)
                left.remove(item)
        return None if left else response

    def on_deadline() -> DeleteRecordsResponse:
        for _, _, result in left:
            result.error_code = ErrorCode.REQUEST_TIMED_OUT
        return response

    keys = [(partition.topic, partition.index) for partition, _, _ in waiting]
    return node.replicas.produce_pending.wait(keys, look, on_deadline, timeout_s)
