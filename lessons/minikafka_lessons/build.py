"""Builds notebooks and pages of coverage from the lessons' sources: `python -m minikafka_lessons.build [--check]`.

Rule: the same sources give the same bytes. A notebook has no outputs, no execution counts, and nbgrader's metadata; a
solution never gets into it. In every language it has the same cells with the same ids and the same code.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import minikafka_notebooks

from minikafka_lessons import coverage
from minikafka_lessons.catalogue import read_catalogue
from minikafka_lessons.course import Lesson, lessons
from minikafka_lessons.language import LANGUAGES, SHARED, SOURCE
from minikafka_lessons.prose import Say, said_code, said_markdown
from minikafka_lessons.source_cells import english_cells
from minikafka_lessons.translations import all_problems, problems

NOTEBOOKS = Path(minikafka_notebooks.__file__).parent
DOCS = NOTEBOOKS.parents[1] / "docs"
RUN = "Run: python -m minikafka_lessons.build"


def build(lesson: Lesson, language: str = SOURCE, *, solved: bool = False, markers: bool = False) -> str:
    """The notebook's text. `solved` leaves the solutions in; `markers`, too, nbgrader's marks around them."""
    import nbformat  # takes a second

    cells = english_cells(lesson, solved=solved, markers=markers)
    say = speaker(lesson, language)
    for cell in cells:
        cell["source"] = (said_markdown if cell["cell_type"] == "markdown" else said_code)(
            cell["source"], say
        )
        if cell["metadata"].get("nbgrader", {}).get("grade_id", "").endswith("-setup"):
            cell["source"] = f"# language: {language}\n{cell['source']}"
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook["metadata"] = {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        "minikafka": {"language": language, "lesson": lesson.number},
    }
    notebook["nbformat"], notebook["nbformat_minor"] = 4, 5
    nbformat.validate(notebook)
    return str(nbformat.writes(notebook)) + "\n"


def speaker(lesson: Lesson, language: str) -> Say:
    """What says the lesson's sentences in that language."""
    said: dict[str, str] = {}
    for path in (SHARED / f"{language}.po", lesson.folder / f"{language}.po"):
        if language != SOURCE and path.exists():
            said |= {e.source: e.text for e in read_catalogue(path) if e.text and not e.is_obsolete}
    return lambda words: said.get(words, words)


def target(lesson: Lesson, language: str = SOURCE) -> Path:
    """Where the learner's notebook lies."""
    return NOTEBOOKS / language / f"{lesson.name}.ipynb"


def out_of_date() -> list[str]:
    """One sentence for each notebook or page that its source has left behind, and each text that is not translated."""
    seen = coverage.seen()
    found = all_problems() + coverage.problems(seen)
    for language in LANGUAGES:
        path = DOCS / coverage.file_name(language)
        if not path.exists() or path.read_text(encoding="utf-8") != coverage.page(seen, language):
            found.append(f"docs/{path.name} is out of date. {RUN}")
        for lesson in lessons():
            path = target(lesson, language)
            if not path.exists():
                found.append(f"{path.relative_to(NOTEBOOKS.parent)} is missing. {RUN}")
            elif path.read_text(encoding="utf-8") != build(lesson, language):
                found.append(f"{path.relative_to(NOTEBOOKS.parent)} is out of date. {RUN}")
    known = {f"{language}/{lesson.name}.ipynb" for language in LANGUAGES for lesson in lessons()}
    for path in sorted(NOTEBOOKS.glob("*/*.ipynb")):
        if path.relative_to(NOTEBOOKS).as_posix() not in known:
            found.append(f"{path.relative_to(NOTEBOOKS.parent)} has no lesson.")
    return found


def build_all() -> list[str]:
    """Write all notebooks and pages but those whose translation isn't whole; returns why, a sentence each."""
    seen = coverage.seen()
    found = coverage.problems(seen)
    for language in LANGUAGES:
        open_ones = [] if language == SOURCE else problems(None, language)
        for lesson in lessons():
            missing = [] if language == SOURCE else problems(lesson, language)
            open_ones += missing
            if not missing:
                write(target(lesson, language), build(lesson, language))
        if not open_ones:
            write(DOCS / coverage.file_name(language), coverage.page(seen, language))
        found += open_ones
    return found


def write(path: Path, text: str) -> None:
    """One notebook."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    print(path)


def main(arguments: list[str] | None = None) -> int:
    """Build, or say what is out of date."""
    parser = argparse.ArgumentParser(
        prog="python -m minikafka_lessons.build", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--check", action="store_true", help="build nothing; say what is out of date")
    parser.add_argument("--language", choices=LANGUAGES, default=SOURCE, help="of --solved and --source")
    parser.add_argument("--solved", type=Path, metavar="DIR", help="write solved notebooks to DIR instead")
    parser.add_argument(
        "--source", type=Path, metavar="DIR", help="write nbgrader's source notebooks to DIR instead"
    )
    options = parser.parse_args(arguments)
    if not any(lesson.source.exists() for lesson in lessons()):
        parser.error(
            "an installed minikafka has no lesson's source; notebooks are built in a clone of the repository"
        )
    other = options.solved or options.source
    if other:
        for lesson in lessons():
            text = build(lesson, options.language, solved=bool(options.solved), markers=bool(options.source))
            write(other / f"{lesson.name}.ipynb", text)
        return 0
    found = out_of_date() if options.check else build_all()
    print(*found, sep="\n", end="\n" if found else "", file=sys.stderr)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
