"""A metadata snapshot that is being written, and one that came from the leader.

Rule: it has its name only when all of it is on the disk; until then it is a `.part`, which nobody reads, and which
goes at the next start. Kafka: `RecordsSnapshotWriter`, `FileRawSnapshotWriter`; KIP-630.
"""

from __future__ import annotations

from collections.abc import Sequence

from minikafka.metadata.records import encode_record
from minikafka.protocol.schema import Message
from minikafka.quorum.control_records import VoterNode, snapshot_footer_batch, snapshot_header_batch
from minikafka.quorum.snapshot_file import SnapshotName
from minikafka.records.batch import NewRecord, build_batch
from minikafka.world import World

PART_SUFFIX = ".part"


class SnapshotWriter:
    """`append` records, then `freeze`; or `give_up`. Methods may raise OSError."""

    def __init__(self, world: World, directory: str, name: SnapshotName) -> None:
        self.name = name
        self._world = world
        self._directory = directory
        self._path = f"{directory}/{name}"
        self._file = world.disk.open(f"{self._path}{PART_SUFFIX}", create=True)
        self._file.truncate(0)
        self._next = 0

    def begin(self, voters: Sequence[VoterNode], last_contained_ms: int) -> None:
        """Who votes, and when the last of what it holds was written."""
        batch, count = snapshot_header_batch(voters, last_contained_ms, self.name.epoch)
        self._file.append(batch)
        self._next = count

    def append(self, records: Sequence[Message]) -> None:
        """One batch."""
        now_ms = self._world.clock.time_ms()
        values = [NewRecord(now_ms, None, encode_record(record)) for record in records]
        self._file.append(build_batch(values, base_offset=self._next, leader_epoch=self.name.epoch))
        self._next += len(values)

    def copy(self, data: bytes) -> None:
        """A whole snapshot of another node."""
        self._file.append(data)

    def end(self) -> None:
        """All records are in it."""
        self._file.append(snapshot_footer_batch(self._next, self.name.epoch, self._world.clock.time_ms()))

    def freeze(self) -> None:
        """It has its name, for good, when this returns."""
        self._file.sync()
        self._file.close()
        self._world.disk.rename(f"{self._path}{PART_SUFFIX}", self._path)
        self._world.disk.sync_dir(self._directory)

    def give_up(self) -> None:
        """There is none."""
        self._file.close()
        self._world.disk.remove(f"{self._path}{PART_SUFFIX}")


__all__ = ["PART_SUFFIX", "SnapshotWriter"]
