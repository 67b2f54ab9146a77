"""The positions that groups committed.

Rule: `apply` (called by replay) is the only code that changes a position; the decisions make records.
Kafka: OffsetMetadataManager, OffsetAndMetadata, OffsetExpirationConditionImpl.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from minikafka.coordinator.classic_group import CONSUMER_PROTOCOL_TYPE, ClassicGroup, GroupState
from minikafka.coordinator.records import OffsetCommitValue, OffsetRecord, offset_record
from minikafka.coordinator.settings import GroupSettings
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.messages.offset_commit import (
    OffsetCommitRequest,
    OffsetCommitResponse,
    OffsetCommitResponsePartition,
    OffsetCommitResponseTopic,
)
from minikafka.protocol.messages.offset_delete import (
    OffsetDeleteRequest,
    OffsetDeleteResponse,
    OffsetDeleteResponsePartition,
    OffsetDeleteResponseTopic,
)

NO_OFFSET = -1


@dataclass(frozen=True, slots=True)
class CommittedOffset:
    """Where a group is in a partition: `offset` is the next record it will read; -1 stands for "not known"."""

    offset: int
    leader_epoch: int
    metadata: str
    committed_at_ms: int
    expires_at_ms: int = -1


@dataclass(slots=True)
class Offsets:
    """Committed positions by group, topic and partition, in the order in which they were first committed."""

    by_group: dict[str, dict[tuple[str, int], CommittedOffset]] = field(default_factory=dict)

    def apply(self, record: OffsetRecord) -> None:
        """Take one record of the log over."""
        key, value = record.key, record.value
        if value is None:
            positions = self.by_group.get(key.group, {})
            positions.pop((key.topic, key.partition), None)
            if not positions:
                self.by_group.pop(key.group, None)
            return
        self.by_group.setdefault(key.group, {})[key.topic, key.partition] = CommittedOffset(
            value.offset, value.leader_epoch, value.metadata, value.commit_timestamp, value.expire_timestamp
        )

    def get(self, group_id: str, topic: str, partition: int) -> CommittedOffset | None:
        return self.by_group.get(group_id, {}).get((topic, partition))

    def of(self, group_id: str) -> dict[tuple[str, int], CommittedOffset]:
        return self.by_group.get(group_id, {})

    def tombstones(self, group_id: str) -> Iterator[OffsetRecord]:
        """What removes all positions of a group."""
        for topic, partition in self.of(group_id):
            yield offset_record(group_id, topic, partition, None)

    def expired(self, group: ClassicGroup, now_ms: int, retention_ms: int) -> list[OffsetRecord]:
        """Tombstones for the positions nobody needs any more (KIP-211, KIP-496)."""
        if group.protocol_type is not None and group.state is not GroupState.EMPTY:
            is_readable = group.protocol_type == CONSUMER_PROTOCOL_TYPE and group.state is GroupState.STABLE
            if not is_readable:
                return []
        # A group that once had members keeps its positions for the retention after the last one left.
        counts_from_empty = group.protocol_type is not None and group.state is GroupState.EMPTY
        out = []
        for (topic, partition), position in self.of(group.group_id).items():
            if group.is_subscribed_to(topic):
                continue
            since_ms = position.committed_at_ms
            if counts_from_empty and group.state_since_ms != -1:
                since_ms = group.state_since_ms
            if position.expires_at_ms != -1:
                is_expired = now_ms >= position.expires_at_ms
            else:
                is_expired = now_ms - since_ms >= retention_ms
            if is_expired:
                out.append(offset_record(group.group_id, topic, partition, None))
        return out


def validate_commit(group: ClassicGroup, request: OffsetCommitRequest) -> None:
    """May this client commit for the group? Raises ApiError. Without generation and member id it is a simple
    consumer, or an admin, and may only while the group has no members."""
    generation, member_id = request.generation_id_or_member_epoch, request.member_id
    if group.state is GroupState.DEAD:
        raise ApiError(ErrorCode.COORDINATOR_NOT_AVAILABLE)
    if generation < 0 and group.state is GroupState.EMPTY:
        return
    if generation >= 0 or member_id or request.group_instance_id is not None:
        group.validate_member(member_id, request.group_instance_id)
        if generation != group.generation:
            raise ApiError(ErrorCode.ILLEGAL_GENERATION)
    elif group.state is not GroupState.EMPTY:
        raise ApiError(ErrorCode.UNKNOWN_MEMBER_ID)
    if group.state is GroupState.COMPLETING_REBALANCE:
        raise ApiError(ErrorCode.REBALANCE_IN_PROGRESS)


def decide_commit(
    request: OffsetCommitRequest, settings: GroupSettings, now_ms: int
) -> tuple[list[OffsetRecord], OffsetCommitResponse]:
    """Records for what can be committed, and a response that says so for each partition."""
    expires_at_ms = -1 if request.retention_time_ms < 0 else now_ms + request.retention_time_ms
    records: list[OffsetRecord] = []
    topics = []
    for topic in request.topics:
        answers = []
        for asked in topic.partitions:
            metadata = asked.committed_metadata or ""
            code = ErrorCode.NONE
            if len(metadata) > settings.offset_metadata_max_bytes:
                code = ErrorCode.OFFSET_METADATA_TOO_LARGE
            else:
                value = OffsetCommitValue(
                    offset=asked.committed_offset,
                    leader_epoch=asked.committed_leader_epoch,
                    metadata=metadata,
                    commit_timestamp=now_ms,
                    expire_timestamp=expires_at_ms,
                )
                records.append(offset_record(request.group_id, topic.name, asked.partition_index, value))
            answers.append(
                OffsetCommitResponsePartition(partition_index=asked.partition_index, error_code=code)
            )
        topics.append(OffsetCommitResponseTopic(name=topic.name, partitions=answers))
    return records, OffsetCommitResponse(topics=topics)


def validate_delete(group: ClassicGroup) -> None:
    """May positions of the group be deleted? Raises ApiError. Only of consumers is it known what they read."""
    if group.state is GroupState.DEAD:
        raise ApiError(ErrorCode.GROUP_ID_NOT_FOUND)
    if group.state is not GroupState.EMPTY and group.protocol_type != CONSUMER_PROTOCOL_TYPE:
        raise ApiError(ErrorCode.NON_EMPTY_GROUP)


def decide_delete(
    request: OffsetDeleteRequest, group: ClassicGroup, offsets: Offsets
) -> tuple[list[OffsetRecord], OffsetDeleteResponse]:
    """Tombstones for the positions of topics that no member reads, and a response that says so for each partition.
    A position that was never there is deleted just as well."""
    records: list[OffsetRecord] = []
    topics = []
    for topic in request.topics:
        is_read = group.is_subscribed_to(topic.name)
        indexes = [asked.partition_index for asked in topic.partitions]
        if not is_read:
            records += [
                offset_record(group.group_id, topic.name, index, None)
                for index in indexes
                if offsets.get(group.group_id, topic.name, index) is not None
            ]
        code = ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC if is_read else ErrorCode.NONE
        answers = [OffsetDeleteResponsePartition(partition_index=index, error_code=code) for index in indexes]
        topics.append(OffsetDeleteResponseTopic(name=topic.name, partitions=answers))
    return records, OffsetDeleteResponse(topics=topics)
