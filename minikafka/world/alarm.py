"""A timer for what ends when nothing is heard for a while: a session, a request's time.

Rule: only time counts in which this host could have heard. Where the alarm itself comes late, the process was away
(paused, asleep, busy), and what others have said meanwhile may wait unread: they get what was lost, once, and no more
than the whole time again. (A JVM that comes out of a long pause has no such mercy, but its peers weren't paused with
it; all of a cluster of ours are.)
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from minikafka.world.world import World

LATE_S = 0.25
"""A timer that comes so late wasn't merely waiting for its turn."""


class Alarm:
    """Set when it is made: `callback` is called after `delay_s` seconds. `World.alarm` makes it."""

    __slots__ = ("_callback", "_delay_s", "_due", "_is_second", "_timer", "_world")

    def __init__(self, world: World, delay_s: float, callback: Callable[[], object]) -> None:
        self._world = world
        self._delay_s = delay_s
        self._callback = callback
        self._is_second = False
        self._set(delay_s)

    def when(self) -> float:
        """On the loop's clock, when it is due."""
        return self._due

    def cancel(self) -> None:
        """Call nobody."""
        self._timer.cancel()

    def _set(self, delay_s: float) -> None:
        self._due = self._world.clock.now() + delay_s
        self._timer: asyncio.TimerHandle = self._world.call_later(delay_s, self._ring)

    def _ring(self) -> None:
        lost_s = self._world.clock.now() - self._due
        if lost_s >= LATE_S and not self._is_second:
            self._is_second = True
            self._set(min(lost_s, self._delay_s))
        else:
            self._callback()


__all__ = ["LATE_S", "Alarm"]
