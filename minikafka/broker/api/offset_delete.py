"""OffsetDelete (key 47): forget what a group committed for some partitions (KIP-496).

- Of the whole group: GROUP_ID_NOT_FOUND, NON_EMPTY_GROUP (of members that are no consumers).
- By partition: UNKNOWN_TOPIC_OR_PARTITION, GROUP_SUBSCRIBED_TO_TOPIC (a member reads the topic).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from minikafka.protocol.api import ApiKey
from minikafka.protocol.dispatch import RequestContext, handles
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.offset_delete import (
    OffsetDeleteRequest,
    OffsetDeleteRequestTopic,
    OffsetDeleteResponse,
    OffsetDeleteResponsePartition,
    OffsetDeleteResponseTopic,
)

if TYPE_CHECKING:
    from minikafka.broker.broker import Broker


@handles(ApiKey.OFFSET_DELETE, versions=(0, 0))
async def offset_delete(
    node: Broker, request: OffsetDeleteRequest, context: RequestContext
) -> OffsetDeleteResponse:
    """Answered when the tombstones are committed."""
    existing: list[OffsetDeleteRequestTopic] = []
    answers: dict[str, list[OffsetDeleteResponsePartition]] = {}
    for topic in request.topics:
        found = node.image.topic(topic.name)
        indexes = {} if found is None else found.partitions
        known = [asked for asked in topic.partitions if asked.partition_index in indexes]
        if known:
            existing.append(OffsetDeleteRequestTopic(name=topic.name, partitions=known))
        answers.setdefault(topic.name, []).extend(
            OffsetDeleteResponsePartition(
                partition_index=asked.partition_index, error_code=ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
            )
            for asked in topic.partitions
            if asked.partition_index not in indexes
        )
    # The group's error is told also where nothing of it could be deleted.
    response = await node.group_coordinator.delete_offsets(
        OffsetDeleteRequest(group_id=request.group_id, topics=existing)
    )
    if response.error_code != ErrorCode.NONE:
        return response
    for decided in response.topics:
        answers[decided.name] += decided.partitions
    return OffsetDeleteResponse(
        topics=[OffsetDeleteResponseTopic(name=name, partitions=p) for name, p in answers.items() if p]
    )
