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
from minikafka.quorum.raft.log_shape import LogShape
from minikafka.quorum.snapshot_file import MetadataSnapshot, SnapshotName
from minikafka.quorum.snapshots import MetadataLost, check_reach, find_snapshots, set_aside
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
        self, world: World, log: Log, noted_committed: int, snapshot: MetadataSnapshot | None = None
    ) -> None:
        self.snapshot_below = snapshot
        """What the log continues: all records before its `end_offset`; None when the log has everything."""
        self.log = log
        self.noted_committed = noted_committed
        """All below was committed: that is in a file."""
        self.state = read_quorum_state(world.disk, log.directory)
        self._world = world

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
        `may_be_empty`: nor is there need of one where quorum-state says that this voter has taken part.
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
        took_part = may_be_empty and disk.exists(f"{METADATA_DIRECTORY}/{QUORUM_STATE}")
        if known_by and extent.end_offset == 0 and not took_part:
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
        if log.recovery_point < log.log_end_offset:
            log.flush()  # a life that was killed wrote it; from now on others may be told that it is here
        return cls(world, log, recovery_point, snapshots.newest)

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
        before = 0 if self.snapshot_below is None else self.snapshot_below.name.epoch
        return LogShape(self.log.epochs.entries, self.end_offset, before)

    def snapshot(self) -> LogSnapshot:
        return self.log.snapshot()

    def keep(self, state: QuorumState) -> None:
        """Durable when this returns."""
        write_quorum_state(self._world.disk, self.log.directory, state)
        self.state = state

    def append(self, batch: bytes, epoch: int) -> None:
        """A leader's own batch, which gets the next offsets."""
        self.log.append_as_leader(memoryview(batch), epoch, origin="coordinator")

    def copy(self, batch: memoryview) -> None:
        """The leader's batch, as it is."""
        self.log.append_as_follower(batch)

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
        if self.snapshot_below is None or self.snapshot_below.name != name:
            return None
        file = self._world.disk.open(f"{self.log.directory}/{name}")
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
