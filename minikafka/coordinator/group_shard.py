"""The groups of one partition of `__consumer_offsets`: the pure core of the coordinator.

Rule: decide, then replay. A method named after a request returns a `Decision`; what is persistent (the
generations and the positions) changes only in `replay`, which start-up, failover and every committed write go
through alike. What a rebalance keeps in memory (who has joined, who waits) changes when decided, as in Kafka,
and is lost with the coordinator. Kafka: GroupCoordinatorShard.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Callable, Collection, Sequence

from minikafka.coordinator import rebalance
from minikafka.coordinator.classic_group import (
    ClassicGroup,
    GroupEvent,
    GroupState,
)
from minikafka.coordinator.core import MetadataStep
from minikafka.coordinator.decision import (
    BrokerAnswer,
    Caller,
    Decision,
    Effects,
    TimerKey,
)
from minikafka.coordinator.events import OffsetsCommitted
from minikafka.coordinator.joining import Joining
from minikafka.coordinator.losses import (
    AssignmentLost,
    DeletionLost,
    OnFailure,
    ReplacementLost,
)
from minikafka.coordinator.offsets import (
    Offsets,
    decide_commit,
    decide_delete,
    validate_commit,
    validate_delete,
)
from minikafka.coordinator.records import (
    CoordinatorRecord,
    GroupMetadataValue,
    GroupRecord,
    decode_record,
    encode_record,
    group_record,
    offset_record,
)
from minikafka.coordinator.settings import GroupSettings
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.messages.delete_groups import DeletableGroupResult, DeleteGroupsResponse
from minikafka.protocol.messages.heartbeat import HeartbeatRequest, HeartbeatResponse
from minikafka.protocol.messages.join_group import JoinGroupRequest
from minikafka.protocol.messages.leave_group import (
    LeaveGroupRequest,
    LeaveGroupResponse,
    MemberIdentity,
    MemberResponse,
)
from minikafka.protocol.messages.offset_commit import OffsetCommitRequest
from minikafka.protocol.messages.offset_delete import OffsetDeleteRequest
from minikafka.protocol.messages.sync_group import SyncGroupRequest

EXPIRY_KEY: TimerKey = ("expiry",)


class GroupShard:
    """All groups of a partition. `persisted` is what the log says; `groups` what is true now."""

    def __init__(self, settings: GroupSettings, random: random.Random) -> None:
        self.settings = settings
        self.random = random
        self.persisted: dict[str, GroupMetadataValue] = {}
        """By group id: the newest committed record."""
        self.offsets = Offsets()
        """Committed offsets, of groups with and without members."""
        self.groups: dict[str, ClassicGroup] = {}
        """By group id: the group with its members, which no log keeps in full."""
        self._effects = Effects()
        """Answers, timers and events since the last `drain`."""
        self._commits: dict[str, list[tuple[str, int, int, str]]] = {}
        """By group id: offsets committed since the last `drain`."""
        self._is_loaded = False
        """Until then records only restore state, and nobody is told."""

    # --- the codec

    encode = staticmethod(encode_record)
    decode = staticmethod(decode_record)

    # --- replay

    def replay(self, record: CoordinatorRecord, now_ms: int = 0) -> None:
        """Take over one record of the log. What follows from it (answers, timers) is fetched with `drain`."""
        self._effects.now_ms = now_ms
        if isinstance(record, GroupRecord):
            self._replay_group(record.key.group, record.value)
            return
        self.offsets.apply(record)
        if self._is_loaded and record.value is not None:
            group_id, value = record.key.group, record.value
            self._group_or_new(group_id)
            place = (record.key.topic, record.key.partition, value.offset, value.metadata)
            self._commits.setdefault(group_id, []).append(place)

    def _replay_group(self, group_id: str, value: GroupMetadataValue | None) -> None:
        if value is not None:
            self.persisted[group_id] = value
            if group_id in self.groups:
                rebalance.on_committed(self.groups[group_id], value, self._effects)
            return
        self.persisted.pop(group_id, None)
        group = self.groups.get(group_id)
        if group is not None and not group.members and not group.pending_joins:
            del self.groups[group_id]

    def drain(self) -> Decision:
        """What the replayed records led to."""
        for group_id, places in self._commits.items():
            self._effects.events.append(OffsetsCommitted(group_id, tuple(places)))
        self._commits.clear()
        return self._effects.decision()

    def loaded(self, now_ms: int) -> Decision:
        """The log is replayed: build the groups it tells of, and give each member its session."""
        effects = self._begin(now_ms)
        self._is_loaded = True
        for group_id, value in self.persisted.items():
            group = self.groups[group_id] = ClassicGroup.from_value(group_id, value)
            for member in group.members.values():
                key = rebalance.heartbeat_key(group, member.member_id)
                effects.start_timer(key, member.session_timeout_ms)
            if len(group.members) > self.settings.max_size:
                rebalance.prepare_rebalance(
                    group, self.settings, effects, "the group is over its maximum size"
                )
        for group_id in self.offsets.by_group:
            self._group_or_new(group_id)
        effects.start_timer(EXPIRY_KEY, self.settings.retention_check_interval_ms, alone=True)
        return effects.decision()

    def answered(self, answer: BrokerAnswer, now_ms: int) -> Decision:
        """Groups ask no other broker."""
        raise AssertionError(f"nobody was asked {answer.asked}")

    def on_metadata(self, step: MetadataStep) -> Callable[[int], Decision] | None:
        """Positions in deleted topics mean nothing any more."""
        if not step.deleted_topics:
            return None
        return functools.partial(self.forget_topics, frozenset(step.deleted_topics))

    def unload(self) -> Decision:
        """Another broker coordinates these groups now: whoever waits is sent there."""
        effects = self._effects
        for group in self.groups.values():
            for member in group.members.values():
                refusal = rebalance.join_error(ErrorCode.NOT_COORDINATOR, member.member_id)
                rebalance.answer_join(member, effects, refusal)
                rebalance.answer_sync(member, effects, rebalance.sync_error(ErrorCode.NOT_COORDINATOR))
        self.groups.clear()
        return effects.decision()

    # --- membership

    def join_group(self, request: JoinGroupRequest, caller: Caller, now_ms: int) -> Decision:
        effects = self._begin(now_ms)
        group = self.groups.get(request.group_id)
        if group is None and request.member_id:
            return Decision(response=rebalance.join_error(ErrorCode.UNKNOWN_MEMBER_ID, request.member_id))
        group = group or self._group_or_new(request.group_id)
        response = Joining(group, request, caller, self.settings, effects, self.random).decide()
        return effects.decision(response)

    def sync_group(self, request: SyncGroupRequest, caller: Caller, now_ms: int) -> Decision:
        effects = self._begin(now_ms)
        group = self.groups.get(request.group_id)
        if group is None or group.state is GroupState.EMPTY:
            return Decision(response=rebalance.sync_error(ErrorCode.UNKNOWN_MEMBER_ID))
        try:
            self._validate_sync(group, request)
        except ApiError as error:
            return Decision(response=rebalance.sync_error(error.code))
        member = group.members[request.member_id]
        rebalance.received_sync(group, member.member_id, effects)
        if group.state is GroupState.STABLE:
            return effects.decision(rebalance.synced(group, member.assignment))
        rebalance.park_sync(member, caller.token, effects)
        if group.leader == member.member_id:
            assignments = {a.member_id: bytes(a.assignment) for a in request.assignments}
            rebalance.write_assignment(group, assignments, effects)
        return effects.decision()

    @staticmethod
    def _validate_sync(group: ClassicGroup, request: SyncGroupRequest) -> None:
        if group.state is GroupState.DEAD:
            raise ApiError(ErrorCode.COORDINATOR_NOT_AVAILABLE)
        group.validate_member(request.member_id, request.group_instance_id)
        if request.generation_id != group.generation:
            raise ApiError(ErrorCode.ILLEGAL_GENERATION)
        for asked, chosen in (
            (request.protocol_type, group.protocol_type),
            (request.protocol_name, group.protocol),
        ):
            if asked is not None and chosen is not None and asked != chosen:
                raise ApiError(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
        if group.state is GroupState.PREPARING_REBALANCE:
            raise ApiError(ErrorCode.REBALANCE_IN_PROGRESS)

    def heartbeat(self, request: HeartbeatRequest, now_ms: int) -> Decision:
        """A sign of life; the answer tells the member whether it has to rejoin. Raises ApiError."""
        effects = self._begin(now_ms)
        group = self.groups.get(request.group_id)
        if group is None:
            raise ApiError(ErrorCode.UNKNOWN_MEMBER_ID)
        if group.state is GroupState.DEAD:
            raise ApiError(ErrorCode.COORDINATOR_NOT_AVAILABLE)
        group.validate_member(request.member_id, request.group_instance_id)
        if request.generation_id != group.generation:
            raise ApiError(ErrorCode.ILLEGAL_GENERATION)
        self._extend_session(group, request.member_id, effects)
        is_rebalancing = group.state is GroupState.PREPARING_REBALANCE
        code = ErrorCode.REBALANCE_IN_PROGRESS if is_rebalancing else ErrorCode.NONE
        return effects.decision(HeartbeatResponse(error_code=code))

    def leave_group(self, request: LeaveGroupRequest, now_ms: int) -> Decision:
        effects = self._begin(now_ms)
        group = self.groups.get(request.group_id)
        if group is not None and group.state is GroupState.DEAD:
            raise ApiError(ErrorCode.COORDINATOR_NOT_AVAILABLE)
        answers, reasons = [], []
        for identity in request.members:
            code = ErrorCode.UNKNOWN_MEMBER_ID if group is None else self._leave(group, identity, effects)
            if code is ErrorCode.NONE:
                reasons.append(identity.reason or "")
            answers.append(
                MemberResponse(
                    member_id=identity.member_id,
                    group_instance_id=identity.group_instance_id,
                    error_code=code,
                )
            )
        if group is not None and reasons and group.state is not GroupState.EMPTY:
            why = "members left" + (f": {reasons[0]}" if reasons[0] else "")
            rebalance.rebalance_or_complete(group, self.settings, effects, why)
        return effects.decision(LeaveGroupResponse(error_code=ErrorCode.NONE, members=answers))

    @staticmethod
    def _leave(group: ClassicGroup, identity: MemberIdentity, effects: Effects) -> ErrorCode:
        """An admin may remove a static member by its instance id alone."""
        member_id, reason = identity.member_id, identity.reason or "left"
        if not member_id:
            found = group.static_members.get(identity.group_instance_id or "")
            if found is None:
                return ErrorCode.UNKNOWN_MEMBER_ID
            member_id = found
        elif member_id in group.pending_joins:
            group.remove(member_id, effects, reason)
            effects.cancel_timer(rebalance.heartbeat_key(group, member_id))
            return ErrorCode.NONE
        else:
            try:
                group.validate_member(member_id, identity.group_instance_id)
            except ApiError as error:
                return error.code
        rebalance.forget(group, group.members[member_id], effects, reason)
        return ErrorCode.NONE

    # --- timers

    def expire(self, key: TimerKey, now_ms: int) -> Decision:
        """A timer fired."""
        if key == EXPIRY_KEY:
            return self.clean_up(now_ms)
        effects = self._begin(now_ms)
        group = self.groups.get(key[1])
        if group is not None:
            if key[0] == "heartbeat":
                rebalance.on_heartbeat_timer(group, key[2], self.settings, effects)
            elif key[0] == "join":
                rebalance.on_join_timer(group, self.settings, effects)
            elif key[0] == "sync":
                rebalance.on_sync_timer(group, self.settings, effects)
        return effects.decision()

    # --- positions

    def commit_offsets(self, request: OffsetCommitRequest, api_version: int, now_ms: int) -> Decision:
        """Raises ApiError when the committer may not commit at all."""
        effects = self._begin(now_ms)
        group = self.groups.get(request.group_id)
        if group is None and request.generation_id_or_member_epoch >= 0:
            is_new = api_version >= 9
            raise ApiError(ErrorCode.GROUP_ID_NOT_FOUND if is_new else ErrorCode.ILLEGAL_GENERATION)
        if group is not None:
            validate_commit(group, request)
            if request.member_id in group.members:
                self._extend_session(group, request.member_id, effects)
        records, response = decide_commit(request, self.settings, now_ms)
        effects.records.extend(records)
        return effects.decision(response)

    def delete_offsets(self, request: OffsetDeleteRequest, now_ms: int) -> Decision:
        """Remove positions of topics that no member reads. Raises ApiError when nothing of the group may go. Must
        see all earlier writes replayed."""
        effects = self._begin(now_ms)
        group = self.groups.get(request.group_id)
        if group is None:
            raise ApiError(ErrorCode.GROUP_ID_NOT_FOUND)
        validate_delete(group)
        records, response = decide_delete(request, group, self.offsets)
        effects.records.extend(records)
        return effects.decision(response)

    def forget_topics(self, topics: Collection[str], now_ms: int) -> Decision:
        """Topics were deleted: their positions mean nothing any more. Must see all earlier writes replayed."""
        effects = self._begin(now_ms)
        for group_id in self.offsets.by_group:
            for topic, partition in self.offsets.of(group_id):
                if topic in topics:
                    effects.records.append(offset_record(group_id, topic, partition, None))
        return effects.decision()

    # --- whole groups

    def delete_groups(self, group_ids: Sequence[str], now_ms: int) -> Decision:
        """Remove empty groups with their positions. Must see all earlier writes replayed."""
        effects = self._begin(now_ms)
        results, deleted = [], []
        for group_id in group_ids:
            group, code = self.groups.get(group_id), ErrorCode.NONE
            if group is None or group.state is GroupState.DEAD:
                code = ErrorCode.GROUP_ID_NOT_FOUND
            elif group.state is not GroupState.EMPTY:
                code = ErrorCode.NON_EMPTY_GROUP
            else:
                deleted.append(group_id)
                self._bury(group, effects, "deleted")
            results.append(DeletableGroupResult(group_id=group_id, error_code=code))
        if deleted:
            effects.on_failure = DeletionLost(tuple(deleted))
        return effects.decision(DeleteGroupsResponse(results=results))

    def clean_up(self, now_ms: int) -> Decision:
        """Forget positions past their retention, and groups left with none. Must see all earlier writes replayed."""
        effects = self._begin(now_ms)
        retention_ms, buried = self.settings.offsets_retention_ms, []
        for group in list(self.groups.values()):
            expired = self.offsets.expired(group, now_ms, retention_ms)
            is_idle = group.state is GroupState.EMPTY and not group.pending_joins
            if is_idle and len(expired) == len(self.offsets.of(group.group_id)):
                if not expired and group.group_id not in self.persisted:
                    del self.groups[group.group_id]  # nothing of it was ever written
                    continue
                buried.append(group.group_id)
                self._bury(group, effects, "its positions are past their retention")
            else:
                effects.records.extend(expired)
        if buried:
            effects.on_failure = DeletionLost(tuple(buried))
        effects.start_timer(EXPIRY_KEY, self.settings.retention_check_interval_ms, alone=True)
        return effects.decision()

    def _bury(self, group: ClassicGroup, effects: Effects, reason: str) -> None:
        """Dead until the tombstones are committed, so that nobody joins a group that is about to vanish."""
        group.move(GroupEvent.REMOVED, effects, reason)
        effects.records.extend(self.offsets.tombstones(group.group_id))
        effects.records.append(group_record(group.group_id, None))

    # --- writes that failed

    def write_failed(self, on_failure: OnFailure, code: ErrorCode, now_ms: int) -> Decision:
        """What a decision assumed did not come true; `code` is what clients are told."""
        effects = self._begin(now_ms)
        match on_failure:
            case AssignmentLost(group_id, _) if group_id in self.groups:
                group = self.groups[group_id]
                rebalance.on_assignment_lost(group, on_failure, code, self.settings, effects)
            case ReplacementLost(group_id, _, _) if group_id in self.groups:
                rebalance.on_replacement_lost(self.groups[group_id], on_failure, effects)
            case DeletionLost(group_ids):
                for group in (self.groups[name] for name in group_ids if name in self.groups):
                    group.move(GroupEvent.REMOVAL_FAILED, effects, code.name)
            case _:
                pass
        return effects.decision()

    # ---

    def _begin(self, now_ms: int) -> Effects:
        self._effects.now_ms = now_ms
        return self._effects

    def _group_or_new(self, group_id: str) -> ClassicGroup:
        """A group nobody has joined yet; with positions alone it is what Kafka calls a simple group."""
        if group_id not in self.groups:
            self.groups[group_id] = ClassicGroup(group_id, state_since_ms=self._effects.now_ms)
        return self.groups[group_id]

    @staticmethod
    def _extend_session(group: ClassicGroup, member_id: str, effects: Effects) -> None:
        session_ms = group.members[member_id].session_timeout_ms
        effects.start_timer(rebalance.heartbeat_key(group, member_id), session_ms)
