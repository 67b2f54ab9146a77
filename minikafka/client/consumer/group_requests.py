"""The four requests of a member of a consumer group, to its coordinator: join, sync, heartbeat, leave.

Rule: a request carries the identity it is given and remembers nothing; who the member is, and what an answer
means for it, is `group.py`'s matter. Kafka: `JoinGroupRequest` and the like in `AbstractCoordinator`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from minikafka.client.connections.connections import GROUP
from minikafka.client.consumer import assignors
from minikafka.client.errors import KafkaException
from minikafka.protocol.messages.consumer_protocol import PROTOCOL_TYPE, assigned_pairs
from minikafka.protocol.messages.heartbeat import HeartbeatRequest, HeartbeatResponse
from minikafka.protocol.messages.join_group import (
    JoinGroupRequest,
    JoinGroupRequestProtocol,
    JoinGroupResponse,
)
from minikafka.protocol.messages.leave_group import LeaveGroupRequest, LeaveGroupResponse, MemberIdentity
from minikafka.protocol.messages.sync_group import (
    SyncGroupRequest,
    SyncGroupRequestAssignment,
    SyncGroupResponse,
)

if TYPE_CHECKING:
    from minikafka.client.connections.offsets import GroupOffsets
    from minikafka.client.connections.reach import Reach
    from minikafka.client.values import Pair

_JOIN_GRACE_S = 5.0
_LEAVE_TIMEOUT_S = 2.0


class GroupRequests:
    """Asks the coordinator that `group` finds. All but leave() raise OSError, TimeoutError or KafkaException."""

    def __init__(self, reach: Reach, group: GroupOffsets, strategies: Sequence[str]) -> None:
        settings = reach.settings
        self._connections = reach.connections
        self._group = group
        self._strategies = strategies
        self.group_id: str = settings["group.id"]
        self.instance_id: str | None = settings["group.instance.id"]
        self._session_timeout_ms: int = settings["session.timeout.ms"]
        self._rebalance_timeout_ms: int = settings["max.poll.interval.ms"]
        # The coordinator answers only when all members are there, which may take the whole rebalance timeout.
        self._rebalance_answer_s = settings.seconds("max.poll.interval.ms") + _JOIN_GRACE_S

    async def join(self, member_id: str, subscriptions: Mapping[str, bytes]) -> JoinGroupResponse:
        """The answer as it came, its error code unchecked: with MEMBER_ID_REQUIRED it brings the member's id.

        `subscriptions`: for each strategy its own.
        """
        request = JoinGroupRequest(
            group_id=self.group_id,
            session_timeout_ms=self._session_timeout_ms,
            rebalance_timeout_ms=self._rebalance_timeout_ms,
            member_id=member_id,
            group_instance_id=self.instance_id,
            protocol_type=PROTOCOL_TYPE,
            protocols=[
                JoinGroupRequestProtocol(name=name, metadata=subscriptions[name]) for name in self._strategies
            ],
        )
        node = await self._group.coordinator()
        return await self._connections.request(
            node, request, JoinGroupResponse, purpose=GROUP, timeout_s=self._rebalance_answer_s
        )

    async def sync(
        self, member_id: str, generation: int, protocol: str | None, plan: Mapping[str, list[Pair]]
    ) -> list[Pair]:
        """Hands in the leader's plan (empty from anybody else); returns what this member is to read."""
        request = SyncGroupRequest(
            group_id=self.group_id,
            generation_id=generation,
            member_id=member_id,
            group_instance_id=self.instance_id,
            protocol_type=PROTOCOL_TYPE,
            protocol_name=protocol,
            assignments=[
                SyncGroupRequestAssignment(member_id=member, assignment=assignors.assignment_bytes(pairs))
                for member, pairs in plan.items()
            ],
        )
        node = await self._group.coordinator()
        response = await self._connections.request(
            node, request, SyncGroupResponse, purpose=GROUP, timeout_s=self._rebalance_answer_s
        )
        self._group.check(response.error_code)
        return assigned_pairs(response.assignment)

    async def heartbeat(self, member_id: str, generation: int, timeout_s: float) -> int:
        """The answer's error code."""
        request = HeartbeatRequest(
            group_id=self.group_id,
            generation_id=generation,
            member_id=member_id,
            group_instance_id=self.instance_id,
        )
        async with asyncio.timeout(timeout_s):
            node = await self._group.coordinator()
            response = await self._connections.request(
                node, request, HeartbeatResponse, purpose=GROUP, timeout_s=timeout_s
            )
        return int(response.error_code)

    async def leave(self, member_id: str, reason: str) -> None:
        """Says goodbye, if the coordinator can be reached; never raises."""
        member = MemberIdentity(member_id=member_id, group_instance_id=self.instance_id, reason=reason)
        try:
            async with asyncio.timeout(_LEAVE_TIMEOUT_S):
                channel = await self._connections.to(await self._group.coordinator(), GROUP)
                if self._connections.version(channel, LeaveGroupRequest) >= 3:
                    request = LeaveGroupRequest(group_id=self.group_id, members=[member])
                else:
                    request = LeaveGroupRequest(group_id=self.group_id, member_id=member_id)
                await self._connections.ask(channel, request, LeaveGroupResponse)
        except (OSError, TimeoutError, KafkaException):
            pass  # the session timeout will do it
