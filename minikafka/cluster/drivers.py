"""How the synchronous `Cluster` reaches its loop: by a thread of its own (live) or by stepping it (simulated).

Rule: in the simulated world nothing moves unless somebody asks, and those who ask (a notebook cell, the
inspector's socket, threads with clients) take turns.

Kafka: `MockTime` stands still in the same way; nothing there drives a whole cluster with it.
"""

from __future__ import annotations

import threading  # noqa: TID251 - the cluster's own thread (design, decision 2)
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeVar

from minikafka.client.faces.driver import LiveDriver, SimulatedDriver
from minikafka.world import LiveUniverse, SimulatedUniverse

T = TypeVar("T")


class LiveLoop(LiveDriver):
    """The live world: a daemon thread runs the loop on and on."""

    def __init__(self, root: Path | None, *, message_events: bool) -> None:
        self.universe = LiveUniverse(root, message_events=message_events)
        super().__init__(name="minikafka-cluster")
        self.loop.call_soon_threadsafe(self.loop.set_exception_handler, self.universe.handle_exception)

    def call(self, function: Callable[[], T]) -> T:
        """`function()` in the loop's thread."""

        async def called() -> T:
            return function()

        return self.run(called())

    def close(self) -> None:
        """End the universe and the thread."""
        if not self.loop.is_closed() and self._thread is not None and self._thread.is_alive():
            self.call(self.universe.close)
        super().close()


class SimulatedLoop(SimulatedDriver):
    """The simulated world: virtual time moves only inside these calls."""

    def __init__(self, seed: int, *, message_events: bool) -> None:
        super().__init__(SimulatedUniverse(seed, message_events=message_events))

    def call(self, function: Callable[[], T]) -> T:
        """`function()` while nothing else moves."""
        with self.lock:
            return function()

    def close(self) -> None:
        """End the universe."""
        with self.lock:
            self.universe.close()


ClusterLoop = LiveLoop | SimulatedLoop
RanTo = Callable[[float], AbstractContextManager[object]]
"""Entered with the moment up to which time is about to run."""


class Player:
    """Lets virtual time run by itself at a pace, for somebody who watches. Ends with `pause()`, or when what it runs
    raises; that is put into the trace's `failures`.
    """

    TICK_S = 0.05

    def __init__(self, loop: SimulatedLoop, moved: Callable[[], None], ran_to: RanTo) -> None:
        self._loop = loop
        self._ran_to = ran_to
        self._moved = moved
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def playing(self) -> bool:
        """Does virtual time run?"""
        return self._thread is not None and self._thread.is_alive()

    def play(self, speed: float) -> None:
        """`speed` virtual seconds a second."""
        self.pause()
        self._stop.clear()
        thread = threading.Thread(target=self._run, args=(speed,), name="minikafka-player", daemon=True)
        thread.start()
        self._thread = (
            thread  # only now: where there are no threads, nothing plays and nothing has to be joined
        )

    def pause(self) -> None:
        """Stop virtual time."""
        self._stop.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout=5)
        self._thread = None

    def _run(self, speed: float) -> None:
        try:
            while not self._stop.wait(self.TICK_S):
                with self._loop.lock:
                    at_s = self._loop.universe.now + self.TICK_S * speed
                    with self._ran_to(at_s):
                        self._loop.universe.run_to(at_s)
                self._moved()
        except Exception as error:
            failed = error
            self._loop.call(lambda: self._loop.universe.trace.fail("the play of virtual time", failed))
