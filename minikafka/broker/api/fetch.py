"""Fetch (key 1): read batches, as a consumer below the high watermark, as a follower to the end of the log.

- 7+: fetch sessions (KIP-227). 9+: the caller's leader epoch is checked (KIP-320).
- 12+: `last_fetched_epoch` and the diverging epoch, by which followers truncate (KIP-595).
- 13+: topics by id (KIP-516). 15+: the replica's epoch (KIP-903). 16+: where the leader is (KIP-951).
"""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from minikafka.broker.fetch_sessions import Key, Opened, Session, TopicKey
from minikafka.log.reads import NOTHING, Records
from minikafka.protocol.api import ApiKey
from minikafka.protocol.dispatch import Deferred, RequestContext, handles
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.later import Later
from minikafka.protocol.messages.fetch import (
    AbortedTransaction,
    EpochEndOffset,
    FetchableTopicResponse,
    FetchPartition,
    FetchRequest,
    FetchResponse,
    LeaderIdAndEpoch,
    NodeEndpoint,
    PartitionData,
    SnapshotId,
)
from minikafka.protocol.refusals.records import unread
from minikafka.replication.partition import NO_LEADER_EPOCH, Partition

if TYPE_CHECKING:
    from minikafka.broker.broker import Broker

MOVED = (ErrorCode.NOT_LEADER_OR_FOLLOWER, ErrorCode.FENCED_LEADER_EPOCH)
UNKNOWN = (ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.UNKNOWN_TOPIC_ID)
READ_UNCOMMITTED, READ_COMMITTED = ISOLATION_LEVELS = (0, 1)


@handles(ApiKey.FETCH, versions=(4, 18))
def fetch(
    node: Broker, request: FetchRequest, context: RequestContext
) -> FetchResponse | Deferred | Later[Deferred] | Awaitable[Deferred]:
    """Answer at once when there is enough (or an error), else when there is, at latest after `max_wait_ms`.

    What is read is read when it is sent: a slice of a file is good for no longer."""
    if request.isolation_level not in ISOLATION_LEVELS:
        raise ApiError(ErrorCode.UNKNOWN_SERVER_ERROR)
    opened = node.fetch_sessions.open(request, context.api_version)
    if opened.error is not ErrorCode.NONE:
        return FetchResponse(
            throttle_time_ms=0, error_code=opened.error, session_id=0, responses=[], node_endpoints=[]
        )
    read = Read(node, request, context, opened)
    if not read.wanted:
        return read.answer()
    read.note_follower()
    unready = read.unready()
    return _read_when_ready(node, read, unready) if unready else _read_when_there(node, read)


def _read_when_there(node: Broker, read: Read) -> Deferred | Later[Deferred]:
    return node.replicas.fetch_pending.wait(
        read.watched(),
        lambda _: read.answer if read.is_ready() else None,
        lambda: read.answer,
        read.max_wait_s,
    )


async def _read_when_ready(node: Broker, read: Read, unready: list[Target]) -> Deferred:
    for target in unready:
        if target.partition is not None:
            size_bytes = max(0, target.ask.partition_max_bytes)
            await target.partition.log.aborted.get_ready(target.ask.fetch_offset, size_bytes)
    found = _read_when_there(node, read)
    return await found if isinstance(found, Later) else found


@dataclass(slots=True)
class Target:
    """One wanted partition, resolved: where it lives here, or why it can't be read."""

    ask: FetchPartition
    name: str | None
    partition: Partition | None
    error: ErrorCode
    diverging: EpochEndOffset | None = None


class Read:
    """One fetch from its arrival to its answer."""

    def __init__(self, node: Broker, request: FetchRequest, context: RequestContext, opened: Opened) -> None:
        self._node = node
        self._request = request
        self._version = context.api_version
        self._opened = opened
        self.replica_id = (
            request.replica_state.replica_id if context.api_version >= 15 else request.replica_id
        )
        self.is_follower = self.replica_id >= 0
        self._replica_epoch = request.replica_state.replica_epoch if context.api_version >= 15 else -1
        self.wanted = {key: self._resolve(key, ask) for key, ask in opened.wanted.items()}

    def _resolve(self, key: Key, ask: FetchPartition) -> Target:
        topic = key[0]
        name = topic if isinstance(topic, str) else self._node.image.topic_names.get(topic)
        if name is None:
            return Target(ask, None, None, ErrorCode.UNKNOWN_TOPIC_ID)
        try:
            return Target(ask, name, self._node.replicas.partition(name, ask.partition), ErrorCode.NONE)
        except ApiError as error:
            return Target(ask, name, None, error.code)

    def note_follower(self) -> None:
        """A follower's fetch offset says what it has: the leader's bookkeeping happens here."""
        if not self.is_follower:
            return
        now = self._node.world.clock.now()
        for target in self.wanted.values():
            partition = target.partition
            if partition is None or self._problem(target) is not None or target.diverging is not None:
                continue
            try:
                partition.record_fetch(
                    self.replica_id,
                    target.ask.fetch_offset,
                    target.ask.log_start_offset,
                    now,
                    self._replica_epoch,
                )
            except ApiError as error:
                target.error = error.code
                continue
            self._node.replicas.follower_fetched(partition, self.replica_id)

    @property
    def max_wait_s(self) -> float:
        return self._request.max_wait_ms / 1000

    def unready(self) -> list[Target]:
        """The partitions whose log has to be walked before it can tell what of its transactions was rolled back."""
        if self.is_follower or self._request.isolation_level != READ_COMMITTED:
            return []
        found = []
        for target in self.wanted.values():
            partition = target.partition
            if partition is not None and not partition.log.aborted.is_ready(target.ask.fetch_offset):
                found.append(target)
        return found

    def watched(self) -> list[tuple[str, int]]:
        """The partitions whose changes may complete this fetch."""
        return [(t.name, t.ask.partition) for t in self.wanted.values() if t.name is not None]

    # -- is there enough? ----------------------------------------------------------------------------------

    def is_ready(self) -> bool:
        """Is an answer due before the deadline?"""
        if self._request.min_bytes <= 0:
            return True
        available = 0
        for target in self.wanted.values():
            if self._problem(target) is not None or target.diverging is not None:
                return True
            partition, ask = target.partition, target.ask
            assert partition is not None
            end = self._end_offset(partition)
            if ask.fetch_offset < end:
                limit = min(self._request.max_bytes, ask.partition_max_bytes)
                if self._request.min_bytes == 1 or limit < 0:
                    return True
                available += partition.log.size_between(ask.fetch_offset, end, limit_bytes=limit)
        return available >= self._request.min_bytes

    def _problem(self, target: Target) -> ErrorCode | None:
        """Why the target can't be read now. Notes where the logs part, which is no problem but an answer."""
        if target.partition is None or target.error is not ErrorCode.NONE:
            return target.error
        partition, ask = target.partition, target.ask
        log = partition.log
        try:
            if self._version >= 9:
                # Here every negative number stands for "no epoch", elsewhere only -1 does.
                partition.check_leader_epoch(max(ask.current_leader_epoch, NO_LEADER_EPOCH))
            partition.check_leader()
            if self.is_follower and self.replica_id not in partition.followers:
                return self._stranger(ask)
            target.diverging = self._divergence(target)
        except ApiError as error:
            return error.code
        if ask.fetch_offset < log.log_start_offset:
            return ErrorCode.OFFSET_OUT_OF_RANGE
        # Where the logs part says more than that the offset is out of range. A consumer ahead of the high
        # watermark but inside the log waits.
        if target.diverging is None and ask.fetch_offset > log.log_end_offset:
            return ErrorCode.OFFSET_OUT_OF_RANGE
        return None

    def _stranger(self, ask: FetchPartition) -> ErrorCode:
        # With the right leader epoch it may be a replica that we haven't heard of yet; it should try again.
        knows_epoch = self._version >= 9 and ask.current_leader_epoch > NO_LEADER_EPOCH
        return ErrorCode.UNKNOWN_LEADER_EPOCH if knows_epoch else ErrorCode.NOT_LEADER_OR_FOLLOWER

    def _end_offset(self, partition: Partition) -> int:
        if self.is_follower:
            return partition.log.log_end_offset
        if self._request.isolation_level == READ_COMMITTED:
            return partition.last_stable_offset
        return partition.high_watermark

    def _divergence(self, target: Target) -> EpochEndOffset | None:
        """Where the caller's log parts from ours; OFFSET_OUT_OF_RANGE when it has an epoch that we never saw."""
        fetched_epoch = target.ask.last_fetched_epoch
        if self._version < 12 or fetched_epoch < 0 or target.partition is None:
            return None
        epoch, end_offset = target.partition.log.epochs.end_offset_for(fetched_epoch)
        if end_offset < 0:
            raise ApiError(ErrorCode.OFFSET_OUT_OF_RANGE)
        if epoch < fetched_epoch or end_offset < target.ask.fetch_offset:
            return EpochEndOffset(epoch=epoch, end_offset=end_offset)
        return None

    # -- the answer ------------------------------------------------------------------------------------------

    def answer(self) -> FetchResponse:
        """Read everything once, and say what is news."""
        left = min(self._request.max_bytes, self._node.configs.int("fetch.max.bytes"))
        nothing_yet = True
        told: dict[Key, PartitionData] = {}
        for key, target in self.wanted.items():
            data = self._read(target, left, nothing_yet=nothing_yet)
            size = len(data.records or b"")
            left, nothing_yet = max(0, left - size), nothing_yet and size == 0
            told[key] = data
        session = self._session(told)
        topics: dict[TopicKey, list[PartitionData]] = {}
        moved: dict[int, None] = {}
        for key, data in told.items():
            if self._opened.incremental and session is not None and not session.tell(key, data):
                continue
            topics.setdefault(key[0], []).append(data)
            if self._version >= 16 and not self.is_follower and data.current_leader.leader_id >= 0:
                moved[data.current_leader.leader_id] = None
        return FetchResponse(
            throttle_time_ms=0,
            error_code=ErrorCode.NONE,
            session_id=session.id if session is not None else 0,
            responses=[_topic(topic, partitions) for topic, partitions in topics.items()],
            node_endpoints=[_endpoint(self._node, leader) for leader in moved if self._node.endpoint(leader)],
        )

    def _session(self, told: dict[Key, PartitionData]) -> Session | None:
        if self._opened.session is not None or not self._opened.may_create or self._version < 7:
            return self._opened.session
        session = self._node.fetch_sessions.create(
            self._opened, by_id=self._version >= 13, follower=self.is_follower
        )
        if session is not None:
            for key, data in told.items():
                session.tell(key, data)
        return session

    def _read(self, target: Target, left: int, *, nothing_yet: bool) -> PartitionData:
        problem = self._problem(target)
        if problem is not None:
            return self._refusal(target, problem)
        diverging = target.diverging
        partition = target.partition
        assert partition is not None
        records: Records = NOTHING
        aborted: list[AbortedTransaction] | None = None
        if diverging is None:
            try:
                records = self._records(partition, target.ask, left, nothing_yet)
                aborted = self._aborted(partition, target.ask, len(records))
            except ApiError as error:
                return self._refusal(target, error.code)
            except OSError as failure:
                self._node.replicas.storage_failed(partition, failure)
                return self._refusal(target, ErrorCode.KAFKA_STORAGE_ERROR)
        return PartitionData(
            partition_index=target.ask.partition,
            error_code=ErrorCode.NONE,
            high_watermark=partition.high_watermark,
            last_stable_offset=partition.last_stable_offset,
            log_start_offset=partition.log.log_start_offset,
            diverging_epoch=diverging or EpochEndOffset(),
            current_leader=LeaderIdAndEpoch(),
            snapshot_id=SnapshotId(),
            aborted_transactions=aborted,
            preferred_read_replica=-1,
            # The server sends either kind; who reads a response always has bytes.
            records=cast("memoryview", records),
        )

    def _records(self, partition: Partition, ask: FetchPartition, left: int, nothing_yet: bool) -> Records:
        end, limit = self._end_offset(partition), min(left, ask.partition_max_bytes)
        if ask.fetch_offset >= end:
            return NOTHING
        if limit < 0:
            raise ApiError(ErrorCode.UNKNOWN_SERVER_ERROR, f"Invalid max size {limit} for log read")
        if left == 0 and not nothing_yet:
            return NOTHING
        return partition.log.slice(ask.fetch_offset, limit, up_to_offset=end, at_least_one=nothing_yet)

    def _aborted(
        self, partition: Partition, ask: FetchPartition, size_bytes: int
    ) -> list[AbortedTransaction] | None:
        """What a reader of committed records has to skip in what it gets; None for other readers."""
        if self.is_follower or self._request.isolation_level != READ_COMMITTED:
            return None
        if ask.fetch_offset >= partition.last_stable_offset:
            return []
        return [
            AbortedTransaction(producer_id=found.producer_id, first_offset=found.first_offset)
            for found in partition.log.aborted_in_read(ask.fetch_offset, size_bytes)
        ]

    def _refusal(self, target: Target, error: ErrorCode) -> PartitionData:
        answer = unread(target.ask.partition, error)
        if error not in UNKNOWN:
            answer.aborted_transactions = None  # Kafka got as far as reading, which looks for none
        if error in MOVED and self._version >= 16 and target.name is not None:
            leader_id, epoch = self._node.leader_of(target.name, target.ask.partition)
            answer.current_leader = LeaderIdAndEpoch(leader_id=leader_id, leader_epoch=epoch)
        if error is ErrorCode.OFFSET_OUT_OF_RANGE and target.partition is not None and self.is_follower:
            # The follower begins anew where the leader's log begins.
            answer.log_start_offset = target.partition.log.log_start_offset
        return answer


def _topic(topic: TopicKey, partitions: list[PartitionData]) -> FetchableTopicResponse:
    if isinstance(topic, str):
        return FetchableTopicResponse(topic=topic, partitions=partitions)
    return FetchableTopicResponse(topic_id=topic, partitions=partitions)


def _endpoint(node: Broker, leader: int) -> NodeEndpoint:
    endpoint = node.endpoint(leader)
    assert endpoint is not None
    return NodeEndpoint(node_id=leader, host=endpoint[0], port=endpoint[1], rack=None)
