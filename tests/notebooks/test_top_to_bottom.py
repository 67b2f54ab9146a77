"""Each notebook runs from top to bottom by itself: the skeleton as it is handed out, and the solved one."""

from typing import TYPE_CHECKING

import pytest

from minikafka_lessons.build import build
from minikafka_lessons.course import lessons
if TYPE_CHECKING:
    import nbformat  # takes a second

# The first one is quick and shows most of what can go wrong; the others follow in the slow tier.
FIRST, *OTHERS = lessons()
LESSONS = pytest.mark.parametrize(
    "lesson",
    [FIRST, *(pytest.param(lesson, marks=pytest.mark.slow) for lesson in OTHERS)],
    ids=lambda lesson: lesson.name,
)
GRADED = pytest.mark.parametrize(
    "lesson", [lesson for lesson in lessons() if not lesson.is_lab], ids=lambda lesson: lesson.name
)


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
def test_the_skeleton_runs_and_is_polite(lesson, tmp_path):
    notebook = run(build(lesson), tmp_path)
    text = said(notebook)
    assert text.count("Not written yet") == len(lesson.exercises)
    assert pictures(notebook) >= 8


@pytest.mark.slow
@GRADED
def test_the_solved_one_gets_full_marks_in_its_own_cells(lesson, tmp_path):
    text = said(run(build(lesson, solved=True), tmp_path))
    for found in lesson.exercises:
        assert f"{found.points:g} of {found.points:g} points" in text
    assert "by your function" in text or "(by your function)" in text
