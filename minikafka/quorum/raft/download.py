"""A snapshot on its way from the leader, piece by piece.

Rule: it is one snapshot from its first byte to its last, and nothing of it counts until it is whole. Kafka:
`FollowerState.fetchingSnapshot`, `KafkaRaftClient.handleFetchSnapshotResponse`; KIP-630.
"""

from __future__ import annotations

from minikafka.protocol.errors import ErrorCode
from minikafka.quorum.raft.messages import FetchSnapshot, SnapshotAnswer, SnapshotId


class Download:
    """Of that snapshot."""

    def __init__(self, id: SnapshotId) -> None:
        self.id = id
        self._parts: list[bytes] = []
        self._position = 0
        self._size = -1

    @property
    def is_complete(self) -> bool:
        """Are all its bytes here? Whether they are a snapshot, others know."""
        return self._size >= 0 and self._position >= self._size

    @property
    def data(self) -> bytes:
        return b"".join(self._parts)

    def question(self, epoch: int, replica: int) -> FetchSnapshot:
        """For the next piece."""
        return FetchSnapshot(epoch, replica, self.id, self._position)

    def take(self, answer: SnapshotAnswer) -> bool:
        """Does it go on with this? An error, a piece of something else and none at all end it."""
        is_next = answer.id == self.id and answer.position == self._position
        if answer.error is not ErrorCode.NONE or not is_next or not answer.data or answer.size <= 0:
            return False
        if self._size not in (-1, answer.size) or self._position + len(answer.data) > answer.size:
            return False
        self._size = answer.size
        self._parts.append(answer.data)
        self._position += len(answer.data)
        return True
