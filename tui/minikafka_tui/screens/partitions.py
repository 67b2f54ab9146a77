"""Partitions of a topic: who leads, who is in sync, how far each replica is."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Static

from minikafka.world.visible import visible_name
from minikafka.xray.snapshot import Partition, Topic
from minikafka_tui import format, palette
from minikafka_tui.screens.pane import Pane
from minikafka_tui.screens.topics import EMPTY, health
from minikafka_tui.text import Text
from minikafka_tui.view import View
from minikafka_tui.widgets.columns import Column
from minikafka_tui.widgets.live_table import LiveTable
from minikafka_tui.widgets.replica_bars import ReplicaBars


class Partitions(Pane):
    """Tab 3."""

    BINDINGS = [
        Binding("n", "app.turn('topic', 1)", "Next"),
        Binding("p", "app.turn('topic', -1)", "Previous", show=False),
    ]

    def compose(self) -> ComposeResult:
        """The topic, its partitions, the replicas of the one under the cursor."""
        yield Static(id="topic-line", classes="head")
        yield LiveTable(
            COLUMNS, key=lambda p: str(p.index), search=search, empty=EMPTY, id="partitions-table"
        )
        yield ReplicaBars(id="replicas")

    def show(self, view: View) -> None:
        """Draw."""
        topic = view.topic
        bars = self.query_one(ReplicaBars)
        if topic is None:
            self.query_one("#topic-line", Static).update("")
            self.table.set_rows(())
            bars.partition = None
            bars.display = False
            return
        self.query_one("#topic-line", Static).update(topic_line(topic))
        self.table.set_rows(topic.partitions)
        partition = view.partition
        if partition is not None and (self.table.row is None or self.table.row.index != partition.index):
            self.table.move_to(str(partition.index))
        bars.display = partition is not None
        bars.border_title = Text(f"{visible_name(topic.name)}-{partition.index}") if partition else ""
        bars.partition = partition


def topic_line(topic: Topic) -> Text:
    """`orders  6 partitions × 3  ✓ ok  retention.ms=…`"""
    line = Text.assemble(
        (f" {visible_name(topic.name)}", f"bold {palette.ACCENT}"),
        (
            f"   {format.plural(len(topic.partitions), 'partition')} × {topic.replication_factor}   ",
            palette.MUTED,
        ),
        health(topic),
    )
    for key, value in sorted((topic.configs or {}).items()):
        line.append(f"   {key}={value}", style=palette.FAINT)
    line.no_wrap, line.overflow = True, "ellipsis"
    return line


def search(partition: Partition) -> str:
    """What a filter looks at: `3 leader:2 offline …`."""
    words = [str(partition.index), f"leader:{format.short(partition.leader)}", partition.error or ""]
    words += [r.broker for r in partition.replicas]
    words += ["offline"] if partition.offline else []
    words += ["under-replicated"] if partition.under_replicated else []
    words += ["moving"] if partition.moves else []
    words += ["waiting"] if partition.leader_is_gone or partition.waits_for else []
    return " ".join(words)


def leader(partition: Partition) -> Text:
    """The leader's id; a hint when it isn't the preferred one."""
    if partition.leader is None:
        return Text("none", style=f"bold {palette.BAD}")
    if partition.leader_is_gone:
        return Text(f"{format.short(partition.leader)}✗", style=f"bold {palette.BAD}")
    text = Text(format.short(partition.leader), style=f"bold {palette.host_colour(partition.leader)}")
    if partition.leader != partition.preferred_leader:
        text.append(" ≠pref", style=palette.MUTED)
    return text


def in_sync(partition: Partition) -> Text:
    """The ISR's ids, and which are missing: `1,3 ! −2`. Who isn't there can't be in sync, whatever is on paper."""
    if partition.waits_for:
        there = [b for b in partition.isr if b not in partition.waits_for]
        return Text.assemble(
            (format.ids(there) + ("," if there else ""), palette.WARN),
            (f"{format.ids(partition.waits_for)}✗", palette.BAD),
        )
    text = Text(
        format.ids(partition.isr) or "none",
        style=palette.GOOD if not partition.under_replicated else palette.WARN,
    )
    missing = [r.broker for r in partition.replicas if r.broker not in partition.isr]
    if missing:
        text.append(f" ! −{format.ids(missing)}", style=palette.WARN)
    return text


def replicas(partition: Partition) -> Text:
    """All replicas' ids, the preferred first: + is to come, − to go; a dead broker's is struck and marked ✗."""
    text = Text()
    for index, replica in enumerate(partition.replicas):
        dead = replica.alive is False
        style = f"strike {palette.BAD}" if dead else palette.host_colour(replica.broker)
        text.append("," if index else "", style=palette.FAINT)
        sign = "+" if replica.broker in (partition.adding or ()) else ""
        sign = "−" if replica.broker in (partition.removing or ()) else sign
        text.append(sign, style=palette.MUTED)
        text.append(format.short(replica.broker), style=style)
        text.append("✗" if dead else "", style=palette.BAD)
    return text


def status(partition: Partition) -> Text:
    """The worst thing to say about it."""
    if partition.error:
        return Text(f"✗ {partition.error}", style=f"bold {palette.BAD}")
    if partition.offline:
        return Text("✗ offline", style=f"bold {palette.BAD}")
    if partition.leader_is_gone:
        return Text("✗ leader down", style=f"bold {palette.BAD}")
    if partition.under_min_isr:
        return Text("✗ < min.isr", style=f"bold {palette.BAD}")
    if partition.waits_for:
        return Text(f"✗ waits for {format.ids(partition.waits_for)}", style=f"bold {palette.BAD}")
    if partition.moves:
        return Text("→ moving", style=palette.WARN if partition.under_replicated else palette.MUTED)
    if partition.under_replicated:
        return Text("! under-repl.", style=palette.WARN)
    return Text("✓ ok", style=palette.GOOD)


COLUMNS: list[Column[Partition]] = [
    Column("PART", 4, lambda p, w: str(p.index), lambda p: p.index, right=True),
    Column("LEADER", 7, lambda p, w: leader(p), lambda p: p.leader or "", flex=1, max_width=10),
    Column(
        "EPOCH",
        5,
        lambda p, w: format.muted(format.number(p.leader_epoch)),
        lambda p: p.leader_epoch,
        right=True,
        drop=2,
    ),
    Column("REPLICAS", 8, lambda p, w: replicas(p), flex=1, max_width=16),
    Column("ISR", 10, lambda p, w: in_sync(p), lambda p: len(p.isr), flex=1, max_width=18),
    Column(
        "STATUS",
        13,
        lambda p, w: status(p),
        lambda p: (p.offline, p.leader_is_gone, p.under_min_isr, len(p.waits_for), p.under_replicated),
        flex=3,
        max_width=26,
        reverse_first=True,
    ),
    Column(
        "START",
        8,
        lambda p, w: format.muted(format.number(p.log_start)),
        lambda p: p.log_start,
        right=True,
        flex=1,
        max_width=13,
        drop=3,
    ),
    Column(
        "HW",
        10,
        lambda p, w: format.number(p.high_watermark),
        lambda p: p.high_watermark,
        right=True,
        flex=1,
        max_width=13,
    ),
    Column(
        "LEO",
        10,
        lambda p, w: format.number(p.end),
        lambda p: p.end,
        right=True,
        flex=1,
        max_width=13,
        reverse_first=True,
    ),
    Column(
        "SIZE",
        10,
        lambda p, w: format.size(p.size_bytes),
        lambda p: p.size_bytes,
        right=True,
        drop=4,
        reverse_first=True,
    ),
]
