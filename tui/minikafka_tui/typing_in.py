"""Where the user types: a filter for the open tab, or a place to go to.

Rule: a filter works while one types, and is reported as long as it is in force, or rows seem lost.
"""

from __future__ import annotations

from textual.widgets import Static

from minikafka.world.visible import cut
from minikafka.xray.source import Feed
from minikafka_tui import commands
from minikafka_tui.commanding import CommandingApp
from minikafka_tui.screens.pane import Pane
from minikafka_tui.text import Text
from minikafka_tui.view import Selection
from minikafka_tui.widgets.prompt_bar import PromptBar
from minikafka_tui.widgets.tab_bar import TabBar


class TypingApp(CommandingApp):
    """Knows the tabs' filters; its subclass opens tabs."""

    places: tuple[str, ...] = ()
    """The tabs."""

    def __init__(self, feed: Feed, *, read_only: bool = False, filter_text: str = "") -> None:
        super().__init__(feed, read_only=read_only)
        self.selection = Selection()
        self.filters: dict[str, str] = dict.fromkeys(self.places, filter_text) if filter_text else {}

    @property
    def tab(self) -> str:
        """The open tab."""
        raise NotImplementedError

    @property
    def pane(self) -> Pane:
        """The pane of the open tab."""
        raise NotImplementedError

    def open_tab(self, tab: str) -> None:
        """Open another tab."""
        raise NotImplementedError

    def action_filter(self) -> None:
        """Type a filter for this tab."""
        if self.snapshot is not None:
            self.query_one("#chip").remove_class("shown")
            hint = "words that a row must contain"
            self.query_one(PromptBar).ask("/", text=self.filters.get(self.tab, ""), hint=hint)

    def action_jump(self) -> None:
        """Ask for a place to jump to."""
        if self.snapshot is not None:
            places = tuple(commands.places(self.snapshot, self.places))
            self.query_one(PromptBar).ask(
                ":", hint="topics, groups, orders-3, broker-2 …", suggestions=places
            )

    def on_prompt_bar_typed(self, event: PromptBar.Typed) -> None:
        """Filters work while one types."""
        if event.kind == "/":
            self.set_filter(self.tab, event.text)

    def on_prompt_bar_entered(self, event: PromptBar.Entered) -> None:
        """Keep the filter, or go there."""
        self.query_one(PromptBar).done()
        self.show_chip()
        if event.kind == ":" and event.text.strip():
            self._jump_to(event.text.strip())
        self.pane.table.focus()

    def on_prompt_bar_left(self, event: PromptBar.Left) -> None:
        """Esc: no filter, no jump."""
        self.query_one(PromptBar).done()
        if event.kind == "/":
            self.set_filter(self.tab, "")
        self.pane.table.focus()

    def set_filter(self, tab: str, text: str) -> None:
        """Show only rows with this text in that tab."""
        self.filters[tab] = text
        self.query_one(f"#{tab}", Pane).set_filter(text)
        self.show_chip()

    def show_chip(self) -> None:
        """A filter in force is reported, or rows seem lost."""
        text = self.filters.get(self.tab, "")
        chip = self.query_one("#chip", Static)
        chip.set_class(bool(text) and not self.query_one(PromptBar).display, "shown")
        chip.update(Text(f" filter: {cut(text, 60)}   (esc clears it)"))
        self.query_one(TabBar).filters = tuple(t for t, f in self.filters.items() if f)

    def _jump_to(self, place: str) -> None:
        assert self.snapshot is not None
        target = commands.find_place(self.snapshot, self.places, place)
        if target is None:
            self.notify(f"Nothing here is called “{place}”.", severity="warning")
            return
        tab, selected = target
        for field, value in selected.items():
            setattr(self.selection, field, value)
        self.open_tab(tab)
        key = (
            selected.get("group")
            or selected.get("broker")
            or (selected.get("topic") if tab == "topics" else None)
        )
        if key is not None:
            self.pane.table.move_to(str(key))
