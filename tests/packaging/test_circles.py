"""No module of minikafka imports itself in a circle, when it is imported: only type checkers may see one.

In `minikafka` an import inside a function counts as well, unless it stands in `DEFERRED`, with the reason why it waits.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = (
    ROOT / "minikafka",
    ROOT / "tui" / "minikafka_tui",
    ROOT / "lessons" / "minikafka_lessons",
    ROOT / "notebooks" / "minikafka_notebooks",
)
DEFERRED = {
    ("minikafka.dump.value", "minikafka.dump.html"): "a value in a notebook's cell draws itself",
    ("minikafka.protocol.schema", "minikafka.protocol.reader"): "a message is compiled at its first use",
    ("minikafka.protocol.schema", "minikafka.protocol.writer"): "a message is compiled at its first use",
}

Graph = Mapping[str, frozenset[str]]


def modules() -> dict[str, Path]:
    found = {}
    for package in PACKAGES:
        for path in sorted(package.rglob("*.py")):
            parts = path.relative_to(package.parent).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(node: ast.AST, deferred: bool = False) -> Iterator[tuple[str, bool]]:
    """Dotted names that running the node imports, and whether only a call does."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            for other in child.orelse:
                yield from imports(other, deferred)
        elif isinstance(child, ast.ImportFrom):
            yield from ((f"{child.module}.{name.name}", deferred) for name in child.names)
        elif isinstance(child, ast.Import):
            yield from ((name.name, deferred) for name in child.names)
        else:
            calls = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
            yield from imports(child, deferred or calls)


@functools.cache
def imports_of(path: Path) -> tuple[tuple[str, bool], ...]:
    return tuple(imports(ast.parse(path.read_text())))


def graph(with_deferred: bool) -> dict[str, frozenset[str]]:
    known, found = modules(), {}
    for name, path in known.items():
        targets = set()
        for dotted, deferred in imports_of(path):
            target = dotted if dotted in known else dotted.rpartition(".")[0]
            if target in known and target != name and (not deferred or with_deferred):
                targets.add(target)
        found[name] = frozenset(targets)
    return found


def circles(edges: Graph) -> list[list[str]]:
    """What is left when all that import nothing that is left are taken away; then those that nobody imports."""
    left = dict(edges)
    while True:
        ends = [name for name, targets in left.items() if not targets & left.keys()]
        imported = frozenset().union(*left.values())
        tops = [name for name in left if name not in imported]
        if not ends and not tops:
            return [[name, *sorted(targets & left.keys())] for name, targets in sorted(left.items())]
        left = {name: t for name, t in left.items() if name not in ends and name not in tops}


def test_no_module_needs_itself_to_be_imported():
    assert circles(graph(with_deferred=False)) == []


def test_what_is_imported_later_makes_no_circle_but_those_that_say_why():
    edges = {name: to for name, to in graph(with_deferred=True).items() if name.startswith("minikafka.")}
    for name, target in DEFERRED:
        assert target in edges.get(name, ()), f"{name} no longer imports {target}: take it off the list"
        assert reaches(edges, target, name), (
            f"{name} and {target} make no circle any more: take it off the list"
        )
    assert circles({n: frozenset(t for t in ts if (n, t) not in DEFERRED) for n, ts in edges.items()}) == []


def reaches(edges: Graph, start: str, goal: str) -> bool:
    seen, todo = {start}, [start]
    while todo:
        for following in sorted(edges.get(todo.pop(), frozenset()) - seen):
            seen.add(following)
            todo.append(following)
    return goal in seen


def test_a_circle_is_found():
    edges = {name: frozenset(to) for name, to in {"a": "b", "b": "c", "c": "bd", "d": ""}.items()}
    assert circles(edges) == [["b", "c"], ["c", "b"]]
    assert circles({**edges, "c": frozenset("d")}) == []
