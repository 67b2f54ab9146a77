"""What is kept of a case that broke: a run file, a notebook that opens it, a test, and the report.

Rule: each of them is enough to see the same again, and they are read by people. Kafka has none.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from minikafka.explore.case import Case
from minikafka.explore.exploration import run
from minikafka.explore.report import Broken, Report
from minikafka.policy import Rules

INDENT = " " * 4
WIDTH = 110


def keep(case: Case, directory: Path, rules: Rules | None = None) -> Report:
    """Run it once more and write all down. Raises OSError, or ValueError: this case holds."""
    directory.mkdir(parents=True, exist_ok=True)
    report = run(
        *(case.seed, case.workload, case.faults),
        brokers=case.brokers,
        controllers=case.controllers,
        configs=case.configs,
        rules=rules,
        save=directory / "run.mkr",
    )
    if report.broken is None:
        raise ValueError(f"Seed {case.seed} holds: nothing is to be kept of it.")
    (directory / "report.txt").write_text(f"{case}\n\n{report}\n", "utf-8")
    name = f"test_seed_{case.seed}.py"
    (directory / name).write_text(test_of(case, report.broken), "utf-8")
    (directory / "open.ipynb").write_text(notebook_of(case, report), "utf-8")
    return report


# -- the test ----------------------------------------------------------------------------------------------------


def test_of(case: Case, broken: Broken) -> str:
    """A module for pytest: it fails as long as the case breaks."""
    value = source_of(case)
    names = sorted({*_names(case)})
    rooms: dict[str, list[str]] = {}
    for name in names:
        rooms.setdefault(_room(name), []).append(name)
    imports = [f"from {room} import {', '.join(found)}" for room, found in sorted(rooms.items())]
    said = broken.sentence.replace("\\", "\\\\").replace('"""', "'''")
    return "\n".join(
        [
            f'"""{broken.kind} broken: {broken.name}.',
            "",
            f"{said}",
            '"""',
            "",
            *imports,
            "",
            f"CASE = {value}",
            "",
            "",
            f"def test_seed_{case.seed}():",
            f"{INDENT}report = CASE.run()",
            f"{INDENT}assert report.holds, report",
            "",
        ]
    )


def source_of(value: Any, depth: int = 0) -> str:
    """Python that makes this value; what is as by default is left out."""
    if isinstance(value, msgspec.Struct):
        defaults = _defaults(type(value))
        fields = [
            f"{name}={source_of(item, depth + 1)}"
            for name in value.__struct_fields__
            if (item := getattr(value, name)) != defaults.get(name, _MISSING)
        ]
        return _wrapped(f"{type(value).__name__}(", fields, ")", depth)
    if isinstance(value, tuple):
        items = [source_of(item, depth + 1) for item in value]
        return _wrapped("(", items, ",)" if len(items) == 1 else ")", depth)
    if isinstance(value, Mapping):
        pairs = [f"{source_of(key)}: {source_of(item, depth + 1)}" for key, item in value.items()]
        return _wrapped("{", pairs, "}", depth)
    return json.dumps(value) if isinstance(value, str) else repr(value)


_MISSING = object()


def _defaults(kind: type[msgspec.Struct]) -> dict[str, Any]:
    found = {}
    for field in msgspec.structs.fields(kind):
        if field.default is not msgspec.NODEFAULT:
            found[field.name] = field.default
        elif field.default_factory is not msgspec.NODEFAULT:
            found[field.name] = field.default_factory()
    return found


def _wrapped(start: str, items: list[str], end: str, depth: int) -> str:
    line = f"{start}{', '.join(items)}{end}"
    if len(line) + depth * len(INDENT) <= WIDTH and "\n" not in line:
        return line
    inner = INDENT * (depth + 1)
    return "\n".join([start, *(f"{inner}{item}," for item in items), f"{INDENT * depth}{end.lstrip(',')}"])


def _names(value: Any) -> list[str]:
    """The classes that its source names."""
    if isinstance(value, msgspec.Struct):
        inner = [name for field in value.__struct_fields__ for name in _names(getattr(value, field))]
        return [type(value).__name__, *inner]
    if isinstance(value, tuple):
        return [name for item in value for name in _names(item)]
    return []


def _room(name: str) -> str:
    import minikafka.explore as explore

    return "minikafka.explore" if name in explore.__all__ else "minikafka.commands"


# -- the notebook ------------------------------------------------------------------------------------------------


def notebook_of(case: Case, report: Report) -> str:
    """It opens the run at its first bad event, and goes one step back."""
    broken = report.broken
    assert broken is not None
    first = f"\n\nFirst bad event: `{broken.event.strip()}`" if broken.event else ""
    back = (
        "cluster.rewind(steps=1)  # just before it broke; run() or step() into it"
        if broken.kind == "invariant"
        else f"cluster.rewind(to={broken.at_s!r})  # when it showed"
    )
    cells = [
        _markdown(
            f"# Seed {case.seed}: {broken.name}\n\n{broken.sentence} "
            f"(at {broken.at_s:.6f} virtual seconds).{first}\n\n```\n{case}\n```"
        ),
        _code(
            "from minikafka import Cluster\n\n"
            'cluster = Cluster.open("run.mkr")  # it stands where it broke\n'
            'print("\\n".join(cluster.timeline().splitlines()[-25:]))'
        ),
        _code(f"{back}\ncluster"),
        _code(
            "for topic in cluster.snapshot().topics:\n"
            "    for partition in topic.partitions:\n"
            "        print(topic.name, partition.index, 'leader', partition.leader, 'ISR', partition.isr)\n"
            "        for replica in partition.replicas:\n"
            "            print('   ', replica.broker, 'end', replica.end, 'high watermark', replica.high_watermark)"
        ),
        _code("cluster.step()  # of a broken invariant, this is the step that breaks it"),
    ]
    notebook = {
        "cells": [{**cell, "id": f"cell-{n}"} for n, cell in enumerate(cells)],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def _markdown(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": text.splitlines(keepends=True)}


def _code(text: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
        "source": text.splitlines(keepends=True),
    }


__all__ = ["keep", "notebook_of", "source_of", "test_of"]
