"""A level of tab 4.

Rule: it asks its pane to go deeper, and knows nothing of the other levels.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, cast

from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Static

from minikafka.dump.value import Row
from minikafka.world.visible import visible_name
from minikafka.xray.files import Found, Question, ReplicaPlace
from minikafka_tui import palette
from minikafka_tui.text import Text
from minikafka_tui.view import View
from minikafka_tui.widgets.live_table import LiveTable

if TYPE_CHECKING:
    from minikafka_tui.commanding import CommandingApp


class Level(Vertical):
    """`show(view)` follows the cluster; `table` has the keys."""

    class OpenFiles(Message):
        """Show the files of a replica's directory."""

        def __init__(self, place: ReplicaPlace) -> None:
            super().__init__()
            self.place = place

    class OpenFile(OpenFiles):
        """Show what a file holds; of a segment the batch at byte `at`."""

        def __init__(self, place: ReplicaPlace, file: str, at: int | None = None) -> None:
            super().__init__(place)
            self.file = file
            self.at = at

    class OpenOffset(OpenFiles):
        """Show the batch that holds an offset."""

        def __init__(self, place: ReplicaPlace, offset: int) -> None:
            super().__init__(place)
            self.offset = offset

    class OpenBytes(OpenFile):
        """Show the bytes of the batch at byte `at`, or of a row of another file."""

        def __init__(self, place: ReplicaPlace, file: str, at: int, row: Row | None = None) -> None:
            super().__init__(place, file, at)
            self.row = row

    @property
    def table(self) -> LiveTable[Any]:
        """Where keys, filter and copy go."""
        return self.query(LiveTable).first()

    @property
    def ask(self) -> Callable[[Question], Awaitable[Found]]:
        """How to ask the cluster for bytes."""
        return cast("CommandingApp", self.app).feed.look

    def show(self, view: View) -> None:
        """A new picture came."""

    def open_row(self) -> None:
        """Open what is under the cursor."""
        self.table.action_open()

    def say(self, line: Text, wrong: str | None = None) -> None:
        """The line above: where one is; what is wrong takes the place of the rest."""
        if wrong:
            line = Text.assemble(line, (f"   ! {wrong}", palette.WARN))
        self.query_one(".head", Static).update(line)


WIDE = 108
"""Cells, from which on there is room for all digits of a file's name."""


def file_name(file: str, width: int) -> str:
    """A name of twenty digits is cut where the screen is narrow."""
    return f"…{file[15:]}" if width < WIDE and len(file) > 20 else file


def path(place: ReplicaPlace, *further: str) -> Text:
    """`orders-0 › broker-1 › …`."""
    line = Text.assemble(
        (f" {visible_name(place.topic)}-{place.partition}", f"bold {palette.ACCENT}"),
        (" › ", palette.FAINT),
        (place.broker, palette.host_colour(place.broker)),
    )
    for word in further:
        line.append(" › ", palette.FAINT)
        line.append(word, palette.TEXT)
    return line
