"""A widget that redraws a picture while anything runs: in this cell, in a thread, or in another process.

Rule: it only sets one trait, at most ten times a second, from the cluster's watching thread. It never prints,
and it never waits for a click. `stop()` ends it; the last picture stays.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets

from minikafka.xray.snapshot import Snapshot
from minikafka_lessons.show.ink import plain


class LiveView:
    """One picture of one cluster, `draw(snapshot) -> HTML`. A second view with the same key replaces the first."""

    def __init__(self, cluster: Any, key: str, draw: Callable[[Snapshot], str]) -> None:
        self._draw = draw
        self.widget = ipywidgets.HTML(draw(cluster.snapshot()))
        self.widget.layout = ipywidgets.Layout(width="auto", margin="0")
        self._stop = cluster.watch(key, self.look)

    def look(self, snapshot: Snapshot) -> None:
        """Redraw, if anything looks different."""
        html = self._draw(snapshot)
        if html != self.widget.value:
            self.widget.value = html

    @property
    def html(self) -> str:
        """What it shows now."""
        return str(self.widget.value)

    def stop(self) -> None:
        """Stand still."""
        self._stop()

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        bundle = dict(self.widget._repr_mimebundle_() or {})
        # Where there are no widgets (a printed page, a saved notebook) the picture itself is shown.
        bundle["text/html"] = self.html
        bundle["text/plain"] = plain(self.html)
        return bundle

    def __repr__(self) -> str:
        return plain(self.html)
