"""Batches as a producer sends them: the material of the measurements.

Rule: built before the clock starts, with values that don't compress and times that grow as a fast producer's do.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import NamedTuple

from minikafka.records.batch import BatchBuilder

RECORDS_A_MS = 50


class Kind(NamedTuple):
    """Records of one kind: a name, and the size of the next value."""

    name: str
    next_value_bytes: Callable[[random.Random], int]


KIB_VALUES = Kind("1 KiB values", lambda rng: 1024)
SMALL_VALUES = Kind("100 B values", lambda rng: 100)
VARIED_VALUES = Kind("500–1,500 B values, varied", lambda rng: rng.randrange(500, 1500))


class Batches:
    """An endless source of batches of at most `batch_bytes`; the same `seed` gives the same."""

    def __init__(
        self,
        kind: Kind,
        batch_bytes: int,
        now_ms: int,
        *,
        next_key: Callable[[random.Random], bytes | None] = lambda rng: None,
        seed: int = 1,
    ) -> None:
        self.kind = kind
        self.batch_bytes = batch_bytes
        self._now_ms = now_ms
        self._next_key = next_key
        self._rng = random.Random(seed)
        self._noise = self._rng.randbytes(1 << 20)

    def __iter__(self) -> Iterator[bytes]:
        while True:
            yield self.next()

    def next(self) -> bytes:
        """One batch, base offset 0."""
        builder, rng = BatchBuilder(self.batch_bytes), self._rng
        while True:
            size = self.kind.next_value_bytes(rng)
            at = rng.randrange(len(self._noise) - size)
            at_ms = self._now_ms + builder.record_count // RECORDS_A_MS
            if not builder.try_append(at_ms, self._next_key(rng), self._noise[at : at + size]):
                return bytes(builder.build())

    def some(self) -> list[memoryview]:
        """Enough of them that a measurement doesn't go round in the processor's cache."""
        count = max(8, (1 << 20) // self.batch_bytes)
        return [memoryview(self.next()) for _ in range(count)]
