"""Two languages, one lesson: the code is the same, every sentence is said, and what is missing is named."""

import ast
import io
import json
import os
import re
import subprocess
import sys
import tokenize
import warnings
from pathlib import Path

import pytest

from minikafka_lessons import build, predictions, source_cells, translations
from minikafka_lessons.catalogue import read_catalogue
from minikafka_lessons.copies import copy_notebooks
from minikafka_lessons.course import lesson, lessons
from minikafka_lessons.grade import default_files
from minikafka_lessons.grading.answers import Answer
from minikafka_lessons.grading.display import Result
from minikafka_lessons.grading.marking import grade_answer
from minikafka_lessons.grading.sandbox import Code
from minikafka_lessons.grading.submissions import read_submission
from minikafka_lessons.language import (
    LANGUAGES,
    SOURCE,
    of_the_system,
    question,
    say,
    sentence,
    speak,
    speaking,
)
from minikafka_lessons.notebook import hint
from minikafka_lessons.prose import said_code, said_markdown
from minikafka_lessons.show.figure import WIDE_FONT, themed
from minikafka_lessons.show.lag import lag_html
from minikafka_lessons.show.links import links_html

OTHERS = [name for name in LANGUAGES if name != SOURCE]
EVERY = pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.name)
HANGUL = re.compile("[가-힣]")


@pytest.fixture(autouse=True)
def english():
    yield
    speak(SOURCE)


def test_there_is_korean():
    assert LANGUAGES == ("en", "ko")


# --- one lesson in every language


def code_alone(source: str) -> list[str]:
    """The tokens without comments, docstrings and empty lines."""
    tree = ast.parse(source)
    docstrings = {
        (node.body[0].lineno, node.body[0].col_offset)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and isinstance(node.body[0], ast.Expr)
        and isinstance(node.body[0].value, ast.Constant)
    }
    skipped = (tokenize.COMMENT, tokenize.NL)
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return [t.string for t in tokens if t.type not in skipped and t.start not in docstrings]


@EVERY
@pytest.mark.parametrize("solved", [False, True], ids=["skeleton", "solved"])
def test_cells_ids_marks_and_code_are_the_same_in_every_language(lesson, solved):
    english = json.loads(build.build(lesson, solved=solved))
    ids = [cell["id"] for cell in english["cells"]]
    assert len(ids) == len(set(ids))
    for other in OTHERS:
        theirs = json.loads(build.build(lesson, other, solved=solved))
        assert theirs["metadata"]["minikafka"] == {"language": other, "lesson": lesson.number}
        assert [cell["id"] for cell in theirs["cells"]] == ids
        for ours, cell in zip(english["cells"], theirs["cells"], strict=True):
            assert cell["cell_type"] == ours["cell_type"]
            assert cell["metadata"] == ours["metadata"]
            if cell["cell_type"] == "code":
                assert code_alone("".join(cell["source"])) == code_alone("".join(ours["source"]))
            else:
                assert HANGUL.search("".join(cell["source"])), cell["id"]


@EVERY
def test_what_is_code_in_the_text_is_in_the_translation_too(lesson):
    """Names, settings and calls stay as they are: a reader types them."""
    for other in OTHERS:
        for entry in read_catalogue(translations.catalogue(lesson, other)):
            ours, theirs = (sorted(set(re.findall(r"`[^`]+`", text))) for text in (entry.source, entry.text))
            assert theirs == ours, entry.source


def test_an_id_is_written_and_stays_when_the_text_changes(tmp_path, monkeypatch):
    (tmp_path / "lesson.py").write_text('# %% [markdown] id="welcome"\n# Hello.\n\n# %%\nx = 1\n')
    source = property(lambda self: tmp_path / "lesson.py")
    monkeypatch.setattr(type(lesson(1)), "source", source)
    with pytest.raises(ValueError, match=r"cell 2 \(x = 1\) needs an id of its own"):
        source_cells.english_cells(lesson(1))
    text = (tmp_path / "lesson.py").read_text()
    (tmp_path / "lesson.py").write_text(text.replace("# %%\n", '# %% id="one"\n'))
    before = [cell["id"] for cell in source_cells.english_cells(lesson(1))]
    (tmp_path / "lesson.py").write_text(
        text.replace("# %%\n", '# %% id="one"\n').replace("Hello", "Bye").replace("x = 1", "y = 2")
    )
    assert [cell["id"] for cell in source_cells.english_cells(lesson(1))] == before == ["welcome", "one"]
    (tmp_path / "lesson.py").write_text(text.replace("# %%\n", '# %% id="welcome"\n'))
    with pytest.raises(ValueError, match="not 'welcome'"):
        source_cells.english_cells(lesson(1))


# --- what fails the build


@pytest.fixture
def korean(tmp_path, monkeypatch):
    """A copy of lesson 1's Korean catalogue, which a test may spoil."""
    path = tmp_path / "01_data_bus/ko.po"
    path.parent.mkdir()
    path.write_bytes(translations.catalogue(lesson(1), "ko").read_bytes())
    wanted = translations.sentences(lesson(1))
    monkeypatch.setattr(translations, "sentences", lambda _: wanted)
    monkeypatch.setattr(translations, "catalogue", lambda *_: path)
    monkeypatch.setattr(translations, "HERE", tmp_path)
    monkeypatch.setattr(build, "NOTEBOOKS", tmp_path / "notebooks")
    monkeypatch.setattr(build, "DOCS", tmp_path / "docs")
    return path


def spoil(path: Path, words: str, change) -> None:
    """Change one entry of a catalogue."""
    entries = path.read_text(encoding="utf-8").split("\n\n")
    (found,) = [n for n, entry in enumerate(entries) if f'msgid "{words}"' in entry]
    entries[found] = change(entries[found])
    path.write_text("\n\n".join(entry for entry in entries if entry), encoding="utf-8")


SENTENCE = "all of them, too"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda entry: "", "not translated"),
        (lambda entry: re.sub('msgstr ".*"', 'msgstr ""', entry), "not translated"),
        (lambda entry: entry.replace("msgid", "#, fuzzy\nmsgid"), "fuzzy, so look at it"),
        (
            lambda entry: entry + '\n\nmsgid "' + SENTENCE + ' once"\nmsgstr "옛날"',
            f"stale, nothing says it any more: “{SENTENCE} once”",
        ),
        (
            lambda entry: entry + '\n\n#~ msgid "' + SENTENCE + ' once"\n#~ msgstr "옛날"',
            f"stale, nothing says it any more: “{SENTENCE} once”",
        ),
    ],
    ids=["removed", "empty", "fuzzy", "not said any more", "obsolete"],
)
def test_a_sentence_that_is_missing_or_stale_fails_the_build_and_is_named(korean, change, why):
    one = lesson(1)
    assert translations.problems(one, "ko") == []
    spoil(korean, SENTENCE, change)
    (found,) = translations.problems(one, "ko")
    assert found.startswith("01_data_bus/ko.po (한국어): ")
    assert why in found
    assert SENTENCE in found


def test_the_build_leaves_a_lesson_that_is_not_translated_whole(korean, monkeypatch, capsys):
    monkeypatch.setattr(build, "lessons", lambda: (lesson(1),))
    monkeypatch.setattr(translations, "lessons", lambda: (lesson(1),))
    monkeypatch.setattr(translations, "problems", spare_the_shared_one(translations.problems))
    spoil(korean, SENTENCE, lambda entry: "")
    assert build.main([]) == 1
    assert f"01_data_bus/ko.po (한국어): not translated: “{SENTENCE}”" in capsys.readouterr().err
    assert (build.NOTEBOOKS / "en/01_data_bus.ipynb").exists()
    assert not (build.NOTEBOOKS / "ko/01_data_bus.ipynb").exists()
    assert (build.DOCS / "COVERAGE.md").exists()
    assert not (build.DOCS / "COVERAGE.ko.md").exists()
    assert build.main(["--check"]) == 1
    assert f"not translated: “{SENTENCE}”" in capsys.readouterr().err


def spare_the_shared_one(problems):
    return lambda one, other: problems(one, other) if one else []


def test_a_translation_with_other_values_is_named(korean):
    spoil(korean, "it never committed", lambda entry: entry.replace('msgstr "', 'msgstr "{nobody} '))
    (found,) = translations.problems(lesson(1), "ko")
    assert "has the values nobody instead of –" in found


def test_emphasis_that_markdown_does_not_see_is_named():
    """A closing mark between a bracket and a letter, which Korean's particles make, is no mark."""
    for text in ("**토픽(topic)**에", "가**(나)** 다", "*`poll`*은"):
        assert "Markdown does not see" in translations.emphasis_unseen(text)
    for text in (
        "**토픽**(topic)에",
        "**`f(x)`** 함수는",
        "**LAG = a − b**",
        "`a ** b` a * b",
        "*다음*에",
    ):
        assert translations.emphasis_unseen(text) == ""


def test_a_refresh_keeps_guesses_and_sets_aside(korean, monkeypatch):
    one = lesson(1)
    before = korean.read_text(encoding="utf-8")
    assert not translations.refresh(one, "ko")
    wanted = dict(translations.sentences(one))
    places = wanted.pop("nothing: nobody listened when the records were sent")
    wanted["nothing: nobody listened when these records were sent"] = places
    del wanted["it never committed"]
    monkeypatch.setattr(translations, "sentences", lambda _: wanted)
    assert translations.refresh(one, "ko")
    after = {entry.source: entry for entry in read_catalogue(korean)}
    changed = after["nothing: nobody listened when these records were sent"]
    assert changed.is_fuzzy
    assert HANGUL.search(changed.text)
    assert after["it never committed"].is_obsolete
    assert "Date" not in before + korean.read_text(encoding="utf-8"), "the same sources give the same bytes"


def test_a_text_that_is_made_at_run_time_is_refused(tmp_path):
    for source in ('say(f"{n} records")', "sentence(words)", 'question("a", f"{b}")'):
        (tmp_path / "made.py").write_text(source)
        with pytest.raises(ValueError, match=r"made\.py, line 1: give \w+ a text without values"):
            list(translations.said_in(tmp_path / "made.py"))
    (tmp_path / "made.py").write_text('say(hint)\nx = sentence("a")\nsay("b {n}", n=1)\nquestion("c", "d")\n')
    assert list(translations.said_in(tmp_path / "made.py")) == ["a", "b {n}", "c", "d"]


# --- prose


def shout(words: str) -> str:
    return words.upper()


def test_paragraphs_rows_items_and_headings_are_sentences():
    text = (
        "# A title\n\nOne paragraph\nin two lines.\n\n- an item,\n  longer\n- another\n\n| a | `b` |\n|---|---|\n"
        "| `1` | −2 |\n| c | d |\n\n> a quote\n>\n> more\n\n```text\nart │ of\n```\n\n```python\nx = code\n```\n"
        "</details>"
    )
    heard = []
    said_markdown(text, lambda words: heard.append(words) or words)
    assert heard == [
        "A title", "One paragraph in two lines.", "an item, longer", "another", "| a | `b` |", "| c | d |",
        "a quote", "more", "art │ of",
    ]  # fmt: skip
    assert said_markdown(text, lambda words: words) == text
    assert said_markdown(text, shout) == (
        "# A TITLE\n\nONE PARAGRAPH IN TWO LINES.\n\n- AN ITEM, LONGER\n- ANOTHER\n\n| A | `B` |\n|---|---|\n"
        "| `1` | −2 |\n| C | D |\n\n> A QUOTE\n>\n> MORE\n\n```text\nART │ OF\n```\n\n```python\nx = code\n```\n"
        "</details>"
    )


def test_comments_and_docstrings_are_prose_and_nothing_else_is():
    source = (
        'def f(x):\n    """Doc."""\n    # a word\n    return "# no comment", x  # noqa: F401\n\n\n'
        'print("out")  # said\n'
        "### BEGIN SOLUTION\n# YOUR CODE HERE"
    )
    assert said_code(source, shout) == source.replace("Doc.", "DOC.").replace("a word", "A WORD").replace(
        "# said", "# SAID"
    )
    assert said_code("def broken(:  # a", shout) == "def broken(:  # a"


# --- the language that is spoken


def test_a_sentence_is_said_in_the_language_that_is_spoken_and_takes_its_values():
    assert say("{n:,} sent", n=1200) == "1,200 sent"
    with speaking("ko"):
        assert say("{n:,} sent", n=1200) == "1,200개 보냄"
        assert say("a sentence that nobody has translated") == "a sentence that nobody has translated"
        assert say("{value}", value="{n} of {all}") == "{n} of {all}", "what an answer says is no template"
    assert sentence("x") == "x"
    assert question("a", "b", "c").options == ("b", "c")
    with pytest.raises(LookupError, match="There are no lessons in 'xx'; there are: en, ko"):
        speak("xx")


def test_the_terminals_language_counts_where_there_are_lessons_in_it():
    assert of_the_system({"LANG": "ko_KR.UTF-8"}) == "ko"
    assert of_the_system({"LANG": "ko_KR.UTF-8", "LC_ALL": "C.UTF-8"}) is None
    assert of_the_system({"LANG": "en_US.UTF-8"}) is None
    assert of_the_system({"LANG": "fi_FI.UTF-8"}) is None
    assert of_the_system({}) is None


def begun(source: str, tmp_path: Path, **environment: str) -> str:
    """The language after a cell, as Python runs it."""
    (tmp_path / "cell.py").write_text(
        source + "\nfrom minikafka_lessons.language import spoken; print(spoken())"
    )
    done = subprocess.run(
        [sys.executable, "cell.py"],
        cwd=tmp_path,
        env={**os.environ, "MINIKAFKA_STATE_DIR": str(tmp_path), **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()[-1]


def test_begin_hears_the_first_cell_before_the_lab(tmp_path):
    cell = "import sys; from minikafka_lessons.language import *\nspeak(of_the_cell(sys._getframe()) or wished())"
    assert begun(f"# language: ko\n{cell}", tmp_path) == "ko"
    assert begun(f"# language: en\n{cell}", tmp_path, MINIKAFKA_LANGUAGE="ko") == "en"
    assert begun(cell, tmp_path, MINIKAFKA_LANGUAGE="ko") == "ko"
    assert begun(cell, tmp_path) == "en"


def test_widgets_hints_and_grades_speak_it():
    exercise = lesson(1).exercises[0]
    wrong = Code("def lag(end, committed, start):\n    return 0 if committed is None else end - committed")
    speak("ko")
    predictions.forget_all()
    asked = predictions.predict("?", "a", "b").seal("a")
    assert "“a”(으)로 정했습니다" in asked.html
    assert "✓ 예측한 대로입니다" in asked.reveal(True, False).html
    predictions.forget_all()
    assert "힌트 1/3" in hint("1a", 1).html
    assert "로그를 선으로 그려 보세요" in hint("1a", 1).html
    told = repr(Result(grade_answer(Answer(exercise, wrong), (1,))))
    for line in told.splitlines():
        assert HANGUL.search(line), line
    assert "lag(10, None, 0) → 0; 기대한 값: None (한 번도 커밋하지 않았습니다)" in told
    assert "연결 20개" in links_html(4, 5)
    assert "그룹의 LAG" in lag_html([(0.0, 0, 0, 0)], "g")


# --- the lab and the grade


def test_both_languages_live_side_by_side_and_are_graded(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert len(copy_notebooks(tmp_path / "minikafka-lab")) == len(lessons())
    assert [p.name for p in default_files()] == [f"{one.name}.ipynb" for one in lessons()]
    assert len(copy_notebooks(tmp_path / "minikafka-lab", "ko")) == len(lessons())
    assert copy_notebooks(tmp_path / "minikafka-lab", "ko") == []
    korean = tmp_path / "minikafka-lab/ko/01_data_bus.ipynb"
    assert korean.exists()
    assert {p.parent.name for p in default_files()} == {"minikafka-lab"}, "in the other nobody has worked"
    written = json.loads(korean.read_text(encoding="utf-8"))
    written["cells"][0]["source"] = ["My own words."]
    korean.write_text(json.dumps(written), encoding="utf-8")
    assert [p.parent.name for p in default_files() if p.name == korean.name] == ["ko"]
    assert len(default_files()) == len(lessons())
    assert {p.parent.name for p in default_files("ko")} == {"ko"}
    assert {p.parent.name for p in default_files("en")} == {"minikafka-lab"}
    assert read_submission(korean).language == "ko"
    odd = json.loads(korean.read_text(encoding="utf-8"))
    odd["metadata"]["minikafka"]["language"] = ["xx"]
    korean.write_text(json.dumps(odd), encoding="utf-8")
    assert read_submission(korean).language == "en"


@pytest.mark.parametrize(
    ("more", "head"),
    [((), "1강"), pytest.param(("--language", "en"), "Lesson 1", marks=pytest.mark.slow)],
    ids=["own", "asked"],
)
def test_a_korean_notebook_gets_a_korean_report(tmp_path, more, head):
    path = tmp_path / "mine.ipynb"
    path.write_text(build.build(lesson(1), "ko"), encoding="utf-8")
    command = [sys.executable, "-m", "minikafka.cli", "grade", str(path), *more]
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "LANG": "C.UTF-8"}, check=False
    )
    assert head in done.stdout
    assert ("아직 쓰지 않았습니다" in done.stdout) is (not more)
    assert done.returncode == 1


# --- figures


def test_a_figure_has_room_for_hangul_without_any_font_for_it():
    widths = {}

    def draw(figure):
        axes = figure.subplots()
        axes.set_title("페이지 캐시")
        for words in ("페이지 캐시", "page cache"):
            text = axes.text(0, 0, words, fontsize=10)
            widths[words] = text.get_window_extent(figure._get_renderer()).width

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        drawing = themed(draw, (4, 3), "그림")
    assert "페이지 캐시</text>" in drawing, "it is text, which the browser draws with a font of its own"
    assert "DejaVu" not in drawing
    assert 'aria-label="그림"' in drawing
    assert 45 < widths["페이지 캐시"] < 55, "five syllables of ten points and a space"
    assert WIDE_FONT.stat().st_size < 1000
