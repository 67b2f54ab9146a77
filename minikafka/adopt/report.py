"""What an adoption took, and what it left behind and why.

Rule: everything found in the source is in here, on one side or the other.
"""

from __future__ import annotations

import msgspec


class Left(msgspec.Struct, frozen=True):
    """Something that our cluster doesn't have; `why` is a sentence without a capital."""

    what: str
    why: str


class TakenTopic(msgspec.Struct, frozen=True):
    """A topic that our cluster has now. `configs` are those that it has there; `changed`: what the real one's were."""

    name: str
    id: str
    partitions: int
    records: int
    size_bytes: int
    configs: dict[str, str]
    changed: dict[str, str | None]


class Report(msgspec.Struct):
    """Grows while the adoption continues."""

    cluster_id: str
    sources: list[str]
    topics: list[TakenTopic] = []
    groups: list[str] = []
    left: list[Left] = []
    notes: list[str] = []

    def leave(self, what: str, why: str) -> None:
        self.left.append(Left(what, why))
