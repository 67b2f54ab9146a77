"""Listeners to a cluster's events.

Rule: whoever listens to a cluster keeps listening when it is taken back in time. Kafka has none.
"""

from __future__ import annotations

from collections.abc import Callable

from minikafka.world import Trace, Traced

Heard = Callable[[Traced], None]


class Listeners:
    """Of one cluster."""

    def __init__(self, trace: Trace, wrapped: Callable[[Heard], Heard]) -> None:
        self._trace = trace
        self._wrapped = wrapped
        self._heard: dict[int, Heard] = {}
        self._ends: dict[int, Callable[[], None]] = {}
        self._numbers = 0

    def add(self, callback: Heard) -> Callable[[], None]:
        """Returns the function that ends it."""
        self._numbers = number = self._numbers + 1
        self._heard[number] = callback
        self._ends[number] = self._trace.subscribe(self._wrapped(callback))

        def stop() -> None:
            if self._heard.pop(number, None) is not None:
                self._ends.pop(number)()

        return stop

    def listen_to(self, trace: Trace, wrapped: Callable[[Heard], Heard]) -> None:
        """To another trace from now on."""
        self._trace, self._wrapped = trace, wrapped
        for end in self._ends.values():
            end()
        self._ends = {number: trace.subscribe(wrapped(heard)) for number, heard in self._heard.items()}
