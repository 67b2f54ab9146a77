"""The inspector's text: Rich's, except that nothing which others chose can move the cursor, break a line or paint.

Rule: all text of the inspector is made here, each letter of what it is given is shown, and none is markup.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.text import Text as RichText

from minikafka.world.visible import visible

Drawn = RichText
"""A text that is made. It is drawn, cut and joined; what Rich cut or joined is no `Text` any more: give it no words."""


class Text(RichText):
    """One line. `lines` puts several below each other."""

    def __init__(self, text: str = "", *args: Any, **options: Any) -> None:
        super().__init__(visible(text), *args, **options)

    def append(self, text: Drawn | str, style: Any = None) -> Text:
        """Add text at the end."""
        super().append(visible(text) if isinstance(text, str) else text, style)
        return self

    @classmethod
    def assemble(cls, *parts: Any, **options: Any) -> Text:
        """Of texts, and pairs of a text and its style."""
        made = super().assemble(*parts, **options)
        assert isinstance(made, cls)
        return made


def lines(parts: Iterable[Drawn]) -> Drawn:
    """Each part on a line of its own."""
    return RichText("\n").join(parts)
