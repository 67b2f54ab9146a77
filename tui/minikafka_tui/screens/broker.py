"""One broker: its log directories, which of them work, and how full they are."""

from __future__ import annotations

from rich.console import Group
from rich.table import Table
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from minikafka.world.visible import cut_before
from minikafka.xray.snapshot import Broker, LogDir
from minikafka_tui import format, palette
from minikafka_tui.text import Text


class BrokerDetails(ModalScreen[None]):
    """What the overview has no room for. A picture of the moment at which it was opened."""

    BINDINGS = [Binding("escape,q,enter", "dismiss(None)", "Close")]

    def __init__(self, broker: Broker, *, acts: bool = True, pid: int | None = None) -> None:
        super().__init__()
        self._broker = broker
        self._pid = pid
        self._acts = acts
        """May something be done to it?"""

    def compose(self) -> ComposeResult:
        """A sentence and a table."""
        with VerticalScroll(classes="dialog wide"):
            yield Static(self._lines())

    def _lines(self) -> Group:
        broker = self._broker
        leads = format.number(broker.leaders)
        head = Text.assemble(
            (broker.name, f"bold {palette.host_colour(broker.name)}"),
            (f" (process {self._pid})" if self._pid is not None else "", palette.MUTED),
            (f" leads {leads} of its {format.number(broker.partitions)} partitions. ", palette.TEXT),
            ("k kills it, r restarts it." if self._acts else "", palette.MUTED),
        )
        why = [Text(f"✗ It is out of service: {broker.error}", palette.BAD)] if broker.error else []
        return Group(head, *why, Text(), log_dirs(broker.log_dirs))

    def on_click(self, event: events.Click) -> None:
        """A click beside the dialog closes it."""
        if event.widget is self:
            self.dismiss(None)


def log_dirs(directories: tuple[LogDir, ...] | None) -> Group | Text:
    """A row for each, then why some are offline."""
    if directories is None:
        return Text("Its log directories are not known.", palette.MUTED)
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    for _ in range(4):
        table.add_column(justify="right", no_wrap=True)
    titles = ("LOG DIRECTORY", "PARTITIONS", "SIZE", "FREE", "OF")
    table.add_row(*(Text(title, f"bold {palette.MUTED}") for title in titles))
    for directory in directories:
        sign, colour = ("✓", palette.GOOD) if directory.error is None else ("✗", palette.BAD)
        path = (
            Text(overflow="ellipsis").append(f"{sign} ", colour).append(_tail(directory.path), palette.TEXT)
        )
        table.add_row(
            path,
            format.number(directory.partitions),
            format.size(directory.size_bytes),
            format.size(directory.usable_bytes),
            format.size(directory.total_bytes),
        )
    offline = [Text(f"✗ {d.path} is offline: {d.error}", palette.BAD) for d in directories if d.error]
    return Group(table, *([Text()] if offline else []), *offline)


PATH_CELLS = 28


def _tail(path: str) -> str:
    """The end of a path tells one from another."""
    return cut_before(path, PATH_CELLS)


def in_short(directories: tuple[LogDir, ...] | None) -> Text:
    """For a table's cell: how many there are, or how many of them work."""
    if directories is None:
        return format.muted(format.UNKNOWN)
    working = sum(directory.error is None for directory in directories)
    if working < len(directories):
        return Text(f"! {working} of {len(directories)}", palette.BAD)
    return Text(str(working), palette.TEXT)
