"""What a group coordinator must make good when a write failed.

Rule: a loss names what was decided and isn't true; `GroupShard.write_failed` takes it back.
Kafka: the exception handlers of `GroupMetadataManager`'s append futures.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AssignmentLost:
    """The leader's assignment could not be written: the generation must be tried again."""

    group_id: str
    generation: int


@dataclass(frozen=True, slots=True)
class ReplacementLost:
    """A static member's new id could not be written: its old id is valid again."""

    group_id: str
    member_id: str
    old_member_id: str


@dataclass(frozen=True, slots=True)
class DeletionLost:
    """Tombstones could not be written: the groups live on."""

    group_ids: tuple[str, ...]


OnFailure = AssignmentLost | ReplacementLost | DeletionLost
