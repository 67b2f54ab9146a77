"""DescribeLogDirs (key 35): the log directories of a broker and what each replica takes in them (KIP-113).

4+: the bytes of the volume (KIP-827).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from minikafka.protocol.api import ApiKey
from minikafka.protocol.dispatch import RequestContext, handles
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.describe_log_dirs import (
    DescribeLogDirsPartition,
    DescribeLogDirsRequest,
    DescribeLogDirsResponse,
    DescribeLogDirsResult,
    DescribeLogDirsTopic,
)
from minikafka.replication.log_directory import LogDirectory

if TYPE_CHECKING:
    from minikafka.broker.broker import Broker

UNKNOWN = -1


@handles(ApiKey.DESCRIBE_LOG_DIRS, versions=(1, 5))
def describe_log_dirs(
    node: Broker, request: DescribeLogDirsRequest, context: RequestContext
) -> DescribeLogDirsResponse:
    """Directory by directory, every replica or the asked ones; of one that is offline nothing but that."""
    asked = None if request.topics is None else {(t.topic, p) for t in request.topics for p in t.partitions}
    return DescribeLogDirsResponse(
        throttle_time_ms=0,
        error_code=ErrorCode.NONE,
        results=[_result(node, directory, asked) for directory in node.directories],
    )


def _result(
    node: Broker, directory: LogDirectory, asked: Collection[tuple[str, int]] | None
) -> DescribeLogDirsResult:
    seen = directory.snapshot()
    topics: dict[str, list[DescribeLogDirsPartition]] = {}
    for key, partition in sorted(directory.partitions.items()):
        if asked is not None and key not in asked:
            continue
        topics.setdefault(partition.topic, []).append(
            DescribeLogDirsPartition(
                partition_index=partition.index,
                partition_size=sum(segment.size_bytes for segment in partition.log.segments),
                offset_lag=max(0, partition.high_watermark - partition.log.log_end_offset),
                is_future_key=False,
            )
        )
    for key, move in node.replicas.directory_moves.within(directory).items():
        replica = node.replicas.get(*key)
        if (asked is None or key in asked) and replica is not None:
            topics.setdefault(key[0], []).append(
                DescribeLogDirsPartition(
                    partition_index=key[1],
                    partition_size=move.log.size_bytes,
                    offset_lag=max(0, replica.log.log_end_offset - move.log.log_end_offset),
                    is_future_key=True,
                )
            )
    return DescribeLogDirsResult(
        error_code=ErrorCode.NONE if seen.problem is None else ErrorCode.KAFKA_STORAGE_ERROR,
        log_dir=seen.location,
        topics=[DescribeLogDirsTopic(name=name, partitions=items) for name, items in topics.items()],
        total_bytes=UNKNOWN if seen.total_bytes is None else seen.total_bytes,
        usable_bytes=UNKNOWN if seen.usable_bytes is None else seen.usable_bytes,
    )
