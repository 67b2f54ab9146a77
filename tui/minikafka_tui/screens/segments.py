"""Tab 4: segments, and one below the other what is in them.

Rule: esc leads up the way one came.
"""

from __future__ import annotations

from typing import Any, cast

from textual.app import ComposeResult
from textual.widgets import ContentSwitcher

from minikafka.xray import reading
from minikafka.xray.files import ReplicaPlace, Unseen
from minikafka_tui.screens.levels.batches import Batches
from minikafka_tui.screens.levels.byte_view import ByteView
from minikafka_tui.screens.levels.entries import Entries
from minikafka_tui.screens.levels.file_list import FileList
from minikafka_tui.screens.levels.level import Level
from minikafka_tui.screens.levels.segment_list import SegmentList, SegmentRow
from minikafka_tui.screens.pane import Pane
from minikafka_tui.view import View
from minikafka_tui.widgets.live_table import LiveTable

TOP = "segment-list"


class Segments(Pane):
    """Holds the levels; the last of `way` is the one on the screen."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.way = [TOP]
        self._place: ReplicaPlace | None = None

    def compose(self) -> ComposeResult:
        """All levels; one is shown."""
        with ContentSwitcher(initial=TOP, id="levels"):
            yield SegmentList(id=TOP)
            yield FileList(id="file-list")
            yield Batches(id="batches")
            yield Entries(id="entries")
            yield ByteView(id="byte-view")

    @property
    def level(self) -> Level:
        """The one on the screen."""
        return self.query_one(f"#{self.way[-1]}", Level)

    @property
    def table(self) -> LiveTable[Any]:
        """The table of the open level."""
        return self.level.table

    def meant_by(self, table: LiveTable[Any]) -> ReplicaPlace | None:
        """The replica whose segment, batch or bytes one looks at."""
        if len(self.way) > 1:
            return self._place
        row = self.table.row
        return self._place_of(row.broker) if isinstance(row, SegmentRow) else None

    def _place_of(self, broker: str) -> ReplicaPlace:
        return ReplicaPlace(broker, *self.query_one(SegmentList).place)

    def show(self, view: View) -> None:
        """Draw. Whoever chose another partition elsewhere sees that one's segments."""
        topic, partition = view.topic, view.partition
        chosen = (topic.name, partition.index) if topic and partition else None
        if len(self.way) > 1 and (
            self._place is None or (self._place.topic, self._place.partition) != chosen
        ):
            self._go([TOP])
        self.level.show(view)

    def back(self) -> bool:
        """A level up. A filter is cleared first."""
        if self.level.table.filter_text or len(self.way) == 1:
            return False
        self._go(self.way[:-1])
        return True

    def _go(self, way: list[str]) -> None:
        self.app.call_later(self.app.action_clear_filter)  # type: ignore[attr-defined]
        self.way = way
        self.query_one("#levels", ContentSwitcher).current = way[-1]
        if self.app.screen.focused is not None or self.app.focused is None:
            self.table.focus()
        self.app.refresh_bindings()

    def _enter(self, level: str, place: ReplicaPlace) -> None:
        """Down to a level; one that is open already is gone back to."""
        self._place = place
        way = self.way[: self.way.index(level)] if level in self.way else self.way
        self._go([*way, level])

    def on_level_open_files(self, event: Level.OpenFiles) -> None:
        """The partition's directory."""
        self._enter("file-list", event.place)
        self.query_one(FileList).open(event.place)

    def on_level_open_file(self, event: Level.OpenFile) -> None:
        """A segment's batches, or another file's entries."""
        if reading.is_segment(event.place, event.file):
            self._enter("batches", event.place)
            self.query_one(Batches).open(event.place, event.file, event.at)
        else:
            self._enter("entries", event.place)
            self.query_one(Entries).open(event.place, event.file)

    def on_level_open_offset(self, event: Level.OpenOffset) -> None:
        """Find the batch that holds the offset."""
        self.run_worker(self._find(event.place, event.offset), exclusive=True, group="find")

    async def _find(self, place: ReplicaPlace, offset: int) -> None:
        try:
            hit = await reading.read_async(reading.find_offset(place, offset), self.level.ask)
        except Unseen as why:
            self.notify(str(why), severity="warning", markup=False)
        else:
            self.on_level_open_file(Level.OpenFile(place, hit.file, hit.line.position))

    def on_level_open_bytes(self, event: Level.OpenBytes) -> None:
        """Every byte with its field."""
        self._enter("byte-view", event.place)
        assert event.at is not None
        self.query_one(ByteView).open(event.place, event.file, event.at, event.row)

    def on_byte_view_turned(self, event: ByteView.Turned) -> None:
        """The next or previous batch or entry of the level above."""
        above = cast(Level, self.query_one(f"#{self.way[-2]}"))
        before = above.table.cursor
        above.table.action_move(event.by)
        if above.table.cursor != before:
            above.open_row()
