"""A view that redraws a picture while anything runs: in this cell, in a thread, or in another process.

Rule: it is redrawn at most ten times a second, from the cluster's watching thread. It never prints, and it never
waits for a click. `stop()` ends it; the last picture stays. What doesn't work in the cluster is said below it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minikafka.xray.snapshot import Snapshot
from minikafka_lessons.show.shown import Shown
from minikafka_lessons.show.wrong import wrong_html


class LiveView(Shown):
    """One picture of one cluster, `draw(snapshot) -> HTML`. A second view with the same key replaces the first."""

    def __init__(self, cluster: Any, key: str, draw: Callable[[Snapshot], str]) -> None:
        self._draw: Callable[[Snapshot], str] = lambda snapshot: (
            draw(snapshot) + wrong_html(snapshot, broken_only=True)
        )
        super().__init__(self._draw(cluster.snapshot()))
        self._stop = cluster.watch(key, self.look)

    def look(self, snapshot: Snapshot) -> None:
        """Redraw, if anything looks different."""
        self.redraw(self._draw(snapshot))

    def stop(self) -> None:
        """Stand still."""
        self._stop()


def own_name(cluster: Any, name: str) -> str:
    """What a lesson's topic or group is called on the cluster: a lesson's face knows, a plain `Cluster` leaves it."""
    real = getattr(cluster, "real", None)
    return name if real is None else str(real(name))
