"""The batches of a segment, a page at a time.

Rule: what is on the screen was read, and nothing more.

The window of batches grows at both ends as the cursor comes near them; first and last jump. A segment that
grows is followed, one that goes away while it is open is said to.
"""

from __future__ import annotations

from collections.abc import Sequence

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.message import Message
from textual.widgets import Static

from minikafka.xray import reading
from minikafka.xray.files import ReplicaPlace, Unseen
from minikafka.xray.reading import BatchLine, Page, Reading
from minikafka.xray.snapshot import Segment
from minikafka_tui import format, palette
from minikafka_tui.screens.levels.batch_columns import COLUMNS, flags
from minikafka_tui.screens.levels.level import Level, file_name, path
from minikafka_tui.view import View
from minikafka_tui.widgets.live_table import LiveTable

READING = "Reading …"
NEAR = 40
"""So many rows before an end of the window the next page is read."""


class BatchTable(LiveTable[BatchLine]):
    """First and last mean the segment's, not the window's."""

    class EdgeWanted(Message):
        """The user wants the first or the last batch."""

        def __init__(self, last: bool) -> None:
            super().__init__()
            self.last = last

    def action_edge(self, last: int) -> None:
        """Jump to the first or the last batch."""
        super().action_edge(last)
        self.post_message(self.EdgeWanted(bool(last)))


class Batches(Level):
    """The batches of one segment: the level below the segments."""

    BINDINGS = [
        Binding("n", "turn(1)", "Next"),
        Binding("p", "turn(-1)", "Previous", show=False),
        Binding("f", "files", "Files"),
    ]
    _place = ReplicaPlace("", "", 0)
    _file = ""

    def compose(self) -> ComposeResult:
        """Which segment, and its batches."""
        yield Static(classes="head")
        yield BatchTable(
            COLUMNS, key=lambda b: str(b.position), search=_search, empty=READING, id="batches-table"
        )

    def on_mount(self) -> None:
        """Nothing is open yet."""
        self._window = Page(0, 0, 0, ())
        self._wrong: str | None = None
        self._gone: str | None = None
        self._busy = False
        self._segments: Sequence[Segment] | None = None

    def open(self, place: ReplicaPlace, file: str, at: int | None = None) -> None:
        """Another segment; the cursor on the batch at byte `at`."""
        self._place, self._file, self._gone = place, file, None
        self._replace(Page(at or 0, at or 0, 0, ()))
        self.table.empty = READING
        self._read(reading.page(place, file, at or 0), fresh=True)

    # Following the cluster

    def show(self, view: View) -> None:
        """More bytes than are shown? Fewer? None at all?"""
        replicas = view.partition.replicas if view.partition is not None else ()
        self._segments = next((r.segments for r in replicas if r.broker == self._place.broker), None)
        segment = self._segment()
        if self._segments is None:
            self._gone = f"{self._place.broker} is down; this is what was read before"
        elif segment is None and self._file.endswith(".log") and self._file[:20].isdigit():
            self._gone = "this segment is gone (retention or truncation); this is what was read before"
        else:
            self._gone = None
        window = self._window
        if segment is not None and not self._busy and self.table.empty != READING:
            if segment.size_bytes < window.end:
                self._read(reading.page(self._place, self._file), fresh=True)
            elif window.end == window.file_bytes < segment.size_bytes:
                self._read(reading.page(self._place, self._file, window.end))
        self._tell()

    def _segment(self) -> Segment | None:
        base = int(self._file[:20]) if self._file[:20].isdigit() else -1
        return next((s for s in self._segments or () if s.base_offset == base), None)

    # Reading

    @work(exclusive=False, group="batches")
    async def _read(self, page: Reading[Page], *, fresh: bool = False, to_end: bool = False) -> None:
        file = self._place, self._file
        self._busy = True
        try:
            found = await reading.read_async(page, self.ask)
        except Unseen as why:
            if file == (self._place, self._file):
                self.table.empty = self._wrong = str(why)
                self.table.set_rows(self._window.lines)
                self._tell()
            return
        finally:
            self._busy = False
        if file != (self._place, self._file):
            return
        window = self._window
        if fresh:
            self._replace(found)
            self.table.action_move(-self.table.cursor)
        elif found.begin == window.end:
            lines = (*window.lines, *found.lines)
            self._replace(Page(window.begin, found.end, found.file_bytes, lines, found.problem))
        elif found.end == window.begin:
            lines = (*found.lines, *window.lines)
            self._replace(Page(found.begin, window.end, found.file_bytes, lines, window.problem))
            self.table.action_move(0)  # it has many more rows above it now
        if to_end:
            self.table.action_move(len(found.lines))
        if found.lines:
            self._read_on()

    def _replace(self, window: Page) -> None:
        self._window = window
        self._wrong = None if window.problem is None else str(window.problem)
        self.table.empty = self._wrong or "The segment is empty."
        self.table.set_rows(window.lines)
        self._tell()

    def on_live_table_highlighted(self, event: LiveTable.Highlighted) -> None:
        """Near an end of the window there may be more."""
        self._read_on()

    def _read_on(self) -> None:
        window, cursor = self._window, self.table.cursor
        if self._busy or not window.lines or self.table.filter_text:
            return
        if not window.is_last and cursor >= len(window.lines) - NEAR:
            self._read(reading.page(self._place, self._file, window.end))
        elif window.begin and cursor < NEAR:
            self._read(reading.page_before(self._place, self._file, window.begin))

    def on_batch_table_edge_wanted(self, event: BatchTable.EdgeWanted) -> None:
        """The segment's own first or last batch."""
        event.stop()
        if event.last and not self._window.is_last:
            self._read(reading.last_page(self._place, self._file), fresh=True, to_end=True)
        elif not event.last and self._window.begin:
            self._read(reading.page(self._place, self._file), fresh=True)

    def _tell(self) -> None:
        window = self._window
        line = path(self._place, file_name(self._file, self.app.size.width))
        if window.lines:
            first, last = window.lines[0].header.base_offset, window.lines[-1].header.last_offset
            whole = not window.begin and window.is_last
            of = "" if whole else f" of {format.size(window.file_bytes)}"
            told = f"   offsets {format.number(first)} – {format.number(last)}"
            told += f"   {format.size(window.end - window.begin)}{of}"
            line.append(told, palette.MUTED)
        self.say(line, self._gone or self._wrong)

    # Going places

    def on_live_table_opened(self, event: LiveTable.Opened) -> None:
        """Open the batch's bytes."""
        event.stop()
        self.post_message(self.OpenBytes(self._place, self._file, event.row.position))

    def action_files(self) -> None:
        """The files beside it."""
        self.post_message(self.OpenFiles(self._place))

    def action_turn(self, by: int) -> None:
        """The next or previous segment."""
        bases = [s.base_offset for s in self._segments or ()]
        segment = self._segment()
        if segment is not None:
            base = bases[(bases.index(segment.base_offset) + by) % len(bases)]
            self.open(self._place, f"{base:020d}.log")


def _search(line: BatchLine) -> str:
    header = line.header
    offsets = f"{header.base_offset} {header.last_offset}"
    return f"{line.position} {offsets} {line.codec} {flags(line).plain} {header.producer_id}"
