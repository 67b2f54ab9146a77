"""Events: the cluster's own story, line by line, newest at the bottom."""

from __future__ import annotations

from textual.app import ComposeResult

from minikafka.xray.snapshot import EventLine
from minikafka_tui import format, palette
from minikafka_tui.screens.pane import Pane
from minikafka_tui.text import Text
from minikafka_tui.view import View
from minikafka_tui.widgets.columns import Column
from minikafka_tui.widgets.live_table import LiveTable

EMPTY = (
    "No events yet: they appear as the cluster moves.\n"
    "(Another Kafka sends none; what changes there between two looks is listed.)"
)


class Events(Pane):
    """Tab 6."""

    def compose(self) -> ComposeResult:
        """One table that follows its tail while the cursor is on the last line."""
        self._world = "live"
        yield LiveTable(
            [
                Column(
                    "TIME", 12, lambda e, w: Text(format.clock(e.at, self._world), palette.MUTED), right=True
                ),
                Column("HOST", 12, lambda e, w: Text(e.host, palette.host_colour(e.host))),
                Column("EVENT", 20, lambda e, w: Text(e.kind, palette.ACCENT), drop=1),
                Column("WHAT", 30, lambda e, w: e.text, flex=4),
            ],
            key=lambda e: str(e.seq),
            search=lambda e: f"{e.host} {e.kind} {e.text}",
            empty=EMPTY,
            follow=True,
            id="events-table",
        )

    def show(self, view: View) -> None:
        """Draw."""
        self._world = view.snapshot.world
        table: LiveTable[EventLine] = self.table
        table.set_rows(tuple(view.history.events))
