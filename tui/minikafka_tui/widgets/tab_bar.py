"""The line of tabs: a number to press, a name to click, the open one marked; on the first, what is broken.

Rule: all tabs are there at any width; names are cut where there is no room for them.
"""

from __future__ import annotations

from textual import events
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from minikafka_tui import palette
from minikafka_tui.text import Text


class TabBar(Widget):
    """Posts `Chosen` with the tab's id."""

    active = reactive("")
    filters: reactive[tuple[str, ...]] = reactive(())
    alarms = reactive(0)
    """How many things are broken: whoever looks at another tab must know."""

    class Chosen(Message):
        """A click on a tab."""

        def __init__(self, tab: str) -> None:
            super().__init__()
            self.tab = tab

    def __init__(self, tabs: dict[str, str], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.tabs = tabs

    def render(self) -> Text:
        """` 1 Overview  2 Topics …`"""
        text = Text(no_wrap=True, overflow="crop")
        for number, (tab, label) in enumerate(self._labels(), 1):
            alarm = f"✗{self.alarms} " if self.alarms and number == 1 else ""
            if tab == self.active:
                style = f"bold underline {palette.BACKGROUND} on {palette.BAD if alarm else palette.ACCENT}"
                text.append(f" {number} {label} {alarm}", style=style)
            else:
                text.append(f" {number} ", style=f"bold {palette.ACCENT}")
                text.append(f"{label} ", style=palette.MUTED)
                text.append(alarm, style=f"bold {palette.BAD}")
            text.append(" ")
        return text

    def _labels(self) -> list[tuple[str, str]]:
        """The names as they are shown, each with its mark; the open one's is whole."""
        alarm = len(f"✗{self.alarms} ") if self.alarms else 0
        labels = [(tab, label + ("*" if tab in self.filters else "")) for tab, label in self.tabs.items()]
        room = self.size.width - alarm
        for longest in (20, 6, 5, 4, 3, 1, 0):
            labels_now = [(tab, label if tab == self.active else label[:longest]) for tab, label in labels]
            if sum(len(label) + 5 for _, label in labels_now) - 1 <= room:
                break
        return labels_now

    def on_click(self, event: events.Click) -> None:
        """Which tab is under the mouse?"""
        left = 0
        for number, (tab, label) in enumerate(self._labels(), 1):
            alarm = f"✗{self.alarms} " if self.alarms and number == 1 else ""
            right = left + len(f" {number} {label} {alarm} ")
            if left <= event.x < right:
                self.post_message(self.Chosen(tab))
                return
            left = right
