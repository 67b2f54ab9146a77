"""What is committed goes to the controller, and to who waits for it.

Rule: in the order of the log, each batch once; nobody is told of what another leader may take back. Kafka:
`KafkaRaftClient.ListenerContext`, `KafkaRaftClient.maybeFireHandleCommit`.
"""

from __future__ import annotations

import asyncio
from collections import deque

from minikafka.metadata.batches import MetadataBatch
from minikafka.quorum.metadata_store import MetadataStore
from minikafka.quorum.quorum import Listener, NotLeader


class Commits:
    """One voter's. `own`: the batches that it appended as the leader; they needn't be read again."""

    def __init__(self, store: MetadataStore, own: deque[MetadataBatch]) -> None:
        self.is_open = True
        self._store = store
        self._own = own
        self._next = store.start_offset
        """What the controller is told of next."""
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []

    def begin_anew(self, listener: Listener) -> None:
        """With the snapshot, if there is one."""
        below = self._store.snapshot_below
        if below is not None:
            self._next = below.name.end_offset
            listener.on_snapshot(below)

    def tell(self, listener: Listener, committed: int) -> None:
        """All up to there."""
        own = self._own
        while own and own[0].base_offset == self._next and own[0].last_offset < committed:
            batch = own.popleft()
            self._next = batch.last_offset + 1
            listener.on_committed(batch)
        for batch in self._store.replay(self._next):
            self._next = batch.last_offset + 1
            listener.on_committed(batch)
            if not self.is_open:
                return

    def wait_for(self, offset: int) -> asyncio.Future[None]:
        """Until that one is committed. Raises `NotLeader`: somebody else leads, and it may never be."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((offset, done))
        return done

    def wake(self, *, leads: bool) -> None:
        """Who leads no more, doesn't know of what isn't committed."""
        waiting, self._waiting = self._waiting, []
        for offset, done in waiting:
            if done.done():
                continue
            if self._store.high_watermark > offset:
                done.set_result(None)
            elif not leads:
                done.set_exception(NotLeader())
            else:
                self._waiting.append((offset, done))


__all__ = ["Commits"]
