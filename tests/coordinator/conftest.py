"""A bench for the pure core: it plays the shell, with time that is moved by hand and a list for a log."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from minikafka.coordinator.decision import Caller, Decision
from minikafka.coordinator.group_shard import GroupShard
from minikafka.coordinator.settings import GroupSettings
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.messages.heartbeat import HeartbeatRequest, HeartbeatResponse
from minikafka.protocol.messages.join_group import JoinGroupRequest, JoinGroupRequestProtocol
from minikafka.protocol.messages.leave_group import LeaveGroupRequest, MemberIdentity
from minikafka.protocol.messages.offset_commit import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
)
from minikafka.protocol.messages.sync_group import SyncGroupRequest, SyncGroupRequestAssignment

sys.path.append(str(Path(__file__).parent))
RANGE = (("range", b"range-metadata"),)


class Bench:
    """Requests in, answers by token. `hold` keeps writes uncommitted until `commit()` or `refuse()`."""

    def __init__(self, seed: int = 1, **settings: int) -> None:
        self.settings = GroupSettings(**settings)
        self.core = GroupShard(self.settings, random.Random(seed))
        self.now_ms = 1_000_000
        self.timers: dict[tuple[str, ...], int] = {}
        self.answers: dict[int, Any] = {}
        self.log: list[Any] = []
        self.events: list[Any] = []
        self.held: list[tuple[int, Decision]] = []
        self.hold = False
        self.tokens = 0
        self.parked: set[int] = set()  # tokens of joins and syncs
        self.take(self.core.loaded(self.now_ms))

    def take(self, decision: Decision, token: int = 0) -> None:
        for timer in decision.timers:
            self.timers.pop(timer.key, None)
            if timer.delay_s is not None:
                self.timers[timer.key] = self.now_ms + round(timer.delay_s * 1000)
        self.events.extend(decision.events)
        for answer in decision.answers:
            assert answer.token not in self.answers, "a request was answered twice"
            self.answers[answer.token] = answer.response
        if decision.records:
            self.held.append((token, decision))
            if not self.hold:
                self.commit()
        elif decision.response is not None:
            self.answers[token] = decision.response

    def commit(self) -> None:
        held, self.held = self.held, []
        for token, decision in held:
            for record in decision.records:
                self.log.append(record)
                self.core.replay(record, self.now_ms)
            self.take(self.core.drain())
            if decision.response is not None:
                self.answers[token] = decision.response

    def refuse(self, code: ErrorCode) -> None:
        held, self.held = self.held, []
        for token, decision in held:
            if decision.on_failure is not None:
                self.take(self.core.write_failed(decision.on_failure, code, self.now_ms))
            if decision.response is not None:
                self.answers[token] = HeartbeatResponse(error_code=code)

    def advance(self, ms: int) -> None:
        end_ms = self.now_ms + ms
        while due := sorted((at, key) for key, at in self.timers.items() if at <= end_ms):
            at, key = due[0]
            self.now_ms = max(self.now_ms, at)
            del self.timers[key]
            self.take(self.core.expire(key, self.now_ms))
        self.now_ms = end_ms

    def reloaded(self) -> GroupShard:
        core = GroupShard(self.settings, random.Random(2))
        for record in self.log:
            core.replay(record)
        core.loaded(self.now_ms)
        return core

    def group(self, group: str = "g") -> Any:
        return self.core.groups[group]

    # --- requests; each returns its token, or the answer where there always is one

    def token(self) -> int:
        self.tokens += 1
        return self.tokens

    def join(
        self,
        member: str = "",
        *,
        group: str = "g",
        instance: str | None = None,
        protocols: tuple[tuple[str, bytes], ...] = RANGE,
        protocol_type: str = "consumer",
        version: int = 9,
        session_ms: int = 10_000,
        rebalance_ms: int = 60_000,
        client: str = "client",
    ) -> int:
        token = self.token()
        request = JoinGroupRequest(
            group_id=group,
            session_timeout_ms=session_ms,
            rebalance_timeout_ms=rebalance_ms,
            member_id=member,
            group_instance_id=instance,
            protocol_type=protocol_type,
            protocols=[JoinGroupRequestProtocol(name=n, metadata=m) for n, m in protocols],
        )
        caller = Caller(token, version, client, "/127.0.0.1")
        self.parked.add(token)
        self.take(self.core.join_group(request, caller, self.now_ms), token)
        return token

    def sync(
        self,
        member: str,
        generation: int,
        assignments: dict[str, bytes] | None = None,
        *,
        group: str = "g",
        instance: str | None = None,
        protocol: str | None = None,
    ) -> int:
        token = self.token()
        request = SyncGroupRequest(
            group_id=group,
            generation_id=generation,
            member_id=member,
            group_instance_id=instance,
            protocol_type=None,
            protocol_name=protocol,
            assignments=[
                SyncGroupRequestAssignment(member_id=m, assignment=a) for m, a in (assignments or {}).items()
            ],
        )
        self.parked.add(token)
        self.take(self.core.sync_group(request, Caller(token, 5, "client", "/h"), self.now_ms), token)
        return token

    def heartbeat(
        self, member: str, generation: int, *, group: str = "g", instance: str | None = None
    ) -> ErrorCode:
        request = HeartbeatRequest(
            group_id=group, generation_id=generation, member_id=member, group_instance_id=instance
        )
        return self._code(lambda token: self.core.heartbeat(request, self.now_ms))

    def leave(self, *members: tuple[str, str | None], group: str = "g") -> list[int]:
        identities = [MemberIdentity(member_id=m, group_instance_id=i) for m, i in members]
        token = self.token()
        request = LeaveGroupRequest(group_id=group, members=identities)
        self.take(self.core.leave_group(request, self.now_ms), token)
        self.commit()
        return [answer.error_code for answer in self.answers[token].members]

    def commit_offset(
        self,
        offset: int,
        member: str = "",
        generation: int = -1,
        *,
        group: str = "g",
        topic: str = "t",
        partition: int = 0,
        metadata: str = "",
        version: int = 8,
    ) -> ErrorCode:
        request = OffsetCommitRequest(
            group_id=group,
            generation_id_or_member_epoch=generation,
            member_id=member,
            topics=[
                OffsetCommitRequestTopic(
                    name=topic,
                    partitions=[
                        OffsetCommitRequestPartition(
                            partition_index=partition,
                            committed_offset=offset,
                            committed_leader_epoch=3,
                            committed_metadata=metadata,
                        )
                    ],
                )
            ],
        )
        return self._code(lambda token: self.core.commit_offsets(request, version, self.now_ms))

    def _code(self, decide: Callable[[int], Decision]) -> Any:
        token = self.token()
        try:
            self.take(decide(token), token)
        except ApiError as error:
            return error.code
        answer = self.answers.get(token)
        if answer is None:
            return None
        return (
            answer.error_code if hasattr(answer, "error_code") else answer.topics[0].partitions[0].error_code
        )

    # --- whole stories

    def new_member(self, **how: Any) -> tuple[str, int]:
        """Join as a dynamic member does: get an id, then join with it. Returns (id, token)."""
        member = self.answers[self.join(**how)].member_id
        return member, self.join(member, **how)

    def stable(self, count: int, **how: Any) -> list[str]:
        """A stable group of `count` dynamic members, leader first."""
        members = [self.new_member(**how) for _ in range(count)]
        self.advance(self.settings.initial_rebalance_delay_ms * 2 + 1)
        joined = [self.answers[token] for _, token in members]
        assert {answer.generation_id for answer in joined} == {joined[0].generation_id}
        self.assign([member for member, _ in members], joined[0].generation_id)
        return [member for member, _ in members]

    def assign(self, members: list[str], generation: int) -> dict[str, int]:
        """All members sync; the leader gives each its own bytes."""
        given = {member: f"{generation}:{member}".encode() for member in members}
        return {m: self.sync(m, generation, given if m == self.group().leader else None) for m in members}

    def rejoin_all(self, members: list[str]) -> dict[str, int]:
        tokens = {member: self.join(member) for member in members}
        generation = self.answers[tokens[members[0]]].generation_id
        self.assign(members, generation)
        return tokens


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def make_bench() -> type[Bench]:
    return Bench
