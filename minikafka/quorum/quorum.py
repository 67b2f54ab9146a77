"""What a quorum is to a controller: the port between who decides and where it is agreed on.

Rule: what a member proposed is known to be so only when `Listener.on_committed` says it, on the leader as on every
standby, in the log's order, each batch once; that may take its time, and never happens within `propose`.

Kafka: `RaftClient`, `RaftClient.Listener`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from minikafka.log.log import LogSnapshot
from minikafka.metadata.batches import MetadataBatch
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.schema import Message
from minikafka.quorum.control_records import VoterNode
from minikafka.quorum.raft.messages import Fetch, FetchAnswer
from minikafka.quorum.snapshot_file import MetadataSnapshot, SnapshotName
from minikafka.quorum.snapshot_writer import SnapshotWriter
from minikafka.quorum.state import QuorumState


class NotLeader(ApiError):
    """Somebody else leads, or nobody does: ask there, or later."""

    def __init__(self) -> None:
        super().__init__(ErrorCode.NOT_CONTROLLER)


class Listener(Protocol):
    """A member's state machine."""

    def on_snapshot(self, snapshot: MetadataSnapshot) -> None:
        """Start over with this, in place of all batches before its end."""

    def on_committed(self, batch: MetadataBatch) -> None:
        """This is so from now on. A control batch has no records."""

    def on_leader(self, leader_id: int, epoch: int) -> None:
        """That node leads from now on (-1: nobody). A new leader is told about itself only after it was given
        all that was committed in earlier epochs. What an earlier leader proposed and isn't committed is lost, and
        nothing tells that leader so."""

    def on_failure(self, error: OSError) -> None:
        """The log can't be written any more; what was proposed may or may not be committed."""


class Quorum(Protocol):
    """One member of the quorum."""

    @property
    def node_id(self) -> int: ...

    @property
    def leader(self) -> VoterNode | None:
        """Who leads, as far as this member knows."""

    @property
    def leader_epoch(self) -> int: ...

    @property
    def voters(self) -> tuple[VoterNode, ...]: ...

    @property
    def start_offset(self) -> int: ...

    @property
    def end_offset(self) -> int:
        """Where this member's log ends."""

    @property
    def next_offset(self) -> int:
        """The offset that the first record of the next proposal will get."""

    @property
    def high_watermark(self) -> int:
        """All below it is committed."""

    @property
    def synced_offset(self) -> int:
        """All below it, of this member's log, is on its disk for good."""

    @property
    def state(self) -> QuorumState:
        """As it is on its disk."""

    @property
    def snapshot_below(self) -> MetadataSnapshot | None:
        """The newest snapshot: all records before its `end_offset`; None when there is none: the log has all."""

    def load(self, listener: Listener) -> None:
        """Give the listener all that is known to be committed, and from now on what will be. Writes nothing."""

    def join(self, voter: VoterNode, voters: Sequence[VoterNode]) -> None:
        """Take part as this one of these voters; it may lead at once."""

    def propose(self, records: Sequence[Message]) -> int:
        """Ask that these, all or none, be committed next; returns the offset of the first. Raises `NotLeader`."""

    def on_progress(self, callback: Callable[[], None]) -> None:
        """Call this whenever there is more to be read, or another leads."""

    def read(self, offset: int, max_bytes: int, up_to_offset: int) -> memoryview:
        """Raw batches from the one offset on, below the other; empty when there are none. Raises `ApiError`
        OFFSET_OUT_OF_RANGE.
        """

    def follow(self, fetch: Fetch) -> FetchAnswer:
        """What a follower is told, records aside. If it is a voter, it has said that it has all before that."""

    async def consult(self, request: Message) -> Message:
        """The answer to another voter (Vote, BeginQuorumEpoch, EndQuorumEpoch). Raises `ApiError`."""

    def read_snapshot(self, name: SnapshotName, position: int, max_bytes: int) -> tuple[bytes, int] | None:
        """Bytes of that snapshot from `position` on, and how many it has in all; None when there is none such."""

    @property
    def bytes_since_snapshot(self) -> int:
        """How much the log has grown since the newest snapshot."""

    def begin_snapshot(self, name: SnapshotName, last_contained_ms: int) -> SnapshotWriter | None:
        """For the records of the image at that offset, all of it committed; None: it isn't needed."""

    def took_snapshot(self, name: SnapshotName, retention_bytes: int, retention_ms: int) -> None:
        """What was begun is whole. What it makes superfluous goes, as far as it is to (-1: no limit)."""

    def snapshot(self) -> LogSnapshot: ...

    async def change_voters(self, voters: Sequence[VoterNode], timeout_s: float) -> None:
        """These vote from now on: returns when that is committed (a timeout of 0: when it is said). Raises `NotLeader`,
        or `ApiError` REQUEST_TIMED_OUT: the last change isn't committed yet, or this one isn't in time."""

    async def leave(self) -> None:
        """Lead no more, and tell the others so; then `close`."""

    def close(self) -> None:
        """Stop cleanly."""

    def abandon(self) -> None:
        """Close the files and write nothing."""


__all__ = ["Listener", "NotLeader", "Quorum"]
