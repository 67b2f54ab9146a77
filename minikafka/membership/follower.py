"""How a broker learns what the controller decided: it fetches the metadata log from it and replays it.

Rule: only what is committed (below the high watermark) reaches the image, in order, and every image is
announced once. Kafka: `KafkaRaftClient` (as an observer), `MetadataLoader`; KIP-595, KIP-631.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Sequence
from uuid import UUID

from minikafka.membership.controller_channel import ControllerChannel
from minikafka.membership.controllers import Controllers
from minikafka.membership.membership import ImageListener
from minikafka.membership.snapshot_fetch import fetch_snapshot
from minikafka.metadata.batches import MetadataBatch, decode_batch, skipping
from minikafka.metadata.ids import METADATA_TOPIC, METADATA_TOPIC_ID
from minikafka.metadata.image import MetadataDelta, MetadataImage
from minikafka.metadata.records import PartitionChangeRecord, RemoveTopicRecord
from minikafka.metadata.replay import advance
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.fetch import (
    FetchPartition,
    FetchRequest,
    FetchResponse,
    FetchTopic,
    PartitionData,
    ReplicaState,
)
from minikafka.protocol.schema import Message
from minikafka.quorum.snapshot_file import SnapshotName
from minikafka.records.batch import read_batches
from minikafka.world import Event, World

FETCH_VERSION = 17
MAX_WAIT_MS = 2000
MAX_BYTES = 128 << 10
"""Of an answer: a few hundred records, so that taking one in holds nobody up. A batch comes whole."""
REQUEST_TIMEOUT_S = MAX_WAIT_MS / 1000 + 2.0
MOST_DELETED = 20_000
"""Topics whose deletion is remembered, and partitions of which this broker has to give up its replica."""
BACKOFF_S = (0.05, 1.0)
"""The first and the longest pause before connecting again."""


class MetadataLogDiverged(Event, frozen=True):
    """The controller's log isn't the one that was read: everything is read again."""

    end_offset: int


class MetadataFollower:
    """Follows the controllers' log. `on_image(image, delta)` is called after each step; what it raises is put into
    `trace.failures`, and a record that can't be applied is reported: neither ends `run`.
    """

    def __init__(
        self, world: World, broker_id: int, controllers: Controllers, on_image: ImageListener
    ) -> None:
        self.image = self._announced = MetadataImage()
        self.high_watermark = 0
        self.leader_epoch = -1
        self._is_whole = False  # has the image been all that is committed since it was begun?
        self._deleted: OrderedDict[UUID | tuple[UUID, int], None] = OrderedDict()
        self._world = world
        self._broker_id = broker_id
        self._controllers = controllers
        self._on_image = on_image
        self._fetched_to = 0
        self._last_epoch = -1
        self._uncommitted: deque[MetadataBatch] = deque()
        self._channel = ControllerChannel(world, controllers, f"broker-{broker_id}-metadata")

    @property
    def is_caught_up(self) -> bool:
        """Whether all that the controller had committed, when last heard of, is in the image."""
        return 0 < self.high_watermark <= self.image.offset + 1

    def has_seen_deleted(self, topic_id: UUID) -> bool:
        """Was the deletion of that topic read in this log, and not so long ago that it was forgotten?"""
        return topic_id in self._deleted

    def has_seen_removed(self, topic_id: UUID, partition: int) -> bool:
        """Was it read in this log that the broker has to give up its replica of it?"""
        return (topic_id, partition) in self._deleted

    async def run(self) -> None:
        """Follow for ever; connects again when the connection is lost."""
        backoff_s = BACKOFF_S[0]
        try:
            while True:
                try:
                    while True:
                        answer = await self._fetch()
                        if answer.snapshot_id.end_offset >= 0:
                            await self._take_snapshot(answer)
                        else:
                            self._take(answer)
                        backoff_s = BACKOFF_S[0]
                except (OSError, TimeoutError):
                    self._channel.give_up()
                await asyncio.sleep(backoff_s * (0.75 + self._world.random.random() / 2))
                backoff_s = min(2 * backoff_s, BACKOFF_S[1])
        finally:
            self.close()

    def close(self) -> None:
        """Hang up; `run`, if it runs, connects again."""
        self._channel.close()

    async def _fetch(self) -> PartitionData:
        partition = FetchPartition(
            partition=0,
            current_leader_epoch=-1,
            fetch_offset=self._fetched_to,
            last_fetched_epoch=self._last_epoch,
            log_start_offset=0,
            partition_max_bytes=MAX_BYTES,
        )
        request = FetchRequest(
            replica_state=ReplicaState(replica_id=self._broker_id, replica_epoch=-1),
            max_wait_ms=MAX_WAIT_MS,
            min_bytes=1,
            max_bytes=MAX_BYTES,
            topics=[FetchTopic(topic=METADATA_TOPIC, topic_id=METADATA_TOPIC_ID, partitions=[partition])],
        )
        response: FetchResponse = await self._channel.request(request, FETCH_VERSION, REQUEST_TIMEOUT_S)
        code = ErrorCode(response.error_code)
        if code is ErrorCode.NONE and response.responses and response.responses[0].partitions:
            answer = response.responses[0].partitions[0]
            code = ErrorCode(answer.error_code)
            if code in (ErrorCode.NONE, ErrorCode.OFFSET_OUT_OF_RANGE):
                return answer
            self._note_leader(answer, response)
        raise ConnectionError(f"the controller answers {code.name} to a fetch of the metadata log")

    def _note_leader(self, answer: PartitionData, response: FetchResponse) -> None:
        """A standby controller says who decides, if it knows."""
        for node in response.node_endpoints:
            if node.node_id == answer.current_leader.leader_id:
                self._controllers.lead((node.host, node.port))

    async def _take_snapshot(self, answer: PartitionData) -> None:
        """What this follower asks for lies before the log: begin with the snapshot that replaces it."""
        name = SnapshotName(answer.snapshot_id.end_offset, answer.snapshot_id.epoch)
        snapshot = await fetch_snapshot(self._channel, self._broker_id, name)
        self._uncommitted.clear()
        self._fetched_to, self._last_epoch = name
        self.high_watermark = max(self.high_watermark, answer.high_watermark)
        last = name.end_offset - 1
        for skipped in snapshot.skipped:
            self._world.trace.emit(skipped)
        skip = skipping(self._world.trace.emit, [last] * len(snapshot.records))
        self.image, _ = advance(MetadataImage(), snapshot.records, last, skip)
        self._announce(None)

    def _take(self, answer: PartitionData) -> None:
        """Work an answer in: drop what diverged, keep what isn't committed, apply the rest."""
        self.leader_epoch = answer.current_leader.leader_epoch
        if answer.error_code == ErrorCode.OFFSET_OUT_OF_RANGE:
            self._truncate(0)
            return
        if answer.diverging_epoch.end_offset >= 0:
            self._truncate(answer.diverging_epoch.end_offset)
            return
        for batch in read_batches(answer.records or b""):
            if batch.header.base_offset >= self._fetched_to:
                self._uncommitted.append(decode_batch(batch))
                for skipped in self._uncommitted[-1].skipped:
                    self._world.trace.emit(skipped)
                self._fetched_to = batch.header.next_offset
                self._last_epoch = batch.header.partition_leader_epoch
        self.high_watermark = max(self.high_watermark, answer.high_watermark)
        records: list[Message] = []
        offsets: list[int] = []
        offset = self.image.offset
        while self._uncommitted and self._uncommitted[0].last_offset < self.high_watermark:
            committed = self._uncommitted.popleft()
            records += committed.records
            offsets += range(committed.base_offset, committed.base_offset + len(committed.records))
            offset = committed.last_offset
        if offset > self.image.offset:
            is_known = self.image is self._announced  # else another log was begun
            skip = skipping(self._world.trace.emit, offsets)
            self.image, delta = advance(self.image, records, offset, skip)
            self._note_deleted(records)
            self._announce(delta if is_known else None)

    def _note_deleted(self, records: Sequence[Message]) -> None:
        for record in records:
            if isinstance(record, RemoveTopicRecord):
                self._deleted[record.topic_id] = None
            elif isinstance(record, PartitionChangeRecord) and record.replicas is not None:
                key = (record.topic_id, record.partition_id)
                if self._broker_id in record.replicas:
                    self._deleted.pop(key, None)
                else:
                    self._deleted[key] = None
            if len(self._deleted) > MOST_DELETED:
                self._deleted.popitem(last=False)

    def _announce(self, delta: MetadataDelta | None) -> None:
        """But not half of the metadata: that would make strangers of the partitions in the other half."""
        self._is_whole = self._is_whole or self.is_caught_up
        if self._is_whole:
            old, self._announced = self._announced, self.image
            try:
                self._on_image(self.image, self.image.delta(old) if delta is None else delta)
            except Exception as error:  # said; what comes next may be right again
                self._world.trace.fail(f"metadata up to offset {self.image.offset}", error)

    def _truncate(self, end_offset: int) -> None:
        while self._uncommitted and self._uncommitted[-1].last_offset >= end_offset:
            self._uncommitted.pop()
        if end_offset <= self.image.offset:
            # Committed records never change, so this is another log: start over, but announce no empty cluster.
            self._world.trace.emit(MetadataLogDiverged(end_offset))
            self._uncommitted.clear()
            self.image = MetadataImage()
            self.high_watermark = 0
            self._is_whole = False
            self._deleted.clear()
        last = self._uncommitted[-1] if self._uncommitted else None
        self._fetched_to = self.image.offset + 1 if last is None else last.last_offset + 1
        self._last_epoch = -1 if last is None else last.epoch
