"""Finding the answer to an exercise among cells: one rule for `check`, `minikafka grade` and nbgrader.

Rule: the last written definition of each of the exercise's names counts, whichever cell it stands in; a skeleton
never wins over a written answer, and a broken cell breaks nothing but itself. A note says which one was taken
wherever there was a choice. A pure function over the cells' sources: no kernel, no metadata that a learner has to keep.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from minikafka_lessons.course import Exercise
from minikafka_lessons.grading.definitions import (
    READING_FAILS,
    Definition,
    defined_names,
    definitions,
    free_names,
    helpers,
    seems_to_define,
    why_unreadable,
    without_skeletons,
)
from minikafka_lessons.grading.sandbox import Code
from minikafka_lessons.language import say, sentence


@dataclass(frozen=True)
class Cell:
    """One code cell. `exercise`: the id in its metadata, if it has one; `place`: how its author finds it."""

    source: str
    exercise: str | None = None
    place: str = "a cell"


@dataclass
class Answer:
    """The source that answers one exercise. `problem`: why there is none to run; `missing`: no cell is about it."""

    exercise: Exercise
    code: Code = field(default_factory=lambda: Code(""))
    problem: str = ""
    notes: list[str] = field(default_factory=list)
    missing: bool = False


@dataclass(frozen=True)
class Found:
    """A definition and the index of its cell."""

    at: int
    definition: Definition


def find_answer(cells: Sequence[Cell], exercise: Exercise, *, history: bool = False) -> Answer:
    """The exercise's answer. `history`: the cells are what a kernel ran, where every rerun defines a name again."""
    answer = Answer(exercise)
    candidates = {name: candidates_for(cells, name) for name in exercise.names}
    taken = {name: taken_of(found) for name, found in candidates.items()}
    parts = {one.at for found in taken.values() for one in found}
    if not parts:
        answer.problem = why_broken(cells, exercise)
        answer.missing = not answer.problem
        if answer.missing:
            answer.problem = say(
                "The cell of exercise {id} (with {names}) is missing.",
                id=exercise.id,
                names=listed(exercise.names),
            )
        return answer
    parts |= {i for i, cell in enumerate(cells) if is_half(cell, exercise)}
    at = sorted(parts)
    written = [name for name, found in taken.items() if found and found[0].definition.written]
    try:
        sources = tuple(without_skeletons(cells[i].source, written) for i in at)
        answer.code = Code(sources[-1], with_needs(cells, at, sources), sources[:-1])
    except READING_FAILS as problem:
        answer.problem = say(
            "The cell of exercise {id} can't be read: {problem}.", id=exercise.id, problem=problem
        )
    answer.notes += notes(cells, exercise, candidates, at, history)
    return answer


def candidates_for(cells: Sequence[Cell], name: str) -> list[Found]:
    """Where a name is defined or changed, in order. Where it is a function anywhere, a value of that name is not it."""
    found = [
        Found(i, definition)
        for i, cell in enumerate(cells)
        for definition in definitions(cell.source)
        if definition.name == name
    ]
    if any(isinstance(f.definition.statement, ast.FunctionDef | ast.AsyncFunctionDef) for f in found):
        return [f for f in found if f.definition.is_function]
    return found if any(not f.definition.change for f in found) else []


def taken_of(found: Sequence[Found]) -> list[Found]:
    """The last written definition (else the last skeleton), and what changes it later."""
    bound = [f for f in found if not f.definition.change]
    if not bound:
        return []
    base = ([f for f in bound if f.definition.written] or bound)[-1]
    after = found.index(base)
    return [base, *(f for f in found[after:] if f.definition.change)]


def is_half(cell: Cell, exercise: Exercise) -> bool:
    """Part of a split cell: it has the exercise's mark, and defines none of its names itself."""
    return (
        cell.exercise == exercise.id
        and not defined_names(cell.source) & set(exercise.names)
        and not why_unreadable(cell.source)
    )


def why_broken(cells: Sequence[Cell], exercise: Exercise) -> str:
    """Of the last cell that is about the exercise and can't be read: one sentence, or nothing."""
    for cell in reversed(cells):
        if broken := broken_for(cell, exercise):
            return say("The cell of exercise {id} is no valid Python: {why}.", id=exercise.id, why=broken)
    return ""


def broken_for(cell: Cell, exercise: Exercise) -> str:
    """Why a cell that is about the exercise can't be read; nothing for any other cell."""
    broken = why_unreadable(cell.source)
    about = cell.exercise == exercise.id or seems_to_define(cell.source) & set(exercise.names)
    return broken if about else ""


def notes(
    cells: Sequence[Cell],
    exercise: Exercise,
    candidates: dict[str, list[Found]],
    at: Sequence[int],
    history: bool,
) -> list[str]:
    """Which definition was taken, and which were passed over."""
    passed = {}
    for i, cell in enumerate(cells):
        if i in at:
            continue
        if broken := broken_for(cell, exercise):
            passed[i] = say("{place} (no valid Python: {why})", place=cell.place, why=broken)
            continue
        here = [f.definition for found in candidates.values() for f in found if f.at == i]
        if here:
            written = any(d.written for d in here)
            words = sentence("{place} (an earlier one)") if written else sentence("{place} (not written yet)")
            passed[i] = say(words, place=cell.place)
    if history:
        # A kernel's history holds every try; only what was run after the answer is worth a word.
        passed = {i: why for i, why in passed.items() if i > at[-1]}
    where = listed([cells[i].place for i in at])
    if passed:
        others = listed(passed.values())
        return [
            say(
                "The last written definition of {names} counts: {where}. Passed over: {others}.",
                names=names_of(exercise),
                where=where,
                others=others,
            )
        ]
    if len(at) > 1 and not history:
        return [say("The answer stands in several cells, which count together: {where}.", where=where)]
    marked = [i for i, cell in enumerate(cells) if cell.exercise == exercise.id]
    if marked and not set(at) & set(marked):
        words = sentence("{names} was found in {where}, not in the exercise's own cell.")
        return [say(words, names=names_of(exercise), where=where)]
    return []


def names_of(exercise: Exercise) -> str:
    """`lag`, with the backticks."""
    return listed([f"`{name}`" for name in exercise.names])


def with_needs(cells: Sequence[Cell], at: Sequence[int], sources: Sequence[str]) -> str:
    """The imports, functions, classes and values of other cells that the answer's cells use by name."""
    statements: dict[str, tuple[int, ast.stmt]] = {}
    for index, cell in enumerate(cells):
        if index not in at:
            for name, statement in helpers(cell.source):
                statements[name] = (index, statement)
    wanted = sorted(free_names(sources))
    chosen: dict[int, tuple[int, ast.stmt]] = {}
    while wanted:
        found = statements.get(wanted.pop())
        if found is not None and id(found[1]) not in chosen:
            chosen[id(found[1])] = found
            wanted += sorted(free_names([ast.unparse(found[1])]))
    before = sorted(chosen.values(), key=lambda entry: (entry[0], entry[1].lineno))
    return "\n".join(ast.unparse(statement) for _, statement in before)


def is_unwritten(code: Code, exercise: Exercise) -> bool:
    """Is each of the exercise's names there, and none of them written?"""
    cells = [Cell(source) for source in code.sources]
    for name in exercise.names:
        found = taken_of(candidates_for(cells, name))
        if not found or any(one.definition.written for one in found):
            return False
    return True


def listed(names: Iterable[str]) -> str:
    """`a`, `a and b`."""
    names = list(names)
    if len(names) == 1:
        return names[0]
    return say("{several} and {last}", several=", ".join(names[:-1]), last=names[-1])


__all__ = ["Answer", "Cell", "find_answer", "is_unwritten", "listed"]
