"""A scripted little cluster for the inspector: what it shows is chosen by the test, never by the clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import pytest

from minikafka.world import Disk
from minikafka.xray.files import Found, Question, Unseen, answer
from minikafka.xray.lag import lag_of
from minikafka.xray.snapshot import (
    Broker,
    EventLine,
    Group,
    GroupOffset,
    Member,
    Partition,
    Replica,
    Segment,
    Snapshot,
    Topic,
    TopicPartition,
)
from minikafka.xray.source import Answer


def picture(
    *,
    version: int = 1,
    at: float = 1.0,
    world: str = "live",
    paused: bool | None = None,
    committed: int | None = 60,
    end: int = 100,
    down: tuple[int, ...] = (),
    topics: int = 2,
    partitions: int = 3,
    groups: bool = True,
) -> Snapshot:
    """Three brokers, a few topics, one group that reads the first of them."""
    named = tuple(
        Topic(
            name,
            partitions=tuple(_partition(i, end, down) for i in range(partitions)),
        )
        for name in (f"topic-{n:04d}" if topics > 2 else ("orders", "payments")[n] for n in range(topics))
    )
    brokers = tuple(
        Broker(
            id=b,
            name=f"broker-{b}",
            host="127.0.0.1",
            port=19091 + b,
            state="down" if b in down else "running",
            partitions=6,
            leaders=0 if b in down else 2,
            log_bytes=b * 1_000_000,
        )
        for b in (1, 2, 3)
    )
    owned = TopicPartition(named[0].name, 0) if named else TopicPartition("none", 0)
    reader = Group(
        id="billing",
        state="Stable",
        protocol="range",
        generation=3,
        coordinator="broker-1",
        members=(Member("m-1", "reader-1", "/127.0.0.1", (owned,)),),
        offsets=(
            GroupOffset(owned.topic, 0, committed, end, 0, lag_of(end, committed, 0), "m-1"),
            GroupOffset(owned.topic, 1, None, end, 0, None, None),
        ),
    )
    return Snapshot(
        version=version,
        at=at,
        world=world,
        name="lab",
        controller="controller-1",
        brokers=brokers,
        topics=named,
        groups=(reader,) if groups and named else (),
        events=(EventLine(1, 0.5, "broker-1", "BrokerStarted", "broker-1 started"),),
        paused=paused,
    )


def _partition(index: int, end: int, down: tuple[int, ...]) -> Partition:
    order = [(index + k) % 3 + 1 for k in range(3)]
    alive = [b for b in order if b not in down]
    replicas = tuple(
        Replica(
            broker=f"broker-{b}",
            log_start=0,
            end=end - 10 * k,
            high_watermark=end - 20,
            in_sync=b in alive,
            is_leader=bool(alive) and b == alive[0],
            alive=b in alive,
            size_bytes=end * 100,
            segments=(
                Segment(0, end - 5, end * 90, 80, 120),
                Segment(end - 5, end, end * 10, 8, 12, active=True),
            ),
        )
        for k, b in enumerate(order)
    )
    return Partition(
        index=index,
        leader=f"broker-{alive[0]}" if alive else None,
        leader_epoch=4,
        replicas=replicas,
        isr=tuple(f"broker-{b}" for b in alive),
        log_start=0,
        high_watermark=end - 20,
        end=end,
        error=None if alive else "LEADER_NOT_AVAILABLE",
    )


class ScriptedFeed:
    """A feed in the test's hands: `show` pushes a picture, `lose` cuts, `sent` is what was commanded."""

    label = "cluster lab"

    def __init__(self, first: Snapshot | None, refusal: str | None = None) -> None:
        self.refusal = refusal
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.answer = Answer(True, "Done.")
        self.version = 1
        self.disk: Disk | None = None
        """Where every broker's partitions lie, if they are looked into."""
        self._first = first
        self._show: Callable[[Snapshot], None] | None = None
        self._lost: Callable[[str], None] | None = None

    async def once(self) -> Snapshot:
        assert self._first is not None
        return self._first

    async def watch(self, show: Callable[[Snapshot], None], lost: Callable[[str], None]) -> None:
        self._show, self._lost = show, lost
        if self._first is not None:
            show(self._first)
        await asyncio.Event().wait()

    async def command(self, name: str, args: Mapping[str, Any]) -> Answer:
        self.sent.append((name, dict(args)))
        return self.answer

    async def look(self, question: Question) -> Found:
        if self.disk is None:
            raise Unseen("This cluster has no disks to look at.")
        place = question.place
        return answer(self.disk, f"{place.topic}-{place.partition}", question)

    async def close(self) -> None:
        self._show = None

    def show(self, snapshot: Snapshot) -> None:
        assert self._show is not None
        self.version += 1
        self._show(msgspec.structs.replace(snapshot, version=self.version))

    def lose(self, sentence: str) -> None:
        assert self._lost is not None
        self._lost(sentence)


@pytest.fixture
def draw() -> Callable[..., Snapshot]:
    """How a test makes pictures."""
    return picture


@pytest.fixture
def feed_of() -> type[ScriptedFeed]:
    """How a test makes feeds."""
    return ScriptedFeed
