"""What clients ask about groups without changing them, and the picture that x-ray draws.

Rule: reads see only what is committed, and never wait. Kafka: OffsetMetadataManager.fetchOffsets,
GroupMetadataManager.listGroups and describeGroups.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from minikafka.coordinator.classic_group import ClassicGroup, GroupState, Member
from minikafka.coordinator.decision import TimerKey
from minikafka.coordinator.group_shard import GroupShard
from minikafka.coordinator.offsets import NO_OFFSET
from minikafka.coordinator.rebalance import heartbeat_key
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.describe_groups import DescribedGroup, DescribedGroupMember
from minikafka.protocol.messages.list_groups import ListedGroup
from minikafka.protocol.messages.offset_fetch import (
    OffsetFetchRequestGroup,
    OffsetFetchResponseGroup,
    OffsetFetchResponsePartitions,
    OffsetFetchResponseTopics,
)

FIRST_DESCRIBE_VERSION_WITH_NOT_FOUND = 6


@dataclass(frozen=True, slots=True)
class MemberSnapshot:
    """A member as it is now; `metadata` and `assignment` are the consumer protocol's bytes."""

    id: str
    instance_id: str | None
    client_id: str
    client_host: str
    metadata: bytes
    assignment: bytes
    session_timeout_ms: int
    heard_at: float | None
    """On the loop's clock, in seconds; None: nobody waits for it."""


@dataclass(frozen=True, slots=True)
class OffsetSnapshot:
    """How far a group is in a partition."""

    topic: str
    partition: int
    offset: int
    leader_epoch: int
    metadata: str
    committed_at_ms: int


@dataclass(frozen=True, slots=True)
class GroupSnapshot:
    """A group as it is now."""

    id: str
    partition: int
    state: str
    protocol_type: str
    protocol: str
    generation: int
    leader: str | None
    members: tuple[MemberSnapshot, ...]
    offsets: tuple[OffsetSnapshot, ...]


def fetch_offsets(shard: GroupShard, asked: OffsetFetchRequestGroup) -> OffsetFetchResponseGroup:
    """Committed positions; -1 where there is none. `topics` None asks for all of them."""
    group = shard.groups.get(asked.group_id)
    is_known = group is not None and group.state is not GroupState.DEAD
    wanted: dict[str, list[int]] = {}
    if asked.topics is None:
        for topic, partition in sorted(shard.offsets.of(asked.group_id)) if is_known else ():
            wanted.setdefault(topic, []).append(partition)
        pairs = list(wanted.items())
    else:
        pairs = [(topic.name, topic.partition_indexes) for topic in asked.topics]
    topics = []
    for name, indexes in pairs:
        found = [_position(shard, asked.group_id, name, index, is_known) for index in indexes]
        topics.append(OffsetFetchResponseTopics(name=name, partitions=found))
    return OffsetFetchResponseGroup(group_id=asked.group_id, topics=topics, error_code=ErrorCode.NONE)


def _position(
    shard: GroupShard, group_id: str, topic: str, partition: int, is_known: bool
) -> OffsetFetchResponsePartitions:
    position = shard.offsets.get(group_id, topic, partition) if is_known else None
    return OffsetFetchResponsePartitions(
        partition_index=partition,
        committed_offset=NO_OFFSET if position is None else position.offset,
        committed_leader_epoch=-1 if position is None else position.leader_epoch,
        metadata="" if position is None else position.metadata,
        error_code=ErrorCode.NONE,
    )


def list_groups(shard: GroupShard, states: Sequence[str], types: Sequence[str]) -> list[ListedGroup]:
    """Groups in these states and of these types, in any letter case; an empty filter lets all pass."""
    wanted_states = {state.lower().strip() for state in states}
    if types and "classic" not in {name.lower().strip() for name in types}:
        return []
    return [
        ListedGroup(
            group_id=group.group_id,
            protocol_type=group.protocol_type or "",
            group_state=str(group.state),
            group_type="classic",
        )
        for group in shard.groups.values()
        if not wanted_states or group.state.lower() in wanted_states
    ]


def describe_group(shard: GroupShard, group_id: str, api_version: int) -> DescribedGroup:
    """A group with its members; one that does not exist is Dead, and since v6 an error too (KIP-1043)."""
    group = shard.groups.get(group_id)
    if group is None:
        has_error = api_version >= FIRST_DESCRIBE_VERSION_WITH_NOT_FOUND
        described = describe_error(group_id, ErrorCode.GROUP_ID_NOT_FOUND if has_error else ErrorCode.NONE)
        described.group_state = str(GroupState.DEAD)
        if has_error:
            described.error_message = f"Group {group_id} not found."
        return described
    is_stable = group.state is GroupState.STABLE
    return DescribedGroup(
        error_code=ErrorCode.NONE,
        group_id=group_id,
        group_state=str(group.state),
        protocol_type=group.protocol_type or "",
        protocol_data=(group.protocol or "") if is_stable else "",
        members=[
            DescribedGroupMember(
                member_id=member.member_id,
                group_instance_id=member.instance_id,
                client_id=member.client_id,
                client_host=member.client_host,
                member_metadata=member.metadata(group.protocol or "") if is_stable else b"",
                member_assignment=member.assignment,
            )
            for member in group.members.values()
        ],
    )


def describe_error(group_id: str, code: ErrorCode) -> DescribedGroup:
    return DescribedGroup(
        error_code=code, group_id=group_id, group_state="", protocol_type="", protocol_data="", members=[]
    )


def snapshot_group(
    shard: GroupShard, group: ClassicGroup, partition: int, due_at: Callable[[TimerKey], float | None]
) -> GroupSnapshot:
    """An immutable copy. `due_at`: when a timer of the coordinator ends."""

    def heard_at(member: Member) -> float | None:
        due = due_at(heartbeat_key(group, member.member_id))
        return None if due is None else due - member.session_timeout_ms / 1000

    has_protocol = group.state in (GroupState.STABLE, GroupState.COMPLETING_REBALANCE)
    return GroupSnapshot(
        id=group.group_id,
        partition=partition,
        state=str(group.state),
        protocol_type=group.protocol_type or "",
        protocol=group.protocol or "",
        generation=group.generation,
        leader=group.leader,
        members=tuple(
            MemberSnapshot(
                member.member_id,
                member.instance_id,
                member.client_id,
                member.client_host,
                member.metadata(group.protocol) if has_protocol and group.protocol is not None else b"",
                member.assignment,
                member.session_timeout_ms,
                heard_at(member),
            )
            for member in group.members.values()
        ),
        offsets=tuple(
            OffsetSnapshot(
                topic,
                index,
                position.offset,
                position.leader_epoch,
                position.metadata,
                position.committed_at_ms,
            )
            for (topic, index), position in sorted(shard.offsets.of(group.group_id).items())
        ),
    )
