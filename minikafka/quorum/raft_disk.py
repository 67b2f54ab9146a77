"""What a core wants written, as writes of a disk.

Rule: in the order that a `Ready` says, each on its own, so that it may be tried again; nothing is said to anybody
here. Kafka: `KafkaRaftLog`, `BatchAccumulator`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

from minikafka.metadata.batches import MetadataBatch
from minikafka.quorum.control_records import VoterNode, leader_change_batch, voters_batch, voters_of
from minikafka.quorum.metadata_store import MetadataStore
from minikafka.quorum.raft.messages import SnapshotId
from minikafka.quorum.raft.ready import Entry, Install, LeaderChange, Ready, VotersChange
from minikafka.quorum.snapshot_file import DamagedSnapshot, SnapshotName, decode_snapshot
from minikafka.records.batch import read_batches
from minikafka.world import World


class Proposal(NamedTuple):
    """What an entry of this leader's own holds: its bytes, and what they say."""

    data: bytes
    batch: MetadataBatch


def voters_in(id: SnapshotId, data: bytes) -> tuple[VoterNode, ...] | None:
    """Who votes by that snapshot; None: it isn't one from its header to its footer."""
    try:
        decode_snapshot(SnapshotName(*id), data)
    except DamagedSnapshot:
        return None
    for batch in read_batches(data):
        voters = voters_of(batch)
        if voters is not None:
            return voters
    return ()


def end_of(ready: Ready) -> tuple[int, int] | None:
    """Where the log ends when this is done, and in which epoch; None where nothing is written."""
    if ready.entries:
        return ready.entries[-1].next_offset, ready.entries[-1].epoch
    return None if ready.install is None else (ready.install.id.end_offset, ready.install.id.epoch)


class RaftDisk:
    """One voter's."""

    def __init__(self, world: World, store: MetadataStore) -> None:
        self.own: deque[MetadataBatch] = deque()
        """This leader's batches that aren't committed yet; they needn't be read again."""
        self._world = world
        self._store = store

    def writes(self, ready: Ready, book: Mapping[int, VoterNode]) -> list[Callable[[], None]]:
        """What has to be on the disk, in this order; each may be tried again. `book`: where each voter is."""
        writes: list[Callable[[], None]] = []
        state, truncate_to = ready.state, ready.truncate_to
        if state is not None:
            writes.append(lambda: self._store.keep(state))
        if ready.install is not None:
            writes.append(partial(self._install, ready.install))
        if truncate_to is not None:
            writes.append(lambda: self._truncate(truncate_to))
        writes += [self._appending(entry, book) for entry in ready.entries]
        return writes

    def _appending(self, entry: Entry, book: Mapping[int, VoterNode]) -> Callable[[], None]:
        content, store = entry.content, self._store
        if isinstance(content, LeaderChange):
            now_ms = self._world.clock.time_ms()
            voters = [book[id] for id in content.voters]
            data = leader_change_batch(book[content.leader], voters, content.granting, entry.epoch, now_ms)
            self.own.clear()
            return lambda: store.append(data, entry.epoch)
        if isinstance(content, VotersChange):
            said = voters_batch(
                [book[id] for id in sorted(content.voters)], entry.epoch, self._world.clock.time_ms()
            )
            self.own.append(MetadataBatch(entry.offset, entry.offset, entry.epoch, []))
            return lambda: store.append(said, entry.epoch)
        if isinstance(content, Proposal):
            self.own.append(content.batch)
            proposal = content
            return lambda: store.append(proposal.data, entry.epoch)
        assert isinstance(content, memoryview), content
        copied = content
        return lambda: store.copy(copied)

    def _install(self, install: Install) -> None:
        self.own.clear()
        self._store.install(decode_snapshot(SnapshotName(*install.id), install.data), install.data)

    def _truncate(self, offset: int) -> None:
        self.own.clear()
        self._store.log.truncate_to(offset)


__all__ = ["Proposal", "RaftDisk", "end_of", "voters_in"]
