"""A check in a notebook: the first result at once, then more seeds, with a bar that says how far it is.

Rule: the first result stands while the rest is judged, and the last one takes its place. Whoever interrupts it keeps
what was judged before, and reads that there was more. How many seeds there are is the exercise's; the processor's time
ends it only where that was far from enough.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from minikafka.world.visible import in_html
from minikafka_lessons.grading import run_files
from minikafka_lessons.grading.display import GOOD, LINE, Result, code
from minikafka_lessons.grading.marking import Grading
from minikafka_lessons.grading.marks import Grade
from minikafka_lessons.language import say
from minikafka_lessons.show import ink
from minikafka_lessons.show.shown import Shown

AT_MOST_S = 20.0
"""Of the processor's time, answers' processes included, for the rest."""


class _Card(Shown):
    """Where a result stands."""

    def __init__(self, result: Checked) -> None:
        self._result = result
        super().__init__(result.html)

    def __repr__(self) -> str:
        return repr(self._result)


class Checked(Result):
    """A result that stands in the notebook already while it can still change."""

    def __init__(self, grade: Grade) -> None:
        super().__init__(grade)
        self.said = ""
        """About the rest, in a sentence."""
        self._bar = ""
        self._card = _Card(self)
        self._stands_in: int | None = None
        """The number of the cell that it has been drawn in while that ran."""

    @property
    def html(self) -> str:
        """All of it."""
        said = f'<div style="color:{ink.MUTED};font-family:{ink.FONT};font-size:13px">{code(self.said)}</div>'
        return super()._repr_html_() + self._bar + (said if self.said else "")

    def stand(self) -> None:
        """Draw it now, and not again when the cell ends with it."""
        self._card._ipython_display_()
        self._stands_in = _cell_number()

    def change(self, grade: Grade, said: str = "", bar: str = "") -> None:
        """Something else stands there from now on."""
        self.grade, self.said, self._bar = grade, said, bar
        self._card.redraw(self.html)

    def _repr_html_(self) -> str:
        return self.html

    def _ipython_display_(self) -> None:
        stands_in, self._stands_in = self._stands_in, None
        if stands_in is None or stands_in != _cell_number():
            self._card._ipython_display_()

    def __repr__(self) -> str:
        return super().__repr__() + (f"\n  {self.said}" if self.said else "")


def go_on(grading: Grading, result: Checked) -> None:
    """Judge the rest, and let the result say what came of it. An interrupt ends it, and is answered."""
    seeds = grading.more
    if not seeds:
        return
    tell = _told_in_place(result) if _in_a_kernel() else _told_in_a_line
    began_s, done = _processor_s(), 0
    try:
        while done < len(seeds) and grading.more and _processor_s() - began_s < AT_MOST_S:
            tell(done, len(seeds))
            grading.judge(seeds[done : done + 1])
            done += 1
            result.grade = grading.grade
            run_files.keep(result.grade)
        tell(done, len(seeds))
    except KeyboardInterrupt:
        words = say(
            "The rest was stopped: {n} of {all} more seeds were tried. Check again to try all.",
            n=done,
            all=len(seeds),
        )
        result.change(result.grade, words)
        return
    words = say("It was judged under {n} more seeds.", n=done)
    result.change(result.grade, words if done else "")


def _told_in_place(result: Checked) -> Any:
    result.stand()

    def tell(done: int, of: int) -> None:
        result.change(result.grade, bar=_bar(done, of))

    return tell


def _bar(done: int, of: int) -> str:
    words = say("More seeds: {n} of {all}. An interrupt ends it, and this result stays.", n=done, all=of)
    return (
        f'<div style="max-width:820px;font-family:{ink.FONT};font-size:13px;color:{ink.MUTED};margin-top:4px">'
        f"{in_html(words)}"
        f'<div role="progressbar" aria-valuemin="0" aria-valuemax="{of}" aria-valuenow="{done}" '
        f'aria-label="{in_html(words)}" style="height:6px;border-radius:3px;background:{LINE};margin:3px 0">'
        f'<div style="height:6px;border-radius:3px;width:{100 * done / of:.0f}%;background:{GOOD}"></div></div></div>'
    )


def _told_in_a_line(done: int, of: int) -> None:
    """Where there is nothing but text: a line that is written over, in a terminal; elsewhere none."""
    if sys.stdout is not None and sys.stdout.isatty():
        line = say("More seeds: {n} of {all}", n=done, all=of)
        sys.stdout.write(f"\r[{'#' * done}{'.' * (of - done)}] {line}" + ("\n" if done == of else ""))
        sys.stdout.flush()


def _in_a_kernel() -> bool:
    shell = _shell()
    return shell is not None and getattr(shell, "kernel", None) is not None


def _cell_number() -> int | None:
    shell = _shell()
    return None if shell is None else int(shell.execution_count)


def _shell() -> Any:
    if "IPython" not in sys.modules:
        return None
    from IPython import get_ipython

    return get_ipython()


def _processor_s() -> float:
    return sum(os.times()[:4])
