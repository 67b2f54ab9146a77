"""What the x-ray socket asks of a cluster: pictures and commands (`xray.source.Source`).

Rule: it runs in the socket's thread and only calls `Cluster`'s own public methods, so whoever holds the
inspector can do what a notebook can, and nothing else. Kafka has nothing of the kind.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from minikafka.commands import NotUnderstood, command_named
from minikafka.world import reason_of
from minikafka.xray.files import Found, Question
from minikafka.xray.snapshot import Snapshot
from minikafka.xray.source import Answer

if TYPE_CHECKING:
    from minikafka.cluster.cluster import Cluster

TICK_S = 0.1


class ClusterSource:
    """One cluster as its viewers reach it."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._changed: dict[int, Callable[[], None]] = {}
        self._next = 0

    async def snapshot(self) -> Snapshot:
        """The picture now; built in the cluster's loop, awaited in the socket's."""
        return await asyncio.to_thread(self._cluster.next_picture)

    async def look(self, question: Question) -> Found:
        """What a replica's files hold. Raises Unseen."""
        return await asyncio.to_thread(self._cluster.look, question)

    def subscribe(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Call `changed` when the picture may have changed."""
        self._next += 1
        number = self._next
        self._changed[number] = changed
        # Offsets move without an event, so a live cluster is looked at on every tick while someone watches.
        ticker = asyncio.create_task(self._tick(changed)) if self._cluster.world == "live" else None

        def stop() -> None:
            self._changed.pop(number, None)
            if ticker is not None:
                ticker.cancel()

        changed()
        return stop

    async def _tick(self, changed: Callable[[], None]) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            changed()

    def changed(self) -> None:
        """Tell every viewer."""
        for callback in list(self._changed.values()):
            callback()

    async def command(self, name: str, args: Mapping[str, Any]) -> Answer:
        """Do what the inspector asks; every mistake is an answer in one sentence."""
        try:
            command = command_named(name, args)
            result = await asyncio.to_thread(self._cluster.do, command)
            return Answer(True, command.told(result))
        except NotUnderstood as problem:
            return Answer(False, str(problem))
        except Exception as problem:
            return Answer(False, f"{name} failed: {reason_of(problem)}")
