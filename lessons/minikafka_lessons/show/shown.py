"""A picture that can be drawn anew where it stands, in HTML that a saved notebook keeps.

Rule: no widget. What stands in the notebook is always the whole picture, so it is there after a restart of the kernel
and after a reload, in a printed page and in any front end; while the kernel lives, its display id finds it again.
"""

from __future__ import annotations

import uuid
from typing import Any

from minikafka_lessons.show.ink import plain

PLACES = 4
"""A picture that was shown more often than this is drawn anew in the latest places only."""


class Shown:
    """A picture and the places where it stands. `html` is what it shows now; `redraw` changes it everywhere."""

    def __init__(self, html: str) -> None:
        self.html = html
        self._places: list[str] = []

    def redraw(self, html: str) -> None:
        """Show this from now on. From any thread."""
        if html == self.html:
            return
        self.html = html
        if self._places:
            from IPython.display import publish_display_data

            for place in self._places:
                publish_display_data(
                    self._bundle(), metadata={}, transient={"display_id": place}, update=True
                )

    def _ipython_display_(self) -> None:
        from IPython.display import publish_display_data

        place = uuid.uuid4().hex  # noqa: TID251 - one in the whole notebook, saved outputs too
        self._places = [*self._places[1 - PLACES :], place]
        publish_display_data(self._bundle(), metadata={}, transient={"display_id": place})

    def _bundle(self) -> dict[str, Any]:
        return {"text/html": self.html, "text/plain": repr(self)}

    def __repr__(self) -> str:
        return plain(self.html)
