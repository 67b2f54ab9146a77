"""A classic group: its members, its generation and the table of its states.

Rule: the state moves only along `TRANSITIONS`, by `ClassicGroup.move`. What the members' requests do to a
group is in `joining.py` and `rebalance.py`. Kafka: ClassicGroup, ClassicGroupMember, ClassicGroupState.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from minikafka.coordinator.decision import Effects
from minikafka.coordinator.events import GroupStateChanged, MemberJoined, MemberLeft
from minikafka.coordinator.records import GroupMetadataValue, MemberMetadata
from minikafka.coordinator.subscription import subscribed_topics
from minikafka.protocol.errors import ApiError, ErrorCode

CONSUMER_PROTOCOL_TYPE = "consumer"

Protocols = tuple[tuple[str, bytes], ...]
"""What a member can speak, best first: (protocol name, the member's metadata for it)."""


class GroupState(StrEnum):
    """Kafka's states, by the names DescribeGroups and ListGroups show."""

    EMPTY = "Empty"
    PREPARING_REBALANCE = "PreparingRebalance"
    COMPLETING_REBALANCE = "CompletingRebalance"
    STABLE = "Stable"
    DEAD = "Dead"


class GroupEvent(StrEnum):
    """What moves a group from state to state."""

    REBALANCE_NEEDED = "rebalance needed"
    MEMBERS_JOINED = "members joined"
    ALL_LEFT = "all left"
    ASSIGNED = "assigned"
    REMOVED = "removed"
    REMOVAL_FAILED = "removal failed"


TRANSITIONS: dict[GroupState, dict[GroupEvent, GroupState]] = {
    GroupState.EMPTY: {
        GroupEvent.REBALANCE_NEEDED: GroupState.PREPARING_REBALANCE,
        GroupEvent.REMOVED: GroupState.DEAD,
    },
    GroupState.PREPARING_REBALANCE: {
        GroupEvent.MEMBERS_JOINED: GroupState.COMPLETING_REBALANCE,
        GroupEvent.ALL_LEFT: GroupState.EMPTY,
        GroupEvent.REMOVED: GroupState.DEAD,
    },
    GroupState.COMPLETING_REBALANCE: {
        GroupEvent.ASSIGNED: GroupState.STABLE,
        GroupEvent.REBALANCE_NEEDED: GroupState.PREPARING_REBALANCE,
        GroupEvent.REMOVED: GroupState.DEAD,
    },
    GroupState.STABLE: {
        GroupEvent.REBALANCE_NEEDED: GroupState.PREPARING_REBALANCE,
        GroupEvent.REMOVED: GroupState.DEAD,
    },
    GroupState.DEAD: {GroupEvent.REMOVAL_FAILED: GroupState.EMPTY},
}


@dataclass(slots=True)
class Member:
    """One client in the group. `awaiting_join` and `awaiting_sync` are the tokens of its parked requests."""

    member_id: str
    instance_id: str | None
    client_id: str
    client_host: str
    rebalance_timeout_ms: int
    session_timeout_ms: int
    protocols: Protocols
    assignment: bytes = b""
    is_new: bool = False
    awaiting_join: int | None = None
    awaiting_sync: int | None = None

    @property
    def is_static(self) -> bool:
        return self.instance_id is not None

    @property
    def has_satisfied_heartbeat(self) -> bool:
        """A parked request counts as a sign of life, save a new member's, whose client may have gone unnoticed."""
        if self.is_new:
            return False
        return self.awaiting_join is not None or self.awaiting_sync is not None

    def metadata(self, protocol: str) -> bytes:
        return dict(self.protocols).get(protocol, b"")

    def vote(self, candidates: Sequence[str]) -> str:
        return next(name for name, _ in self.protocols if name in candidates)


@dataclass(slots=True)
class ClassicGroup:
    """A group as the coordinator holds it. Members keep the order in which they came."""

    group_id: str
    state: GroupState = GroupState.EMPTY
    """Changed by `move` only, along `TRANSITIONS`."""
    previous_state: GroupState = GroupState.DEAD
    state_since_ms: int = -1
    """When it came into this state; -1: not since it was loaded."""
    protocol_type: str | None = None
    """What kind of group it is ("consumer"); None while it never had a member."""
    protocol: str | None = None
    """The assignor of this generation: all members offered it, and most prefer it."""
    generation: int = 0
    """Counts up each time that all members have joined. Who names another one is refused."""
    leader: str | None = None
    """The member that computes the assignment; None in an empty group."""
    members: dict[str, Member] = field(default_factory=dict)
    static_members: dict[str, str] = field(default_factory=dict)
    """`group.instance.id` → member id; every value is a key of `members`."""
    pending_joins: dict[str, None] = field(default_factory=dict)
    """Ids given out with MEMBER_ID_REQUIRED that have not yet come back."""
    pending_syncs: dict[str, None] = field(default_factory=dict)
    """Members told of the generation that have not yet asked for their assignment."""
    new_member_added: bool = False
    """Has somebody joined since the first rebalance of an empty group last waited?"""
    initial_delay_ms: int = 0
    """How long that rebalance waits for more members at a time."""
    initial_remaining_ms: int = 0
    """How long it may still wait."""

    # --- states

    def can(self, event: GroupEvent) -> bool:
        return event in TRANSITIONS[self.state]

    def move(self, event: GroupEvent, effects: Effects, reason: str) -> None:
        """Follow the table; an event the state does not know is a bug here, not bad input."""
        assert self.can(event), f"group {self.group_id}: no {event} in {self.state}"
        self.previous_state, self.state = self.state, TRANSITIONS[self.state][event]
        self.state_since_ms = effects.now_ms
        effects.events.append(
            GroupStateChanged(
                self.group_id, str(self.previous_state), str(self.state), self.generation, reason
            )
        )

    @property
    def is_initial_rebalance(self) -> bool:
        return self.state is GroupState.PREPARING_REBALANCE and self.previous_state is GroupState.EMPTY

    # --- members

    def add(self, member: Member, effects: Effects | None = None) -> None:
        if member.instance_id is not None:
            assert member.instance_id not in self.static_members
            self.static_members[member.instance_id] = member.member_id
        self.members[member.member_id] = member
        self.leader = self.leader or member.member_id
        self.pending_joins.pop(member.member_id, None)
        if effects is not None:
            effects.events.append(
                MemberJoined(
                    self.group_id,
                    member.member_id,
                    member.client_id,
                    member.client_host,
                    member.instance_id or "",
                )
            )

    def remove(self, member_id: str, effects: Effects, reason: str) -> None:
        """Forget a member, pending or not; another takes over if it led."""
        self.pending_joins.pop(member_id, None)
        self.pending_syncs.pop(member_id, None)
        member = self.members.pop(member_id, None)
        if member is None:
            return
        if member.instance_id is not None:
            self.static_members.pop(member.instance_id, None)
        if self.leader == member_id:
            self.leader = next(iter(self.members), None)
        effects.events.append(MemberLeft(self.group_id, member_id, self.generation, reason))

    def rename(self, old_member_id: str, new_member_id: str) -> Member:
        """Give a static member a new id; it keeps its place and its assignment."""
        member = self.members[old_member_id]
        assert member.instance_id is not None
        member.member_id = new_member_id
        self.members = {m.member_id: m for m in self.members.values()}
        self.static_members[member.instance_id] = new_member_id
        if old_member_id in self.pending_syncs:
            del self.pending_syncs[old_member_id]
            self.pending_syncs[new_member_id] = None
        if self.leader == old_member_id:
            self.leader = new_member_id
        return member

    def validate_member(self, member_id: str, instance_id: str | None) -> None:
        """Raises UNKNOWN_MEMBER_ID, or FENCED_INSTANCE_ID if another client took over the static member."""
        if instance_id is not None:
            current = self.static_members.get(instance_id)
            if current is None:
                raise ApiError(ErrorCode.UNKNOWN_MEMBER_ID)
            if current != member_id:
                raise ApiError(ErrorCode.FENCED_INSTANCE_ID)
        if member_id not in self.members:
            raise ApiError(ErrorCode.UNKNOWN_MEMBER_ID)

    @property
    def awaiting_join_count(self) -> int:
        return sum(1 for member in self.members.values() if member.awaiting_join is not None)

    @property
    def has_all_members_joined(self) -> bool:
        return not self.pending_joins and self.awaiting_join_count == len(self.members)

    @property
    def rebalance_timeout_ms(self) -> int:
        """The slowest member sets the pace."""
        return max((member.rebalance_timeout_ms for member in self.members.values()), default=0)

    def elect_joined_leader(self) -> bool:
        """Keep the leader if it rejoined, else take the first member that did. False if nobody did."""
        if self.leader is None:
            return False
        if self.members[self.leader].awaiting_join is not None:
            return True
        joined = next((m.member_id for m in self.members.values() if m.awaiting_join is not None), None)
        self.leader = joined or self.leader
        return joined is not None

    # --- protocols

    def supports(self, protocol_type: str, names: Sequence[str]) -> bool:
        """Can a member that speaks these protocols be in the group?"""
        if self.state is GroupState.EMPTY:
            return bool(protocol_type) and bool(names)
        if self.protocol_type != protocol_type or not names:
            return False
        candidates = self.candidate_protocols()
        return not self.members or any(name in candidates for name in names)

    def candidate_protocols(self) -> list[str]:
        """What every member speaks."""
        counts: dict[str, int] = {}
        for member in self.members.values():
            for name, _ in member.protocols:
                counts[name] = counts.get(name, 0) + 1
        return [name for name, count in counts.items() if count == len(self.members)]

    def select_protocol(self) -> str:
        """Each member votes for the first of its protocols that all members speak; most votes win."""
        candidates = self.candidate_protocols()
        votes: dict[str, int] = {}
        for member in self.members.values():
            choice = member.vote(candidates)
            votes[choice] = votes.get(choice, 0) + 1
        return max(votes, key=lambda name: votes[name])

    def is_subscribed_to(self, topic: str) -> bool:
        """Does a member read the topic? A consumer group whose subscriptions are unreadable may read anything."""
        if self.protocol_type != CONSUMER_PROTOCOL_TYPE:
            return False
        if not self.members:
            return False
        if self.protocol is None:
            return True
        topics = [subscribed_topics(member.metadata(self.protocol)) for member in self.members.values()]
        return any(found is None or topic in found for found in topics)

    # --- what the log holds

    def as_value(self, assignments: dict[str, bytes]) -> GroupMetadataValue:
        """The generation as a record."""
        return GroupMetadataValue(
            protocol_type=self.protocol_type or "",
            generation=self.generation,
            protocol=self.protocol,
            leader=self.leader,
            current_state_timestamp=self.state_since_ms,
            members=[
                MemberMetadata(
                    member_id=member.member_id,
                    group_instance_id=member.instance_id,
                    client_id=member.client_id,
                    client_host=member.client_host,
                    rebalance_timeout=member.rebalance_timeout_ms,
                    session_timeout=member.session_timeout_ms,
                    subscription=member.metadata(self.protocol or ""),
                    assignment=assignments.get(member.member_id, b""),
                )
                for member in self.members.values()
            ],
        )

    @classmethod
    def from_value(cls, group_id: str, value: GroupMetadataValue) -> ClassicGroup:
        """The group after a restart: with members it is Stable, and they continue by heartbeat."""
        group = cls(
            group_id,
            state=GroupState.STABLE if value.members else GroupState.EMPTY,
            state_since_ms=value.current_state_timestamp,
            protocol_type=value.protocol_type or None,
            protocol=value.protocol,
            generation=value.generation,
            leader=value.leader if any(m.member_id == value.leader for m in value.members) else None,
        )
        for saved in value.members:
            timeout_ms = saved.session_timeout if saved.rebalance_timeout == -1 else saved.rebalance_timeout
            group.add(
                Member(
                    saved.member_id,
                    saved.group_instance_id,
                    saved.client_id,
                    saved.client_host,
                    timeout_ms,
                    saved.session_timeout,
                    ((value.protocol or "", saved.subscription),),
                    saved.assignment,
                )
            )
        return group
