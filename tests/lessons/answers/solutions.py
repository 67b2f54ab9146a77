"""What the lessons' own cells say: each exercise solved, and as it is handed out.

Rule: a solution is written once, in `lesson.py`; wrong answers are made of it by changes that must find their place.
"""

from __future__ import annotations

from minikafka_lessons.course import lessons
from minikafka_lessons.source_cells import SOLUTION, stub


class Written(str):
    """A right answer, to be made wrong: what `replace` doesn't find is an error, not a right answer once more."""

    __slots__ = ()

    def replace(self, old: str, new: str, count: int = -1) -> Written:
        """As of any text."""
        assert old in self, f"the answer has no {old!r}:\n{self}"
        return Written(super().replace(old, new, count))

    def split_at(self, words: str) -> tuple[Written, Written]:
        """What stands before these words, and the rest."""
        at = self.index(words)
        return Written(self[:at]), Written(self[at:])


RIGHT: dict[str, Written] = {}
SKELETONS: dict[str, str] = {}

for _lesson in lessons():
    _text = _lesson.source.read_text(encoding="utf-8")
    for _exercise in _lesson.exercises:
        _cell = _text[_text.index(f'# %% exercise="{_exercise.id}"') :].partition("\n")[2]
        _cell = _cell[: _cell.index("# %%")].strip() + "\n"
        RIGHT[_exercise.id] = Written(SOLUTION.sub(r"\2", _cell))
        SKELETONS[_exercise.id] = SOLUTION.sub(stub(_exercise.id), _cell)
