"""Predict, then observe: one says first what will happen, then the cluster runs.

Rule: a lesson's questions have names; their words are in its `questions.py` and are said in the reader's language.
Nothing in a notebook tells the outcome before it came out: `reveal` is given one condition for each option, and
each is computed from the run. A click and `seal()` do the same; what is sealed stays, however often the cell runs; and
nothing waits for a click, so that a notebook runs from top to bottom without a prediction, too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from minikafka.world.visible import in_html
from minikafka_lessons import progress
from minikafka_lessons.begun import current_lesson
from minikafka_lessons.cells import Stumble
from minikafka_lessons.kernel import kernel_id
from minikafka_lessons.language import say
from minikafka_lessons.show import ink
from minikafka_lessons.show.shown import Shown

TARGET = "minikafka-prediction"
"""Who listens for clicks in the kernel."""


class Prediction(Shown):
    """A question with some options. `seal("b")` or a click, once; `reveal(…)` after the run."""

    def __init__(self, question: str, options: Sequence[str], name: str = "") -> None:
        self.question, self.name = question, name
        self.options = {chr(ord("a") + i): option for i, option in enumerate(options)}
        self.sealed: str | None = None
        self.outcome: str | None = None
        self.is_over = False
        """Did the run tell already? Then there is nothing left to predict."""
        self.id = hashlib.sha256((name or "\n".join([question, *options])).encode()).hexdigest()[:12]
        super().__init__(self._html())

    def seal(self, letter: str) -> Prediction:
        """Choose an option by its letter. The first choice stays; an unknown letter is a ValueError."""
        letter = str(letter).strip().lower()
        if letter not in self.options:
            raise ValueError(
                say(
                    "Choose one of {letters}, not {letter!r}.", letters=", ".join(self.options), letter=letter
                )
            )
        if self.sealed is None and not self.is_over:
            self.sealed = letter
        self.redraw(self._html())
        return self

    @property
    def is_right(self) -> bool:
        """Did it come as predicted?"""
        return self.sealed is not None and self.sealed == self.outcome

    def reveal(self, *came_true: object) -> ink.Picture:
        """What happened, beside what was predicted. One condition for each option, in their order."""
        if len(came_true) != len(self.options):
            raise ValueError(
                say(
                    "There are {options} options, and {conditions} conditions.",
                    options=len(self.options),
                    conditions=len(came_true),
                )
            )
        true = [letter for letter, holds in zip(self.options, came_true, strict=True) if holds]
        self.outcome, self.is_over = (true[0] if true else None), True
        self.redraw(self._html())
        self._note()
        return ink.Picture(self._verdict())

    def _note(self) -> None:
        """In the lab's progress, if it is a question of the lesson."""
        lesson = current_lesson()
        if lesson is not None and self.name in lesson.questions and self.outcome is not None:
            right = None if self.sealed is None else self.is_right
            progress.note(progress.Predicted(lesson.number, self.name, right, progress.now()))

    def _verdict(self) -> str:
        happened = self.options[self.outcome] if self.outcome else ""
        if self.outcome is None:
            head, colour = say("This run shows none of the answers."), ink.FAINT
            happened = say("If a cell above was interrupted or left out, run from there again.")
        elif self.sealed is None:
            head, colour = say("You made no prediction. It came out:"), ink.FAINT
        elif self.is_right:
            head, colour = "✓ " + say("As you predicted:"), ink.GREEN
        else:
            predicted = self.options[self.sealed]
            head, colour = "✗ " + say("You predicted “{option}”. It came out:", option=predicted), ink.ORANGE
        return (
            f'<div style="border-left:4px solid {colour};padding:6px 12px;color:{ink.TEXT};font-family:{ink.FONT}">'
            f"<b>{in_html(head)}</b> {in_html(happened)}</div>"
        )

    def _html(self) -> str:
        is_open = self.sealed is None and not self.is_over
        rows = "".join(self._row(letter, option, is_open) for letter, option in self.options.items())
        body = (
            f'<div id="minikafka-{self.id}" style="color:{ink.TEXT};font-family:{ink.FONT};font-size:14px;'
            f'line-height:1.5;max-width:720px"><b>{in_html(say("Predict:"))}</b> {in_html(self.question)}'
            f'<div style="margin:6px 0">{rows}</div><div style="color:{ink.MUTED};font-size:13px" '
            f'data-state="1">{self._state()}</div></div>'
        )
        return body + (self._script() if is_open else "")

    def _row(self, letter: str, option: str, is_open: bool) -> str:
        chosen = letter == self.sealed
        border, mark, more = ink.LINE, letter, ""
        if chosen:
            border, mark, more = ink.BLUE, "●", " · " + say("your prediction")
        if self.is_over and letter == self.outcome:
            border, more = ink.GREEN, more + " · " + say("came out")
        style = (
            "display:block;width:100%;box-sizing:border-box;text-align:left;margin:4px 0;padding:7px 12px;font:inherit;"
            f"color:{ink.TEXT};background:{ink.PANEL if chosen else ink.PAPER};border:1px solid {border};"
            "border-radius:6px"
        )
        words = (
            f'<b style="display:inline-block;width:1.4em;color:{ink.BLUE}">{mark}</b>{in_html(option)}'
            f'<span style="color:{ink.MUTED}">{in_html(more)}</span>'
        )
        if is_open:
            return f'<button type="button" data-letter="{letter}" style="{style};cursor:pointer">{words}</button>'
        return f'<div style="{style}">{words}</div>'

    def _state(self) -> str:
        if self.is_over:
            return "" if self.sealed else in_html(say("It came out before a prediction was made."))
        if self.sealed is not None:
            return in_html(say("Sealed: “{option}”. Now run on, and see.", option=self.options[self.sealed]))
        return in_html(say("Click on the sentence that you believe."))

    def _script(self) -> str:
        kernel = kernel_id()
        if kernel is None:
            return ""
        about: dict[str, object] = {
            "id": self.id,
            "kernel": kernel,
            "target": TARGET,
            "words": words_of_a_click(),
        }
        return f"<script>({click_script()})({ink.script_json(about)});</script>"

    def __repr__(self) -> str:
        options = "; ".join(f"{letter}: {option}" for letter, option in self.options.items())
        mine = f" ({say('sealed: {letter}', letter=self.sealed)})" if self.sealed else ""
        return f"{say('Predict:')} {self.question} {options}{mine}"


def words_of_a_click() -> dict[str, str]:
    """What the page says while the kernel hears of a click."""
    return {
        "unreachable": say("This page can't reach the kernel. Type into a cell:"),
        "gone": say("The kernel doesn't know this question any more: run its cell again."),
        "soon": say("Sealed as soon as the kernel has time …"),
        "sealed": say("Sealed. Now run on, and see."),
        "over": say("It came out before a prediction was made."),
    }


@cache
def click_script() -> str:
    """What a browser runs, on one line."""
    return (files("minikafka_lessons") / "show" / "click.js").read_text(encoding="utf-8").strip()


_asked: dict[str, Prediction] = {}


def predict(question: str, *options: str) -> Prediction:
    """A question of this lesson, by its name (or one's own, with options), to answer before the next cell runs.

    Asked again, it knows its answer. Raises Stumble for a name that no question has.
    """
    made = Prediction(question, options) if options else by_name(question)
    known = _asked.setdefault(made.id, made)
    listen()
    return known


def by_name(name: str) -> Prediction:
    """A question of the lesson that was begun, in the language that is spoken."""
    lesson = current_lesson()
    if lesson is None:
        raise Stumble(say("First run the cell with `begin(…)`, at the top."))
    found = lesson.questions.get(name)
    if found is None:
        raise Stumble(say("This lesson has no question {name!r}.", name=name))
    return Prediction(say(found.text), [say(option) for option in found.options], name)


def asked() -> list[Prediction]:
    """The questions of this lesson, in their order."""
    return list(_asked.values())


def forget_all() -> None:
    """The lesson begins afresh."""
    _asked.clear()


def listen() -> None:
    """Hear clicks, where there is a kernel."""
    try:
        from IPython import get_ipython

        get_ipython().kernel.comm_manager.register_target(TARGET, _clicked)
    except Exception:
        pass  # no kernel: `seal` does the same


def _clicked(comm: Any, message: dict[str, Any]) -> None:
    told = message["content"]["data"]
    found = _asked.get(str(told.get("id")))
    letter = str(told.get("letter"))
    if found is None or letter not in found.options:
        comm.send({"sealed": None})
        return
    found.seal(letter)
    comm.send({"sealed": found.sealed, "over": found.is_over})
