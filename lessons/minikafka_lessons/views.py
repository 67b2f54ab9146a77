"""The thread that shows new pictures to whoever watches a cluster.

Rule: each watcher is called at most ten times a second; one that can't draw is dropped, and neither stops the others
nor prints into some cell.
"""

from __future__ import annotations

import threading  # noqa: TID251 - pictures are drawn beside the cell that runs
from collections.abc import Callable

from minikafka import Snapshot
from minikafka_lessons.sources import Source

TICK_S = 0.1
Look = Callable[[Snapshot], None]


class Views:
    """The watchers of one source."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._watchers: dict[str, Look] = {}
        self._thread: threading.Thread | None = None
        self._ended = threading.Event()

    def watch(self, key: str, look: Look) -> Callable[[], None]:
        """Call `look` with new pictures (in a thread); returns the way to end it. The same key replaces."""
        self._watchers[key] = look
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="minikafka-views", daemon=True)
            self._thread.start()

        def stop() -> None:
            if self._watchers.get(key) is look:
                del self._watchers[key]

        return stop

    def _run(self) -> None:
        while not self._ended.wait(TICK_S):
            if not self._watchers:
                continue
            try:
                snapshot = self._source.latest()
            except Exception:
                continue
            for key, look in list(self._watchers.items()):
                try:
                    look(snapshot)
                except Exception:
                    self._watchers.pop(key, None)

    def close(self) -> None:
        """No more pictures."""
        self._ended.set()
        self._watchers.clear()
        if self._thread is not None:
            self._thread.join(timeout=2)
