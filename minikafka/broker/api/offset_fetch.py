"""OffsetFetch (key 9): how far has a group read?

- 2+: null topics mean all, and there is a top-level error. 7+: may insist on stable offsets (KIP-447).
- 8+: several groups at once (KIP-709). 9+: member id and epoch of the new protocol. 10+: topics by id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from minikafka.protocol.api import ApiKey
from minikafka.protocol.dispatch import RequestContext, handles
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.offset_fetch import (
    OffsetFetchRequest,
    OffsetFetchRequestGroup,
    OffsetFetchRequestTopics,
    OffsetFetchResponse,
    OffsetFetchResponseGroup,
    OffsetFetchResponsePartition,
    OffsetFetchResponsePartitions,
    OffsetFetchResponseTopic,
    OffsetFetchResponseTopics,
)

if TYPE_CHECKING:
    from minikafka.broker.broker import Broker

FIRST_BATCHED_VERSION = 8
FIRST_VERSION_WITH_TOPIC_IDS = 10


@handles(ApiKey.OFFSET_FETCH, versions=(1, 10))
async def offset_fetch(
    node: Broker, request: OffsetFetchRequest, context: RequestContext
) -> OffsetFetchResponse:
    """Each group has its own error."""
    if context.api_version < FIRST_BATCHED_VERSION:
        asked = _as_group(request)
        found = await node.group_coordinator.fetch_offsets(asked, require_stable=request.require_stable)
        return _alone(found, asked, context.api_version)
    groups = []
    for asked in request.groups:
        if context.api_version >= FIRST_VERSION_WITH_TOPIC_IDS:
            groups.append(await _fetch_by_id(node, asked, request.require_stable))
        else:
            fetched = await node.group_coordinator.fetch_offsets(asked, require_stable=request.require_stable)
            groups.append(fetched)
    return OffsetFetchResponse(groups=groups)


def _as_group(request: OffsetFetchRequest) -> OffsetFetchRequestGroup:
    topics = None
    if request.topics is not None:
        topics = [
            OffsetFetchRequestTopics(name=topic.name, partition_indexes=topic.partition_indexes)
            for topic in request.topics
        ]
    return OffsetFetchRequestGroup(group_id=request.group_id, topics=topics)


def _alone(
    found: OffsetFetchResponseGroup, asked: OffsetFetchRequestGroup, api_version: int
) -> OffsetFetchResponse:
    """The older form; v1 has no room for the group's error but in its partitions."""
    topics = found.topics
    if api_version < 2 and found.error_code:
        topics = [_refused(topic, found.error_code) for topic in asked.topics or []]
    return OffsetFetchResponse(
        error_code=found.error_code,
        topics=[
            OffsetFetchResponseTopic(
                name=topic.name,
                partitions=[
                    OffsetFetchResponsePartition(
                        partition_index=p.partition_index,
                        committed_offset=p.committed_offset,
                        committed_leader_epoch=p.committed_leader_epoch,
                        metadata=p.metadata,
                        error_code=p.error_code,
                    )
                    for p in topic.partitions
                ],
            )
            for topic in topics
        ],
    )


def _refused(topic: OffsetFetchRequestTopics, code: int) -> OffsetFetchResponseTopics:
    return OffsetFetchResponseTopics(
        name=topic.name,
        topic_id=topic.topic_id,
        partitions=[
            OffsetFetchResponsePartitions(
                partition_index=index, committed_offset=-1, metadata="", error_code=code
            )
            for index in topic.partition_indexes
        ],
    )


async def _fetch_by_id(
    node: Broker, asked: OffsetFetchRequestGroup, require_stable: bool
) -> OffsetFetchResponseGroup:
    """Ids to names and back. Of a topic that is gone, "all" leaves the positions out; asked for, it is unknown."""
    unknown = []
    named: list[OffsetFetchRequestTopics] | None = None
    if asked.topics is not None:
        named = []
        for topic in asked.topics:
            image = node.image.topic_by_id(topic.topic_id)
            if image is None:
                unknown.append(_refused(topic, ErrorCode.UNKNOWN_TOPIC_ID))
            else:
                indexes = topic.partition_indexes
                named.append(OffsetFetchRequestTopics(name=image.name, partition_indexes=indexes))
    by_name = OffsetFetchRequestGroup(group_id=asked.group_id, topics=named)
    found = await node.group_coordinator.fetch_offsets(by_name, require_stable=require_stable)
    if found.error_code:
        return found
    topics = []
    for answer in found.topics:
        image = node.image.topic(answer.name)
        if image is not None:
            answer.topic_id = image.id
            topics.append(answer)
    found.topics = [*topics, *unknown]
    return found
