"""Breakpoints of a simulated cluster, and what a step tells.

Rule: a breakpoint stops `run` between two rounds of the loop, when its condition begins to hold; what held already
when `run` began doesn't stop it. It only looks. Debuggers have the same; Kafka has none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from minikafka.world import Trace, Traced
from minikafka.world.visible import quoted
from minikafka.xray.messages import Message
from minikafka.xray.snapshot import Snapshot

Condition = Callable[[Snapshot], bool]


class Breakpoint:
    """`remove()` it when it is of no use any more."""

    def __init__(self, number: int, name: str, condition: Condition | str, owner: Breakpoints) -> None:
        self.number = number
        self.name = name
        self.hits = 0
        """How often it has stopped the cluster."""
        self._condition = condition
        self._owner = owner
        self._held = False

    def begin(self, snapshot: Callable[[], Snapshot]) -> None:
        """What holds already doesn't count."""
        self._held = not isinstance(self._condition, str) and self._condition(snapshot())

    def is_hit(self, snapshot: Callable[[], Snapshot], events: Sequence[Traced]) -> bool:
        """Ask between two rounds; `events`: those of the last one."""
        if isinstance(self._condition, str):
            return any(traced.event.kind == self._condition for traced in events)
        held, self._held = self._held, self._condition(snapshot())
        return self._held and not held

    def remove(self) -> None:
        """It stops nothing any more."""
        self._owner.remove(self)

    def __repr__(self) -> str:
        return f"<breakpoint {self.number}: {self.name}, {self.hits} hits>"


class Stopped(NamedTuple):
    """By which breakpoints, all in one round, and when (virtual seconds)."""

    breakpoints: tuple[Breakpoint, ...]
    at_s: float

    def __repr__(self) -> str:
        by = " and ".join(f"breakpoint {one.number}: {one.name}" for one in self.breakpoints)
        return f"<stopped at {self.at_s:.6f} s by {by}>"


class Happened(NamedTuple):
    """What a step has brought. It is true when something happened, false when nothing is left to happen."""

    at_s: float
    events: tuple[Traced, ...]
    message: Message | None = None
    """Of `step("message")`: the one that was delivered, or whose answer was."""
    is_idle: bool = False

    def __bool__(self) -> bool:
        return not self.is_idle

    def __repr__(self) -> str:
        if self.is_idle:
            return f"<{self.at_s:.6f} s: nothing is left to happen>"
        if self.message is not None:
            return repr(self.message)
        lines = [f"{one.host} {one.event.kind} {one.event.text()}".rstrip() for one in self.events]
        return f"<{self.at_s:.6f} s: {'; '.join(lines) or 'nothing that is told'}>"


class Breakpoints:
    """Those of one cluster."""

    def __init__(self) -> None:
        self._all: list[Breakpoint] = []
        self._numbers = 0

    def __bool__(self) -> bool:
        return bool(self._all)

    def add(self, condition: Condition | str, name: str | None) -> Breakpoint:
        """`condition`: of a snapshot, or a kind of event."""
        self._numbers += 1
        own = condition if isinstance(condition, str) else getattr(condition, "__name__", "a condition")
        added = Breakpoint(self._numbers, quoted(name or own), condition, self)
        self._all.append(added)
        return added

    def remove(self, one: Breakpoint) -> None:
        """Twice is fine."""
        self._all = [other for other in self._all if other is not one]

    def watch(
        self, trace: Trace, take: Callable[[], Snapshot], found: list[Breakpoint]
    ) -> Callable[[], bool]:
        """What to ask between two rounds; who was hit is put into `found`."""
        seen = trace.count
        for one in self._all:
            one.begin(take)

        def is_hit() -> bool:
            nonlocal seen
            events, seen = trace.events(seen + 1), trace.count
            cached: list[Snapshot] = []

            def snapshot() -> Snapshot:
                if not cached:
                    cached.append(take())
                return cached[0]

            for one in self._all:
                if one.is_hit(snapshot, events):
                    one.hits += 1
                    found.append(one)
            return bool(found)

        return is_hit
