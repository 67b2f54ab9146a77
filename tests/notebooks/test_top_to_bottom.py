"""Each notebook runs from top to bottom by itself, in every language: as it is handed out, and solved."""

import re
from html import unescape
from typing import TYPE_CHECKING

import pytest

from minikafka_lessons.build import build
from minikafka_lessons.course import lessons
from minikafka_lessons.language import LANGUAGES, SOURCE

if TYPE_CHECKING:
    import nbformat  # takes a second

# The first ones are quick and show most of what can go wrong; the others follow in the slow tier.
LESSONS = pytest.mark.parametrize(
    ("lesson", "language"),
    [
        pytest.param(
            lesson,
            language,
            id=f"{lesson.name}-{language}",
            marks=[] if (lesson.number, language) in ((0, "en"), (0, "ko"), (1, "en")) else [pytest.mark.slow],
        )
        for lesson in lessons()
        for language in LANGUAGES
    ],
)
THREE_WORDS = re.compile(r"(?<![\w.-])[a-z]{3,}(?:[ ,]+(?:[a-z]{1,2}[ ,]+)*[a-z]{3,}){2}(?![\w.-])")
NOT_WRITTEN = {"en": "Not written yet", "ko": "아직 쓰지 않아서 점수가 없습니다"}
WITHOUT_RULES = (0, 13)
"""Where no cluster lives by a function of the learner's: a first look, and drills that are mended by runbooks."""
GRADED = pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.name)


def run(text: str, directory) -> "nbformat.NotebookNode":
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.reads(text, as_version=4)
    client = NotebookClient(
        notebook, timeout=60, kernel_name="python3", resources={"metadata": {"path": directory}}
    )
    client.execute()
    return notebook


def said(notebook: "nbformat.NotebookNode") -> str:
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    texts = [o.get("text", "") for o in outputs] + [o.get("data", {}).get("text/plain", "") for o in outputs]
    assert not [o for o in outputs if o.output_type == "error" or o.get("name") == "stderr"]
    return "\n".join(texts)


def pictures(notebook: "nbformat.NotebookNode") -> int:
    """How many there are; each is HTML that is there without a kernel, and text where there is no HTML."""
    shown = [output.data for cell in notebook.cells for output in cell.get("outputs", ()) if "data" in output]
    assert all(set(data) <= {"text/html", "text/plain"} for data in shown)
    return sum("text/html" in data for data in shown)


@LESSONS
def test_the_skeleton_runs_and_is_polite(lesson, language, tmp_path):
    notebook = run(build(lesson, language), tmp_path)
    text = said(notebook)
    assert text.count(NOT_WRITTEN[language]) == len(lesson.exercises)
    assert pictures(notebook) >= 8
    if language != SOURCE:
        assert english_in(notebook) == []


def english_in(notebook: "nbformat.NotebookNode") -> list[str]:
    """What the pictures and grades of a notebook in another language still say in English: three different words in a row."""
    cells = [
        cell for cell in notebook.cells if cell.id != "bytes"
    ]  # what `dump-log` says is English everywhere
    shown = [o.data.get("text/html", "") for cell in cells for o in cell.get("outputs", ()) if "data" in o]
    texts = [
        unescape(text)
        for html in shown
        for text in re.findall(
            r">([^<>]+)<", re.sub(r"<(script|style|code|metadata)\b.*?</\1>", "", html, flags=re.S)
        )
    ]
    rows = {text: THREE_WORDS.findall(text) for text in texts}
    return [text for text in texts if any(len(set(re.findall("[a-z]{3,}", row))) >= 3 for row in rows[text])]


@pytest.mark.slow
@GRADED
def test_the_solved_one_gets_full_marks_in_its_own_cells(lesson, tmp_path):
    text = said(run(build(lesson, solved=True), tmp_path))
    for found in lesson.exercises:
        assert f"{found.points:g} of {found.points:g} points" in text
    assert "by your function" in text or lesson.number in WITHOUT_RULES
