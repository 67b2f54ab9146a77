"""ListPartitionReassignments (key 46): partitions on their way to other brokers (KIP-455).

Kafka asks its controller; the same is in the metadata that every broker has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from minikafka.metadata.image import TopicImage
from minikafka.protocol.api import ApiKey
from minikafka.protocol.dispatch import RequestContext, handles
from minikafka.protocol.messages.list_partition_reassignments import (
    ListPartitionReassignmentsRequest,
    ListPartitionReassignmentsResponse,
    OngoingPartitionReassignment,
    OngoingTopicReassignment,
)

if TYPE_CHECKING:
    from minikafka.broker.broker import Broker


@handles(ApiKey.LIST_PARTITION_REASSIGNMENTS, versions=(0, 0))
def list_partition_reassignments(
    node: Broker, request: ListPartitionReassignmentsRequest, context: RequestContext
) -> ListPartitionReassignmentsResponse:
    """All, or the asked ones; what does not exist is not moving."""
    wanted: dict[str, list[int] | None] = {}
    if request.topics is None:
        wanted.update(dict.fromkeys(sorted(node.image.topics)))
    else:
        wanted.update((topic.name, topic.partition_indexes) for topic in request.topics)
    topics = []
    for name, indexes in wanted.items():
        topic = node.image.topic(name)
        moving = [] if topic is None else _moving(topic, indexes)
        if moving:
            topics.append(OngoingTopicReassignment(name=name, partitions=moving))
    return ListPartitionReassignmentsResponse(topics=topics)


def _moving(topic: TopicImage, indexes: list[int] | None) -> list[OngoingPartitionReassignment]:
    return [
        OngoingPartitionReassignment(
            partition_index=index,
            replicas=list(partition.replicas),
            adding_replicas=list(partition.adding_replicas),
            removing_replicas=list(partition.removing_replicas),
        )
        for index, partition in sorted(topic.partitions.items())
        if (indexes is None or index in indexes)
        and (partition.adding_replicas or partition.removing_replicas)
    ]
