"""A line that can't be missed: the source is gone, and what is being done about it."""

from __future__ import annotations

from textual.widgets import Static

from minikafka.world.visible import cut
from minikafka_tui.text import Text

MOST_CELLS = 400


class Banner(Static):
    """Hidden unless there is something to say."""

    def say(self, sentence: str | None) -> None:
        """Show the sentence, or nothing."""
        self.display = sentence is not None
        if sentence is not None:
            self.update(Text(f" ! {cut(sentence, MOST_CELLS)}"))
