"""Dialogs: are you sure, what arguments, which keys. All close with esc, all work with the mouse."""

from __future__ import annotations

from rich.table import Table
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, Static

from minikafka.world.visible import cut
from minikafka_tui import palette
from minikafka_tui.text import Text

MOST_CELLS = 400
"""A name may be long, a question not."""


class Confirm(ModalScreen[bool]):
    """A question before something that hurts. `y` or enter on the button does it, `n` or esc doesn't."""

    BINDINGS = [
        Binding("y", "answer(True)", "Yes"),
        Binding("n,escape,q", "answer(False)", "No"),
        Binding("left,right,h,l", "other", "Other button", show=False),
    ]

    def __init__(self, question: str, consequence: str, verb: str) -> None:
        super().__init__()
        self._question, self._consequence, self._verb = question, consequence, verb

    def compose(self) -> ComposeResult:
        """Question, consequence, two buttons; the harmless one has the focus."""
        with Vertical(classes="dialog"):
            yield Label(Text(cut(self._question, MOST_CELLS)), classes="question")
            yield Label(Text(cut(self._consequence, MOST_CELLS)), classes="consequence")
            with Horizontal(classes="buttons"):
                yield Button(Text(f"{self._verb} (y)"), variant="error", id="yes", compact=True)
                yield Button("Cancel (n)", id="no", compact=True)

    def on_mount(self) -> None:
        """Enter at once must not hurt."""
        self.query_one("#no").focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """A click."""
        self.dismiss(event.button.id == "yes")

    def action_answer(self, yes: bool) -> None:
        """A key."""
        self.dismiss(yes)

    def action_other(self) -> None:
        """Arrows go from button to button."""
        self.focus_next()


class Ask(ModalScreen[str | None]):
    """One line of arguments for a command."""

    BINDINGS = [Binding("escape", "cancel", "Cancel")]

    def __init__(self, question: str, hint: str, text: str = "", *, may_be_empty: bool = False) -> None:
        super().__init__()
        self._question, self._hint, self._text = question, hint, text
        self._may_be_empty = may_be_empty

    def compose(self) -> ComposeResult:
        """Question, input, what to type."""
        with Vertical(classes="dialog"):
            yield Label(Text(cut(self._question, MOST_CELLS)), classes="question")
            yield Input(self._text, compact=True, id="ask-input")
            yield Label(Text(self._hint), classes="consequence")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter."""
        event.stop()
        text = event.value.strip()
        self.dismiss(text if text or self._may_be_empty else None)

    def action_cancel(self) -> None:
        """Esc."""
        self.dismiss(None)


class Help(ModalScreen[None]):
    """All keys, and what the signs mean: one screen of 80x24."""

    BINDINGS = [Binding("escape,q,question_mark,enter", "close", "Close")]

    KEYS = {
        "Go": [
            ("1 – 6", "overview, topics, partitions, segments, groups, events"),
            ("arrows, hjkl", "move; l or → opens, h or ← goes back; tab: next part"),
            ("enter  esc", "open: topic, partition, segment, batch, bytes; esc: back"),
            ("n  p", "next, previous topic, partition, segment, batch"),
            ("f  b  [  ]", "tab 4: a partition's files; an entry's bytes; records"),
            (":", "jump to a tab, topic, orders-3, group or broker"),
        ],
        "See": [
            ("/", "filter (enter keeps it, esc clears it)"),
            ("s  S", "sort by the next column, reverse the order; or click a header"),
            ("space", "freeze the picture; simulated: pause and resume time"),
            (".", "simulated: let one event happen"),
            ("y  q", "copy the row; quit"),
        ],
        "Act": [
            ("k  r", "kill, restart a broker in the overview"),
            ("K  R", "the same for what is under the cursor: a leader, a coordinator"),
            ("ctrl+p", "all commands: create a topic, cut the network …"),
        ],
    }
    SIGNS = (
        ("★ ✓", "leader or controller; in sync"),
        ("! ✗ ○", "worse than it should be; broken; down"),
        ("▇ ▒ ·", "committed or closed; uncommitted or active; missing"),
    )

    def __init__(self, *, acts: bool = True) -> None:
        super().__init__()
        self._acts = acts
        """May something be done to the cluster?"""

    def compose(self) -> ComposeResult:
        """A table of keys."""
        with VerticalScroll(classes="dialog wide"):
            yield Static(self._keys())

    def _keys(self) -> Table:
        grid = Table.grid(padding=(0, 2))
        grid.add_column(no_wrap=True)
        grid.add_column()
        sections = {title: keys for title, keys in self.KEYS.items() if self._acts or title != "Act"}
        for title, keys in {**sections, "Signs": self.SIGNS}.items():
            grid.add_row(Text(title, f"bold {palette.ACCENT}"), "")
            for key, does in keys:
                grid.add_row(Text(f"  {key}", f"bold {palette.TEXT}"), Text(does, palette.MUTED))
        return grid

    def on_click(self, event: events.Click) -> None:
        """A click beside the dialog closes it."""
        if event.widget is self:
            self.dismiss(None)

    def action_close(self) -> None:
        """Close."""
        self.dismiss(None)
