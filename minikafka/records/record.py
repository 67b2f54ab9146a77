"""A record, as readers see it and as writers give it. The same for every format of a batch.

Rule: plain tuples; an old format leaves out what it hasn't. Kafka: `Record`, `SimpleRecord`.
"""

from __future__ import annotations

from typing import NamedTuple

Header = tuple[str, bytes | None]


class Record(NamedTuple):
    """One record as a reader sees it: its own offset and time."""

    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: tuple[Header, ...] = ()


class NewRecord(NamedTuple):
    """One record as a writer gives it: no offset yet."""

    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: tuple[Header, ...] = ()
