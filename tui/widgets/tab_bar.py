"""The line of tabs: a number to press, a name to click, the open one marked."""

from __future__ import annotations

from rich.text import Text
from textual import events
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from minikafka_tui import palette


class TabBar(Widget):
    """Posts ``Chosen`` with the tab's id."""

    active = reactive("")
    filters: reactive[tuple[str, ...]] = reactive(())

    class Chosen(Message):
        """A click on a tab."""

        def __init__(self, tab: str) -> None:
            super().__init__()
            self.tab = tab

    def __init__(self, tabs: dict[str, str], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.tabs = tabs

    def render(self) -> Text:
        """`` 1 Overview  2 Topics …``"""
        text = Text(no_wrap=True, overflow="crop")
        for number, (tab, label) in enumerate(self.tabs.items(), 1):
            mark = "*" if tab in self.filters else " "
            if tab == self.active:
                style = f"bold underline {palette.BACKGROUND} on {palette.ACCENT}"
                text.append(f" {number} {label}{mark}", style=style)
            else:
                text.append(f" {number} ", style=f"bold {palette.ACCENT}")
                text.append(f"{label}{mark}", style=palette.MUTED)
            text.append(" ")
        return text

    def on_click(self, event: events.Click) -> None:
        """Which tab is under the mouse?"""
        left = 0
        for number, (tab, label) in enumerate(self.tabs.items(), 1):
            right = left + len(f" {number} {label}  ")
            if left <= event.x < right:
                self.post_message(self.Chosen(tab))
                return
            left = right
