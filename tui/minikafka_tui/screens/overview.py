"""Overview: is the cluster healthy? Brokers, the few numbers that show it, and what just happened."""

from __future__ import annotations

from collections.abc import Iterable

from textual.app import ComposeResult
from textual.binding import Binding
from textual.reactive import reactive
from textual.widget import Widget

from minikafka.world.visible import padded
from minikafka.xray.snapshot import RUNNING, Broker, EventLine, Partition, Snapshot, total
from minikafka.xray.trouble import silent_s, troubles
from minikafka_tui import format, palette
from minikafka_tui.screens.broker import in_short
from minikafka_tui.screens.pane import Pane
from minikafka_tui.text import Drawn, Text, lines
from minikafka_tui.view import View
from minikafka_tui.widgets.columns import Column
from minikafka_tui.widgets.live_table import LiveTable
from minikafka_tui.widgets.stats import Stat, Stats
from minikafka_tui.widgets.trouble_list import TroubleList

QUIET = frozenset(("OffsetsCommitted",))
"""What a busy cluster does all the time: left to tab 6, or elections would scroll away unseen."""
EVENTS = 100
NO_EVENTS = "Nothing happened yet. Events of the cluster appear here as they happen."


class BrokerTable(LiveTable[Broker]):
    """The one place where `k` and `r` mean kill and restart (arrows and `j` still move)."""

    BINDINGS = [
        Binding("k", "app.kill", "Kill"),
        Binding("r", "app.restart", "Restart"),
        Binding("enter,l,right", "open", "Open", show=False),
        Binding(
            "s", "sort", "Sort", show=False
        ),  # 80 columns hold the keys of a simulated cluster without it
    ]


class Overview(Pane):
    """Tab 1."""

    def compose(self) -> ComposeResult:
        """Numbers, what is wrong, brokers, events."""
        yield Stats()
        yield TroubleList()
        yield BrokerTable(
            self._columns(),
            key=lambda b: b.name,
            search=lambda b: f"{b.name} {b.state} {b.host}:{b.port} {b.rack or ''}",
            empty="No brokers are known yet.",
            id="brokers-table",
        )
        yield RecentEvents(id="recent")

    def on_mount(self) -> None:
        """Name the sections."""
        self.query_one("#brokers-table").border_title = "Brokers"
        self.query_one("#recent").border_title = "Events · commits in tab 6"
        self._view: View | None = None

    def show(self, view: View) -> None:
        """Draw."""
        self._view = view
        snapshot = view.snapshot
        self.query_one(Stats).stats = cluster_stats(snapshot, view)
        self.query_one(TroubleList).troubles = troubles(snapshot)
        table = self.query_one(BrokerTable)
        table.styles.height = min(len(snapshot.brokers), 12) + 2
        table.set_rows(snapshot.brokers)
        self.query_one(RecentEvents).lines = recent(view.history.events)
        self.query_one(RecentEvents).world = snapshot.world

    def _most(self, field: str) -> int:
        assert self._view is not None
        return max((getattr(b, field) or 0 for b in self._view.snapshot.brokers), default=0) or 1

    def _barred(self, broker: Broker, field: str, width: int, text: str, digits: int) -> Text:
        value = getattr(broker, field)
        cells = width - digits - 1
        line = Text(text.rjust(digits), style=palette.TEXT if value else palette.MUTED)
        if cells > 2:
            line.append(" ")
            line.append_text(
                format.bar((value or 0) / self._most(field), cells, palette.host_colour(broker.name))
            )
        return line

    def _state(self, broker: Broker) -> Text:
        """The state; one that runs but isn't heard of is no green one."""
        assert self._view is not None
        silent = silent_s(self._view.snapshot, broker)
        if broker.state == RUNNING and silent is not None:
            return Text(f"◐ mute {silent:.0f} s", palette.WARN)
        return palette.state(broker.state)

    def _columns(self) -> list[Column[Broker]]:
        return [
            Column("BROKER", 12, lambda b, w: _name(b), lambda b: b.id),
            Column("STATE", 10, lambda b, w: self._state(b), lambda b: b.state),
            Column("ADDRESS", 16, lambda b, w: _address(b), flex=1, max_width=28, drop=1),
            Column(
                "LEADERS",
                14,
                lambda b, w: self._barred(b, "leaders", w, format.number(b.leaders), 7),
                lambda b: b.leaders,
                flex=2,
                max_width=30,
                reverse_first=True,
            ),
            Column(
                "REPLICAS",
                8,
                lambda b, w: format.number(b.partitions),
                lambda b: b.partitions,
                right=True,
                drop=2,
            ),
            Column(
                "LOG SIZE",
                10,
                lambda b, w: self._barred(b, "log_bytes", w, format.size(b.log_bytes), 8),
                lambda b: b.log_bytes,
                flex=2,
                max_width=34,
                reverse_first=True,
            ),
            Column(
                "DIRS",
                8,
                lambda b, w: in_short(b.log_dirs),
                lambda b: len(b.log_dirs or ()),
                right=True,
                drop=4,
            ),
            Column("RACK", 8, lambda b, w: b.rack or format.UNKNOWN, lambda b: b.rack, drop=6),
            Column("EPOCH", 7, lambda b, w: format.number(b.epoch), lambda b: b.epoch, right=True, drop=5),
        ]


class RecentEvents(Widget):
    """The last events that fit, newest at the bottom."""

    lines: reactive[tuple[EventLine, ...]] = reactive(())
    world = "live"

    def render(self) -> Drawn:
        """One line per event."""
        if not self.lines:
            return lines((Text(), Text(f"  {NO_EVENTS}", style=palette.MUTED)))
        fitting = self.lines[-max(1, self.size.height) :]
        return lines(event_line(e, self.world, self.size.width) for e in fitting)


def recent(events: Iterable[EventLine]) -> tuple[EventLine, ...]:
    """The last ones that are worth a look, at most as many as any screen shows."""
    return tuple([e for e in events if e.kind not in QUIET][-EVENTS:])


def event_line(event: EventLine, world: str, width: int) -> Text:
    """`  time  host  text`, cut to the width."""
    line = Text.assemble(
        ("  " + format.clock(event.at, world).rjust(12), palette.FAINT),
        ("  " + padded(event.host, 13), palette.host_colour(event.host)),
        (event.text, palette.TEXT),
    )
    line.truncate(width, overflow="ellipsis")
    return line


def _name(broker: Broker) -> Text:
    """A star for the broker that is the controller (on ZooKeeper, or in combined mode)."""
    text = Text(broker.name, f"bold {palette.host_colour(broker.name)}")
    return text.append(" ★", style=palette.WARN) if broker.is_controller else text


def _address(broker: Broker) -> Text:
    if broker.host is None:
        return format.muted(format.UNKNOWN)
    return format.muted(f"{broker.host}:{broker.port}")


def cluster_stats(snapshot: Snapshot, view: View) -> tuple[Stat, ...]:
    """The six numbers."""
    down = sum(b.state != RUNNING for b in snapshot.brokers)
    partitions = [p for t in snapshot.topics for p in t.partitions]
    offline = sum(p.offline or p.leader_is_gone for p in partitions)
    under = sum(map(_is_short, partitions))
    refusing = sum(p.under_min_isr for p in partitions)
    waiting = sum(bool(p.waits_for) for p in partitions)
    groups_now = [g for g in snapshot.groups or () if g.as_of is None]
    lag = total(g.lag for g in groups_now)
    is_lag_whole = len(groups_now) == len(snapshot.groups or ()) and all(g.is_lag_whole for g in groups_now)
    rate = view.history.records_per_s()
    leader = next((c for c in snapshot.controllers if c.is_leader), None)
    epoch: str | Text = f"epoch {leader.epoch}" if leader and leader.epoch is not None else ""
    if leader is None and snapshot.controllers:
        epoch = Text("! ended" if any(c.error for c in snapshot.controllers) else "! down", palette.BAD)
    groups = "unknown" if snapshot.groups is None else format.plural(len(snapshot.groups), "group")
    colour = palette.BAD if down else palette.GOOD
    controller = snapshot.controller or format.UNKNOWN
    return (
        Stat(
            "Brokers",
            f"{len(snapshot.brokers) - down} / {len(snapshot.brokers)}",
            Text(f"! {down} away", palette.BAD) if down else "all up",
            colour,
        ),
        Stat("Controller", controller, epoch, palette.TEXT if snapshot.controller else palette.BAD, 14),
        Stat(
            "Partitions",
            format.number(len(partitions)),
            format.plural(len(snapshot.topics), "topic"),
            ratio=11,
            drop=1,
        ),
        Stat(
            "Under-repl",
            _bad(under, palette.BAD if refusing or waiting else palette.WARN),
            Text(f"✗ {refusing:,} refuse", palette.BAD)
            if refusing
            else Text(f"✗ {waiting:,} wait", palette.BAD)
            if waiting
            else _note(under, "! ISR short", "all in sync", palette.WARN),
            ratio=12,
        ),
        Stat(
            "Offline",
            _bad(offline, palette.BAD),
            _note(offline, "leader down" if snapshot.leaders_gone else "no leader", "none", palette.BAD),
            ratio=12,
        ),
        Stat("Records/s", format.compact(rate), format.spark(view.history.rates, 9), palette.ACCENT, 10, 2),
        Stat(
            "Total lag",
            format.lag(lag)
            if is_lag_whole or lag is None
            else Text.assemble(("≥ ", palette.WARN), format.lag(lag)),
            groups,
            ratio=11,
        ),
    )


def _is_short(partition: Partition) -> bool:
    """Fewer replicas in sync than assigned, counting only those that are there."""
    return partition.under_replicated or bool(partition.waits_for)


def _note(count: int, bad: str, good: str, colour: str) -> Text:
    return Text(bad, colour) if count else format.muted(good)


def _bad(value: int, colour: str) -> Text:
    return Text(format.number(value), style=f"bold {colour if value else palette.GOOD}")
