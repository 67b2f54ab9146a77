"""OffsetCommit (key 8): a consumer says how far it has read.

- 2–4: a retention of its own. 6+: the leader epoch of the last record read (KIP-320). 7+: static members.
- 9+: an unknown group is GROUP_ID_NOT_FOUND. 10+: topics by id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from minikafka.protocol.api import ApiKey
from minikafka.protocol.dispatch import RequestContext, handles
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.offset_commit import (
    OffsetCommitRequest,
    OffsetCommitRequestTopic,
    OffsetCommitResponse,
    OffsetCommitResponsePartition,
    OffsetCommitResponseTopic,
)

if TYPE_CHECKING:
    from minikafka.broker.broker import Broker

FIRST_VERSION_WITH_TOPIC_IDS = 10


@handles(ApiKey.OFFSET_COMMIT, versions=(2, 10))
async def offset_commit(
    node: Broker, request: OffsetCommitRequest, context: RequestContext
) -> OffsetCommitResponse:
    """Commit what exists; partitions that don't have their own error."""
    known: list[OffsetCommitRequestTopic] = []
    unknown: list[OffsetCommitResponseTopic] = []
    for topic in request.topics:
        _sort_out(node, topic, context.api_version, known, unknown)
    if not known:
        return OffsetCommitResponse(topics=_merged(unknown, []))
    existing = OffsetCommitRequest(
        group_id=request.group_id,
        generation_id_or_member_epoch=request.generation_id_or_member_epoch,
        member_id=request.member_id,
        group_instance_id=request.group_instance_id,
        retention_time_ms=request.retention_time_ms,
        topics=known,
    )
    response = await node.group_coordinator.commit_offsets(existing, context)
    for committed, asked in zip(response.topics, known, strict=True):
        committed.topic_id = asked.topic_id
    return OffsetCommitResponse(topics=_merged(unknown, response.topics))


def _sort_out(
    node: Broker,
    topic: OffsetCommitRequestTopic,
    api_version: int,
    known: list[OffsetCommitRequestTopic],
    unknown: list[OffsetCommitResponseTopic],
) -> None:
    """Split a topic's partitions into those that exist and those that don't."""
    by_id = api_version >= FIRST_VERSION_WITH_TOPIC_IDS
    found = node.image.topic_by_id(topic.topic_id) if by_id else node.image.topic(topic.name)
    missing = ErrorCode.UNKNOWN_TOPIC_ID if by_id and found is None else ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    name = topic.name if found is None else found.name
    indexes = {} if found is None else found.partitions
    existing = [asked for asked in topic.partitions if asked.partition_index in indexes]
    if existing:
        known.append(OffsetCommitRequestTopic(name=name, topic_id=topic.topic_id, partitions=existing))
    refused = [
        OffsetCommitResponsePartition(partition_index=asked.partition_index, error_code=missing)
        for asked in topic.partitions
        if asked.partition_index not in indexes
    ]
    if refused or found is None:
        unknown.append(OffsetCommitResponseTopic(name=name, topic_id=topic.topic_id, partitions=refused))


def _merged(
    first: list[OffsetCommitResponseTopic], second: list[OffsetCommitResponseTopic]
) -> list[OffsetCommitResponseTopic]:
    """One entry per topic."""
    merged: dict[tuple[str, bytes], OffsetCommitResponseTopic] = {}
    for topic in [*first, *second]:
        seen = merged.setdefault((topic.name, topic.topic_id.bytes), topic)
        if seen is not topic:
            seen.partitions.extend(topic.partitions)
    return list(merged.values())
