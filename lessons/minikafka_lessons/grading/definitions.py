"""What a cell's source defines, what it uses, and whether it is written yet.

Rule: pure functions over text. Nothing runs here, and what Python cannot read is only guessed at.
"""

from __future__ import annotations

import ast
import builtins
import functools
import re
import symtable
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from minikafka_lessons.language import say

READING_FAILS = (SyntaxError, ValueError, RecursionError, MemoryError)


@dataclass(frozen=True)
class Definition:
    """A name that a cell binds. `written`: no skeleton. `change`: it changes what was bound before (`d["a"] = 1`)."""

    name: str
    statement: ast.stmt
    is_function: bool = False
    written: bool = True
    change: bool = False


@functools.lru_cache(maxsize=512)
def parsed(source: str) -> ast.Module:
    """The source's tree. Raises one of READING_FAILS."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "\d" in an answer is its author's matter
        return ast.parse(readable(source))


@functools.lru_cache(maxsize=512)
def readable(source: str) -> str:
    """The source as Python reads it: as it is, or else without IPython's magics, shell and help lines."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(source)
        return source
    except READING_FAILS:
        return "".join(
            "pass\n" if re.match(r"[%!?]|[\w.]+\?{1,2}\s*$", line) else line
            for line in source.splitlines(keepends=True)
        )


def why_unreadable(source: str) -> str:
    """`invalid syntax (line 3 of the cell)`, or nothing."""
    try:
        parsed(source)
    except READING_FAILS as problem:
        line = getattr(problem, "lineno", None)
        where = " " + say("(line {n} of the cell)", n=line) if line else ""
        return f"{getattr(problem, 'msg', problem)}{where}"
    return ""


def definitions(source: str) -> list[Definition]:
    """All names that a cell binds at its top level, in order. Nothing for a cell that can't be read."""
    try:
        return list(bindings(parsed(source).body))
    except READING_FAILS:
        return []


def defined_names(source: str) -> set[str]:
    """The names, of an unreadable cell those that it seems to define."""
    found = {d.name for d in definitions(source) if not d.change}
    return found or (seems_to_define(source) if why_unreadable(source) else set())


def seems_to_define(source: str) -> set[str]:
    """For a cell that Python can't read: what stands after `def`, and before `=`, at the beginning of a line."""
    return set(re.findall(r"^(?:async\s+)?def\s+(\w+)", source, re.M)) | set(
        re.findall(r"^(\w+)\s*=[^=]", source, re.M)
    )


def bindings(body: Iterable[ast.stmt]) -> Iterator[Definition]:
    """Functions, classes, assignments; those within `if`, `try`, `with` and loops, too."""
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            yield Definition(statement.name, statement, True, not is_stub(statement))
        elif isinstance(statement, ast.ClassDef):
            yield Definition(statement.name, statement, True)
        elif isinstance(statement, ast.Assign):
            for target in statement.targets:
                yield from assigned(target, statement.value, statement)
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            yield from assigned(statement.target, statement.value, statement)
        elif isinstance(statement, ast.AugAssign):
            name = base_name(statement.target)
            if name:
                yield Definition(name, statement, change=True)
        elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            method = statement.value.func
            if (
                isinstance(method, ast.Attribute)
                and isinstance(method.value, ast.Name)
                and method.attr in ("update", "setdefault")
            ):
                yield Definition(method.value.id, statement, change=True)
        else:
            for field in ("body", "orelse", "finalbody"):
                yield from bindings(getattr(statement, field, ()))
            for handler in getattr(statement, "handlers", ()):
                yield from bindings(handler.body)


def assigned(target: ast.expr, value: ast.expr, statement: ast.stmt) -> Iterator[Definition]:
    """What `target = value` binds or changes."""
    if isinstance(target, ast.Name):
        function = isinstance(value, ast.Lambda | ast.Name | ast.Attribute)
        yield Definition(target.id, statement, function, not is_empty(value))
    elif isinstance(target, ast.Tuple | ast.List):
        for item in target.elts:
            yield from assigned(item, ast.Constant(...), statement)
    else:
        name = base_name(target)
        if name:
            yield Definition(name, statement, change=True)


def base_name(target: ast.expr) -> str:
    """`d` of `d["a"]["b"]`."""
    while isinstance(target, ast.Subscript):
        target = target.value
    return target.id if isinstance(target, ast.Name) else ""


def is_empty(value: ast.expr) -> bool:
    """None, or a dictionary that has nothing but None in it: a skeleton's value."""
    if isinstance(value, ast.Dict):
        return all(isinstance(v, ast.Constant) and v.value is None for v in value.values)
    return isinstance(value, ast.Constant) and value.value is None


def is_stub(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Nothing but a docstring, `pass`, `...` and `raise NotImplementedError`?"""
    rest = [
        s
        for s in function.body
        if not (isinstance(s, ast.Pass) or (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant)))
    ]
    if not rest:
        return True
    if len(rest) != 1 or not isinstance(rest[0], ast.Raise) or rest[0].exc is None:
        return False
    raised = rest[0].exc.func if isinstance(rest[0].exc, ast.Call) else rest[0].exc
    return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"


def without_skeletons(source: str, names: Iterable[str]) -> str:
    """The source with the unwritten definitions of these names blanked; every other line keeps its number."""
    wanted = set(names)
    lines = readable(source).splitlines(keepends=True)
    for statement in parsed(source).body:
        found = list(bindings([statement]))
        if found and all(d.name in wanted and not d.written and d.statement is statement for d in found):
            decorators = getattr(statement, "decorator_list", [])
            first = min([statement.lineno, *(d.lineno for d in decorators)])
            for number in range(first - 1, statement.end_lineno or first):
                lines[number] = "\n"
    return "".join(lines)


def free_names(sources: Sequence[str]) -> set[str]:
    """The names that some sources, run one after the other, take from outside: no locals, no builtins."""
    found: set[str] = set()
    own: set[str] = set()
    for source in sources:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tables = [symtable.symtable(source, "<answer>", "exec")]
        own |= {
            s.get_name()
            for s in tables[0].get_symbols()
            if s.is_assigned() or s.is_imported() or s.is_namespace()
        }
        while tables:
            table = tables.pop()
            tables += table.get_children()
            top = table.get_type() == "module"
            found |= {
                s.get_name() for s in table.get_symbols() if s.is_referenced() and (top or s.is_global())
            }
    return {name for name in found - own if not hasattr(builtins, name)}


def helpers(source: str) -> Iterator[tuple[str, ast.stmt]]:
    """What an answer may take from another cell by name: imports, functions, classes, values."""
    try:
        body = parsed(source).body
    except READING_FAILS:
        return
    for statement in body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            for alias in statement.names:
                yield (alias.asname or alias.name).split(".")[0], statement
        elif isinstance(statement, ast.FunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign):
            for found in bindings([statement]):
                if not found.change:
                    yield found.name, statement
