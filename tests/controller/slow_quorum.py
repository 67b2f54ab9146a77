"""A quorum whose commits take their time and come in a batch, and its standbys."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from minikafka.metadata.batches import MetadataBatch, decode_batch
from minikafka.quorum import MetadataLog, VoterNode
from minikafka.quorum.state import QuorumState
from minikafka.records.batch import read_batches

COMMIT_S = 0.05


class SlowLog(MetadataLog):
    """A leader's: what is proposed within 50 ms is committed together, 50 ms after it was written."""

    reaches_others = True
    """False: as if cut off from the majority. Nothing is committed any more."""

    async def _sync(self) -> None:
        await asyncio.sleep(COMMIT_S)
        while not self.reaches_others:
            await asyncio.sleep(COMMIT_S)
        await super()._sync()
        self.commits = [*getattr(self, "commits", []), self.end_offset]

    def hears_of(self, leader: VoterNode, epoch: int) -> None:
        """Another one leads: what isn't committed is cut off."""
        self._is_open = False
        self._proposed.clear()
        self._next_offset = self.high_watermark
        self._lead_by(leader, epoch)

    def _lead_by(self, leader: VoterNode, epoch: int) -> None:
        self.leader, self._store.state = leader, QuorumState(leader.id, epoch)
        assert self._listener is not None
        self._listener.on_leader(leader.id, epoch)


class StandbyLog(SlowLog):
    """It copies what the leader committed, byte for byte, and says so to its node."""

    def join(self, voter: VoterNode, voters: Sequence[VoterNode]) -> None:
        self.itself = voter

    def copy_from(self, leader: MetadataLog) -> None:
        assert leader.leader is not None
        self._lead_by(leader.leader, leader.leader_epoch)
        leader.on_progress(lambda: self._copy(leader))
        self._copy(leader)

    def _copy(self, leader: MetadataLog) -> None:
        copied: list[MetadataBatch] = []
        while self.end_offset < leader.high_watermark:
            data = bytes(leader.read(self.end_offset, 1 << 20, leader.high_watermark))
            self._store.copy(memoryview(data))
            copied += [decode_batch(batch) for batch in read_batches(data)]
        self._next_offset, self._shape = self.end_offset, self._store.shape()
        self._store.log.flush()
        self._committed(copied)

    def take_over(self) -> None:
        """By a vote of the others."""
        super().join(self.itself, [self.itself])


def voter(id: int, host: str) -> VoterNode:
    return VoterNode(id, UUID(int=id), host, 9093)


__all__ = ["COMMIT_S", "SlowLog", "StandbyLog", "voter"]
