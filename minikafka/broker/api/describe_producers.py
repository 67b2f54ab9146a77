"""DescribeProducers (key 61): the idempotent producers that a replica remembers (KIP-664).

Any replica answers, for itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from minikafka.metadata.topic_names import why_invalid
from minikafka.protocol.api import ApiKey
from minikafka.protocol.dispatch import RequestContext, handles
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.messages.describe_producers import (
    DescribeProducersRequest,
    DescribeProducersResponse,
    PartitionResponse,
    ProducerState,
    TopicResponse,
)

if TYPE_CHECKING:
    from minikafka.broker.broker import Broker


@handles(ApiKey.DESCRIBE_PRODUCERS, versions=(0, 0))
def describe_producers(
    node: Broker, request: DescribeProducersRequest, context: RequestContext
) -> DescribeProducersResponse:
    """Partition by partition; a refusal is one partition's."""
    return DescribeProducersResponse(
        topics=[
            TopicResponse(name=t.name, partitions=[_describe(node, t.name, p) for p in t.partition_indexes])
            for t in request.topics
        ]
    )


def _describe(node: Broker, topic: str, index: int) -> PartitionResponse:
    try:
        reason = why_invalid(topic)
        if reason is not None:
            raise ApiError(ErrorCode.INVALID_TOPIC_EXCEPTION, reason)
        if node.image.topic(topic) is None:
            unknown = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
            raise ApiError(unknown, unknown.message)
        producers = node.replicas.partition(topic, index).log.producers
    except ApiError as error:
        return PartitionResponse(
            partition_index=index, error_code=error.code, error_message=error.message, active_producers=[]
        )
    states = [
        ProducerState(
            producer_id=producer.producer_id,
            producer_epoch=producer.epoch,
            last_sequence=producer.last_sequence,
            last_timestamp=producer.last_timestamp_ms,
            coordinator_epoch=producer.coordinator_epoch,
            current_txn_start_offset=(
                -1 if producer.transaction_first_offset is None else producer.transaction_first_offset
            ),
        )
        for producer in sorted(producers, key=lambda producer: producer.producer_id)
    ]
    return PartitionResponse(partition_index=index, active_producers=states)
