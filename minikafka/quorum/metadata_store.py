"""`__cluster_metadata-0` as it lies on a disk: the log of everything that the cluster decided, the snapshot that it
continues, and `quorum-state`.

Rule: what is noted to be committed is there, or the log isn't opened (`committed.py`). What a quorum makes of it is the
quorum's matter. Kafka: `KafkaRaftLog`, `FileQuorumStateStore`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from minikafka.log.checkpoints import RECOVERY_POINTS, CorruptCheckpoint, OffsetCheckpoint
from minikafka.log.config import LogConfig
from minikafka.log.log import Log, LogSnapshot
from minikafka.metadata.batches import MetadataBatch, decode_batch
from minikafka.metadata.ids import METADATA_TOPIC, METADATA_TOPIC_ID
from minikafka.policy import Rules
from minikafka.quorum.committed import NEVER_CHANGED, Known, check_committed
from minikafka.quorum.control_records import VoterNode, voters_of
from minikafka.quorum.raft.log_shape import LogShape
from minikafka.quorum.snapshot_file import MetadataSnapshot, SnapshotName
from minikafka.quorum.snapshot_writer import SnapshotWriter
from minikafka.quorum.snapshots import (
    FoundSnapshots,
    MetadataLost,
    check_reach,
    find_snapshots,
    remove_parts,
    set_aside,
)
from minikafka.quorum.state import QUORUM_STATE, QuorumState, read_quorum_state, write_quorum_state
from minikafka.records.batch import read_batches
from minikafka.world import Disk, World

METADATA_DIRECTORY = f"{METADATA_TOPIC}-0"
MAX_BATCH_BYTES = 64 << 20
READ_BYTES = 1 << 20
_KEY = (METADATA_TOPIC, 0)


class MetadataStore:
    """Methods may raise OSError: a failing disk."""

    def __init__(
        self,
        world: World,
        log: Log,
        noted_committed: int,
        snapshots: FoundSnapshots = FoundSnapshots(None, ()),
    ) -> None:
        newest = snapshots.newest
        self.snapshot_below = newest
        """The newest snapshot: all records before its `end_offset`; None when there is none, and the log has all."""
        self.snapshots = [*snapshots.older, *([] if newest is None else [newest.name])]
        """The oldest first."""
        self.log = log
        self.noted_committed = noted_committed
        """All below was committed: that is in a file."""
        self.state = read_quorum_state(world.disk, log.directory)
        self._world = world
        self.bytes_since_snapshot = 0
        """How much was written, or read at the start, that the newest snapshot doesn't hold."""
        if log.log_end_offset:
            begin = max(log.log_start_offset, 0 if newest is None else newest.name.end_offset)
            self.bytes_since_snapshot = log.size_between(begin, log.log_end_offset)

    @classmethod
    def open(
        cls,
        world: World,
        rules: Rules | None = None,
        *,
        segment_bytes: int = 1 << 30,
        known_by: str = "",
        may_be_empty: bool = False,
    ) -> MetadataStore:
        """Open or make the directory; a last batch that was torn before it was committed is cut off, and that is
        reported.

        `known_by`: what says that this cluster has a metadata log already (a clause); without, a new one may begin.
        `may_be_empty`: nor is there need of one where quorum-state says that this voter has taken part; and where the
        newest snapshot, which came from the leader, is ahead of the log or has another past, the log begins anew behind
        it.
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
        reach = -1 if snapshots.newest is None else snapshots.newest.name.end_offset
        known_end = 0 if may_be_empty and reach >= recovery_point else recovery_point
        extent = check_committed(disk, METADATA_DIRECTORY, Known(known_end, _known_epoch(disk)))
        begins_anew = may_be_empty and reach > extent.end_offset
        if not begins_anew:
            check_reach(snapshots, where, extent.start_offset, extent.end_offset)
        is_empty = extent.end_offset == 0 and not begins_anew
        took_part = may_be_empty and disk.exists(f"{METADATA_DIRECTORY}/{QUORUM_STATE}")
        if known_by and is_empty and not took_part:
            raise MetadataLost(f"There is no metadata log in {where}, but {known_by}. {NEVER_CHANGED}")
        log = Log.open(
            world,
            METADATA_DIRECTORY,
            METADATA_TOPIC,
            0,
            config,
            # A quorum syncs it before it commits, whatever rule there is for others.
            replace(rules or Rules(), should_flush=Rules().should_flush),
            clean_shutdown=False,
            recovery_point=recovery_point,
            topic_id=METADATA_TOPIC_ID,
        )
        if extent.torn is not None:
            world.trace.emit(extent.torn)
        set_aside(disk, METADATA_DIRECTORY, snapshots, world.trace)
        remove_parts(disk, METADATA_DIRECTORY)
        if begins_anew or (may_be_empty and _parts_from(log, snapshots)):
            log.truncate_fully_and_start_at(reach)
        if log.recovery_point < log.log_end_offset:
            log.flush()  # a life that was killed wrote it; from now on others may be told that it is here
        return cls(world, log, recovery_point, snapshots)

    @property
    def start_offset(self) -> int:
        return self.log.log_start_offset

    @property
    def end_offset(self) -> int:
        """Where the log ends."""
        return self.log.log_end_offset

    @property
    def high_watermark(self) -> int:
        """All below it is committed."""
        return self.log.high_watermark

    @property
    def newest_epoch(self) -> int:
        """That of any record, or that was seen otherwise."""
        in_snapshot = -1 if self.snapshot_below is None else self.snapshot_below.name.epoch
        return max(self.state.leader_epoch, self.log.epochs.latest, in_snapshot, 0)

    def shape(self) -> LogShape:
        """Its epochs, and where it ends."""
        epochs, before = self.log.epochs.entries, 0
        if self.start_offset > 0:  # of what is before, the snapshot that ends there knows
            known = [name.epoch for name in self.snapshots if name.end_offset == self.start_offset]
            before = next(iter([*known, *(epoch for epoch, _ in epochs)]), self.newest_epoch)
        return LogShape(epochs, self.end_offset, before)

    def snapshot(self) -> LogSnapshot:
        return self.log.snapshot()

    def keep(self, state: QuorumState) -> None:
        """Durable when this returns."""
        write_quorum_state(self._world.disk, self.log.directory, state)
        self.state = state

    def append(self, batch: bytes, epoch: int) -> None:
        """A leader's own batch, which gets the next offsets."""
        self.log.append_as_leader(memoryview(batch), epoch, origin="coordinator")
        self.bytes_since_snapshot += len(batch)

    def copy(self, batch: memoryview) -> None:
        """The leader's batch, as it is."""
        self.log.append_as_follower(batch)
        self.bytes_since_snapshot += len(batch)

    def note_segment(self) -> None:
        """Once a segment."""
        if self.log.segments.active.base_offset > self.noted_committed:
            self.note_committed()

    def note_committed(self) -> None:
        """Once a segment, and when a life begins and ends: all below was committed. (Kafka notes none of it.)"""
        self.noted_committed = min(self.log.recovery_point, self.log.high_watermark)
        OffsetCheckpoint(self._world.disk, RECOVERY_POINTS).write({_KEY: self.noted_committed})

    def read(self, offset: int, max_bytes: int, up_to_offset: int) -> memoryview:
        """Raw batches from the one offset on, below the other; empty when there are none. Raises `ApiError`
        OFFSET_OUT_OF_RANGE.
        """
        return self.log.read(offset, max_bytes, up_to_offset=up_to_offset, at_least_one=True)

    def read_snapshot(self, name: SnapshotName, position: int, max_bytes: int) -> tuple[bytes, int] | None:
        """Bytes of that snapshot from `position` on, and how many it has in all; None when there is none such."""
        if name not in self.snapshots:
            return None
        file = self._world.disk.open(f"{self.log.directory}/{name}")
        try:
            return file.read_at(position, max_bytes), file.size
        finally:
            file.close()

    def voters(self) -> Iterator[tuple[int, tuple[VoterNode, ...]]]:
        """Who votes, by the snapshot (-1) and then by the log: each time with the offset at which that is said."""
        for data, is_log in self._all_bytes():
            for batch in read_batches(data):
                voters = voters_of(batch)
                if voters is not None:
                    yield (batch.header.base_offset if is_log else -1), voters

    def _all_bytes(self) -> Iterator[tuple[memoryview | bytes, bool]]:
        offset = self.start_offset
        if self.snapshot_below is not None:
            yield self._world.disk.read_bytes(f"{self.log.directory}/{self.snapshot_below.name}"), False
            offset = max(offset, self.snapshot_below.name.end_offset)
        while offset < self.end_offset:
            data = self.log.read(offset, READ_BYTES, up_to_offset=self.end_offset, at_least_one=True)
            if not data:
                return
            yield data, True
            *_, last = read_batches(data)
            offset = last.header.next_offset

    # -- snapshots -------------------------------------------------------------------------------------------

    def begin_snapshot(self, name: SnapshotName) -> SnapshotWriter | None:
        """None: there is one that has as much."""
        if self.snapshots and self.snapshots[-1].end_offset >= name.end_offset:
            return None
        return SnapshotWriter(self._world, self.log.directory, name)

    def took_snapshot(self, name: SnapshotName) -> None:
        """It is on the disk: the log continues it from now on; unless the leader's, which has more, came meanwhile."""
        if self.snapshots and self.snapshots[-1].end_offset >= name.end_offset:
            self._remove_snapshot(name)
            return
        self.snapshots.append(name)
        self.snapshot_below = MetadataSnapshot(name, ())  # its records were never read
        self.bytes_since_snapshot = self.log.size_between(name.end_offset, self.log.log_end_offset)

    def install(self, snapshot: MetadataSnapshot, data: bytes) -> None:
        """A snapshot of the leader's, in the place of the whole log: durable when this returns."""
        writer = SnapshotWriter(self._world, self.log.directory, snapshot.name)
        writer.copy(data)
        writer.freeze()
        self.log.truncate_fully_and_start_at(snapshot.name.end_offset)
        self.log.flush()
        for older in self.snapshots:
            self._remove_snapshot(older)
        self.snapshots, self.snapshot_below = [snapshot.name], snapshot
        self.bytes_since_snapshot = 0
        self.note_committed()

    def clean(self, retention_bytes: int, retention_ms: int) -> int:
        """Give up the oldest snapshots, and what of the log is before the next, while log and snapshots are larger
        or the snapshot older than that (-1: no limit); the newest stays. Returns how many went. Kafka:
        `KafkaRaftLog.maybeClean`."""
        gone = 0
        while len(self.snapshots) > 1:
            oldest, following = self.snapshots[:2]
            directory, disk = self.log.directory, self._world.disk
            size = self.log.size_bytes + sum(disk.size(f"{directory}/{name}") for name in self.snapshots)
            is_too_large = 0 <= retention_bytes < size
            if not is_too_large and not self._is_older_than(oldest, retention_ms):
                break
            self.log.advance_log_start_offset(following.end_offset)
            self.log.delete_old_segments()
            self._remove_snapshot(oldest)
            del self.snapshots[0]
            gone += 1
        return gone

    def _is_older_than(self, name: SnapshotName, retention_ms: int) -> bool:
        if retention_ms < 0:
            return False
        data = self._world.disk.read_bytes(f"{self.log.directory}/{name}")
        written_ms = next(iter(read_batches(data))).header.max_timestamp
        return self._world.clock.time_ms() - written_ms > retention_ms

    def _remove_snapshot(self, name: SnapshotName) -> None:
        path = f"{self.log.directory}/{name}"
        if self._world.disk.exists(path):
            self._world.disk.remove(path)

    def replay(self, from_offset: int = 0) -> Iterator[MetadataBatch]:
        """Everything committed from there on, in order; what lies before the log is in `snapshot_below`.

        Raises `MalformedMessage` for a record of no known type.
        """
        offset = max(from_offset, self.start_offset)
        while offset < self.high_watermark:
            data = self.log.read(offset, READ_BYTES, up_to_offset=self.high_watermark, at_least_one=True)
            if not data:
                return
            for batch in read_batches(data):
                if batch.header.base_offset >= from_offset:
                    yield decode_batch(batch)
                offset = batch.header.next_offset

    def close(self) -> None:
        """A clean end."""
        self.log.close()
        self.note_committed()

    def abandon(self) -> None:
        """Close the files and write nothing."""
        self.log.abandon()


def _parts_from(log: Log, snapshots: FoundSnapshots) -> bool:
    """Was the life that put the newest snapshot into the log's place cut short before the log was gone?"""
    if snapshots.newest is None or snapshots.newest.name.end_offset <= log.log_start_offset:
        return False
    end_offset, epoch = snapshots.newest.name
    return LogShape(log.epochs.entries, log.log_end_offset).epoch_at(end_offset - 1) != epoch


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
