"""Consumer groups and their LAG; below, the partitions of the one under the cursor."""

from __future__ import annotations

from typing import Any

from textual.app import ComposeResult
from textual.containers import Vertical

from minikafka.world.visible import cut, visible_name
from minikafka.xray.snapshot import Group
from minikafka_tui import format, palette
from minikafka_tui.history import History
from minikafka_tui.screens.pane import Pane
from minikafka_tui.text import Text
from minikafka_tui.view import OffsetRow, View
from minikafka_tui.widgets.columns import Column
from minikafka_tui.widgets.live_table import LiveTable

EMPTY = (
    "No consumer groups yet: a group appears when its first consumer joins.\n"
    "Start one with the same group.id in each member, for instance\n"
    "kafka-console-consumer --topic orders --group billing."
)
NOT_LISTED = "This cluster does not let us list its groups."
NO_OFFSETS = "This group has committed nothing and owns no partitions yet."


class Groups(Pane):
    """Tab 5."""

    def compose(self) -> ComposeResult:
        """Groups above, one group's partitions below."""
        yield LiveTable(self._columns(), key=lambda g: g.id, search=search, empty=EMPTY, id="groups-table")
        with Vertical(id="group-detail"):
            yield LiveTable(
                OFFSETS,
                key=lambda r: f"{r.offset.topic}-{r.offset.partition}",
                search=lambda r: f"{r.offset.topic}-{r.offset.partition} {r.client or ''}",
                empty=NO_OFFSETS,
                id="group-offsets",
            )

    def on_mount(self) -> None:
        """Before the first picture there is no past."""
        self._history = History()

    @property
    def detail(self) -> LiveTable[OffsetRow]:
        """The lower table."""
        return self.query_one("#group-offsets", LiveTable)

    @property
    def entry(self) -> LiveTable[Any]:
        """The lower table when it has the whole pane."""
        return self.detail if self.has_class("zoomed") else self.table

    def show(self, view: View) -> None:
        """Draw."""
        self._history = view.history
        groups = view.snapshot.groups
        self.table.empty = NOT_LISTED if groups is None else EMPTY
        self.table.styles.height = max(4, min(len(groups or ()), 30) + 1) if groups else "1fr"
        self.table.set_rows(groups or ())
        group = view.group
        box = self.query_one("#group-detail")
        box.display = group is not None
        if group is not None:
            if self.table.row is not group:
                self.table.move_to(group.id)
            box.border_title = Text(title(group, view.snapshot.at))
            self.detail.set_rows(rows(group))

    def on_live_table_opened(self, event: LiveTable.Opened) -> None:
        """Enter on a group gives its partitions the whole pane."""
        if event.table.id == "groups-table":
            self.add_class("zoomed")
            self.detail.focus()
        event.stop()

    def back(self) -> bool:
        """Esc gives the groups their place again."""
        if not self.has_class("zoomed"):
            return False
        self.remove_class("zoomed")
        self.table.focus()
        return True

    def _trend(self, group: Group, width: int) -> Text:
        return format.spark(
            self._history.lag_trend(group.id), width, palette.WARN if group.lag else palette.GOOD
        )

    def _columns(self) -> list[Column[Group]]:
        return [
            Column(
                "GROUP",
                16,
                lambda g, w: Text(visible_name(g.id), f"bold {palette.TEXT}"),
                lambda g: g.id,
                flex=2,
                max_width=50,
            ),
            Column("STATE", 14, lambda g, w: group_state(g), lambda g: g.state, flex=1, max_width=22),
            Column(
                "MEMBERS", 7, lambda g, w: format.number(members(g)), members, right=True, reverse_first=True
            ),
            Column(
                "PARTS",
                5,
                lambda g, w: format.number(len(g.offsets)),
                lambda g: len(g.offsets),
                right=True,
                drop=1,
            ),
            Column("LAG", 11, lambda g, w: lag(g), lambda g: g.lag, right=True, reverse_first=True),
            Column("LAG OVER TIME", 13, self._trend, flex=1, max_width=40),
            Column(
                "GEN", 4, lambda g, w: format.number(g.generation), lambda g: g.generation, right=True, drop=3
            ),
            Column("ASSIGNOR", 18, lambda g, w: format.muted(g.protocol or format.UNKNOWN), drop=4),
            Column(
                "COORDINATOR",
                11,
                lambda g, w: coordinator(g),
                drop=2,
            ),
        ]


def group_state(group: Group) -> Text:
    """The state, or why it is not known."""
    if group.as_of is not None:
        return Text("✗ as last seen", palette.BAD)
    return Text(f"✗ {group.error}", palette.BAD) if group.error else palette.state(group.state)


def lag(group: Group) -> Text:
    """The LAG; `≥ 12` where some of it isn't known, and `12 ?` when nobody can say what it is now."""
    if group.as_of is not None:
        return Text(f"{format.number(group.lag)} ?", palette.MUTED)
    if group.lag is not None and not group.is_lag_whole:
        return Text.assemble(("≥ ", palette.WARN), format.lag(group.lag))
    return format.lag(group.lag)


def coordinator(group: Group) -> Text:
    """Its name; struck through when it is gone."""
    if group.as_of is not None:
        return Text(f"{group.coordinator}✗", f"strike {palette.BAD}")
    return Text(group.coordinator or format.UNKNOWN, palette.host_colour(group.coordinator or ""))


def members(group: Group) -> int | None:
    """How many; `None` when they can't be asked for."""
    return None if group.members is None else len(group.members)


def search(group: Group) -> str:
    """What a filter looks at."""
    topics = sorted({o.topic for o in group.offsets})
    return " ".join([group.id, group.state, *topics, *(m.client_id for m in group.members or ())])


def title(group: Group, at: float) -> str:
    """`billing · Stable · generation 4 · range · coordinator broker-2`; or since when nobody knows."""
    name = cut(visible_name(group.id), 60)
    if group.as_of is not None:
        gone = f"its coordinator {group.coordinator} is gone ({group.error})"
        return f"{name} · as seen {max(0, at - group.as_of):.0f} s ago, {group.state}: {gone}"
    parts = [name, group.state]
    parts += [f"generation {group.generation}"] if group.generation is not None else []
    parts += [group.protocol] if group.protocol else []
    parts += [f"coordinator {group.coordinator}"] if group.coordinator else []
    return " · ".join(parts)


def rows(group: Group) -> list[OffsetRow]:
    """With each owner's client id (and the end of its member id, where several share one)."""
    names = {m.id: m.client_id for m in group.members or ()}
    shared = len(set(names.values())) < len(names)
    return [OffsetRow(o, _client(o.member, names, shared)) for o in group.offsets]


def _client(member: str | None, names: dict[str, str], shared: bool) -> str | None:
    if member is None:
        return None
    name = visible_name(names.get(member, member))
    return f"{name} …{visible_name(member[-4:])}" if shared else name


def progress(row: OffsetRow, width: int) -> Text:
    """start → committed → end: ━ read, ╌ still to read."""
    offset = row.offset
    if offset.end is None or offset.committed is None:
        return Text("no commit" if offset.committed is None else "", palette.MUTED)
    start = offset.log_start or 0
    span = max(1, offset.end - start)
    done = min(1.0, max(0.0, (offset.committed - start) / span))
    cells = width if not offset.lag else min(width - 1, int(done * width))
    text = Text("━" * cells, palette.ACCENT)
    text.append("╌" * (width - cells), palette.WARN)
    return text


OFFSETS: list[Column[OffsetRow]] = [
    Column(
        "TOPIC", 12, lambda r, w: visible_name(r.offset.topic), lambda r: r.offset.topic, flex=2, max_width=40
    ),
    Column("PART", 4, lambda r, w: str(r.offset.partition), lambda r: r.offset.partition, right=True),
    Column(
        "COMMITTED",
        11,
        lambda r, w: format.number(r.offset.committed),
        lambda r: r.offset.committed,
        right=True,
    ),
    Column("END", 11, lambda r, w: format.number(r.offset.end), lambda r: r.offset.end, right=True),
    Column(
        "LAG",
        9,
        lambda r, w: format.lag(r.offset.lag),
        lambda r: r.offset.lag,
        right=True,
        reverse_first=True,
    ),
    Column("", 10, progress, flex=2, max_width=40),
    Column("MEMBER", 9, lambda r, w: _owner(r), lambda r: r.client, flex=1, max_width=34),
]


def _owner(row: OffsetRow) -> Text:
    if row.offset.error:
        return Text(f"✗ {row.offset.error}", palette.BAD)
    return Text(row.client or "nobody", palette.TEXT if row.client else palette.MUTED)
