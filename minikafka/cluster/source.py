"""What the x-ray socket asks of a cluster: pictures and commands (`xray.source.Source`).

Rule: it runs in the socket's thread and only calls `Cluster`'s own public methods, so whoever holds the
inspector can do what a notebook can, and nothing else. Kafka has nothing of the kind.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from minikafka.world import reason_of
from minikafka.xray.files import Found, Question
from minikafka.xray.snapshot import Snapshot
from minikafka.xray.source import COMMANDS, Answer

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
        method = getattr(self, f"_do_{name}", None) if name in COMMANDS else None
        if method is None:
            return Answer(False, f"There is no command {name!r}; there are: {', '.join(COMMANDS)}.")
        try:
            return Answer(True, await asyncio.to_thread(method, **args))
        except TypeError as problem:
            return Answer(False, f"{name} takes {COMMANDS[name]} ({problem}).")
        except Exception as problem:
            return Answer(False, f"{name} failed: {reason_of(problem)}")

    def _do_kill(self, host: str) -> str:
        self._cluster.kill(host)
        return f"{host} was killed."

    def _do_restart(self, host: str) -> str:
        self._cluster.restart(host)
        return f"{host} runs again."

    def _do_pause(self) -> str:
        self._cluster.pause()
        return "Virtual time stands still."

    def _do_resume(self, speed: float = 1.0) -> str:
        self._cluster.play(float(speed))
        return "Virtual time runs."

    def _do_step(self) -> str:
        moved = self._cluster.step()
        return f"One step; it is {self._cluster.now:.6f} s." if moved else "Nothing is left to happen."

    def _do_run(self, seconds: float) -> str:
        self._cluster.run(float(seconds))
        return f"It is {self._cluster.now:.3f} s."

    def _do_create_topic(self, name: str, partitions: int = 1, replication_factor: int | None = None) -> str:
        self._cluster.create_topic(name, partitions, replication_factor)
        return f"Topic {name} was created."

    def _do_produce(
        self, topic: str, value: str | bytes, key: str | bytes | None = None, partition: int = -1
    ) -> str:
        producer = self._cluster.producer()
        errors: list[object] = []
        producer.produce(
            topic, value, key, partition, on_delivery=lambda error, _: errors.append(error) if error else None
        )
        producer.flush(10)
        producer.close()
        if errors:
            raise ValueError(str(errors[0]))
        return f"One record was written to {topic}."

    def _do_partition(self, groups: list[list[str]]) -> str:
        first, second = (groups[0], groups[1] if len(groups) > 1 else None) if groups else ([], None)
        self._cluster.partition(first, second)
        return "The network is cut."

    def _do_heal(self) -> str:
        self._cluster.heal()
        return "The network is whole again."
