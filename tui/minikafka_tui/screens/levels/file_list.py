"""The files of a partition's directory on one broker, with what each is for. Enter opens one."""

from __future__ import annotations

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Static

from minikafka.dump.found import FileKind
from minikafka.xray import reading
from minikafka.xray.files import FileEntry, ReplicaPlace, Unseen
from minikafka_tui import format, palette
from minikafka_tui.screens.levels.level import Level, path
from minikafka_tui.text import Text
from minikafka_tui.view import View
from minikafka_tui.widgets.columns import Column
from minikafka_tui.widgets.live_table import LiveTable

WHAT = {
    FileKind.LOG: "a segment: record batches, one after the other",
    FileKind.OFFSET_INDEX: "offset index: where in the segment a search begins",
    FileKind.TIME_INDEX: "time index: at which offset a search for a time begins",
    FileKind.TRANSACTION_INDEX: "aborted transactions, for read_committed",
    FileKind.PRODUCER_SNAPSHOT: "producers' last sequence numbers, for idempotence",
    FileKind.LEADER_EPOCHS: "the offset at which each leader epoch begins",
    FileKind.PARTITION_METADATA: "the topic's id",
    FileKind.METADATA_SNAPSHOT: "a snapshot of the cluster's metadata",
}
FOR_NOW = {
    ".deleted": "about to be removed",
    ".swap": "a compaction is putting it in place",
    ".cleaned": "a compaction is writing it",
}


class FileList(Level):
    """All files of the directory: a level below the segments."""

    BINDINGS = [Binding("r", "read_again", "Refresh", show=False)]
    _place: ReplicaPlace

    def compose(self) -> ComposeResult:
        """Whose files, and the files."""
        yield Static(classes="head")
        yield LiveTable(COLUMNS, key=lambda f: f.name, empty="", id="files-table")

    def on_mount(self) -> None:
        """Descriptions need the place."""
        self._place = ReplicaPlace("", "", 0)
        self._sizes: object = None

    def open(self, place: ReplicaPlace) -> None:
        """Another directory, or the same again."""
        self._place, self._sizes = place, None
        self.table.set_columns([*COLUMNS, Column("WHAT IT IS", 24, self._what, flex=4)])
        self.say(path(place, "files"))
        self.action_read_again()

    def show(self, view: View) -> None:
        """Look again when a segment grew, came or went."""
        replicas = view.partition.replicas if view.partition is not None else ()
        sizes = next((r.segments for r in replicas if r.broker == self._place.broker), None)
        if self._sizes is not None and sizes != self._sizes:
            self.action_read_again()
        self._sizes = sizes

    @work(exclusive=True, group="files")
    async def action_read_again(self) -> None:
        """List the directory."""
        place = self._place
        try:
            listed = await reading.read_async(reading.files(place), self.ask)
        except Unseen as why:
            self.say(path(place, "files"), str(why))
            return
        total = sum(file.size_bytes for file in listed.files)
        told = f"   {format.plural(len(listed.files), 'file')}, {format.size(total)}"
        self.say(Text.assemble(path(place, "files"), (told, palette.MUTED)))
        self.table.set_rows(listed.files)

    def _what(self, file: FileEntry, width: int) -> Text:
        kind = reading.kind_of(self._place, file.name)
        what = "" if kind is None else WHAT.get(kind.kind, str(kind.kind))
        for suffix, state in FOR_NOW.items():
            if file.name.endswith(suffix):
                return Text(f"{state}: {what}", palette.WARN)
        return format.muted(what)

    def on_live_table_opened(self, event: LiveTable.Opened) -> None:
        """Open the file."""
        event.stop()
        if reading.kind_of(self._place, event.row.name) is None:
            self.notify(f"{event.row.name} is not the name of a Kafka file.", markup=False)
        else:
            self.post_message(self.OpenFile(self._place, event.row.name))


COLUMNS: list[Column[FileEntry]] = [
    Column("FILE", 34, lambda f, w: f.name, lambda f: f.name),
    Column(
        "SIZE",
        10,
        lambda f, w: format.size(f.size_bytes),
        lambda f: f.size_bytes,
        right=True,
        reverse_first=True,
    ),
]
