"""Finding the answers in a notebook or a .py file, each with the helpers that it needs and nothing else.

Rule: a broken cell breaks its own exercise only. A cell that was copied is named in a note, and the first counts.
"""

from __future__ import annotations

import ast
import builtins
import json
import re
import symtable
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from minikafka_lessons.course import Exercise, Lesson, lessons
from minikafka_lessons.grading.sandbox import Code


class Unreadable(Exception):
    """A file that can't be graded; the text is one sentence."""


@dataclass(frozen=True)
class Cell:
    """One code cell; `exercise` is the id in its metadata, if it has one."""

    source: str
    exercise: str | None = None


@dataclass
class Answer:
    """The source that answers one exercise. `problem`: why there is none to run."""

    exercise: Exercise
    code: Code = field(default_factory=lambda: Code(""))
    problem: str = ""
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Submission:
    """A file and its answers."""

    path: Path
    lesson: Lesson
    answers: tuple[Answer, ...]


def read_submission(path: Path) -> Submission:
    """The answers in a file. Raises Unreadable."""
    if not path.exists():
        raise Unreadable(f"There is no file {path}.")
    if path.is_dir():
        raise Unreadable(f"{path} is a directory; name the notebooks in it.")
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise Unreadable(f"{path} can't be read as text: {problem}.") from None
    if path.suffix == ".ipynb":
        cells, number = notebook_cells(text, path)
    elif path.suffix == ".py":
        cells, number = script_cells(text), None
    else:
        raise Unreadable(f"{path} is neither a notebook (.ipynb) nor a .py file.")
    lesson = which_lesson(cells, number)
    if lesson is None:
        raise Unreadable(f"No exercise of any lesson was found in {path}.")
    return Submission(path, lesson, tuple(find_answer(cells, exercise) for exercise in lesson.exercises))


def notebook_cells(text: str, path: Path) -> tuple[list[Cell], int | None]:
    """The code cells of a notebook and its lesson's number, if its metadata tell it. Raises Unreadable."""
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise Unreadable(f"{path} is no notebook: its JSON is broken ({problem}).") from None
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        raise Unreadable(f"{path} is no notebook: it has no list of cells.")
    cells = []
    for cell in notebook["cells"]:
        if not isinstance(cell, dict) or cell.get("cell_type") != "code":
            continue
        source = cell.get("source", "")
        if isinstance(source, list):
            source = "".join(part for part in source if isinstance(part, str))
        if isinstance(source, str):
            cells.append(Cell(source, exercise_of(cell.get("metadata"))))
    about = notebook.get("metadata")
    ours = about.get("minikafka") if isinstance(about, dict) else None
    number = ours.get("lesson") if isinstance(ours, dict) else None
    return cells, number if isinstance(number, int) else None


def exercise_of(metadata: object) -> str | None:
    """The exercise that a cell's metadata name."""
    ours = metadata.get("minikafka") if isinstance(metadata, dict) else None
    name = ours.get("exercise") if isinstance(ours, dict) else None
    return name if isinstance(name, str) else None


def script_cells(text: str) -> list[Cell]:
    """The cells of a .py file: those of jupytext's percent format, else all of it as one."""
    cells, part, markdown, name = [], [], False, None
    for line in text.splitlines(keepends=True):
        if re.match(r"#\s?%%", line):
            if part and not markdown:
                cells.append(Cell("".join(part), name))
            part, markdown = [], "[markdown]" in line
            found = re.search(r'\bexercise="(\w+)"', line)
            name = found.group(1) if found else None
        else:
            part.append(line)
    if part and not markdown:
        cells.append(Cell("".join(part), name))
    return cells


def which_lesson(cells: Sequence[Cell], number: int | None) -> Lesson | None:
    """By number, by the cells' exercises, or by what they define."""
    marked = {cell.exercise for cell in cells}
    defined = {name for cell in cells for name in definitions(cell.source)}
    best = None
    for lesson in lessons():
        if lesson.number == number or any(e.id in marked for e in lesson.exercises):
            return lesson
        hits = sum(name in defined for e in lesson.exercises for name in e.names)
        if hits and (best is None or hits > best[0]):
            best = (hits, lesson)
    return best[1] if best else None


def find_answer(cells: Sequence[Cell], exercise: Exercise) -> Answer:
    """The exercise's cell and what it needs of the others."""
    answer = Answer(exercise)
    mine = [i for i, cell in enumerate(cells) if cell.exercise == exercise.id]
    if len(mine) > 1:
        answer.notes.append(
            f"The cell of exercise {exercise.id} is there {len(mine)} times; the first one counts."
        )
    if not mine:
        mine = [i for i, c in enumerate(cells) if any(n in definitions(c.source) for n in exercise.names)][
            -1:
        ]
    if not mine:
        answer.problem = f"The cell of exercise {exercise.id} (with {listed(exercise.names)}) is missing."
        return answer
    at = mine[0]
    try:
        ast.parse(plain(cells[at].source))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as problem:
        line = getattr(problem, "lineno", None)
        where = f" (line {line} of the cell)" if line else ""
        what = getattr(problem, "msg", problem)
        answer.problem = f"The cell of exercise {exercise.id} is no valid Python: {what}{where}."
        return answer
    answer.code = with_needs(cells, at)
    return answer


def with_needs(cells: Sequence[Cell], at: int) -> Code:
    """The cell's source, and the imports, functions, classes and constants of other cells that it uses."""
    statements: dict[str, tuple[int, ast.stmt]] = {}
    for index, cell in enumerate(cells):
        if index != at:
            for name, statement in top_level(cell.source):
                statements[name] = (index, statement)
    source = plain(cells[at].source)
    wanted = sorted(free_names(source))
    chosen: dict[int, tuple[int, ast.stmt]] = {}
    while wanted:
        found = statements.get(wanted.pop())
        if found is not None and id(found[1]) not in chosen:
            chosen[id(found[1])] = found
            wanted += sorted(free_names(ast.unparse(found[1])))
    before = sorted(chosen.values(), key=lambda entry: (entry[0], entry[1].lineno))
    return Code(source, "\n".join(ast.unparse(statement) for _, statement in before))


def top_level(source: str) -> Iterable[tuple[str, ast.stmt]]:
    """The names that a cell binds by imports, functions, classes and constants. Nothing for a broken cell."""
    try:
        body = ast.parse(plain(source)).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            yield statement.name, statement
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            for alias in statement.names:
                yield (alias.asname or alias.name).split(".")[0], statement
        elif isinstance(statement, ast.Assign) and is_constant(statement.value):
            for target in statement.targets:
                if isinstance(target, ast.Name):
                    yield target.id, statement


def is_constant(node: ast.expr) -> bool:
    """Numbers, texts, and arithmetic, lists and dictionaries of them."""
    return not any(isinstance(n, ast.Call | ast.Await | ast.Yield | ast.NamedExpr) for n in ast.walk(node))


def definitions(source: str) -> set[str]:
    """What a cell defines: functions and assigned names."""
    try:
        body = ast.parse(plain(source)).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set(re.findall(r"^def\s+(\w+)", source, re.M)) | set(re.findall(r"^(\w+)\s*=", source, re.M))
    found = {s.name for s in body if isinstance(s, ast.FunctionDef)}
    for statement in body:
        if isinstance(statement, ast.Assign):
            found |= {target.id for target in statement.targets if isinstance(target, ast.Name)}
    return found


def free_names(source: str) -> set[str]:
    """The names that some source takes from outside of it: no parameters, no locals, no builtins."""
    found: set[str] = set()
    tables = [symtable.symtable(source, "<answer>", "exec")]
    own = {
        s.get_name()
        for s in tables[0].get_symbols()
        if s.is_assigned() or s.is_imported() or s.is_namespace()
    }
    while tables:
        table = tables.pop()
        tables += table.get_children()
        top = table.get_type() == "module"
        found |= {s.get_name() for s in table.get_symbols() if s.is_referenced() and (top or s.is_global())}
    return {name for name in found - own if not hasattr(builtins, name)}


def plain(source: str) -> str:
    """Without IPython's magics and shell lines, line by line."""
    return "".join(
        "pass\n" if re.match(r"[%!?]", line) else line for line in source.splitlines(keepends=True)
    )


def listed(names: Iterable[str]) -> str:
    """`a`, `a and b`."""
    names = list(names)
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]
