"""The cells of a notebook as they run: what a cell has opened, and what is said when it doesn't come to its end.

Rule: a cell that was interrupted, or that failed, leaves nothing open that it opened; and where one sentence tells a
learner what to do, no traceback stands in its place. Outside of a notebook nothing happens here.
"""

from __future__ import annotations

import json
import symtable
import weakref
from typing import Any

from minikafka_lessons.begun import current_lesson
from minikafka_lessons.interrupts import CellInterrupts
from minikafka_lessons.language import say, spoken


class Stumble(RuntimeError):
    """What a learner has to know, in one sentence; a notebook shows the sentence and no traceback."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


class Cells:
    """Listens to one IPython shell."""

    def __init__(self, shell: Any) -> None:
        self._opened: list[weakref.ref[Any]] = []
        self._running = False
        shell.events.register("pre_run_cell", self._begin)
        shell.events.register("post_run_cell", self._end)
        self._shell = shell
        self._interrupts = CellInterrupts(shell.user_global_ns)
        self._set_handler()
        self._interrupts.begin()  # the cell that imports the lessons runs already

    def _set_handler(self) -> None:
        """Again for each cell: IPython drops a handler that was interrupted itself."""
        if not self._shell.custom_exceptions:
            self._shell.set_custom_exc((KeyboardInterrupt, NameError), self._show)

    def opened(self, thing: Any) -> None:
        """The running cell has opened `thing`, which has a method `end_with(why)`."""
        self._opened.append(weakref.ref(thing))

    def _begin(self, info: Any) -> None:
        self._opened.clear()
        self._set_handler()
        self._interrupts.begin()

    def _end(self, result: Any) -> None:
        self._interrupts.end()
        error = result.error_in_exec or result.error_before_exec
        opened, self._opened = self._opened, []
        if error is None:
            return
        why = (
            say("was interrupted")
            if isinstance(error, KeyboardInterrupt)
            else say("ended with {error}", error=type(error).__name__)
        )
        for reference in reversed(opened):
            thing = reference()
            if thing is not None:
                thing.end_with(why)

    def _show(
        self, shell: Any, kind: type, error: BaseException, trace: Any, tb_offset: int | None = None
    ) -> Any:
        """In place of a traceback, where a sentence is enough."""
        sentence = self._sentence(error)
        if sentence is None:
            shown = shell.InteractiveTB.structured_traceback(kind, error, trace, tb_offset=tb_offset)
        else:
            shown = [sentence]
        shell._showtraceback(kind, error, shown)
        return shown

    def _sentence(self, error: BaseException) -> str | None:
        if isinstance(error, KeyboardInterrupt):
            return say("Interrupted. What this cell had opened is closed again; run it once more.")
        name = getattr(error, "name", None)
        lesson = current_lesson()
        if name is None or lesson is None:
            return None
        place = where_defined(lesson, str(name))
        if place is None:
            return None
        return say("`{name}` is not there yet: first run {cell}.", name=name, cell=place)


def where_defined(lesson: Any, name: str) -> str | None:
    """The first cell of the lesson's notebook that makes this name, in words."""
    from minikafka_lessons.copies import notebooks_directory

    try:
        text = (notebooks_directory(spoken()) / f"{lesson.name}.ipynb").read_text(encoding="utf-8")
    except OSError:
        return None
    heading = ""
    for cell in json.loads(text)["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            titles = [line.lstrip("# ") for line in source.splitlines() if line.startswith("#")]
            heading = titles[-1] if titles else heading
        elif name in names_made(source):
            lines = [line for line in source.splitlines() if line.strip()]
            first = next((line for line in lines if not line.lstrip().startswith("#")), lines[0])
            return say(
                "the cell that begins with `{line}` (under “{heading}”)", line=first.strip(), heading=heading
            )
    return None


def names_made(source: str) -> list[str]:
    """What a cell defines, assigns or imports at its top level."""
    try:
        table = symtable.symtable(source, "<cell>", "exec")
    except SyntaxError:
        return []
    made = [s for s in table.get_symbols() if s.is_assigned() or s.is_imported() or s.is_namespace()]
    return [symbol.get_name() for symbol in made]


_cells: Cells | None = None


def cells() -> Cells | None:
    """Those of the notebook that runs, or None."""
    global _cells
    if _cells is None:
        try:
            from IPython import get_ipython
        except ImportError:
            return None
        shell = get_ipython()
        if shell is None:
            return None
        _cells = Cells(shell)
    return _cells


def opened(thing: Any) -> None:
    """The running cell has opened `thing`, which has a method `end_with(why)`."""
    found = cells()
    if found is not None:
        found.opened(thing)
