"""Where to begin reading: committed offsets, or what auto.offset.reset says.

Rule: an answer counts only for a position that has not moved while it was asked for.
Kafka does the same in `OffsetFetcher` and `SubscriptionState` (initializing, awaiting a reset, fetching).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from minikafka.client.connections.offsets import EARLIEST, LATEST, GroupOffsets, OffsetAnswer, list_offsets
from minikafka.client.consumer.positions import UNRESOLVED, Position
from minikafka.client.errors import KafkaError, KafkaException, as_kafka_error, is_retriable
from minikafka.client.values import (
    OFFSET_BEGINNING,
    OFFSET_END,
    OFFSET_INVALID,
    OFFSET_STORED,
    OFFSET_TAIL_BASE,
)

if TYPE_CHECKING:
    from minikafka.client.connections.reach import Reach
    from minikafka.client.values import Pair

_RESET = {
    "earliest": OFFSET_BEGINNING,
    "smallest": OFFSET_BEGINNING,
    "beginning": OFFSET_BEGINNING,
    "latest": OFFSET_END,
    "largest": OFFSET_END,
    "end": OFFSET_END,
}


class StartingOffsets:
    """Gives positions without an offset one, again and again until each has it."""

    def __init__(
        self,
        reach: Reach,
        group: GroupOffsets,
        positions: dict[Pair, Position],
        *,
        on_resolved: Callable[[], None],
        on_event: Callable[[Position, KafkaError], None],
        on_trouble: Callable[[KafkaError], None],
    ) -> None:
        self._world, self._settings = reach.world, reach.settings
        self._connections, self._metadata = reach.connections, reach.metadata
        self._background = reach.background
        self._group = group
        self._positions = positions
        self._on_resolved = on_resolved
        self._on_event = on_event
        self._on_trouble = on_trouble
        self._isolation = 1 if self._settings["isolation.level"] == "read_committed" else 0
        self._resolving: asyncio.Task[None] | None = None
        self._closed = False

    def close(self) -> None:
        """Asks no more."""
        self._closed = True
        if self._resolving is not None:
            self._resolving.cancel()

    def resolve(self) -> None:
        """Finds an offset for every position that has none, in the background. Never raises."""
        self._on_resolved()
        if self._closed or (self._resolving is not None and not self._resolving.done()):
            return
        if any(position.fetch_from == UNRESOLVED for position in self._positions.values()):
            self._resolving = self._background.spawn(self._resolve_all(), name="resolve-offsets")

    async def _resolve_all(self) -> None:
        while not self._closed:
            now = self._world.clock.now()
            open_ = [p for p in self._positions.values() if p.fetch_from == UNRESOLVED]
            due = [p for p in open_ if p.blocked_until <= now]
            if not open_:
                return
            try:
                if due:
                    await self._resolve_once(due)
                    self._on_resolved()
                    if all(p.fetch_from != UNRESOLVED for p in self._positions.values()):
                        return
            except (OSError, TimeoutError, KafkaException) as cause:
                error = as_kafka_error(cause)
                self._on_trouble(error)
                self._metadata.request_update()
            if all(p.blocked_until == float("inf") for p in open_):
                return
            await asyncio.sleep(self._settings.seconds("retry.backoff.ms"))

    async def _resolve_once(self, positions: list[Position]) -> None:
        eras = {position.pair: position.era for position in positions}
        stored = [p.pair for p in positions if p.asked in (OFFSET_INVALID, OFFSET_STORED)]
        reset: dict[Pair, int] = {
            p.pair: p.asked for p in positions if p.asked in _RESET.values() or p.asked <= OFFSET_TAIL_BASE
        }
        if stored:
            for pair, answer in (await self._group.committed(stored)).items():
                position = self._positions.get(pair)
                if position is None or position.era != eras[pair]:
                    continue
                if answer.offset >= 0:
                    position.fetch_from, position.committed = answer.offset, answer.offset
                else:
                    policy = _RESET.get(self._settings["auto.offset.reset"])
                    if policy is None:
                        self._no_offset(position, "there is no committed offset")
                    else:
                        reset[pair] = position.asked = policy
        if not reset:
            return
        wanted = {pair: EARLIEST if asked == OFFSET_BEGINNING else LATEST for pair, asked in reset.items()}
        answers = await self._list_offsets(wanted)
        tails = {pair: EARLIEST for pair, asked in reset.items() if asked <= OFFSET_TAIL_BASE}
        starts = await self._list_offsets(tails) if tails else {}
        for pair, answer in answers.items():
            position = self._positions.get(pair)
            if position is None or position.era != eras.get(pair):
                continue
            if answer.error_code:
                self._metadata.request_update()
                if not is_retriable(answer.error_code):
                    self._no_offset(position, KafkaError(answer.error_code).str())
            elif reset[pair] > OFFSET_TAIL_BASE:
                position.fetch_from = answer.offset
            elif pair in starts and not starts[pair].error_code:
                position.fetch_from = max(answer.offset + reset[pair] - OFFSET_TAIL_BASE, starts[pair].offset)

    async def _list_offsets(self, wanted: dict[Pair, int]) -> dict[Pair, OffsetAnswer]:
        return await list_offsets(self._connections, self._metadata, wanted, self._isolation)

    def _no_offset(self, position: Position, why: str) -> None:
        position.blocked_until = float("inf")
        error = KafkaError(KafkaError._AUTO_OFFSET_RESET, f"{position.topic} [{position.partition}]: {why}")
        self._on_event(position, error)

    def out_of_range(self, position: Position) -> None:
        """The broker has no such offset: auto.offset.reset says what then."""
        policy = _RESET.get(self._settings["auto.offset.reset"])
        if policy is None:
            why = f"offset {position.fetch_from} is out of range"
            position.fetch_from = UNRESOLVED
            self._no_offset(position, why)
        else:
            # What was fetched before the jump is valid and stays readable, so the era does not change.
            position.asked, position.fetch_from = policy, UNRESOLVED
            self.resolve()
