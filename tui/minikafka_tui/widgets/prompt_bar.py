"""The line at the bottom to type in: a filter (`/`) or a place to jump to (`:`)."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.message import Message
from textual.suggester import SuggestFromList
from textual.widgets import Input, Label

from minikafka.world.visible import visible


class PromptInput(Input):
    """What is pasted may hold anything. Names are typed as they are shown."""

    def validate_value(self, value: str) -> str:
        """In visible letters."""
        return visible(value)


class PromptBar(Horizontal):
    """Hidden until `ask`; posts `Typed` at each key, `Entered` or `Left` at the end."""

    BINDINGS = [Binding("escape", "leave", "Cancel"), Binding("enter", "enter", "Apply", show=True)]

    class Typed(Message):
        """The text as it is now."""

        def __init__(self, kind: str, text: str) -> None:
            super().__init__()
            self.kind = kind
            self.text = text

    class Entered(Typed):
        """Enter was pressed."""

    class Left(Typed):
        """Escape was pressed."""

    kind = ""

    def compose(self) -> ComposeResult:
        """A sign and an input."""
        yield Label("/", id="prompt-sign")
        yield PromptInput(id="prompt-input", compact=True)

    def ask(self, kind: str, *, text: str = "", hint: str = "", suggestions: tuple[str, ...] = ()) -> None:
        """Show the line for `kind` ("/" or ":")."""
        self.kind = kind
        self.display = True
        self.query_one("#prompt-sign", Label).update(f" {kind} ")
        field = self.query_one(Input)
        field.suggester = SuggestFromList(suggestions, case_sensitive=False) if suggestions else None
        field.placeholder = hint
        with self.prevent(Input.Changed):
            field.value = text
        field.cursor_position = len(field.value)
        field.focus()

    def done(self) -> None:
        """Hide the line."""
        self.display = False

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filters work while one types."""
        event.stop()
        self.post_message(self.Typed(self.kind, event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter."""
        event.stop()
        self.post_message(self.Entered(self.kind, event.value))

    def action_leave(self) -> None:
        """Escape."""
        self.post_message(self.Left(self.kind, self.query_one(Input).value))
