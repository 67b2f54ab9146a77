"""Every byte of a batch with its field: hex on the left, fields on the right, the chosen one explained below.

Rule: the cursor is in the list of fields; the bytes follow it, and a click on a byte moves it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from itertools import islice

from textual import events, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Static

from minikafka.dump import meaning_of
from minikafka.dump.names import about
from minikafka.dump.outline import Entry, heading, outline, shown
from minikafka.dump.text import time_text
from minikafka.dump.value import BadBytes, Block, Field, Row
from minikafka.xray import reading
from minikafka.xray.files import ReplicaPlace, Unseen
from minikafka_tui import palette
from minikafka_tui.screens.levels.level import WIDE, Level, file_name, path
from minikafka_tui.text import Drawn, Text, lines
from minikafka_tui.widgets.columns import Column
from minikafka_tui.widgets.hex_bytes import HexBytes
from minikafka_tui.widgets.live_table import LiveTable

MOST_FIELDS = 50_000
TIMES = frozenset({"base_timestamp", "max_timestamp", "timestamp"})


@dataclass(frozen=True)
class FieldRow:
    """A line of the outline, and its number."""

    number: int
    entry: Entry


class FieldTable(LiveTable[FieldRow]):
    """There is nothing below a field, and only one order."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """So these keys aren't offered."""
        return action not in {"open", "sort", "reverse"}


class ByteView(Level):
    """The lowest level: bytes and their fields."""

    BINDINGS = [
        Binding("n", "turn(1)", "Next"),
        Binding("p", "turn(-1)", "Previous", show=False),
        Binding("right_square_bracket", "record(1)", "Record", key_display="]"),
        Binding("left_square_bracket", "record(-1)", "Previous record", show=False),
    ]

    class Turned(Message):
        """The user wants the next batch, or the previous."""

        def __init__(self, by: int) -> None:
            super().__init__()
            self.by = by

    def compose(self) -> ComposeResult:
        """Which batch, its bytes and fields, the chosen field."""
        yield Static(classes="head")
        with Horizontal():
            yield HexBytes(id="hex")
            yield FieldTable(
                COLUMNS, key=lambda r: str(r.number), search=_search, empty="Reading …", id="fields"
            )
        yield Static(id="field-detail")

    def on_resize(self, event: events.Resize) -> None:
        """As many bytes in a line as fit beside the fields."""
        bytes_a_line = 16 if event.size.width >= WIDE else 8
        hexes = self.query_one(HexBytes)
        hexes.lay_out(bytes_a_line)

    def open(self, place: ReplicaPlace, file: str, at: int, row: Row | None = None) -> None:
        """The batch at a byte of a segment, or a row of another file."""
        self.say(path(place, file))
        self.table.empty = "Reading …"
        self._show_block(None, [])
        self._read(place, file, at, row)

    @work(exclusive=True, group="bytes")
    async def _read(self, place: ReplicaPlace, file: str, at: int, row: Row | None) -> None:
        try:
            if row is not None:
                block = row.block()
            else:
                batch = await reading.read_async(reading.batch(place, file, at, meaning_of), self.ask)
                block = await asyncio.to_thread(batch.block)  # unpacking may take a while
        except (Unseen, BadBytes) as why:
            self.table.empty = str(why)
            self.table.set_rows(())
            return
        rows = [FieldRow(n, entry) for n, entry in enumerate(islice(outline(block), MOST_FIELDS + 1))]
        cut = len(rows) > MOST_FIELDS
        wrong = f"only the first {MOST_FIELDS:,} fields are listed" if cut else None
        width = self.app.size.width
        title = block.title if width >= WIDE else block.title.removeprefix("batch at ")
        self.say(Text.assemble(path(place, file_name(file, width)), (f" › {title}", palette.MUTED)), wrong)
        self._show_block(block, rows[1:MOST_FIELDS])

    def _show_block(self, block: Block | None, rows: list[FieldRow]) -> None:
        self.query_one(HexBytes).open(block)
        self.table.set_rows(rows)
        self.table.action_edge(0)
        self._explain(self.table.row)

    # The cursor

    def on_live_table_highlighted(self, event: LiveTable.Highlighted) -> None:
        """The bytes follow the cursor in the table."""
        event.stop()
        self._explain(event.row)

    def on_hex_bytes_clicked(self, event: HexBytes.Clicked) -> None:
        """The table's cursor follows the click."""
        event.stop()
        for row in self.table.shown:
            if row.entry.block is event.block and row.entry.field is event.field:
                self.table.move_to(str(row.number))
        self.table.focus()

    def action_turn(self, by: int) -> None:
        """The level above knows which is next."""
        self.post_message(self.Turned(by))

    def action_record(self, by: int) -> None:
        """To the next record, or the previous."""
        shown_rows, cursor = self.table.shown, self.table.cursor
        later = range(cursor + 1, len(shown_rows)) if by > 0 else range(cursor - 1, -1, -1)
        target = next((n for n in later if shown_rows[n].entry.is_group), None)
        if target is not None:
            self.table.action_move(target - cursor)

    def _explain(self, row: FieldRow | None) -> None:
        detail = self.query_one("#field-detail", Static)
        if row is None:
            detail.update("")
            return
        self.query_one(HexBytes).choose(row.entry.block, row.entry.field)
        detail.update(_detail(row.entry))


def _detail(entry: Entry) -> Drawn:
    """Name, place, value, meaning: three lines, as much of each as fits."""
    field = entry.field
    if field is None:
        return Text(f" {entry.block.title}", f"bold {palette.ACCENT}")
    first = f"+{field.offset}" if entry.unpacked else str(field.offset)
    last = f"+{field.offset + field.size - 1}" if entry.unpacked else str(field.offset + field.size - 1)
    where = f"byte {first}" if field.size == 1 else f"bytes {first} – {last} ({field.size})"
    colour = about(field.name).hue.value.dark
    name = Text.assemble((f" {field.name}", f"bold {colour}"), (f"   {where}", palette.MUTED))
    value = heading(field) if entry.is_group else shown(field.value, 300)
    if field.name in TIMES and isinstance(field.value, int):
        value = time_text(field.value)
    told = [part for part in (field.note, about(field.name).meaning) if part]
    text = lines(
        (
            name,
            Text(f" {value or format_of_nothing(field)}", palette.TEXT),
            Text(f" {'; '.join(told)}", palette.MUTED),
        )
    )
    text.no_wrap, text.overflow = True, "ellipsis"
    return text


def format_of_nothing(field: Field) -> str:
    """A value that is not shown: compressed bytes."""
    return f"{field.size:,} bytes"


def _search(row: FieldRow) -> str:
    field = row.entry.field
    return "" if field is None else f"{field.name} {shown(field.value)} {field.note}"


def _name(row: FieldRow) -> Text:
    field = row.entry.field
    if field is None:
        return Text(row.entry.block.title, f"bold {palette.ACCENT}")
    if row.entry.is_group:
        return Text(f"── {field.name}", f"bold {palette.TEXT}")
    return Text(field.name, about(field.name).hue.value.dark)


def _value(row: FieldRow, width: int) -> Text:
    field = row.entry.field
    if field is None:
        return Text("")
    if row.entry.is_group:
        said = f"{field.size} bytes  {shown(field.value, width)} {field.note}"
        return Text(said.rstrip(), palette.MUTED)
    value = shown(field.value, max(8, width))
    return Text(value or format_of_nothing(field), palette.TEXT)


def _note(row: FieldRow, width: int) -> Text:
    field = row.entry.field
    if field is None or row.entry.is_group:
        return Text("")
    return Text(field.note, palette.BAD if field.note.startswith("WRONG") else palette.MUTED)


COLUMNS: list[Column[FieldRow]] = [
    Column("FIELD", 22, lambda r, w: _name(r)),
    Column("VALUE", 8, _value, flex=2),
    Column("MEANING", 24, _note, flex=3, drop=1),
]
