"""The lessons that were begun in this notebook, and the one that was begun last.

Rule: only `begin` opens one; whoever speaks about "the lesson" asks here.
"""

from __future__ import annotations

from typing import Protocol

from minikafka_lessons.course import Lesson


class Begun(Protocol):
    """What `begin` returned."""

    @property
    def lesson(self) -> Lesson:
        """Of which it is."""

    def close(self) -> None:
        """End it."""


still_open: dict[int, Begun] = {}
"""By the lesson's number, the latest at the end."""


def current_lesson() -> Lesson | None:
    """The lesson that was begun last."""
    return still_open[next(reversed(still_open))].lesson if still_open else None
