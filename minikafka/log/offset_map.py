"""The newest offset of each key, in bounded memory.

Rule: a key is known by its 16-byte MD5, never by itself, so an entry's size doesn't depend on the key's; a full
map takes no new key, and the pass covers the log only up to there.

Kafka: `SkimpyOffsetMap`, `log.cleaner.dedupe.buffer.size`, `log.cleaner.io.buffer.load.factor`.
"""

from __future__ import annotations

from hashlib import md5

ENTRY_BYTES = 24
"""A hash and an offset, in Kafka's map; what `log.cleaner.dedupe.buffer.size` is counted in."""


def entries_in(buffer_bytes: int, load_factor: float) -> int:
    """How many keys a map of `buffer_bytes` takes in, at least one."""
    return max(1, int(buffer_bytes // ENTRY_BYTES * load_factor))


class OffsetMap:
    """At most `max_entries` keys."""

    def __init__(self, max_entries: int) -> None:
        assert max_entries > 0, max_entries
        self.max_entries = max_entries
        self.latest_offset = -1
        """All records up to this one were taken in."""
        self._offsets: dict[bytes, int] = {}

    def __len__(self) -> int:
        return len(self._offsets)

    @property
    def is_full(self) -> bool:
        return len(self._offsets) >= self.max_entries

    def put(self, key: bytes, offset: int) -> None:
        """`offset`, greater than all before it, is the newest of `key`."""
        self._offsets[md5(key, usedforsecurity=False).digest()] = offset
        self.latest_offset = offset

    def get(self, key: bytes) -> int | None:
        return self._offsets.get(md5(key, usedforsecurity=False).digest())
