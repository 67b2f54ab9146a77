"""Fetch on `__cluster_metadata-0`: how brokers hear what was decided.

Rule: a fetch at the log's end waits until something is committed or its time is up; nobody polls. Only a voter is
given what isn't committed: it is he who has to confirm it. (Kafka gives it to brokers, too, which then have to wait for
word of the commit.) Kafka: `KafkaRaftClient.handleFetchRequest`; KIP-595.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from minikafka.metadata.ids import METADATA_TOPIC, METADATA_TOPIC_ID
from minikafka.protocol.dispatch import RequestContext
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.fetch import (
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
from minikafka.protocol.schema import ZERO_UUID
from minikafka.quorum.quorum import Quorum
from minikafka.quorum.raft.messages import Fetch
from minikafka.world import World, with_descriptors

MAX_BYTES = 8 << 20


@dataclass(frozen=True, slots=True)
class Observer:
    """A broker that follows the log.

    The offset it will have next, and when (ms) it asked and had everything.
    """

    id: int
    directory_id: UUID
    log_end_offset: int
    last_fetch_ms: int
    last_caught_up_ms: int


class MetadataFetch:
    """Serves the log, and remembers who follows it."""

    def __init__(self, world: World, log: Quorum, cluster_id: str) -> None:
        self._world = world
        self._log = log
        self._cluster_id = cluster_id
        self._followers: dict[int, Observer] = {}
        self._epoch = -1
        self._waiting: list[asyncio.Future[None]] = []
        log.on_progress(self._wake)

    @property
    def observers(self) -> tuple[Observer, ...]:
        """All who have fetched in this epoch and don't vote."""
        followers = [self._followers[id] for id in sorted(self._followers)]
        return tuple(one for one in followers if not self._is_voter(one.id, one.directory_id))

    @property
    def voters(self) -> tuple[Observer, ...]:
        """The voters that have fetched in this epoch."""
        followers = [self._followers[id] for id in sorted(self._followers)]
        return tuple(one for one in followers if self._is_voter(one.id, one.directory_id))

    def _is_voter(self, id: int, directory_id: UUID) -> bool:
        """One that has lost its directory doesn't have what the voter of its id had."""
        voter = next((voter for voter in self._log.voters if voter.id == id), None)
        return voter is not None and directory_id in (ZERO_UUID, voter.directory_id)

    def close(self) -> None:
        """Answer everybody who waits."""
        self._wake()

    async def serve(self, request: FetchRequest, context: RequestContext) -> FetchResponse:
        """Raises OSError: a failing disk."""
        if request.cluster_id is not None and request.cluster_id != self._cluster_id:
            return FetchResponse(error_code=ErrorCode.INCONSISTENT_CLUSTER_ID, responses=[])
        wanted = self._metadata_partition(request, context)
        if wanted is None:
            return FetchResponse(error_code=ErrorCode.INVALID_REQUEST, responses=[])
        replica_id = request.replica_state.replica_id if context.api_version >= 15 else request.replica_id
        if replica_id >= 0:
            self._note(replica_id, wanted)
        answer = await with_descriptors(partial(self._answer, wanted, request, replica_id))
        deadline = self._world.clock.now() + request.max_wait_ms / 1000
        while not self._is_due(answer, wanted):
            remaining_s = deadline - self._world.clock.now()
            if remaining_s <= 0:
                break
            await self._progress(remaining_s)
            answer = await with_descriptors(partial(self._answer, wanted, request, replica_id, again=True))
        topic = FetchableTopicResponse(topic=METADATA_TOPIC, topic_id=METADATA_TOPIC_ID, partitions=[answer])
        return FetchResponse(responses=[topic], node_endpoints=self._leader(context))

    def _readable_by(self, replica_id: int, directory_id: UUID) -> int:
        votes = self._is_voter(replica_id, directory_id)
        return self._log.end_offset if votes else self._log.high_watermark

    def _leader(self, context: RequestContext) -> list[NodeEndpoint]:
        """Where the leader is: a broker that knows only bootstrap addresses needs it."""
        leader = self._log.leader
        if context.api_version < 16 or leader is None:
            return []
        return [NodeEndpoint(node_id=leader.id, host=leader.host, port=leader.port)]

    def _metadata_partition(self, request: FetchRequest, context: RequestContext) -> FetchPartition | None:
        if len(request.topics) != 1 or len(request.topics[0].partitions) != 1:
            return None
        topic = request.topics[0]
        is_known = topic.topic_id == METADATA_TOPIC_ID or topic.topic == METADATA_TOPIC
        partition = topic.partitions[0]
        return partition if is_known and partition.partition == 0 else None

    def _is_due(self, answer: PartitionData, wanted: FetchPartition) -> bool:
        """Kafka's brokers set no `min_bytes` here, and the quorum doesn't look at it. A follower that told the
        high watermark it knows is told a higher one at once (KIP-1166).
        """
        diverges = answer.diverging_epoch.end_offset >= 0
        knows_more = answer.high_watermark > wanted.high_watermark
        lies_before = answer.snapshot_id.end_offset >= 0
        return bool(answer.error_code or diverges or lies_before or answer.records or knows_more)

    def _answer(
        self, wanted: FetchPartition, request: FetchRequest, replica_id: int, *, again: bool = False
    ) -> PartitionData:
        """`again`: its time isn't up; the follower has said nothing since."""
        log, epoch = self._log, wanted.current_leader_epoch
        counts = self._is_voter(replica_id, wanted.replica_directory_id) and not again
        asked = Fetch(epoch, replica_id if counts else -1, wanted.fetch_offset, wanted.last_fetched_epoch)
        told = log.follow(asked)
        answer = PartitionData(
            partition_index=0,
            error_code=told.error,
            high_watermark=told.high_watermark,
            log_start_offset=log.start_offset,
            current_leader=LeaderIdAndEpoch(leader_id=told.leader, leader_epoch=told.epoch),
            aborted_transactions=None,
            records=b"",
        )
        below, diverging = log.snapshot_below, told.diverging
        is_before = wanted.fetch_offset < log.start_offset
        is_before |= diverging is not None and diverging.end_offset < log.start_offset
        if told.error:
            pass
        elif wanted.fetch_offset < 0:
            answer.error_code = ErrorCode.OFFSET_OUT_OF_RANGE
        elif below is not None and is_before:
            answer.snapshot_id = SnapshotId(end_offset=below.name.end_offset, epoch=below.name.epoch)
        elif diverging is not None:
            answer.diverging_epoch = EpochEndOffset(epoch=diverging.epoch, end_offset=diverging.end_offset)
        else:
            up_to = self._readable_by(replica_id, wanted.replica_directory_id)
            answer.records = log.read(wanted.fetch_offset, self._limit(wanted, request), up_to)
        return answer

    def _limit(self, wanted: FetchPartition, request: FetchRequest) -> int:
        return max(1, min(wanted.partition_max_bytes, request.max_bytes, MAX_BYTES))

    def _note(self, replica_id: int, wanted: FetchPartition) -> None:
        now_ms = self._world.clock.time_ms()
        if self._log.leader_epoch != self._epoch:
            self._epoch = self._log.leader_epoch
            self._followers.clear()
        known = self._followers.get(replica_id)
        directory_id, fetch_offset = wanted.replica_directory_id, wanted.fetch_offset
        caught_up_ms = now_ms if fetch_offset >= self._readable_by(replica_id, directory_id) else -1
        if caught_up_ms < 0 and known is not None:
            caught_up_ms = known.last_caught_up_ms
        self._followers[replica_id] = Observer(replica_id, directory_id, fetch_offset, now_ms, caught_up_ms)

    async def _progress(self, timeout_s: float) -> None:
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        timer = self._world.call_later(timeout_s, _finish, waiter)
        try:
            await waiter
        finally:
            timer.cancel()
            if waiter in self._waiting:
                self._waiting.remove(waiter)

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            _finish(waiter)


def _finish(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
