"""JoinGroup: who may join, with which id, and what the join does to the group.

Rule: the first branch that fits answers; each is one row of Kafka's rules. Kafka:
GroupMetadataManager.classicGroupJoinToClassicGroup and below; KIP-394 (ids before membership), KIP-345 (static
members), KIP-814 (a returning static leader skips the assignment).
"""

from __future__ import annotations

import random
import uuid

from minikafka.coordinator.classic_group import ClassicGroup, GroupState, Member, Protocols
from minikafka.coordinator.decision import (
    Caller,
    Effects,
)
from minikafka.coordinator.losses import (
    ReplacementLost,
)
from minikafka.coordinator.rebalance import (
    answer_join,
    answer_sync,
    heartbeat_key,
    join_error,
    joined,
    maybe_complete_join,
    park_join,
    prepare_rebalance,
    rebalance_or_complete,
    sync_error,
)
from minikafka.coordinator.records import group_record
from minikafka.coordinator.settings import GroupSettings
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.messages.join_group import JoinGroupRequest, JoinGroupResponse

FIRST_VERSION_WITH_MEMBER_ID_REQUIRED = 4
FIRST_VERSION_WITH_SKIPPED_ASSIGNMENT = 9


class Joining:
    """One JoinGroup request against one group. `decide` returns the response, or None when it is parked."""

    __slots__ = ("caller", "effects", "group", "protocols", "random", "request", "settings")

    def __init__(
        self,
        group: ClassicGroup,
        request: JoinGroupRequest,
        caller: Caller,
        settings: GroupSettings,
        effects: Effects,
        random: random.Random,
    ) -> None:
        self.group = group
        self.request = request
        self.caller = caller
        self.settings = settings
        self.effects = effects
        self.random = random
        # A name given twice counts once, or no protocol would seem to be spoken by all.
        first = {p.name: bytes(p.metadata) for p in reversed(request.protocols)}
        self.protocols: Protocols = tuple(
            (p, first[p]) for p in dict.fromkeys(p.name for p in request.protocols)
        )

    def decide(self) -> JoinGroupResponse | None:
        group, request = self.group, self.request
        member_id = request.member_id
        if not self._has_room():
            member = group.members.get(member_id)
            if member is not None:
                answer_sync(member, self.effects, sync_error(ErrorCode.UNKNOWN_MEMBER_ID))
            group.remove(member_id, self.effects, "the group is full")
            return join_error(ErrorCode.GROUP_MAX_SIZE_REACHED)
        if group.state is GroupState.DEAD:
            return join_error(ErrorCode.COORDINATOR_NOT_AVAILABLE, member_id)
        if not group.supports(request.protocol_type, [name for name, _ in self.protocols]):
            return join_error(ErrorCode.INCONSISTENT_GROUP_PROTOCOL, member_id)
        return self._join_known(member_id) if member_id else self._join_new()

    def _has_room(self) -> bool:
        """The limit counts those who rejoined during a rebalance, else the members; who is in stays in."""
        group, member = self.group, self.group.members.get(self.request.member_id)
        if group.state in (GroupState.EMPTY, GroupState.DEAD):
            return True
        if group.state is GroupState.PREPARING_REBALANCE:
            is_waiting = member is not None and member.awaiting_join is not None
            return is_waiting or group.awaiting_join_count < self.settings.max_size
        return member is not None or len(group.members) < self.settings.max_size

    # --- without a member id

    def _join_new(self) -> JoinGroupResponse | None:
        group, request = self.group, self.request
        name = request.group_instance_id or self.caller.client_id
        member_id = f"{name}-{uuid.UUID(int=self.random.getrandbits(128), version=4)}"
        if request.group_instance_id is not None:
            old_member_id = group.static_members.get(request.group_instance_id)
            if old_member_id is not None:
                return self._replace_static(old_member_id, member_id)
            return self._add(member_id)
        if self.caller.api_version >= FIRST_VERSION_WITH_MEMBER_ID_REQUIRED:
            group.pending_joins[member_id] = None
            self.effects.start_timer(heartbeat_key(group, member_id), request.session_timeout_ms)
            return join_error(ErrorCode.MEMBER_ID_REQUIRED, member_id)
        return self._add(member_id)

    def _add(self, member_id: str) -> JoinGroupResponse | None:
        group, request = self.group, self.request
        if not group.members:
            group.protocol_type = request.protocol_type
        if group.is_initial_rebalance:
            group.new_member_added = True
        member = Member(
            member_id,
            request.group_instance_id,
            self.caller.client_id,
            self.caller.client_host,
            self._rebalance_timeout_ms,
            request.session_timeout_ms,
            self.protocols,
            is_new=True,
            awaiting_join=self.caller.token,
        )
        group.add(member, self.effects)
        # It cannot heartbeat while its join is parked; a client that went away unnoticed is dropped in the end.
        self.effects.start_timer(heartbeat_key(group, member_id), self.settings.new_member_join_timeout_ms)
        return self._parked(f"member {member_id} joins")

    # --- with a member id

    def _join_known(self, member_id: str) -> JoinGroupResponse | None:
        group, request = self.group, self.request
        if member_id in group.pending_joins and request.group_instance_id is None:
            return self._add(member_id)
        try:
            group.validate_member(member_id, request.group_instance_id)
        except ApiError as error:
            return join_error(error.code, member_id)
        member = group.members[member_id]
        if group.state is GroupState.PREPARING_REBALANCE:
            return self._rejoin(member, f"member {member_id} rejoins")
        has_changed = member.protocols != self.protocols
        if group.state is GroupState.COMPLETING_REBALANCE:
            # Same metadata: its JoinGroup response was lost, so it is told again.
            if not has_changed:
                return joined(group, member_id)
        elif group.leader != member_id and not has_changed:
            response = joined(group, member_id)
            response.members = []
            return response
        # A leader rejoins to have partitions assigned again, say because a topic grew.
        what = "with new metadata" if has_changed else "as the leader"
        return self._rejoin(member, f"member {member_id} rejoins {what}")

    def _rejoin(self, member: Member, reason: str) -> JoinGroupResponse | None:
        self._update(member)
        park_join(member, self.caller.token, self.effects)
        return self._parked(reason)

    def _update(self, member: Member) -> None:
        member.protocols = self.protocols
        member.rebalance_timeout_ms = self._rebalance_timeout_ms
        member.session_timeout_ms = self.request.session_timeout_ms

    # --- a static member that came back

    def _replace_static(self, old_member_id: str, member_id: str) -> JoinGroupResponse | None:
        """The newcomer takes the place of whoever had this instance id, who is fenced at once."""
        group, effects = self.group, self.effects
        old_leader = group.leader
        old = group.members[old_member_id]
        answer_join(old, effects, join_error(ErrorCode.FENCED_INSTANCE_ID, old_member_id))
        answer_sync(old, effects, sync_error(ErrorCode.FENCED_INSTANCE_ID))
        effects.cancel_timer(heartbeat_key(group, old_member_id))
        member = group.rename(old_member_id, member_id)
        member.client_id, member.client_host = self.caller.client_id, self.caller.client_host
        effects.start_timer(heartbeat_key(group, member_id), self.request.session_timeout_ms)
        self._update(member)
        if group.state is GroupState.STABLE and group.protocol == group.select_protocol():
            return self._return_unnoticed(member, old_member_id, old_leader)
        member.awaiting_join = self.caller.token
        reason = f"static member {member.instance_id} came back"
        if group.state is GroupState.PREPARING_REBALANCE:
            maybe_complete_join(group, effects)
        else:
            prepare_rebalance(group, self.settings, effects, reason)
        return None

    def _return_unnoticed(
        self, member: Member, old_member_id: str, old_leader: str | None
    ) -> JoinGroupResponse:
        """Nothing has to move: write the new id, then answer with the current generation."""
        group = self.group
        assignments = {m.member_id: m.assignment for m in group.members.values()}
        self.effects.records.append(group_record(group.group_id, group.as_value(assignments)))
        self.effects.on_failure = ReplacementLost(group.group_id, member.member_id, old_member_id)
        if self.caller.api_version >= FIRST_VERSION_WITH_SKIPPED_ASSIGNMENT:
            return joined(group, member.member_id, skip_assignment=group.leader == member.member_id)
        # An older client would assign again if it saw that it leads, so it is shown the leader's former id.
        response = joined(group, member.member_id)
        response.leader, response.members = old_leader or "", []
        return response

    # ---

    def _parked(self, reason: str) -> JoinGroupResponse | None:
        """The request waits for the generation that this leads to."""
        why = f"{reason}: {self.request.reason}" if self.request.reason else reason
        rebalance_or_complete(self.group, self.settings, self.effects, why)
        return None

    @property
    def _rebalance_timeout_ms(self) -> int:
        """Version 0 had one timeout for both."""
        given_ms = self.request.rebalance_timeout_ms
        return self.request.session_timeout_ms if given_ms < 0 else given_ms
