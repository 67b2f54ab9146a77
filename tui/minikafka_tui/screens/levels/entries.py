"""What a file beside the segments holds: index entries, producers, lines. Enter follows where an entry points."""

from __future__ import annotations

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Static

from minikafka.dump.found import FileKind
from minikafka.dump.names import about
from minikafka.dump.outline import shown
from minikafka.dump.value import Problem, Row
from minikafka.xray import reading
from minikafka.xray.files import MOST_BYTES, ReplicaPlace, Unseen
from minikafka_tui import format, palette
from minikafka_tui.screens.levels.level import Level, path
from minikafka_tui.text import Text
from minikafka_tui.widgets.columns import Column
from minikafka_tui.widgets.live_table import LiveTable

POINTS_TO_OFFSET = {
    FileKind.TIME_INDEX: "relative_offset",
    FileKind.TRANSACTION_INDEX: "first_offset",
    FileKind.LEADER_EPOCHS: "start_offset",
}


class Entries(Level):
    """The entries of one file: the level below the file list."""

    BINDINGS = [Binding("b", "bytes", "Bytes"), Binding("r", "read_again", "Refresh", show=False)]
    _place: ReplicaPlace
    _file: str

    def compose(self) -> ComposeResult:
        """Which file, and its entries."""
        yield Static(classes="head")
        yield LiveTable(COLUMNS, key=_key, search=_plain, empty="The file is empty.", id="entries-table")

    def open(self, place: ReplicaPlace, file: str) -> None:
        """Open another file."""
        self._place, self._file = place, file
        self.table.set_rows(())
        self.say(path(place, file))
        self.action_read_again()

    @work(exclusive=True, group="entries")
    async def action_read_again(self) -> None:
        """Read the file again."""
        place, file = self._place, self._file
        try:
            rows, file_bytes = await reading.read_async(reading.rows(place, file), self.ask)
        except Unseen as why:
            self.say(path(place, file), str(why))
            return
        told = f"   {format.size(file_bytes)}, {_hint(self._kind())}"
        wrong = f"only the first {format.size(MOST_BYTES)} are shown" if file_bytes > MOST_BYTES else None
        self.say(Text.assemble(path(place, file), (told, palette.MUTED)), wrong)
        self.table.set_rows(rows)

    def _kind(self) -> FileKind | None:
        found = reading.kind_of(self._place, self._file)
        return None if found is None else found.kind

    def on_live_table_opened(self, event: LiveTable.Opened) -> None:
        """An index entry leads to its batch; anything else to its bytes."""
        event.stop()
        target = _target(event.row, self._kind(), self._file)
        if target is None:
            self.action_bytes()
        elif target[0] == "position":
            segment = self._file.split(".")[0] + ".log"
            self.post_message(self.OpenFile(self._place, segment, target[1]))
        else:
            self.post_message(self.OpenOffset(self._place, target[1]))

    def open_row(self) -> None:
        """For the byte view's next and previous."""
        self.action_bytes()

    def action_bytes(self) -> None:
        """Every byte of the entry."""
        row = self.table.row
        if isinstance(row, Row) and row.data:
            self.post_message(self.OpenBytes(self._place, self._file, row.position, row))


def _hint(kind: FileKind | None) -> str:
    if kind is FileKind.OFFSET_INDEX:
        return "enter: the batch at that position   b: bytes"
    return "enter: the batch with that offset   b: bytes" if kind in POINTS_TO_OFFSET else "enter: bytes"


def _target(row: Row | Problem, kind: FileKind | None, file: str) -> tuple[str, int] | None:
    """Where an entry points: a position of its segment, or an offset of the partition."""
    values = {f.name: f.value for f in row.fields} if isinstance(row, Row) else {}
    position = values.get("position")
    if kind is FileKind.OFFSET_INDEX and isinstance(position, int):
        return "position", position
    name = POINTS_TO_OFFSET.get(kind, "") if kind is not None else ""
    value = values.get(name)
    if not isinstance(value, (int, str)) or not str(value).isdigit():
        return None
    return "offset", int(value) + (int(file[:20]) if name == "relative_offset" else 0)


def _key(row: Row | Problem) -> str:
    return f"{type(row).__name__} {row.position}"


def _plain(row: Row | Problem) -> str:
    return _content(row, 200).plain


def _content(row: Row | Problem, width: int) -> Text:
    if isinstance(row, Problem):
        return Text(f"✗ {row.sentence}", palette.BAD)
    text = Text()
    for field in row.fields:
        text.append(f"{field.name} ", palette.MUTED)
        text.append(shown(field.value, 60), about(field.name).hue.value.dark)
        text.append(f" ({field.note})   " if field.note else "   ", palette.MUTED)
    return text


COLUMNS: list[Column[Row | Problem]] = [
    Column("BYTE", 9, lambda r, w: format.muted(format.number(r.position)), right=True),
    Column("ENTRY", 20, lambda r, w: r.kind if isinstance(r, Row) else "problem", drop=1),
    Column("FIELDS", 40, _content, flex=1),
]
