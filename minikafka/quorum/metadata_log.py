"""The quorum of one voter: what is written and synced is committed.

Rule: records are written and synced before they are committed, and committed before anybody hears of
them. Several records that belong together are in one batch, so all or none survive; what was proposed while the log
was being synced is synced together next. With more voters, `raft_quorum.py` stands behind the same port (`quorum.py`).

Kafka: `KafkaRaftClient`, `BatchAccumulator`, `MetadataRecordSerde`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from minikafka.log.log import LogSnapshot
from minikafka.metadata.batches import MetadataBatch
from minikafka.metadata.records import encode_record
from minikafka.policy import Rules
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.schema import Message
from minikafka.quorum.control_records import VoterNode, leader_change_batch
from minikafka.quorum.metadata_store import METADATA_DIRECTORY, MetadataStore
from minikafka.quorum.quorum import Listener, NotLeader
from minikafka.quorum.raft.leading import LEADER_CHANGE_RECORDS
from minikafka.quorum.raft.messages import Fetch, FetchAnswer, refusal
from minikafka.quorum.snapshot_file import MetadataSnapshot, SnapshotName
from minikafka.quorum.snapshot_writer import SnapshotWriter
from minikafka.quorum.state import QuorumState
from minikafka.records.batch import NewRecord, build_batch
from minikafka.world import World, with_descriptors


class _Proposal(NamedTuple):
    """A batch to be written, and what it says."""

    data: bytes
    batch: MetadataBatch


class MetadataLog:
    """The log and the epoch of one node, which is the only voter. Methods may raise OSError: a failing disk."""

    def __init__(self, world: World, store: MetadataStore, node_id: int, rules: Rules) -> None:
        self.node_id = node_id
        self.leader: VoterNode | None = None
        self._world = world
        self._store = store
        self._rules = rules
        self._shape = store.shape()
        self._listener: Listener | None = None
        self._on_progress: list[Callable[[], None]] = []
        self._proposed: deque[_Proposal] = deque()
        """What isn't written yet, in order; what isn't synced yet is in neither this nor below the high watermark."""
        self._next_offset = store.end_offset
        self._writing: asyncio.Task[None] | None = None
        self._is_open = True
        # One voter: whatever is on its disk is committed.
        store.log.high_watermark = store.end_offset

    @classmethod
    def open(
        cls,
        world: World,
        node_id: int,
        rules: Rules | None = None,
        *,
        segment_bytes: int = 1 << 30,
        known_by: str = "",
    ) -> MetadataLog:
        """As `MetadataStore.open`."""
        store = MetadataStore.open(world, rules, segment_bytes=segment_bytes, known_by=known_by)
        return cls(world, store, node_id, rules or Rules())

    @property
    def leader_epoch(self) -> int:
        return self._store.state.leader_epoch

    @property
    def voters(self) -> tuple[VoterNode, ...]:
        return () if self.leader is None else (self.leader,)

    @property
    def snapshot_below(self) -> MetadataSnapshot | None:
        return self._store.snapshot_below

    @property
    def end_offset(self) -> int:
        """Where the log ends."""
        return self._store.end_offset

    @property
    def next_offset(self) -> int:
        """The offset that the first record of the next proposal will get."""
        return self._next_offset

    @property
    def start_offset(self) -> int:
        return self._store.start_offset

    @property
    def high_watermark(self) -> int:
        """All below it is committed."""
        return self._store.high_watermark

    @property
    def synced_offset(self) -> int:
        return self._store.log.recovery_point

    @property
    def state(self) -> QuorumState:
        return self._store.state

    @property
    def bytes_since_snapshot(self) -> int:
        return self._store.bytes_since_snapshot

    def begin_snapshot(self, name: SnapshotName, last_contained_ms: int) -> SnapshotWriter | None:
        writer = self._store.begin_snapshot(name)
        if writer is not None:
            writer.begin(self.voters, last_contained_ms)
        return writer

    def took_snapshot(self, name: SnapshotName, retention_bytes: int, retention_ms: int) -> None:
        self._store.took_snapshot(name)
        self._store.clean(retention_bytes, retention_ms)

    def snapshot(self) -> LogSnapshot:
        return self._store.snapshot()

    def on_progress(self, callback: Callable[[], None]) -> None:
        """Call this whenever there is more to be read, or another leads."""
        self._on_progress.append(callback)

    def load(self, listener: Listener) -> None:
        """Give the listener all that is committed, and from now on what else will be."""
        self._listener = listener
        begin = 0
        if self.snapshot_below is not None:
            listener.on_snapshot(self.snapshot_below)
            begin = self.snapshot_below.name.end_offset
        for batch in self.replay(begin):
            listener.on_committed(batch)

    def join(self, voter: VoterNode, voters: Sequence[VoterNode]) -> None:
        """There is nobody else: lead."""
        self.become_leader(voter)
        if self._listener is not None:
            self._listener.on_leader(self.node_id, self.leader_epoch)

    def become_leader(self, voter: VoterNode) -> None:
        """Take a new epoch, and begin it in the log. `voter` says how others reach this node."""
        assert voter.id == self.node_id, "a node leads as itself"
        epoch = self._store.newest_epoch + 1
        self._store.keep(QuorumState(leader_id=self.node_id, leader_epoch=epoch))
        self.leader = voter
        now_ms = self._world.clock.time_ms()
        begin = self.end_offset
        batch = MetadataBatch(begin, begin + LEADER_CHANGE_RECORDS - 1, epoch, [])
        self._write(leader_change_batch(voter, [voter], [voter.id], epoch, now_ms), batch)
        self._next_offset = self.end_offset
        self._store.log.flush()
        self._committed([])
        self._store.note_committed()

    def propose(self, records: Sequence[Message]) -> int:
        """Commit these, all or none, as soon as may be; returns the offset of the first. Raises `NotLeader`."""
        assert records, "an empty batch can't be committed"
        now_ms = self._world.clock.time_ms()
        values = [NewRecord(now_ms, None, encode_record(record)) for record in records]
        return self.propose_batch(values, records)

    def propose_batch(self, values: Sequence[NewRecord], records: Sequence[Message]) -> int:
        """The same of records that are encoded already."""
        if self.leader is None or not self._is_open:
            raise NotLeader
        data = build_batch(values, leader_epoch=self.leader_epoch)
        offset = self._next_offset
        self._next_offset += len(values)
        batch = MetadataBatch(offset, self._next_offset - 1, self.leader_epoch, list(records))
        self._proposed.append(_Proposal(data, batch))
        if self._writing is None:
            self._writing = self._world.spawn(self._write_out(), "metadata log")
        return offset

    async def append(self, records: Sequence[Message]) -> int:
        """Propose these, and wait until they are committed."""
        offset = self.propose(records)
        while self._writing is not None:
            await asyncio.shield(self._writing)
        return offset

    async def _write_out(self) -> None:
        """Write and sync what was proposed, and what was proposed meanwhile, until there is nothing left."""
        try:
            while self._proposed and self._is_open:
                written: list[MetadataBatch] = []
                while self._proposed:
                    await with_descriptors(partial(self._write, *self._proposed[0]))
                    written.append(self._proposed.popleft().batch)
                await self._sync()
                if self._is_open:
                    self._committed(written)
                    await with_descriptors(self._store.note_segment)
        except OSError as error:
            if self._listener is None:
                raise
            self._listener.on_failure(error)
        finally:
            self._writing = None

    async def _sync(self) -> None:
        await with_descriptors(self._store.log.flush)

    def _write(self, data: bytes, batch: MetadataBatch) -> None:
        self._store.append(data, self.leader_epoch)
        self._shape.append(self.leader_epoch, batch.last_offset - batch.base_offset + 1)

    def _committed(self, batches: Sequence[MetadataBatch]) -> None:
        """All that is in the log is committed, these batches last."""
        self._store.log.high_watermark = self.end_offset
        for batch in batches:
            if self._listener is not None:
                self._listener.on_committed(batch)
        for callback in self._on_progress:
            callback()

    def read(self, offset: int, max_bytes: int, up_to_offset: int) -> memoryview:
        return self._store.read(offset, max_bytes, up_to_offset)

    def follow(self, fetch: Fetch) -> FetchAnswer:
        """All who follow are observers."""
        leader_id = -1 if self.leader is None else self.leader.id
        error, diverging = refusal(fetch, self.leader_epoch, leads=leader_id == self.node_id), None
        if not error:
            diverging = self._shape.diverging(fetch.offset, fetch.last_epoch, self._rules.may_append)
        return FetchAnswer(
            self.leader_epoch,
            leader_id,
            fetch.offset,
            fetch.last_epoch,
            self.high_watermark,
            error,
            diverging,
        )

    async def consult(self, request: Message) -> Message:
        """There is no other voter who might ask."""
        raise ApiError(ErrorCode.INCONSISTENT_VOTER_SET)

    def read_snapshot(self, name: SnapshotName, position: int, max_bytes: int) -> tuple[bytes, int] | None:
        return self._store.read_snapshot(name, position, max_bytes)

    def replay(self, from_offset: int = 0) -> Iterator[MetadataBatch]:
        """Everything committed from there on, in order; what lies before the log is in `snapshot_below`.

        Raises `MalformedMessage` for a record of no known type.
        """
        return self._store.replay(from_offset)

    async def change_voters(self, voters: Sequence[VoterNode], timeout_s: float) -> None:
        """It is the only voter there will ever be."""
        raise ApiError(
            ErrorCode.UNSUPPORTED_VERSION, "A cluster that was made with one controller can't have others."
        )

    async def leave(self) -> None:
        """Nobody is there who could lead instead."""

    def close(self) -> None:
        """A clean end; what was proposed and isn't written yet is lost."""
        self._is_open = False
        self._store.close()

    def abandon(self) -> None:
        """Close the files and write nothing."""
        self._is_open = False
        self._store.abandon()


__all__ = ["METADATA_DIRECTORY", "MetadataLog"]
