"""The inspector: tabs over one snapshot.

Rule: it draws Snapshots, sends commands, and knows no more.

Pictures arrive when they arrive; at most ten a second are drawn, and only the open pane is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from functools import partial
from typing import Any

from textual import events
from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding
from textual.css.query import NoMatches
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import ContentSwitcher, Footer, Static

from minikafka.world.visible import visible
from minikafka.xray.snapshot import Snapshot
from minikafka.xray.source import Feed
from minikafka.xray.trouble import troubles
from minikafka_tui import format, palette
from minikafka_tui.dialogs import Help
from minikafka_tui.history import History
from minikafka_tui.meaning import Meant, meant_by
from minikafka_tui.screens.broker import BrokerDetails
from minikafka_tui.screens.events import Events
from minikafka_tui.screens.groups import Groups
from minikafka_tui.screens.overview import Overview
from minikafka_tui.screens.pane import Pane
from minikafka_tui.screens.partitions import Partitions
from minikafka_tui.screens.segments import Segments
from minikafka_tui.screens.topics import Topics
from minikafka_tui.text import Text, lines
from minikafka_tui.typing_in import TypingApp
from minikafka_tui.view import View
from minikafka_tui.widgets.banner import Banner
from minikafka_tui.widgets.live_table import LiveTable
from minikafka_tui.widgets.prompt_bar import PromptBar
from minikafka_tui.widgets.status_line import StatusLine
from minikafka_tui.widgets.tab_bar import TabBar

FRAME_S = 0.1
RETRY_S = 1.0
PANES: dict[str, tuple[str, type[Pane]]] = {
    "overview": ("Overview", Overview),
    "topics": ("Topics", Topics),
    "partitions": ("Partitions", Partitions),
    "segments": ("Segments", Segments),
    "groups": ("Groups", Groups),
    "events": ("Events", Events),
}
LEAST_WIDTH, LEAST_HEIGHT = 50, 14
TOO_SMALL = f"Too small: the inspector needs {LEAST_WIDTH} × {LEAST_HEIGHT} cells. q quits."
UP = {"partitions": "topics", "segments": "partitions"}
"""Where esc leads from a pane that was drilled into."""


class InspectorApp(TypingApp):
    """`InspectorApp(feed).run()`."""

    TITLE = "minikafka"
    places = tuple(PANES)
    CSS_PATH = "app.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (LEAST_WIDTH, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (LEAST_HEIGHT, "-short"), (28, "-tall")]
    BINDINGS = [
        *(Binding(str(n), f"tab('{tab}')", PANES[tab][0], show=False) for n, tab in enumerate(PANES, 1)),
        Binding("slash", "filter", "Filter", key_display="/"),
        Binding("colon", "jump", "Go", key_display=":"),
        Binding("space", "hold", "Pause"),
        Binding("full_stop", "step", "Step", key_display="."),
        Binding("K", "kill", "Kill broker", show=False),
        Binding("R", "restart", "Restart broker", show=False),
        Binding("r", "refresh_now", "Refresh", show=False),
        Binding("y", "copy", "Copy", show=False),
        Binding("escape,h,left", "back", "Back", show=False),
        Binding("question_mark", "help", "Help", key_display="?"),
        Binding("q", "quit", "Quit"),
    ]

    def __init__(self, feed: Feed, *, read_only: bool = False, filter_text: str = "") -> None:
        super().__init__(feed, read_only=read_only, filter_text=filter_text)
        self.register_theme(palette.THEME)
        self.theme = palette.THEME.name
        self.frozen = False
        self.lost: str | None = None
        self._taken_at = 0.0
        """When the picture came that is shown, or waits to be; on the loop's clock."""
        self.history = History()
        self._pending: Snapshot | None = None
        self._frame: Timer | None = None

    # Structure

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The stylesheet's own colours, in any theme."""
        return {"line": palette.LINE, "muted": palette.MUTED, "faint": palette.FAINT}

    def compose(self) -> ComposeResult:
        """Status, tabs, panes, prompt, footer."""
        yield StatusLine()
        yield TabBar({tab: label for tab, (label, _) in PANES.items()})
        yield Banner(markup=False)
        yield Static(Text(f"Connecting to {self.feed.label} …"), id="waiting")
        with ContentSwitcher(initial="overview", id="panes"):
            for tab, (_, pane) in PANES.items():
                yield pane(id=tab)
        yield Static(id="chip")
        yield PromptBar()
        yield Footer(compact=True)
        yield Static(Text(TOO_SMALL), id="too-small")

    def on_mount(self) -> None:
        """Set the theme, then begin to watch the source."""
        status = self.query_one(StatusLine)
        status.label = self.feed.label
        status.read_only = self.read_only
        self.query_one("#panes").display = False
        for tab, text in self.filters.items():
            self.query_one(f"#{tab}", Pane).set_filter(text)
        self.open_tab("overview")
        self.set_interval(1.0, self._say_age)
        self.run_worker(self._watch(), name="feed")

    def on_resize(self, event: events.Resize) -> None:
        """On a narrow screen the palette's key would hide others."""
        self.query_one(Footer).show_command_palette = event.size.width >= 80

    async def on_unmount(self) -> None:
        """Close the connection."""
        await self.feed.close()

    @property
    def tab(self) -> str:
        """The open tab's id."""
        return self.query_one(ContentSwitcher).current or "overview"

    @property
    def pane(self) -> Pane:
        """The open pane."""
        return self.query_one(f"#{self.tab}", Pane)

    # Pictures

    async def _watch(self) -> None:
        """Whatever becomes of the source is reported in the banner; a viewer never dies of it."""
        while True:
            try:
                await self.feed.watch(self.take, self.lose)
            except Exception as error:
                self.lose(f"The picture could not be read ({type(error).__name__}: {error}).")
            await asyncio.sleep(RETRY_S)

    def take(self, snapshot: Snapshot) -> None:
        """A new picture; drawn now, or with the next frame."""
        self._pending = snapshot
        self._taken_at = asyncio.get_running_loop().time()
        if self.lost is not None:
            self.lose(None)
        if self._frame is None:
            self._draw_frame()

    def lose(self, sentence: str | None) -> None:
        """The source is gone (or, `None`, back)."""
        self.lost = sentence
        if not self.query(StatusLine):
            return
        self.query_one(StatusLine).lost = sentence
        self.screen_stack[0].set_class(sentence is not None, "-lost")
        self._say_age()
        if sentence and self.snapshot is None:
            waiting = (Text(f"Connecting to {self.feed.label} …"), Text(), Text(sentence))
            self.query_one("#waiting", Static).update(lines(waiting))

    def _say_age(self) -> None:
        """Whoever looks at an old picture must know it, and how old it is."""
        if not self.query(Banner):
            return
        if self.lost is None:
            self.query_one(Banner).say(None)
            return
        age_s = asyncio.get_running_loop().time() - self._taken_at
        shown = f" What you see is {format.age(age_s)} old." if self.snapshot is not None else ""
        self.query_one(Banner).say(f"{self.lost} Trying again …{shown}")

    def _draw_frame(self) -> None:
        self._frame = None
        if not self.query(StatusLine):
            return  # the inspector is closing: its widgets go before its timers
        if self._pending is None or (self.frozen and self.snapshot is not None):
            return
        snapshot, self._pending = self._pending, None
        first = self.snapshot is None
        self.snapshot = snapshot
        self.history.feed(snapshot)
        if first:
            self.query_one("#waiting").display = False
            self.query_one("#panes").display = True
            self.pane.table.focus()
        self.draw()
        self._frame = self.set_timer(FRAME_S, self._draw_frame)

    def draw(self) -> None:
        """Draw the open pane from what is known."""
        status = self.query_one(StatusLine)
        paused_before = status.snapshot.paused if status.snapshot else None
        status.snapshot = self.snapshot
        if self.snapshot is not None:
            self.query_one(TabBar).alarms = sum(t.broken for t in troubles(self.snapshot))
            self.pane.show(self.view)
            if self.snapshot.paused != paused_before:
                self.refresh_bindings()

    @property
    def view(self) -> View:
        """This moment. Only when there is a snapshot."""
        assert self.snapshot is not None
        return View(self.snapshot, self.history, self.selection)

    def meant(self, verb: str) -> Meant | None:
        """The broker that the cursor means."""
        if self.snapshot is None:
            return None
        table = self.focused if isinstance(self.focused, LiveTable) else self.pane.table
        topic = self.view.topic
        return meant_by(self.snapshot, self.pane.meant_by(table), topic.name if topic else None, verb)

    # Going places

    def open_tab(self, tab: str) -> None:
        """Show this tab."""
        self.query_one(ContentSwitcher).current = tab
        self.query_one(TabBar).active = tab
        self.show_chip()
        if self.snapshot is not None:
            self.draw()
            self.pane.entry.focus()
        self.refresh_bindings()

    def action_tab(self, tab: str) -> None:
        """Open a tab."""
        self.open_tab(tab)

    def on_tab_bar_chosen(self, event: TabBar.Chosen) -> None:
        """A click on a tab."""
        self.open_tab(event.tab)

    def on_live_table_highlighted(self, event: LiveTable.Highlighted) -> None:
        """The cursor selects. Where it was a moment ago is no news: obeyed, it would run to and fro."""
        if not event.table.is_under_cursor(event.row):
            return
        if self.selection.take(event.table.id or "", event.row) and self.snapshot is not None:
            self.draw()

    def on_live_table_opened(self, event: LiveTable.Opened) -> None:
        """Enter goes a level deeper."""
        table, row = event.table.id, event.row
        self.selection.take(table or "", row)
        if table == "topics-table":
            self.open_tab("partitions")
        elif table == "partitions-table":
            self.open_tab("segments")
        elif table == "brokers-table":
            pid = self.snapshot.pids.get(row.name) if self.snapshot is not None else None
            self.push_screen(BrokerDetails(row, acts=self.refuses() is None, pid=pid))

    async def action_back(self) -> None:
        """A level up, or clear the filter."""
        if self.pane.back():
            return
        if self.filters.get(self.tab):
            self.action_clear_filter()
        elif self.tab in UP:
            self.open_tab(UP[self.tab])
        elif self.tab != "overview":
            self.open_tab("overview")

    def action_clear_filter(self) -> None:
        """Clear the filter: all rows of this tab again."""
        if self.filters.get(self.tab):
            self.set_filter(self.tab, "")

    def action_turn(self, what: str, by: int) -> None:
        """The next or previous topic or partition."""
        if self.snapshot is None or (topic := self.view.topic) is None:
            return
        if what == "topic":
            names = [t.name for t in sorted(self.snapshot.topics, key=lambda t: (t.internal, t.name))]
            self.selection.topic = names[(names.index(topic.name) + by) % len(names)]
            self.selection.partition = 0
        elif (partition := self.view.partition) is not None:
            self.selection.partition = (partition.index + by) % len(topic.partitions)
        self.draw()

    # Time

    def action_hold(self) -> None:
        """Freeze the picture; in a simulated cluster stop time itself."""
        if self.snapshot is None:
            return
        if self.snapshot.paused is not None and self.refuses() is None:
            self.send("resume" if self.snapshot.paused else "pause", quiet=True)
            return
        self.frozen = not self.frozen
        self.query_one(StatusLine).frozen = self.frozen
        if not self.frozen and self._frame is None:
            self._draw_frame()
        self.refresh_bindings()

    # The rest

    def action_refresh_now(self) -> None:
        """Draw what is known, again."""
        self.draw()
        self.refresh(repaint=True, layout=True)

    def action_copy(self) -> None:
        """Copy the row under the cursor."""
        focused = self.focused if isinstance(self.focused, LiveTable) else self.pane.table
        text = focused.plain_row()
        if text:
            self.copy_to_clipboard(text)
            self.notify("Copied the row.", timeout=2)

    def action_help(self) -> None:
        """All keys."""
        self.push_screen(Help(acts=self.refuses() is None))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The footer shows only what works here and now."""
        if action in {"kill", "restart"} and self.refuses() is not None:
            return False
        if action == "step":
            stepped = self.snapshot is not None and self.snapshot.paused is not None
            return stepped and not self.refuses() and len(self.screen_stack) == 1
        if action in {"tab", "filter", "jump", "back", "hold", "turn", "copy", "kill", "restart"}:
            try:
                return not self.query_one(PromptBar).display and len(self.screen_stack) == 1
            except NoMatches:
                return False
        return True

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """The palette (ctrl+p). Textual reads markup in its explanations: there is none in ours."""
        for command in self._commands():
            yield command._replace(help=visible(command.help).replace("[", "\\["))

    def _commands(self) -> Iterable[SystemCommand]:
        for tab, (label, _) in PANES.items():
            yield SystemCommand(label, f"Open the tab {label}", partial(self.action_tab, tab))
        yield from self.cluster_commands()
        yield SystemCommand("Freeze or pause", "The picture, or simulated time", self.action_hold)
        yield SystemCommand("Filter", "Show only rows that contain some words", self.action_filter)
        yield SystemCommand("Jump", "To a tab, topic, partition, group or broker", self.action_jump)
        yield SystemCommand("Copy row", "To the clipboard", self.action_copy)
        yield SystemCommand("Help", "All keys and signs", self.action_help)
        yield SystemCommand("Screenshot", "Save an SVG of the screen", lambda: self.deliver_screenshot())
        yield SystemCommand("Quit", "Leave the inspector; the cluster runs on", self.action_quit)
