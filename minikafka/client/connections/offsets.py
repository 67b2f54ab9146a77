"""Asking for offsets: where logs begin and end (from leaders), and what a group has committed (from its coordinator).

Rule: every function answers for each partition by itself, with an offset or an error code; what is retriable is
retried until the deadline. Kafka does the same in `OffsetFetcher` and `ConsumerCoordinator`.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from minikafka.client.connections.leaders import leaders_of, settle
from minikafka.client.errors import KafkaError, KafkaException, as_kafka_error
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.find_coordinator import FindCoordinatorRequest, FindCoordinatorResponse
from minikafka.protocol.messages.list_offsets import (
    ListOffsetsPartition,
    ListOffsetsRequest,
    ListOffsetsResponse,
    ListOffsetsTopic,
)
from minikafka.protocol.messages.offset_commit import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
    OffsetCommitResponse,
)
from minikafka.protocol.messages.offset_fetch import (
    OffsetFetchRequest,
    OffsetFetchRequestGroup,
    OffsetFetchRequestTopic,
    OffsetFetchRequestTopics,
    OffsetFetchResponse,
)
from minikafka.protocol.schema import ZERO_UUID

if TYPE_CHECKING:
    from minikafka.client.connections.connections import Connections
    from minikafka.client.connections.metadata import Metadata
    from minikafka.client.values import Pair
    from minikafka.world import World

T = TypeVar("T")
LATEST, EARLIEST, MAX_TIMESTAMP = -1, -2, -3
_BATCHED_COORDINATORS_SINCE = 4
_GROUPS_SINCE = 8
_LAST_BY_NAME = 9


class OffsetAnswer(NamedTuple):
    """One partition's answer; offset -1 means there is none."""

    error_code: int
    offset: int
    timestamp_ms: int = -1
    leader_epoch: int = -1
    metadata: str | None = None


class OffsetToCommit(NamedTuple):
    """What to commit for a partition."""

    offset: int
    leader_epoch: int = -1
    metadata: str = ""
    topic_id: uuid.UUID | None = None  # which topic it is of, where that is known


class Member(NamedTuple):
    """Who commits; the default is somebody outside of the group's membership."""

    id: str = ""
    generation: int = -1
    instance_id: str | None = None


class Retrying:
    """Repeats something until it succeeds, fails for good, or the time is over."""

    def __init__(self, world: World, backoff_s: float, too_late: int | None = None) -> None:
        self.world = world
        self.backoff_s = backoff_s
        self._too_late = too_late
        """The code when the time is over; None: that of the last failure."""

    async def run(self, attempt: Callable[[], Awaitable[T]], timeout_s: float) -> T:
        """Raises the last KafkaException when `timeout_s` is over, or the first that is not retriable."""
        deadline = self.world.clock.now() + timeout_s
        last: KafkaError | None = None
        while True:
            try:
                async with asyncio.timeout(max(deadline - self.world.clock.now(), 0.001)):
                    return await attempt()
            except (OSError, TimeoutError, KafkaException) as cause:
                timed_out = isinstance(cause, TimeoutError)
                error = as_kafka_error(cause)
                if not error.retriable():
                    raise KafkaException(error) from cause
                if not timed_out or last is None:
                    last = error
            if self.world.clock.now() + self.backoff_s >= deadline:
                raise KafkaException(
                    last if self._too_late is None else KafkaError(self._too_late, last.str())
                )
            await asyncio.sleep(self.backoff_s)


async def list_offsets(
    connections: Connections, metadata: Metadata, wanted: Mapping[Pair, int], isolation_level: int = 0
) -> dict[Pair, OffsetAnswer]:
    """One round of ListOffsets for pair → timestamp (or LATEST, EARLIEST, MAX_TIMESTAMP). Raises OSError."""
    by_leader, without = await leaders_of(metadata, wanted)
    answers = {pair: OffsetAnswer(code, -1) for pair, code in without.items()}
    for leader, pairs in by_leader.items():
        topics: dict[str, ListOffsetsTopic] = {}
        for topic, partition in pairs:
            if topic not in topics:
                topics[topic] = ListOffsetsTopic(name=topic, partitions=[])
            topics[topic].partitions.append(
                ListOffsetsPartition(partition_index=partition, timestamp=wanted[topic, partition])
            )
        request = ListOffsetsRequest(
            replica_id=-1, isolation_level=isolation_level, topics=list(topics.values())
        )
        response = await connections.request(leader, request, ListOffsetsResponse)
        for answer in response.topics:
            for part in answer.partitions:
                answers[(answer.name, part.partition_index)] = OffsetAnswer(
                    part.error_code, part.offset, part.timestamp, part.leader_epoch
                )
    return answers


async def settled_offsets(
    connections: Connections,
    metadata: Metadata,
    retrying: Retrying,
    wanted: Mapping[Pair, int],
    isolation_level: int,
    timeout_s: float,
) -> dict[Pair, OffsetAnswer]:
    """The same, asking again for partitions whose error is retriable. Raises KafkaException if time runs out."""

    async def ask(left: dict[Pair, int]) -> dict[Pair, OffsetAnswer]:
        return await list_offsets(connections, metadata, left, isolation_level)

    answers: dict[Pair, OffsetAnswer] = {}
    await settle(metadata, retrying, wanted, ask, answers, timeout_s)
    return answers


class GroupOffsets:
    """The coordinator of a group: finding it, and committing and fetching offsets there."""

    def __init__(self, connections: Connections, group_id: str) -> None:
        self._connections = connections
        self._group_id = group_id
        self._coordinator = -1

    async def coordinator(self) -> int:
        """The coordinator's broker id. Raises KafkaException (retriable or not), OSError."""
        if self._coordinator >= 0:
            return self._coordinator
        _, channel = await self._connections.any()
        version = self._connections.version(channel, FindCoordinatorRequest)
        if version >= _BATCHED_COORDINATORS_SINCE:
            request = FindCoordinatorRequest(key_type=0, coordinator_keys=[self._group_id])
        else:
            request = FindCoordinatorRequest(key=self._group_id, key_type=0)
        response = await self._connections.ask(channel, request, FindCoordinatorResponse)
        found = response.coordinators[0] if response.coordinators else response
        if found.error_code:
            raise KafkaException(KafkaError(found.error_code, found.error_message))
        self._connections.add(found.node_id, found.host, found.port)
        self._coordinator = found.node_id
        return found.node_id

    def forget(self) -> None:
        """The coordinator moved or died: find it again."""
        self._coordinator = -1

    def check(self, code: int) -> None:
        """Raises KafkaException for an error that concerns the whole group."""
        if code in (ErrorCode.NOT_COORDINATOR, ErrorCode.COORDINATOR_NOT_AVAILABLE):
            self.forget()
        if code:
            raise KafkaException(KafkaError(code))

    async def commit(self, offsets: Mapping[Pair, OffsetToCommit], member: Member) -> dict[Pair, int]:
        """pair → error code. Raises KafkaException where all fail by an error of the group; OSError."""
        try:
            channel = await self._connections.to(await self.coordinator())
            highest = self._connections.version(channel, OffsetCommitRequest)
            by_id = {
                pair: commit
                for pair, commit in offsets.items()
                if commit.topic_id is not None and highest > _LAST_BY_NAME
            }
            by_name = {pair: commit for pair, commit in offsets.items() if pair not in by_id}
            result: dict[Pair, int] = {}
            for some, version in ((by_id, highest), (by_name, min(highest, _LAST_BY_NAME))):
                if some:
                    request = self._commit_request(some, member)
                    response = await self._connections.ask(
                        channel, request, OffsetCommitResponse, at_most=version
                    )
                    result |= _commit_codes(response, some, by_id=version > _LAST_BY_NAME)
        except (OSError, TimeoutError):
            self.forget()
            raise
        for code in result.values():
            if code in (ErrorCode.NOT_COORDINATOR, ErrorCode.COORDINATOR_NOT_AVAILABLE) or (
                code == ErrorCode.COORDINATOR_LOAD_IN_PROGRESS
            ):
                self.check(code)
        return result

    def _commit_request(self, offsets: Mapping[Pair, OffsetToCommit], member: Member) -> OffsetCommitRequest:
        topics: dict[str, OffsetCommitRequestTopic] = {}
        for (topic, partition), commit in offsets.items():
            if topic not in topics:
                topic_id = commit.topic_id or ZERO_UUID
                topics[topic] = OffsetCommitRequestTopic(name=topic, topic_id=topic_id, partitions=[])
            topics[topic].partitions.append(
                OffsetCommitRequestPartition(
                    partition_index=partition,
                    committed_offset=commit.offset,
                    committed_leader_epoch=commit.leader_epoch,
                    committed_metadata=commit.metadata,
                )
            )
        return OffsetCommitRequest(
            group_id=self._group_id,
            generation_id_or_member_epoch=member.generation,
            member_id=member.id,
            group_instance_id=member.instance_id,
            topics=list(topics.values()),
        )

    async def committed(
        self, pairs: Sequence[Pair] | None, *, require_stable: bool = True
    ) -> dict[Pair, OffsetAnswer]:
        """pair → what is committed (offset -1: nothing); None asks for all. Raises KafkaException, OSError."""
        by_topic: dict[str, list[int]] = {}
        for topic, partition in pairs or ():
            by_topic.setdefault(topic, []).append(partition)
        try:
            node = await self.coordinator()
            channel = await self._connections.to(node)
            version = self._connections.version(channel, OffsetFetchRequest, _LAST_BY_NAME)
            request = self._fetch_request(version, None if pairs is None else by_topic, require_stable)
            response = await self._connections.ask(channel, request, OffsetFetchResponse, at_most=version)
        except (OSError, TimeoutError):
            self.forget()
            raise
        group = response.groups[0] if version >= _GROUPS_SINCE else response
        self.check(group.error_code)
        answers = {}
        for answer in group.topics:
            for p in answer.partitions:
                answers[(answer.name, p.partition_index)] = OffsetAnswer(
                    p.error_code, p.committed_offset, -1, p.committed_leader_epoch, p.metadata
                )
        for pair_answer in answers.values():
            if pair_answer.error_code == ErrorCode.UNSTABLE_OFFSET_COMMIT:
                raise KafkaException(KafkaError(pair_answer.error_code))
        return answers

    def _fetch_request(
        self, version: int, by_topic: dict[str, list[int]] | None, require_stable: bool
    ) -> OffsetFetchRequest:
        if version >= _GROUPS_SINCE:
            named = (
                None
                if by_topic is None
                else [OffsetFetchRequestTopics(name=t, partition_indexes=p) for t, p in by_topic.items()]
            )
            group = OffsetFetchRequestGroup(group_id=self._group_id, topics=named)
            return OffsetFetchRequest(groups=[group], require_stable=require_stable)
        old = (
            None
            if by_topic is None
            else [OffsetFetchRequestTopic(name=t, partition_indexes=p) for t, p in by_topic.items()]
        )
        stable = require_stable and version >= 7
        return OffsetFetchRequest(group_id=self._group_id, topics=old, require_stable=stable)


def _commit_codes(
    response: OffsetCommitResponse, offsets: Mapping[Pair, OffsetToCommit], *, by_id: bool
) -> dict[Pair, int]:
    """pair → error code."""
    names = {commit.topic_id: pair[0] for pair, commit in offsets.items()} if by_id else {}
    return {
        (names.get(topic.topic_id, topic.name), partition.partition_index): partition.error_code
        for topic in response.topics
        for partition in topic.partitions
    }
