"""Topics: one line each, with what is wrong in words and colour."""

from __future__ import annotations

from textual.app import ComposeResult

from minikafka.world.visible import visible_name
from minikafka.xray.snapshot import Topic
from minikafka_tui import format, palette
from minikafka_tui.screens.pane import Pane
from minikafka_tui.text import Text
from minikafka_tui.view import View
from minikafka_tui.widgets.columns import Column
from minikafka_tui.widgets.live_table import LiveTable

EMPTY = (
    "No topics yet.\n"
    "Produce to one, press ctrl+p and choose “Create topic”, or run\n"
    "kafka-topics --create --topic orders --partitions 6 --replication-factor 3."
)


class Topics(Pane):
    """Tab 2."""

    def compose(self) -> ComposeResult:
        """One table."""
        yield LiveTable(COLUMNS, key=lambda t: t.name, empty=EMPTY, id="topics-table")

    def show(self, view: View) -> None:
        """Draw."""
        ordered = sorted(view.snapshot.topics, key=lambda t: (t.internal, t.name))
        self.table.set_rows(ordered)


def health(topic: Topic) -> Text:
    """In words: `ok`, `2 under-repl.`, `3 waiting` (for a replica), `1 leader down`, `1 offline`."""
    if topic.error:
        return Text(topic.error, style=f"bold {palette.BAD}")
    if topic.offline:
        return Text(f"✗ {topic.offline} offline", style=f"bold {palette.BAD}")
    if dead := topic.leaders_gone:
        return Text(f"✗ {format.plural(dead, 'leader')} down", style=f"bold {palette.BAD}")
    if refusing := sum(p.under_min_isr for p in topic.partitions):
        return Text(f"✗ {refusing} < min.isr", style=f"bold {palette.BAD}")
    if waiting := sum(bool(p.waits_for) for p in topic.partitions):
        return Text(f"✗ {waiting} waiting", style=f"bold {palette.BAD}")
    if topic.under_replicated:
        return Text(f"! {topic.under_replicated} under-repl.", style=palette.WARN)
    return Text("✓ ok", style=palette.GOOD)


def _badness(topic: Topic) -> tuple[int, int, int, int]:
    waiting = sum(bool(p.waits_for or p.under_min_isr) for p in topic.partitions)
    return topic.offline, topic.leaders_gone, waiting, topic.under_replicated


def _config(key: str) -> object:
    return lambda topic, width: (topic.configs or {}).get(key, format.UNKNOWN)


COLUMNS: list[Column[Topic]] = [
    Column(
        "TOPIC",
        20,
        lambda t, w: Text(visible_name(t.name), palette.MUTED if t.internal else f"bold {palette.TEXT}"),
        lambda t: t.name,
        flex=3,
        max_width=60,
    ),
    Column(
        "PARTITIONS",
        10,
        lambda t, w: format.number(len(t.partitions)),
        lambda t: len(t.partitions),
        right=True,
        reverse_first=True,
    ),
    Column(
        "REPL",
        4,
        lambda t, w: format.number(t.replication_factor),
        lambda t: t.replication_factor,
        right=True,
    ),
    Column("HEALTH", 16, lambda t, w: health(t), _badness, reverse_first=True),
    Column(
        "RECORDS",
        13,
        lambda t, w: format.number(t.records),
        lambda t: t.records,
        right=True,
        reverse_first=True,
    ),
    Column(
        "SIZE",
        10,
        lambda t, w: format.size(t.size_bytes),
        lambda t: t.size_bytes,
        right=True,
        drop=1,
        reverse_first=True,
    ),
    Column("CLEANUP", 8, lambda t, w: _cleanup(t), drop=2, flex=1, max_width=16),
    Column("ID", 22, lambda t, w: format.muted(t.id or format.UNKNOWN), drop=3),
]


def _cleanup(topic: Topic) -> Text:
    if topic.configs is None:
        return format.muted(format.UNKNOWN)
    return format.muted(topic.configs.get("cleanup.policy", "delete"))
