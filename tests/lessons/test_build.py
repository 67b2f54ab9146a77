"""The notebooks are what the sources say, bare of outputs, and hold no solution."""

import json

import pytest

from minikafka_lessons.build import build, main, out_of_date, target
from minikafka_lessons.course import lessons

LESSONS = pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.name)


def test_the_committed_notebooks_are_up_to_date():
    assert out_of_date() == []


@LESSONS
def test_a_notebook_is_bare_and_stable(lesson):
    text = target(lesson).read_text(encoding="utf-8")
    import nbformat  # takes a second

    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata.kernelspec.name == "python3"
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    ids = [cell.id for cell in notebook.cells]
    assert len(ids) == len(set(ids))
    assert build(lesson) == build(lesson) == text


@LESSONS
def test_a_skeleton_has_no_solution_and_a_source_has_nbgraders_marks(lesson):
    assert "SOLUTION" not in build(lesson)
    source = build(lesson, markers=True)
    assert source.count("### BEGIN SOLUTION") == source.count("### END SOLUTION")
    assert "### BEGIN SOLUTION" in source
    marks = [c["metadata"]["nbgrader"] for c in json.loads(source)["cells"] if "nbgrader" in c["metadata"]]
    assert all(m["schema_version"] == 3 for m in marks)
    ids = [m["grade_id"] for m in marks]
    assert len(ids) == len(set(ids))
    graded = [m for m in marks if m["grade"]]
    assert all(m["locked"] and m["points"] > 0 for m in graded)
    assert sum(m["points"] for m in graded) == sum(e.points for e in lesson.exercises)
    assert [m for m in marks if m["solution"]]


def test_a_source_that_changed_is_noticed(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr("minikafka_lessons.build.lessons", lambda: lessons()[:2])
    monkeypatch.setattr("minikafka_lessons.build.NOTEBOOKS", tmp_path)
    monkeypatch.setattr("minikafka_lessons.build.DOCS", tmp_path / "docs")
    assert main(["--check"]) == 1
    said = capsys.readouterr().err
    assert "is missing. Run: python -m minikafka_lessons.build" in said
    assert "docs/COVERAGE.ko.md is out of date. Run: python -m minikafka_lessons.build" in said
    assert main([]) == 0
    assert main(["--check"]) == 0
    first = sorted(tmp_path.glob("en/*.ipynb"))[0]
    first.write_text(first.read_text().replace("Lesson", "lesson"))
    assert main(["--check"]) == 1
    (tmp_path / "en/99_more.ipynb").write_text("{}")
    assert "has no lesson" in " ".join(out_of_date())
