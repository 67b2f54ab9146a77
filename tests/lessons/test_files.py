"""Files as they come: missing, broken, copied; one bad one never stops the others."""

import json
import os
from pathlib import Path

import pytest
from answers import RIGHT
from answers.lesson_1 import LAG, PUBLISH, READ_ALL

from minikafka_lessons.build import build
from minikafka_lessons.course import lesson
from minikafka_lessons.grade import grade_files
from minikafka_lessons.grading.submissions import Unreadable, lesson_number, notebook_cells, read_submission


def fail(sentence: str) -> Exception:
    return AssertionError(sentence)


def notebook(path: Path, *cells: str, exercises: dict[int, str] | None = None) -> Path:
    found = []
    for i, source in enumerate(cells):
        mark = (exercises or {}).get(i)
        metadata = {"minikafka": {"exercise": mark}} if mark else {}
        found.append(
            {
                "cell_type": "code",
                "metadata": metadata,
                "source": source,
                "outputs": [],
                "execution_count": None,
            }
        )
    path.write_text(json.dumps({"cells": found, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    return path


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.ipynb", "{ not json", "JSON is broken"),
        ("a.ipynb", "[]", "no list of cells"),
        ("a.ipynb", '{"cells": 3}', "no list of cells"),
        ("a.ipynb", '{"cells": []}', "No exercise"),
        ("a.py", "print(1)\n", "No exercise"),
        ("a.txt", "x", "neither a notebook"),
    ],
)
def test_a_broken_file_is_one_sentence(tmp_path, name, text, words):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(Unreadable, match=words):
        read_submission(path)


def test_a_broken_file_is_in_the_report_and_makes_the_status_2(tmp_path, capsys):
    path = tmp_path / "a.ipynb"
    path.write_text("{ not json")
    assert grade_files([path], as_json=False, fail=fail) == 2
    assert "JSON is broken" in " ".join(capsys.readouterr().out.split())


def test_a_missing_file_and_a_directory(tmp_path, capsys):
    assert grade_files([tmp_path / "none.ipynb", tmp_path], as_json=True, fail=fail) == 2
    first, second = json.loads(capsys.readouterr().out)
    assert "There is no file" in first["problem"]
    assert "is a directory" in second["problem"]


def test_not_utf8(tmp_path):
    path = tmp_path / "a.py"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Unreadable, match="can't be read"):
        read_submission(path)


@pytest.mark.slow
def test_one_broken_cell_costs_its_own_exercise_only(tmp_path, capsys):
    path = notebook(tmp_path / "a.ipynb", "def lag(e, c, s:\n  return", PUBLISH + READ_ALL)
    assert grade_files([path], as_json=True, fail=fail) == 1
    lag, bus = json.loads(capsys.readouterr().out)[0]["exercises"]
    assert "no valid Python" in lag["problem"]
    assert lag["points"] == 0
    assert bus["full"]


def test_a_missing_function_and_a_wrong_signature(tmp_path, capsys):
    path = notebook(tmp_path / "a.ipynb", "def lag(a):\n    return 1", "x = 1")
    assert grade_files([path], as_json=True, fail=fail) == 1
    lag, bus = json.loads(capsys.readouterr().out)[0]["exercises"]
    assert lag["points"] == 0
    assert "TypeError" in lag["marks"][0]["message"]
    assert "missing" in bus["problem"]


def test_one_bad_submission_never_stops_the_others(tmp_path, capsys):
    bad = notebook(tmp_path / "bad.ipynb", "def lag(e, c, s):\n    import os\n    os._exit(1)")
    good = tmp_path / "good.py"
    good.write_text(LAG + PUBLISH + READ_ALL)
    assert grade_files([bad, tmp_path / "none.py", good], as_json=True, fail=fail) == 2
    first, second, third = json.loads(capsys.readouterr().out)
    assert first["points"] == 0
    assert second["problem"]
    assert third["points"] == third["of"]


@pytest.mark.slow
def test_full_marks_are_status_0(tmp_path, capsys):
    paths = []
    for number in (1, 2):
        path = tmp_path / f"{number}.ipynb"
        path.write_text(build(lesson(number), solved=True))
        paths.append(path)
    assert grade_files(paths, as_json=False, fail=fail) == 0
    assert "30 of 30 points · full marks" in capsys.readouterr().out


def test_the_skeletons_are_status_1_and_no_points(tmp_path, capsys):
    path = tmp_path / "1.ipynb"
    path.write_text(build(lesson(1)))
    assert grade_files([path], as_json=True, fail=fail) == 1
    assert json.loads(capsys.readouterr().out)[0]["points"] == 0


def test_a_copied_cell_is_noted_and_the_last_counts(tmp_path):
    wrong = "def lag(e, c, s):\n    return 0\n"
    path = notebook(tmp_path / "a.ipynb", wrong, LAG, exercises={0: "1a", 1: "1a"})
    answer = read_submission(path).answers[0]
    assert answer.code.source == LAG
    assert "cell 2. Passed over: cell 1 (an earlier one)." in answer.notes[0]


def test_helpers_and_imports_of_other_cells_come_along_and_nothing_else(tmp_path):
    path = notebook(
        tmp_path / "a.ipynb",
        "%matplotlib inline\nimport math\nfrom minikafka_lessons import begin\ncluster = begin(1)",
        "FLOOR = 0\ndef clamp(x):\n    return max(FLOOR, math.floor(x))",
        "def lag(e, c, s):\n    return None if c is None else clamp(e - max(c, s))",
    )
    code = read_submission(path).answers[0].code
    assert "import math" in code.before
    assert "clamp" in code.before
    assert "FLOOR = 0" in code.before
    assert "begin" not in code.before


def test_line_numbers_in_messages_are_those_of_the_cell(grade):
    marks = grade("1a", "\n\ndef lag(e, c, s):\n    return e - 'x'\n")
    assert "line 4" not in marks.marks[0].message  # the message tells what it did …
    assert "raised TypeError" in marks.marks[0].message


def test_percent_format_answers(tmp_path):
    path = tmp_path / "answers.py"
    path.write_text(f'# %% [markdown]\n# words\n# %% exercise="2b"\n{RIGHT["2b"]}\n# %%\n{RIGHT["2a"]}\n')
    found = read_submission(path)
    assert found.lesson.number == 2
    assert [a.problem for a in found.answers] == ["", ""]


def test_odd_cells_are_skipped():
    cells, metadata = notebook_cells(
        '{"cells": [3, {"cell_type": "code", "source": ["a", 5]}, {}], "metadata": 4}', Path("x")
    )
    assert [c.source for c in cells] == ["a"]
    assert lesson_number(metadata) is None


def test_a_large_notebook_is_graded_and_large_code_is_refused(tmp_path):
    """Pictures don't count; 50 MB of code is no code."""
    cells = [
        {
            "cell_type": "code",
            "metadata": {},
            "source": LAG,
            "execution_count": None,
            "outputs": [picture(50_000_000)],
        }
    ]
    path = tmp_path / "a.ipynb"
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    assert read_submission(path).answers[0].code.source == LAG
    path = notebook(tmp_path / "b.ipynb", LAG, "x = '" + "x" * 50_000_000 + "'")
    with pytest.raises(Unreadable, match="50 million characters; the grader reads 1 million"):
        read_submission(path)


def picture(size: int) -> dict[str, object]:
    return {"output_type": "display_data", "metadata": {}, "data": {"image/png": "A" * size}}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_what_is_no_regular_file_is_not_opened(tmp_path):
    os.mkfifo(tmp_path / "a.ipynb")
    with pytest.raises(Unreadable, match="no regular file"):
        read_submission(tmp_path / "a.ipynb")


def test_a_file_in_the_folder_of_the_submissions_is_never_imported(tmp_path, monkeypatch, capsys):
    """`random.py` among the submissions is an answer, not the library's module."""
    (tmp_path / "random.py").write_text("raise SystemExit('imported')\n")
    path = notebook(tmp_path / "a.ipynb", LAG)
    monkeypatch.chdir(tmp_path)
    assert grade_files([path], as_json=True, fail=fail) == 1
    assert json.loads(capsys.readouterr().out)[0]["points"] == 8.0
