"""Predict, then observe: the answer is sealed first, then the cluster runs.

Rule: the buttons and `seal()` do the same; what is sealed stays; nothing waits for a click, so that a notebook
runs from top to bottom without a prediction, too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from html import escape
from typing import Any

from minikafka_lessons.show import ink


class Prediction:
    """A question with some answers. `seal("b")` or a click, once; `reveal("c")` after the run."""

    def __init__(self, question: str, options: Sequence[str]) -> None:
        self.question = question
        self.options = {chr(ord("a") + i): option for i, option in enumerate(options)}
        self.sealed: str | None = None
        self._made: Any = None

    def seal(self, letter: str) -> Prediction:
        """Choose an answer by its letter. A second choice is refused; an unknown letter is a ValueError."""
        letter = str(letter).strip().lower()
        if letter not in self.options:
            raise ValueError(f"Choose one of {', '.join(self.options)}, not {letter!r}.")
        if self.sealed is None:
            self.sealed = letter
        self._redraw()
        return self

    @property
    def mark(self) -> str:
        """What a seal looks like: it tells that there is an answer, and not which."""
        return hashlib.sha256(f"{self.question}{self.sealed}".encode()).hexdigest()[:8]

    def reveal(self, letter: str) -> ink.Picture:
        """What happened, beside what was predicted."""
        happened = self.options[letter]
        if self.sealed is None:
            head, colour = "No prediction was sealed. It was:", ink.FAINT
        elif self.sealed == letter:
            head, colour = "✓ You predicted it:", ink.GREEN
        else:
            head, colour = f"✗ You predicted “{self.options[self.sealed]}”. It was:", ink.ORANGE
        return ink.Picture(
            f'<div style="border-left:4px solid {colour};padding:6px 12px;color:{ink.TEXT};font-family:{ink.FONT}">'
            f"<b>{escape(head)}</b> {escape(happened)}</div>"
        )

    def _redraw(self) -> None:
        if self._made is None:
            return
        choices, buttons, state = self._made
        for button in buttons:
            button.disabled = self.sealed is not None
        state.value = self._state()
        choices.value = self._html(with_state=False)

    def _state(self) -> str:
        if self.sealed is None:
            return f'<span style="color:{ink.MUTED}">or: <code>.seal("a")</code></span>'
        return f'<b style="color:{ink.GREEN}">sealed</b> <code>{self.mark}</code>'

    def _html(self, with_state: bool = True) -> str:
        lines = "".join(
            f'<div style="padding-left:8px"><b>{letter}</b>&ensp;{escape(option)}</div>'
            for letter, option in self.options.items()
        )
        state = f"<div>{self._state()}</div>" if with_state else ""
        return (
            f'<div style="color:{ink.TEXT};font-family:{ink.FONT};line-height:1.7">'
            f"<b>Predict:</b> {escape(self.question)}{lines}{state}</div>"
        )

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        import ipywidgets

        if self._made is None:
            choices = ipywidgets.HTML(self._html(with_state=False))
            state = ipywidgets.HTML(self._state())
            buttons = []
            for letter in self.options:
                button = ipywidgets.Button(description=letter, layout=ipywidgets.Layout(width="48px"))
                button.on_click(lambda _, letter=letter: self.seal(letter))
                buttons.append(button)
            self._made = (choices, buttons, state)
        choices, buttons, state = self._made
        widget = ipywidgets.VBox([choices, ipywidgets.HBox([*buttons, state])])
        return {
            **(widget._repr_mimebundle_() or {}),
            "text/html": self._html(),
            "text/plain": repr(self),
        }

    def __repr__(self) -> str:
        options = "; ".join(f"{letter}: {option}" for letter, option in self.options.items())
        return f"Predict: {self.question} {options}" + (f" (sealed {self.mark})" if self.sealed else "")


def predict(question: str, *options: str) -> Prediction:
    """A question to answer before the next cell runs."""
    return Prediction(question, options)
