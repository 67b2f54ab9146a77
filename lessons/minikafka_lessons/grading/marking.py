"""The marks of one answer, for `check("1a")` in a notebook and for `minikafka grade` alike.

Rule: the answer runs elsewhere (`sandbox`), in a jail; the same answer gets the same marks every time.
"""

from __future__ import annotations

from collections.abc import Sequence

from minikafka_lessons.grading.answers import Answer, is_unwritten
from minikafka_lessons.grading.jail import Escaped
from minikafka_lessons.grading.marks import Grade, Sheet
from minikafka_lessons.grading.sandbox import AnswerFailed
from minikafka_lessons.language import say, sentence

SEEDS = (1, 2, 3, 5, 8)
"""The first is public: `check()` runs it at once. The others are the hidden schedules."""
PRACTICE = (13, 17, 21, 29, 34, 47, 55, 89)
"""Public as well: `check()` goes on with the first few of these. None of them is hidden."""
UNWRITTEN = sentence("Not written yet.")


class Grading:
    """One answer, judged under some seeds and then, if one likes, under more. Never raises for what an answer does."""

    def __init__(self, answer: Answer, seeds: Sequence[int] = SEEDS) -> None:
        self.exercise = answer.exercise
        self._answer = answer
        self._sheet = Sheet(dict(self.exercise.properties))
        self._problem = answer.problem
        self._unwritten = not answer.problem and is_unwritten(answer.code, self.exercise)
        self._hidden = len(SEEDS) - len(seeds)
        self.judge(seeds)

    def judge(self, seeds: Sequence[int]) -> None:
        """What failed before has failed; what still held is judged again."""
        if self._problem or self._unwritten:
            return
        try:
            self.exercise.judge(self._answer.code, self._sheet, seeds)
        except (AnswerFailed, Escaped) as problem:
            self._problem = str(problem)

    @property
    def more(self) -> tuple[int, ...]:
        """The seeds that are worth being tried yet: none where nothing holds any more."""
        holds = any(not self._sheet.failed(name) for name in self.exercise.properties)
        return PRACTICE[: self.exercise.more] if holds and not (self._problem or self._unwritten) else ()

    @property
    def grade(self) -> Grade:
        """The marks up to now."""
        exercise = self.exercise
        grade = Grade(exercise.id, say(exercise.title), exercise.points, notes=list(self._answer.notes))
        grade.hidden, grade.problem, grade.unwritten = self._hidden, self._problem, self._unwritten
        if self._unwritten:
            for name in exercise.properties:
                self._sheet.fail(
                    name, say(UNWRITTEN), say('`hint("{id}", 1)` gives you a first idea.', id=exercise.id)
                )
        grade.marks = self._sheet.marks()
        return grade.made_visible()


def grade_answer(answer: Answer, seeds: Sequence[int] = SEEDS) -> Grade:
    """The marks of one answer. Never raises for what an answer does."""
    return Grading(answer, seeds).grade
