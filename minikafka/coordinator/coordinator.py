"""The group coordinator of one broker: what request handlers call.

Rule: every method answers; whatever goes wrong is an error code in the API's own response. A group belongs to
one partition of `__consumer_offsets`, and this broker speaks for the groups of the partitions it leads.
Kafka: GroupCoordinatorService.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar, cast

from minikafka.coordinator import reading
from minikafka.coordinator.decision import Caller, Decision
from minikafka.coordinator.group_shard import GroupShard
from minikafka.coordinator.rebalance import join_error, sync_error
from minikafka.coordinator.runtime import CoordinatorRuntime
from minikafka.coordinator.settings import GroupSettings
from minikafka.coordinator.shard import Shard, ShardState
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.messages.delete_groups import DeletableGroupResult, DeleteGroupsResponse
from minikafka.protocol.messages.describe_groups import DescribedGroup
from minikafka.protocol.messages.heartbeat import HeartbeatRequest, HeartbeatResponse
from minikafka.protocol.messages.join_group import JoinGroupRequest, JoinGroupResponse
from minikafka.protocol.messages.leave_group import LeaveGroupRequest, LeaveGroupResponse
from minikafka.protocol.messages.list_groups import ListedGroup, ListGroupsResponse
from minikafka.protocol.messages.offset_commit import (
    OffsetCommitRequest,
    OffsetCommitResponse,
    OffsetCommitResponsePartition,
    OffsetCommitResponseTopic,
)
from minikafka.protocol.messages.offset_delete import OffsetDeleteRequest, OffsetDeleteResponse
from minikafka.protocol.messages.offset_fetch import OffsetFetchRequestGroup, OffsetFetchResponseGroup
from minikafka.protocol.messages.sync_group import SyncGroupRequest, SyncGroupResponse
from minikafka.protocol.schema import Struct

R = TypeVar("R", bound=Struct)


class Context(Protocol):
    """What the coordinator needs of a request's context."""

    @property
    def api_version(self) -> int: ...
    @property
    def client_id(self) -> str | None: ...
    @property
    def client_host(self) -> str: ...


class GroupCoordinator:
    """One per broker."""

    def __init__(self, runtime: CoordinatorRuntime[GroupShard]) -> None:
        self.runtime = runtime
        self.settings = GroupSettings.of(runtime.configs)
        self._pictures: dict[
            int, tuple[Shard[GroupShard] | None, int, tuple[reading.GroupSnapshot, ...]]
        ] = {}
        """Of each partition: whose they are, and after how many moves."""

    def _now_ms(self) -> int:
        return self.runtime.world.clock.time_ms()

    # --- membership

    async def join_group(self, request: JoinGroupRequest, context: Context) -> JoinGroupResponse:
        """Parked until the group's next generation is complete."""
        if not request.group_id:
            return join_error(ErrorCode.INVALID_GROUP_ID, request.member_id)
        low_ms, high_ms = self.settings.min_session_timeout_ms, self.settings.max_session_timeout_ms
        if not low_ms <= request.session_timeout_ms <= high_ms:
            return join_error(ErrorCode.INVALID_SESSION_TIMEOUT, request.member_id)

        def decide(core: GroupShard, token: int) -> Decision:
            # Java prints an address as "/1.2.3.4"; tools show it like that.
            caller = Caller(token, context.api_version, context.client_id or "", f"/{context.client_host}")
            return core.join_group(request, caller, self._now_ms())

        return await self._ask(request.group_id, decide, lambda code: join_error(code))

    async def sync_group(self, request: SyncGroupRequest, context: Context) -> SyncGroupResponse:
        """Parked until the leader's assignment is committed."""
        if context.api_version >= 5 and (request.protocol_type is None or request.protocol_name is None):
            return sync_error(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
        if not request.group_id:
            return sync_error(ErrorCode.INVALID_GROUP_ID)

        def decide(core: GroupShard, token: int) -> Decision:
            caller = Caller(token, context.api_version, context.client_id or "", context.client_host)
            return core.sync_group(request, caller, self._now_ms())

        return await self._ask(request.group_id, decide, sync_error)

    async def heartbeat(self, request: HeartbeatRequest, context: Context) -> HeartbeatResponse:
        def refuse(code: ErrorCode) -> HeartbeatResponse:
            # A member cannot be judged before its group is loaded: let it continue.
            is_loading = code is ErrorCode.COORDINATOR_LOAD_IN_PROGRESS
            return HeartbeatResponse(error_code=ErrorCode.NONE if is_loading else code)

        if not request.group_id:
            return refuse(ErrorCode.INVALID_GROUP_ID)
        return await self._ask(
            request.group_id, lambda core, _: core.heartbeat(request, self._now_ms()), refuse
        )

    async def leave_group(self, request: LeaveGroupRequest, context: Context) -> LeaveGroupResponse:
        """`request.members` holds who leaves, in every version (the handler sees to it)."""

        def refuse(code: ErrorCode) -> LeaveGroupResponse:
            return LeaveGroupResponse(error_code=code, members=[])

        if not request.group_id:
            return refuse(ErrorCode.INVALID_GROUP_ID)
        return await self._ask(
            request.group_id, lambda core, _: core.leave_group(request, self._now_ms()), refuse
        )

    # --- positions

    async def commit_offsets(self, request: OffsetCommitRequest, context: Context) -> OffsetCommitResponse:
        """Topics and partitions of the request exist (the handler sees to it)."""

        def refuse(code: ErrorCode) -> OffsetCommitResponse:
            return commit_error(request, code)

        return await self._ask(
            request.group_id,
            lambda core, _: core.commit_offsets(request, context.api_version, self._now_ms()),
            refuse,
        )

    async def fetch_offsets(
        self, asked: OffsetFetchRequestGroup, *, require_stable: bool = False
    ) -> OffsetFetchResponseGroup:
        """`require_stable` waits for the commits that are on their way (KIP-447)."""
        try:
            if require_stable:

                def read(core: GroupShard) -> Decision:
                    return Decision(response=reading.fetch_offsets(core, asked))

                return cast("OffsetFetchResponseGroup", await self.runtime.ask_alone(asked.group_id, read))
            return reading.fetch_offsets(self.runtime.shard_of(asked.group_id).core, asked)
        except ApiError as error:
            return OffsetFetchResponseGroup(group_id=asked.group_id, topics=[], error_code=error.code)

    async def delete_offsets(self, request: OffsetDeleteRequest) -> OffsetDeleteResponse:
        """Topics and partitions of the request exist (the handler sees to it)."""

        def refuse(code: ErrorCode) -> OffsetDeleteResponse:
            return OffsetDeleteResponse(error_code=code, topics=[])

        if not request.group_id:
            return refuse(ErrorCode.INVALID_GROUP_ID)
        return await self._ask_alone(
            request.group_id, lambda core: core.delete_offsets(request, self._now_ms()), refuse
        )

    # --- whole groups

    async def list_groups(self, states: Sequence[str] = (), types: Sequence[str] = ()) -> ListGroupsResponse:
        """The groups this broker coordinates."""
        groups: list[ListedGroup] = []
        for _, shard in sorted(self.runtime.shards.items()):
            if shard.state is ShardState.LOADING:
                return ListGroupsResponse(error_code=ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, groups=[])
            if shard.state is ShardState.ACTIVE:
                groups.extend(reading.list_groups(shard.core, states, types))
        return ListGroupsResponse(error_code=ErrorCode.NONE, groups=groups)

    async def describe_groups(self, group_ids: Sequence[str], context: Context) -> list[DescribedGroup]:
        described = []
        for group_id in group_ids:
            try:
                core = self.runtime.shard_of(group_id).core
            except ApiError as error:
                described.append(reading.describe_error(group_id, error.code))
            else:
                described.append(reading.describe_group(core, group_id, context.api_version))
        return described

    async def delete_groups(self, group_ids: Sequence[str], context: Context) -> list[DeletableGroupResult]:
        results: list[DeletableGroupResult] = []
        for group_id in dict.fromkeys(group_ids):

            def decide(core: GroupShard, group_id: str = group_id) -> Decision:
                return core.delete_groups([group_id], self._now_ms())

            def refuse(code: ErrorCode, group_id: str = group_id) -> DeleteGroupsResponse:
                return DeleteGroupsResponse(
                    results=[DeletableGroupResult(group_id=group_id, error_code=code)]
                )

            results.extend((await self._ask_alone(group_id, decide, refuse)).results)
        return results

    # --- the picture

    def snapshot(self) -> tuple[reading.GroupSnapshot, ...]:
        """All groups of the loaded partitions, by id. Those of a partition where nothing moved are the same objects."""
        found: list[reading.GroupSnapshot] = []
        for shard in self.runtime.active():
            found += self._pictures_of(shard.partition, shard)
        return tuple(sorted(found, key=lambda group: group.id))

    def _pictures_of(self, partition: int, shard: Shard[GroupShard]) -> tuple[reading.GroupSnapshot, ...]:
        seen, moves, pictures = self._pictures.get(partition, (None, -1, ()))
        if seen is not shard or moves != shard.moves:
            core = shard.core
            pictures = tuple(
                reading.snapshot_group(core, group, partition, shard.due_at) for group in core.groups.values()
            )
            self._pictures[partition] = (shard, shard.moves, pictures)
        return pictures

    # ---

    async def _ask(
        self, group_id: str, decide: Callable[[GroupShard, int], Decision], refuse: Callable[[ErrorCode], R]
    ) -> R:
        try:
            return cast("R", await self.runtime.ask(group_id, decide))
        except ApiError as error:
            return refuse(error.code)

    async def _ask_alone(
        self, group_id: str, decide: Callable[[GroupShard], Decision], refuse: Callable[[ErrorCode], R]
    ) -> R:
        try:
            return cast("R", await self.runtime.ask_alone(group_id, decide))
        except ApiError as error:
            return refuse(error.code)


def commit_error(request: OffsetCommitRequest, code: ErrorCode) -> OffsetCommitResponse:
    """The same error for every partition of the request."""
    return OffsetCommitResponse(
        topics=[
            OffsetCommitResponseTopic(
                name=topic.name,
                partitions=[
                    OffsetCommitResponsePartition(partition_index=asked.partition_index, error_code=code)
                    for asked in topic.partitions
                ],
            )
            for topic in request.topics
        ]
    )
