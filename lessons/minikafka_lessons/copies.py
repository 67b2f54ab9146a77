"""A learner's copies of the notebooks, in a lab's directory.

Rule: what a learner wrote is never overwritten and never deleted. The English notebooks lie in the directory, those of
another language in a folder of its name beside them; a lesson that begins anew keeps the notebook that was there as a
copy with the date in its name.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

import minikafka_notebooks

from minikafka_lessons.course import Lesson, lessons
from minikafka_lessons.language import LANGUAGES, SOURCE

LAB_DIRECTORY = "minikafka-lab"


def notebooks_directory(language: str = SOURCE) -> Path:
    """Where the built notebooks lie, in the repository or in an installed wheel."""
    return Path(minikafka_notebooks.__file__).parent / language


def own_place(directory: Path, language: str) -> Path:
    """Where a learner's notebooks of a language lie in a lab."""
    return directory if language == SOURCE else directory / language


def built_notebook(lesson: Lesson, language: str) -> Path:
    """The lesson as it comes."""
    return notebooks_directory(language) / f"{lesson.name}.ipynb"


def own_notebook(directory: Path, lesson: Lesson, language: str) -> Path:
    """The learner's copy of it."""
    return own_place(directory, language) / f"{lesson.name}.ipynb"


def copy_notebooks(directory: Path, language: str = SOURCE) -> list[Path]:
    """Copy the lessons that are not there yet; returns those that were copied."""
    own_place(directory, language).mkdir(parents=True, exist_ok=True)
    copied = []
    for found in lessons():
        source, target = built_notebook(found, language), own_notebook(directory, found, language)
        if source.exists() and not target.exists():
            shutil.copyfile(source, target)
            copied.append(target)
    return copied


def find_lab() -> Path | None:
    """The lab's directory of somebody who is beside it or in it."""
    for place in (Path(LAB_DIRECTORY), Path(".")):
        if any(own_notebook(place, lesson, one).exists() for lesson in lessons() for one in LANGUAGES):
            return place.resolve()
    return None


def is_touched(notebook: Path, lesson: Lesson, language: str) -> bool:
    """Did a learner write or run anything in it? (To open one changes its metadata only.)"""
    try:
        built = _work(built_notebook(lesson, language))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return True
    try:
        return _work(notebook) != built
    except FileNotFoundError:
        return False
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return True


def _work(notebook: Path) -> list[tuple[str, str, bool]]:
    """Of each cell its kind, its text, and whether it has put something out."""
    cells: list[dict[str, Any]] = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return [(c["cell_type"], "".join(c["source"]), bool(c.get("outputs"))) for c in cells]


def begin_anew(directory: Path, lesson: Lesson, language: str) -> Path | None:
    """Put a fresh notebook in the place of the learner's; returns where that one is kept, None where there was none.

    Raises OSError; then the learner's is as it was.
    """
    fresh = built_notebook(lesson, language).read_bytes()
    mine = own_notebook(directory, lesson, language)
    kept = keep(mine) if mine.exists() else None
    write_atomic(mine, fresh)
    return kept


def keep(path: Path) -> Path:
    """A copy beside it, with date and time in its name, where no file is yet. Raises OSError."""
    named = f"{path.stem}-{datetime.now():%Y-%m-%d-%H%M%S}"  # noqa: TID251 - the learner's own clock
    data = path.read_bytes()
    for more in ("", *(f"-{n}" for n in range(2, 100))):
        kept = path.with_name(f"{named}{more}{path.suffix}")
        try:
            with kept.open("xb") as file:
                file.write(data)
        except FileExistsError:
            continue
        return kept
    raise FileExistsError(f"{named}{path.suffix}")


def kept_copies(directory: Path, lesson: Lesson, language: str) -> list[Path]:
    """What was kept of a lesson, the oldest first."""
    return sorted(own_place(directory, language).glob(f"{lesson.name}-[12][0-9][0-9][0-9]-*.ipynb"))


def write_atomic(path: Path, data: bytes) -> None:
    """The whole file or, when that fails, the one that was there. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=".new", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
