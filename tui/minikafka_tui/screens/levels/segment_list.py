"""Segments of a partition: the files on each broker's disk, as bars and as a list. Enter opens one."""

from __future__ import annotations

from dataclasses import dataclass

from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Static

from minikafka.world.visible import visible_name
from minikafka.xray.files import ReplicaPlace
from minikafka.xray.snapshot import Partition, Segment
from minikafka_tui import format, palette
from minikafka_tui.screens.levels.level import Level
from minikafka_tui.text import Text
from minikafka_tui.view import View
from minikafka_tui.widgets.columns import Column
from minikafka_tui.widgets.live_table import LiveTable
from minikafka_tui.widgets.segment_ribbons import SegmentRibbons

EMPTY = "No segments to show: choose a partition in tab 3 (enter opens it here)."
UNKNOWN = (
    "Kafka's protocol says nothing about segment files.\n"
    "On a broker's own disk, `minikafka dump-log` or kafka-dump-log shows them."
)


@dataclass(frozen=True)
class SegmentRow:
    """A segment of one replica; `share` is its size as a part of the biggest."""

    broker: str
    segment: Segment
    share: float


class SegmentList(Level):
    """The top level."""

    BINDINGS = [
        Binding("n", "app.turn('partition', 1)", "Next"),
        Binding("p", "app.turn('partition', -1)", "Previous", show=False),
        Binding("f", "files", "Files"),
    ]
    place: tuple[str, int] = "", 0

    def compose(self) -> ComposeResult:
        """Which partition, its ribbons, its files."""
        yield Static(id="partition-line", classes="head")
        yield SegmentRibbons(id="ribbons")
        yield LiveTable(
            COLUMNS,
            key=lambda r: f"{r.broker} {r.segment.base_offset}",
            search=lambda r: (
                f"{r.broker} {file_name(r.segment)} {'active' if r.segment.active else 'closed'}"
            ),
            empty=EMPTY,
            id="segments-table",
        )

    def show(self, view: View) -> None:
        """Draw."""
        topic, partition = view.topic, view.partition
        ribbons = self.query_one(SegmentRibbons)
        ribbons.display = partition is not None
        ribbons.partition = partition
        if topic is None or partition is None:
            self.query_one("#partition-line", Static).update("")
            self.table.empty = EMPTY
            self.table.set_rows(())
            return
        known = any(r.segments is not None for r in partition.replicas)
        self.table.empty = EMPTY if known else UNKNOWN
        end = partition.end if partition.end is not None else partition.high_watermark
        offsets = "unknown" if end is None else f"{format.number(partition.log_start)} – {format.number(end)}"
        line = Text.assemble(
            (f" {visible_name(topic.name)}-{partition.index}", f"bold {palette.ACCENT}"),
            (f"   of {format.plural(len(topic.partitions), 'partition')}", palette.MUTED),
            (f"   offsets {offsets}", palette.MUTED),
        )
        self.query_one("#partition-line", Static).update(line)
        self.place = topic.name, partition.index
        self.table.set_rows(rows(partition))

    def on_live_table_opened(self, event: LiveTable.Opened) -> None:
        """Open the segment's batches."""
        event.stop()
        self.post_message(self.OpenFile(self._replica(event.row), file_name(event.row.segment)))

    def action_files(self) -> None:
        """All files beside the segment under the cursor."""
        if self.table.row is not None:
            self.post_message(self.OpenFiles(self._replica(self.table.row)))

    def _replica(self, row: SegmentRow) -> ReplicaPlace:
        topic, partition = self.place
        return ReplicaPlace(row.broker, topic, partition)


def rows(partition: Partition) -> list[SegmentRow]:
    """The leader's segments first, oldest first."""
    biggest = max((s.size_bytes for r in partition.replicas for s in r.segments or ()), default=0) or 1
    ordered = sorted(partition.replicas, key=lambda r: not r.is_leader)
    return [SegmentRow(r.broker, s, s.size_bytes / biggest) for r in ordered for s in r.segments or ()]


def file_name(segment: Segment) -> str:
    """Kafka's: the base offset in twenty digits."""
    return f"{segment.base_offset:020d}.log"


def _state(row: SegmentRow) -> Text:
    return Text("▒ active", palette.WARN) if row.segment.active else Text("▇ closed", palette.MUTED)


def _cached(row: SegmentRow) -> Text:
    segment = row.segment
    if segment.pages is None or segment.resident_pages is None:
        return format.muted(format.UNKNOWN)
    share = segment.resident_pages / segment.pages if segment.pages else 0.0
    return Text(f"{share:.0%}", palette.TEXT)


def _bar(row: SegmentRow, width: int) -> Text:
    return format.bar(row.share, width, palette.WARN if row.segment.active else palette.ACCENT)


COLUMNS: list[Column[SegmentRow]] = [
    Column(
        "BROKER",
        9,
        lambda r, w: Text(r.broker, palette.host_colour(r.broker)),
        lambda r: r.broker,
        flex=1,
        max_width=12,
    ),
    Column("FILE", 24, lambda r, w: format.muted(file_name(r.segment)), drop=3),
    Column(
        "BASE",
        10,
        lambda r, w: format.number(r.segment.base_offset),
        lambda r: r.segment.base_offset,
        right=True,
    ),
    Column(
        "NEXT",
        10,
        lambda r, w: format.number(r.segment.next_offset),
        lambda r: r.segment.next_offset,
        right=True,
    ),
    Column(
        "SIZE",
        10,
        lambda r, w: format.size(r.segment.size_bytes),
        lambda r: r.segment.size_bytes,
        right=True,
        reverse_first=True,
    ),
    Column("", 8, _bar, flex=3, max_width=40),
    Column(
        ".INDEX",
        9,
        lambda r, w: format.size(r.segment.index_bytes),
        lambda r: r.segment.index_bytes,
        right=True,
        drop=1,
    ),
    Column(
        ".TIMEINDEX",
        10,
        lambda r, w: format.size(r.segment.timeindex_bytes),
        lambda r: r.segment.timeindex_bytes,
        right=True,
        drop=2,
    ),
    Column("CACHED", 6, lambda r, w: _cached(r), right=True, drop=4),
    Column("STATE", 8, lambda r, w: _state(r)),
]
