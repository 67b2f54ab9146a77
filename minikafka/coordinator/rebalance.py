"""A rebalance: wait for the members to join, name a generation, wait for the leader's assignment.

Rule: every function takes the group and the effects of the step, changes only the group's soft state, and
leaves records, answers and timers in the effects. Kafka: GroupMetadataManager.prepareRebalance,
completeClassicGroupJoin, expireClassicGroupMemberHeartbeat, expirePendingSync.
"""

from __future__ import annotations

from minikafka.coordinator.classic_group import ClassicGroup, GroupEvent, GroupState, Member
from minikafka.coordinator.decision import (
    Effects,
    TimerKey,
)
from minikafka.coordinator.losses import (
    AssignmentLost,
    ReplacementLost,
)
from minikafka.coordinator.records import GroupMetadataValue, group_record
from minikafka.coordinator.settings import GroupSettings
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.join_group import JoinGroupResponse, JoinGroupResponseMember
from minikafka.protocol.messages.sync_group import SyncGroupResponse


def heartbeat_key(group: ClassicGroup, member_id: str) -> TimerKey:
    return ("heartbeat", group.group_id, member_id)


def join_key(group: ClassicGroup) -> TimerKey:
    return ("join", group.group_id)


def sync_key(group: ClassicGroup) -> TimerKey:
    return ("sync", group.group_id)


# --- answers


def join_error(code: ErrorCode, member_id: str = "") -> JoinGroupResponse:
    """A refusal; `member_id` is what the client shall use next."""
    return JoinGroupResponse(
        error_code=code,
        generation_id=-1,
        protocol_type=None,
        protocol_name="",
        leader="",
        member_id=member_id,
        members=[],
    )


def joined(group: ClassicGroup, member_id: str, *, skip_assignment: bool = False) -> JoinGroupResponse:
    """The current generation, as one member sees it: the leader sees all members."""
    members = []
    if group.leader == member_id:
        members = [
            JoinGroupResponseMember(
                member_id=member.member_id,
                group_instance_id=member.instance_id,
                metadata=member.metadata(group.protocol or ""),
            )
            for member in group.members.values()
        ]
    return JoinGroupResponse(
        error_code=ErrorCode.NONE,
        generation_id=group.generation,
        protocol_type=group.protocol_type,
        protocol_name=group.protocol,
        leader=group.leader or "",
        skip_assignment=skip_assignment,
        member_id=member_id,
        members=members,
    )


def synced(group: ClassicGroup, assignment: bytes) -> SyncGroupResponse:
    return SyncGroupResponse(
        error_code=ErrorCode.NONE,
        protocol_type=group.protocol_type,
        protocol_name=group.protocol,
        assignment=assignment,
    )


def sync_error(code: ErrorCode) -> SyncGroupResponse:
    return SyncGroupResponse(error_code=code, protocol_type=None, protocol_name=None, assignment=b"")


def answer_join(member: Member, effects: Effects, response: JoinGroupResponse) -> None:
    if member.awaiting_join is not None:
        effects.answer(member.awaiting_join, response)
        member.awaiting_join = None


def answer_sync(member: Member, effects: Effects, response: SyncGroupResponse) -> None:
    if member.awaiting_sync is not None:
        effects.answer(member.awaiting_sync, response)
        member.awaiting_sync = None


def park_join(member: Member, token: int, effects: Effects) -> None:
    """Keep the request until the generation is complete. An older request of the member must not wait forever."""
    answer_join(member, effects, join_error(ErrorCode.REBALANCE_IN_PROGRESS, member.member_id))
    member.awaiting_join = token


def park_sync(member: Member, token: int, effects: Effects) -> None:
    answer_sync(member, effects, sync_error(ErrorCode.REBALANCE_IN_PROGRESS))
    member.awaiting_sync = token


# --- joining


def rebalance_or_complete(
    group: ClassicGroup, settings: GroupSettings, effects: Effects, reason: str
) -> None:
    """After a member came, changed or left: begin a rebalance, or see whether the running one is complete."""
    if group.can(GroupEvent.REBALANCE_NEEDED):
        prepare_rebalance(group, settings, effects, reason)
    else:
        maybe_complete_join(group, effects)


def prepare_rebalance(group: ClassicGroup, settings: GroupSettings, effects: Effects, reason: str) -> None:
    """Ask all members to join again. A first rebalance waits a moment for more members to come."""
    if group.state is GroupState.COMPLETING_REBALANCE:
        reset_assignments(group, effects, ErrorCode.REBALANCE_IN_PROGRESS)
    group.pending_syncs.clear()
    effects.cancel_timer(sync_key(group))
    is_initial = group.state is GroupState.EMPTY
    group.move(GroupEvent.REBALANCE_NEEDED, effects, reason)
    if is_initial:
        delay_ms = settings.initial_rebalance_delay_ms
        group.new_member_added = False
        group.initial_delay_ms = delay_ms
        group.initial_remaining_ms = max(group.rebalance_timeout_ms - delay_ms, 0)
        effects.start_timer(join_key(group), delay_ms)
    elif group.has_all_members_joined:
        complete_join(group, effects)
    else:
        effects.start_timer(join_key(group), group.rebalance_timeout_ms)


def maybe_complete_join(group: ClassicGroup, effects: Effects) -> None:
    """Go on once everybody is there; a first rebalance always waits its delay out."""
    if group.state is not GroupState.PREPARING_REBALANCE or group.is_initial_rebalance:
        return
    if group.has_all_members_joined:
        complete_join(group, effects)


def on_join_timer(group: ClassicGroup, settings: GroupSettings, effects: Effects) -> None:
    """The wait for members is over, unless this first rebalance has seen newcomers and has time left."""
    if group.state is not GroupState.PREPARING_REBALANCE:
        return
    if group.is_initial_rebalance and group.new_member_added and group.initial_remaining_ms > 0:
        group.new_member_added = False
        remaining_ms = group.initial_remaining_ms
        group.initial_remaining_ms = max(remaining_ms - group.initial_delay_ms, 0)
        group.initial_delay_ms = min(settings.initial_rebalance_delay_ms, remaining_ms)
        effects.start_timer(join_key(group), group.initial_delay_ms)
        return
    complete_join(group, effects)


def complete_join(group: ClassicGroup, effects: Effects) -> None:
    """Name the next generation with those who joined; static members may be late, dynamic ones are out."""
    effects.cancel_timer(join_key(group))
    late = [m.member_id for m in group.members.values() if m.awaiting_join is None and not m.is_static]
    for member_id in late:
        group.remove(member_id, effects, "did not rejoin before the rebalance timeout")
        effects.cancel_timer(heartbeat_key(group, member_id))
    if group.members and not group.elect_joined_leader():
        # Only silent static members are left: their sessions decide.
        effects.start_timer(join_key(group), group.rebalance_timeout_ms)
        return
    group.generation += 1
    group.pending_syncs.clear()
    if not group.members:
        group.protocol = None
        group.move(GroupEvent.ALL_LEFT, effects, "the last member left")
        effects.records.append(group_record(group.group_id, group.as_value({})))
        return
    group.protocol = group.select_protocol()
    group.move(GroupEvent.MEMBERS_JOINED, effects, f"{len(group.members)} members joined")
    for member in group.members.values():
        answer_join(member, effects, joined(group, member.member_id))
        member.is_new = False
        group.pending_syncs[member.member_id] = None
        effects.start_timer(heartbeat_key(group, member.member_id), member.session_timeout_ms)
    effects.start_timer(sync_key(group), group.rebalance_timeout_ms)


# --- assigning


def write_assignment(group: ClassicGroup, assignments: dict[str, bytes], effects: Effects) -> None:
    """The leader has assigned: the generation becomes valid when its record is committed."""
    effects.records.append(group_record(group.group_id, group.as_value(assignments)))
    effects.on_failure = AssignmentLost(group.group_id, group.generation)


def on_committed(group: ClassicGroup, value: GroupMetadataValue, effects: Effects) -> None:
    """A generation is in the log. If the group still waits for exactly this one, it takes effect."""
    if group.state is not GroupState.COMPLETING_REBALANCE or value.generation != group.generation:
        return
    assigned = {saved.member_id: saved.assignment for saved in value.members}
    for member in group.members.values():
        member.assignment = assigned.get(member.member_id, b"")
    group.move(GroupEvent.ASSIGNED, effects, "the leader's assignment is committed")
    for member in group.members.values():
        if member.awaiting_sync is not None:
            answer_sync(member, effects, synced(group, member.assignment))
            effects.start_timer(heartbeat_key(group, member.member_id), member.session_timeout_ms)


def reset_assignments(group: ClassicGroup, effects: Effects, code: ErrorCode) -> None:
    """Nobody owns anything; who waits for an assignment is told why there is none."""
    for member in group.members.values():
        member.assignment = b""
        if member.awaiting_sync is not None:
            answer_sync(member, effects, sync_error(code))
            effects.start_timer(heartbeat_key(group, member.member_id), member.session_timeout_ms)


def received_sync(group: ClassicGroup, member_id: str, effects: Effects) -> None:
    group.pending_syncs.pop(member_id, None)
    if not group.pending_syncs:
        effects.cancel_timer(sync_key(group))


# --- leaving and failing


def remove_member(
    group: ClassicGroup, member: Member, settings: GroupSettings, effects: Effects, reason: str
) -> None:
    """A member failed: its parked join is refused, and the others share its work."""
    forget(group, member, effects, reason)
    if group.state in (GroupState.STABLE, GroupState.COMPLETING_REBALANCE):
        prepare_rebalance(group, settings, effects, reason)
    elif group.state is GroupState.PREPARING_REBALANCE and group.has_all_members_joined:
        complete_join(group, effects)


def forget(group: ClassicGroup, member: Member, effects: Effects, reason: str) -> None:
    """Drop a member and answer what it has parked, so that a client still alive joins again."""
    answer_join(member, effects, join_error(ErrorCode.UNKNOWN_MEMBER_ID))
    answer_sync(member, effects, sync_error(ErrorCode.UNKNOWN_MEMBER_ID))
    group.remove(member.member_id, effects, reason)
    effects.cancel_timer(heartbeat_key(group, member.member_id))


def on_heartbeat_timer(
    group: ClassicGroup, member_id: str, settings: GroupSettings, effects: Effects
) -> None:
    """The session of a member, or of one that was only promised an id, has run out."""
    if group.state is GroupState.DEAD:
        return
    if member_id in group.pending_joins:
        group.remove(member_id, effects, "did not come back with its member id")
        if group.state is GroupState.PREPARING_REBALANCE and group.has_all_members_joined:
            complete_join(group, effects)
        return
    member = group.members.get(member_id)
    if member is not None and not member.has_satisfied_heartbeat:
        remove_member(group, member, settings, effects, "the session timed out")


def on_sync_timer(group: ClassicGroup, settings: GroupSettings, effects: Effects) -> None:
    """Members that joined but never asked for their assignment are out."""
    if group.state not in (GroupState.COMPLETING_REBALANCE, GroupState.STABLE) or not group.pending_syncs:
        return
    for member_id in list(group.pending_syncs):
        forget(group, group.members[member_id], effects, "did not sync before the rebalance timeout")
    prepare_rebalance(group, settings, effects, "members did not sync before the rebalance timeout")


# --- writes that failed


def on_assignment_lost(
    group: ClassicGroup, lost: AssignmentLost, code: ErrorCode, settings: GroupSettings, effects: Effects
) -> None:
    if group.state is GroupState.COMPLETING_REBALANCE and group.generation == lost.generation:
        reset_assignments(group, effects, code)
        prepare_rebalance(group, settings, effects, f"the assignment could not be written: {code.name}")


def on_replacement_lost(group: ClassicGroup, lost: ReplacementLost, effects: Effects) -> None:
    """The old id is in the log, so it is the valid one."""
    if group.state is GroupState.STABLE and lost.member_id in group.members:
        member = group.rename(lost.member_id, lost.old_member_id)
        effects.cancel_timer(heartbeat_key(group, lost.member_id))
        effects.start_timer(heartbeat_key(group, lost.old_member_id), member.session_timeout_ms)
