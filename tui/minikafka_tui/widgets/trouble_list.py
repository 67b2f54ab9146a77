"""What is wrong, one sentence each, at the place where people look first.

Rule: no room is taken while nothing is wrong.

What doesn't work is red and marked ✗, what is less than it should be is yellow and marked !.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from textual.geometry import Size
from textual.reactive import reactive
from textual.widget import Widget

from minikafka.xray.trouble import Trouble
from minikafka_tui import format, palette
from minikafka_tui.text import Drawn, Text, lines

MOST_LINES, MOST_LINES_SHORT = 6, 3
"""On a tall screen, and on one where the brokers would be pushed out."""


class TroubleList(Widget):
    """As many whole sentences as fit, and how many more there are."""

    troubles: reactive[tuple[Trouble, ...]] = reactive((), layout=True)

    def watch_troubles(self) -> None:
        """Show the list while there is any trouble."""
        self.display = bool(self.troubles)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as are needed, within reason."""
        return len(self._lines(width))

    def render(self) -> Drawn:
        """One sentence per line."""
        return lines(self._lines(self.size.width))

    def _lines(self, width: int) -> list[Text]:
        most = MOST_LINES_SHORT if self.app.size.height < 28 else MOST_LINES
        lines: list[Text] = []
        for number, trouble in enumerate(self.troubles):
            sentence = _wrapped(trouble, width, self.app.console)
            left = len(self.troubles) - number
            if lines and len(lines) + len(sentence) > most - (left > 1):
                lines.append(Text(f"  … and {format.plural(left, 'more problem')}", palette.MUTED))
                break
            lines += sentence
        return lines[: most + 1]


def _wrapped(trouble: Trouble, width: int, console: Console) -> Sequence[Text]:
    sign, colour = ("✗", palette.BAD) if trouble.broken else ("!", palette.WARN)
    lines = Text(trouble.text, colour).wrap(console, max(10, width - 4))
    return [
        Text.assemble((f" {sign} " if n == 0 else "   ", f"bold {colour}"), line)
        for n, line in enumerate(lines)
    ]
