"""A pane: the content of one tab.

Rule: it draws when it is open, and only then.
"""

from __future__ import annotations

from typing import Any, ClassVar

from textual.containers import Vertical

from minikafka_tui.view import View
from minikafka_tui.widgets.live_table import LiveTable


class Pane(Vertical):
    """`show(view)` draws; `table` is where keys, filter and copy go."""

    can_filter: ClassVar[bool] = True

    def show(self, view: View) -> None:
        """Draw this moment."""
        raise NotImplementedError

    @property
    def table(self) -> LiveTable[Any]:
        """The pane's main table."""
        return self.query(LiveTable).first()

    @property
    def entry(self) -> LiveTable[Any]:
        """Where keys go when the tab is opened."""
        return self.table

    def meant_by(self, table: LiveTable[Any]) -> Any:
        """What a command means while the cursor is in this table of the pane."""
        return table.row

    def set_filter(self, text: str) -> None:
        """Filter the main table."""
        self.table.set_filter(text)

    def back(self) -> bool:
        """Undo what was opened inside the pane; False when there was nothing."""
        return False
