"""Runs in which an answer failed, kept as files beside the notebook: `runs/8a-waits-seed-1.mkr`.

Rule: a check replaces the runs that the exercise's last one left, and touches no file that isn't named as these are.
There are at most `MOST_FILES`, each at most `MOST_BYTES`; where nothing can be written, nothing is kept.
"""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

from minikafka.cluster.run_file import packed
from minikafka_lessons.grading.marks import Grade, Mark

FOLDER = "runs"
MOST_FILES = 40
MOST_BYTES = 1 << 20
"""Of one file. A usual one has some kilobytes."""
_NAME = re.compile(r"(\d{1,2}[a-z])-([a-z_]{1,30})-seed-(\d{1,10})\.mkr")


def keep(grade: Grade, folder: Path | None = None) -> None:
    """Write the runs of these marks; `kept` of a mark says where."""
    folder = Path(FOLDER) if folder is None else folder
    wanted = {_name(grade, mark): mark for mark in grade.marks if mark.run is not None}
    for path in files(grade.exercise, folder):
        if path.name not in wanted:
            _remove(path)
    marks = []
    for mark in grade.marks:
        path = folder / _name(grade, mark)
        kept = mark.run is not None and _write(path, packed(mark.run))
        marks.append(replace(mark, kept=path.as_posix() if kept else ""))
    grade.marks = marks
    if wanted:
        _forget_oldest(folder)


def files(exercise: str = "", folder: Path | None = None) -> list[Path]:
    """The runs that are kept of an exercise, or of all."""
    folder = Path(FOLDER) if folder is None else folder
    try:
        every = sorted(folder.iterdir())
    except OSError:
        return []
    found = [(_NAME.fullmatch(path.name), path) for path in every]
    return [
        path
        for match, path in found
        if match is not None and exercise in ("", match[1]) and path.is_file() and not path.is_symlink()
    ]


def property_of(path: Path) -> str:
    """Of which property it is."""
    match = _NAME.fullmatch(path.name)
    return match[2] if match is not None else ""


def _name(grade: Grade, mark: Mark) -> str:
    return f"{grade.exercise}-{mark.name}-seed-{mark.seed or 0}.mkr"


def _write(path: Path, data: bytes) -> bool:
    """Whole or not at all: was it?"""
    if len(data) > MOST_BYTES:
        return False
    beside = path.with_suffix(".new")
    try:
        path.parent.mkdir(exist_ok=True)
        beside.write_bytes(data)
        os.replace(beside, path)
    except OSError:
        _remove(beside)
        return False
    return True


def _forget_oldest(folder: Path) -> None:
    def age(path: Path) -> float:
        try:
            return -path.stat().st_mtime
        except OSError:
            return 0.0

    for path in sorted(files("", folder), key=age)[MOST_FILES:]:
        _remove(path)


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        pass
