"""DescribeLogDirs (key 35): how much each replica takes on disk (KIP-113; 4+ bytes of the volume, KIP-827)."""

from __future__ import annotations

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

if TYPE_CHECKING:
    from minikafka.broker.broker import Broker


@handles(ApiKey.DESCRIBE_LOG_DIRS, versions=(1, 5))
def describe_log_dirs(
    node: Broker, request: DescribeLogDirsRequest, context: RequestContext
) -> DescribeLogDirsResponse:
    """Every replica here, or the asked ones."""
    asked = None if request.topics is None else {(t.topic, p) for t in request.topics for p in t.partitions}
    topics: dict[str, list[DescribeLogDirsPartition]] = {}
    for partition in node.replicas:
        if asked is not None and (partition.topic, partition.index) not in asked:
            continue
        topics.setdefault(partition.topic, []).append(
            DescribeLogDirsPartition(
                partition_index=partition.index,
                partition_size=sum(s.size_bytes for s in partition.log.snapshot().segments),
                offset_lag=max(0, partition.high_watermark - partition.log.log_end_offset),
                is_future_key=False,
            )
        )
    result = DescribeLogDirsResult(
        error_code=ErrorCode.NONE,
        log_dir=node.world.disk.location,
        topics=[DescribeLogDirsTopic(name=name, partitions=items) for name, items in sorted(topics.items())],
    )
    return DescribeLogDirsResponse(throttle_time_ms=0, error_code=ErrorCode.NONE, results=[result])
