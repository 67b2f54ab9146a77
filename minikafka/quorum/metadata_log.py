"""`__cluster_metadata-0`: the log of everything that the cluster decided, and the quorum of one voter that keeps it.

Rule: records are written and synced before they are committed, and committed before anybody hears of
them. Several records that belong together are in one batch, so all or none survive; what was proposed while the log
was being synced is synced together next. A log that has lost any record that was committed isn't opened
(`committed.py`). A Raft quorum replaces this class behind the same port (`quorum.py`).

Kafka: `KafkaRaftClient`, `BatchAccumulator`, `KafkaMetadataLog`, `MetadataRecordSerde`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from minikafka.log.checkpoints import RECOVERY_POINTS, CorruptCheckpoint, OffsetCheckpoint
from minikafka.log.config import LogConfig
from minikafka.log.log import Appended, Log, LogSnapshot
from minikafka.metadata.batches import MetadataBatch, decode_batch
from minikafka.metadata.ids import METADATA_TOPIC, METADATA_TOPIC_ID
from minikafka.metadata.records import encode_record
from minikafka.policy import Rules
from minikafka.protocol.schema import Message
from minikafka.quorum.committed import NEVER_CHANGED, Known, check_committed
from minikafka.quorum.control_records import VoterNode, leader_change_batch
from minikafka.quorum.quorum import Listener, NotLeader
from minikafka.quorum.snapshot_file import MetadataSnapshot, SnapshotName
from minikafka.quorum.snapshots import MetadataLost, check_reach, find_snapshots, set_aside
from minikafka.quorum.state import QUORUM_STATE, QuorumState, read_quorum_state, write_quorum_state
from minikafka.records.batch import NewRecord, build_batch, read_batches
from minikafka.world import Disk, World, with_descriptors

METADATA_DIRECTORY = f"{METADATA_TOPIC}-0"
MAX_BATCH_BYTES = 64 << 20
READ_BYTES = 1 << 20
_KEY = (METADATA_TOPIC, 0)


class _Proposal(NamedTuple):
    """A batch to be written, and what it says."""

    data: bytes
    batch: MetadataBatch


class MetadataLog:
    """The log and the epoch of one node, which is the only voter. Methods may raise OSError: a failing disk."""

    def __init__(
        self,
        world: World,
        log: Log,
        node_id: int,
        noted_recovery_point: int,
        snapshot: MetadataSnapshot | None = None,
    ) -> None:
        self.node_id = node_id
        self.snapshot_below = snapshot
        """What the log continues: all records before its `end_offset`; None when the log has everything."""
        self.leader: VoterNode | None = None
        self._world = world
        self._log = log
        self._noted_recovery_point = noted_recovery_point
        self._state = read_quorum_state(world.disk, log.directory)
        self._listener: Listener | None = None
        self._on_commit: list[Callable[[], None]] = []
        self._proposed: deque[_Proposal] = deque()
        """What isn't written yet, in order; what isn't synced yet is in neither this nor below the high watermark."""
        self._next_offset = log.log_end_offset
        self._writing: asyncio.Task[None] | None = None
        self._is_open = True
        # One voter: whatever is on its disk is committed.
        log.high_watermark = log.log_end_offset

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
        """Open or make the directory; a last batch that was torn before it was committed is cut off, and that is
        reported.

        `known_by`: what says that this cluster has a metadata log already (a clause); without, a new one may begin.
        Raises `MetadataLost` (a ValueError) when the log and its snapshots don't hold all that was committed; nothing
        is changed then.
        """
        config = LogConfig(
            segment_bytes=segment_bytes,
            max_message_bytes=MAX_BATCH_BYTES,
            retention_ms=-1,
            retention_bytes=-1,
        )
        disk = world.disk
        where = f"{disk.location}/{METADATA_DIRECTORY}"
        recovery_point = _read_recovery_point(disk)
        snapshots = find_snapshots(disk, METADATA_DIRECTORY)
        extent = check_committed(disk, METADATA_DIRECTORY, Known(recovery_point, _known_epoch(disk)))
        check_reach(snapshots, where, extent.start_offset, extent.end_offset)
        if known_by and extent.end_offset == 0:
            raise MetadataLost(f"There is no metadata log in {where}, but {known_by}. {NEVER_CHANGED}")
        log = Log.open(
            world,
            METADATA_DIRECTORY,
            METADATA_TOPIC,
            0,
            config,
            # The quorum syncs it before it commits, whatever rule there is for others.
            replace(rules or Rules(), should_flush=Rules().should_flush),
            clean_shutdown=False,
            recovery_point=recovery_point,
            topic_id=METADATA_TOPIC_ID,
        )
        if extent.torn is not None:
            world.trace.emit(extent.torn)
        set_aside(disk, METADATA_DIRECTORY, snapshots, world.trace)
        return cls(world, log, node_id, recovery_point, snapshots.newest)

    @property
    def leader_epoch(self) -> int:
        return self._state.leader_epoch

    @property
    def voters(self) -> tuple[VoterNode, ...]:
        return () if self.leader is None else (self.leader,)

    @property
    def end_offset(self) -> int:
        """Where the log ends."""
        return self._log.log_end_offset

    @property
    def next_offset(self) -> int:
        """The offset that the first record of the next proposal will get."""
        return self._next_offset

    @property
    def start_offset(self) -> int:
        return self._log.log_start_offset

    @property
    def high_watermark(self) -> int:
        """All below it is committed."""
        return self._log.high_watermark

    def snapshot(self) -> LogSnapshot:
        return self._log.snapshot()

    def on_commit(self, callback: Callable[[], None]) -> None:
        """Call this whenever the high watermark has advanced."""
        self._on_commit.append(callback)

    def load(self, listener: Listener) -> None:
        """Give the listener all that is committed, and from now on what else will be."""
        self._listener = listener
        if self.snapshot_below is not None:
            listener.on_snapshot(self.snapshot_below)
        for batch in self.replay():
            listener.on_committed(batch)

    def join(self, voter: VoterNode) -> None:
        """There is nobody else: lead."""
        self.become_leader(voter)
        if self._listener is not None:
            self._listener.on_leader(self.node_id, self.leader_epoch)

    def become_leader(self, voter: VoterNode) -> None:
        """Take a new epoch, and begin it in the log. `voter` says how others reach this node."""
        assert voter.id == self.node_id, "a node leads as itself"
        in_snapshot = -1 if self.snapshot_below is None else self.snapshot_below.name.epoch
        epoch = max(self._state.leader_epoch, self._log.epochs.latest, in_snapshot, 0) + 1
        state = QuorumState(leader_id=self.node_id, leader_epoch=epoch)
        write_quorum_state(self._world.disk, self._log.directory, state)
        self._state, self.leader = state, voter
        now_ms = self._world.clock.time_ms()
        self._write(leader_change_batch(voter, [voter], epoch, now_ms))
        self._next_offset = self._log.log_end_offset
        self._log.flush()
        self._committed([])
        self._note_recovery_point()

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
                    await with_descriptors(lambda: self._write(self._proposed[0].data))
                    written.append(self._proposed.popleft().batch)
                await self._sync()
                if self._is_open:
                    self._committed(written)
                    await with_descriptors(self._note_segment)
        except OSError as error:
            if self._listener is None:
                raise
            self._listener.on_failure(error)
        finally:
            self._writing = None

    async def _sync(self) -> None:
        await with_descriptors(self._log.flush)

    def _write(self, batch: bytes) -> Appended:
        return self._log.append_as_leader(memoryview(batch), self.leader_epoch, origin="coordinator")

    def _committed(self, batches: Sequence[MetadataBatch]) -> None:
        """All that is in the log is committed, these batches last."""
        self._log.high_watermark = self._log.log_end_offset
        for batch in batches:
            if self._listener is not None:
                self._listener.on_committed(batch)
        for callback in self._on_commit:
            callback()

    def _note_segment(self) -> None:
        if self._log.segments.active.base_offset > self._noted_recovery_point:
            self._note_recovery_point()

    def _note_recovery_point(self) -> None:
        """Once a segment, and when a life begins and ends: all below was committed. (Kafka notes none of it.)"""
        self._noted_recovery_point = self._log.recovery_point
        OffsetCheckpoint(self._world.disk, RECOVERY_POINTS).write({_KEY: self._noted_recovery_point})

    def read(self, offset: int, max_bytes: int, up_to_offset: int) -> memoryview:
        """Raw batches from the one offset on, below the other; empty when there are none. Raises `ApiError`
        OFFSET_OUT_OF_RANGE.
        """
        return self._log.read(offset, max_bytes, up_to_offset=up_to_offset, at_least_one=True)

    def end_offset_for(self, epoch: int) -> tuple[int, int]:
        """The newest epoch up to `epoch` that the log has, and where it ends; (-1, -1) when it has none."""
        found = self._log.epochs.end_offset_for(epoch)
        return found[0], found[1]

    def read_snapshot(self, name: SnapshotName, position: int, max_bytes: int) -> tuple[bytes, int] | None:
        """Bytes of that snapshot from `position` on, and how many it has in all; None when there is none such."""
        if self.snapshot_below is None or self.snapshot_below.name != name:
            return None
        file = self._world.disk.open(f"{self._log.directory}/{name}")
        try:
            return file.read_at(position, max_bytes), file.size
        finally:
            file.close()

    def replay(self, from_offset: int = 0) -> Iterator[MetadataBatch]:
        """Everything committed from there on, in order; what lies before the log is in `snapshot_below`.

        Raises `MalformedMessage` for a record of no known type.
        """
        offset = max(from_offset, self.start_offset)
        while offset < self.high_watermark:
            data = self._log.read(offset, READ_BYTES, up_to_offset=self.high_watermark, at_least_one=True)
            if not data:
                return
            for batch in read_batches(data):
                if batch.header.base_offset >= from_offset:
                    yield decode_batch(batch)
                offset = batch.header.next_offset

    def close(self) -> None:
        """A clean end; what was proposed and isn't written yet is lost."""
        self._is_open = False
        self._log.close()
        self._note_recovery_point()

    def abandon(self) -> None:
        """Close the files and write nothing."""
        self._is_open = False
        self._log.abandon()


def _known_epoch(disk: Disk) -> int | None:
    """The newest that any batch may have; None where quorum-state is missing."""
    if not disk.exists(f"{METADATA_DIRECTORY}/{QUORUM_STATE}"):
        return None
    return read_quorum_state(disk, METADATA_DIRECTORY).leader_epoch


def _read_recovery_point(disk: Disk) -> int:
    """0, which is always right, where none was noted or the note can't be read."""
    try:
        return OffsetCheckpoint(disk, RECOVERY_POINTS).read().get(_KEY, 0)
    except CorruptCheckpoint:
        return 0
