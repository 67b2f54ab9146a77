"""The welcome page in JupyterLab: it leads to a lesson, shows its marks as they come, speaks both languages, and a
lesson that begins again loses nothing."""

import pytest

from in_chromium import CELL, CHROMIUM, NOTEBOOK, choose, errors, is_idle, run_all

from minikafka_lessons import progress
from minikafka_lessons.build import build
from minikafka_lessons.copies import kept_copies, own_notebook
from minikafka_lessons.course import lesson, lessons
from minikafka_lessons.language import speaking
from minikafka_lessons.progress import Checked, now
from minikafka_lessons.welcome import titled

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(
        CHROMIUM is None, reason="no Chromium on this machine: the welcome page was not opened"
    ),
]
PAGE = ".jp-MarkdownViewer:visible"
SEEN = {"English, light": (None, "JupyterLab Light", "en"), "Korean, dark": (None, "JupyterLab Dark", "ko")}
WORDS = {
    "en": ("Welcome to minikafka", "한국어", "0a · 4 of 4", "First save the notebook", "Lesson 0 begins again."),
    "ko": (
        "minikafka에 오신 것을 환영합니다",
        "English",
        "0a · 4/4점",
        "먼저 노트북을 저장하고",
        "0강을 처음부터 다시 시작합니다.",
    ),
}


def answer_lesson_0(place, language):
    """As if the learner had written it the day before, after some of lessons 1 and 2."""
    for exercise, points, of in (("1a", 8, 8), ("1b", 9, 9), ("2a", 5, 8)):
        progress.note(Checked(exercise, points, of, now()), place=place)
    own_notebook(place, lesson(0), language).write_text(
        build(lesson(0), language, solved=True), encoding="utf-8"
    )


def whole(page, path):
    """The page to its end, at the width of a desk."""
    page.set_viewport_size({"width": 1280, "height": 1750})
    page.wait_for_timeout(500)
    page.screenshot(path=path)
    page.set_viewport_size({"width": 1280, "height": 1000})


def is_in_sight(page, words):
    """The notebook was scrolled to the cell with these words."""
    place = f"[...document.querySelectorAll('{CELL}')].find(e => e.textContent.includes('{words}'))"
    page.wait_for_function(f"Math.abs({place}?.getBoundingClientRect().top - innerHeight / 4) < innerHeight / 4")


def run_in_a_new_cell(page, code):
    """Below the last one; returns what it puts out."""
    last = page.locator(CELL).last
    last.locator(".jp-InputPrompt").click()
    page.keyboard.press("b")
    page.keyboard.press("Enter")
    page.keyboard.type(code)
    page.keyboard.press("Control+Enter")
    told = page.locator(CELL).last.locator(".jp-OutputArea-output")
    told.wait_for()
    return told


@pytest.mark.parametrize("lab", SEEN.values(), indirect=True, ids=SEEN)
def test_from_the_welcome_page_to_full_marks_and_back_to_a_fresh_lesson(lab, page, tmp_path, shots):
    _, address = lab
    language = "ko" if "/ko/" in address else "en"
    title, other, marks, save_first, again = WORDS[language]
    place = tmp_path / "minikafka-lab"
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    answer_lesson_0(place, language)

    page.goto(address)
    page.locator(f"{PAGE} h1:has-text('{title}')").wait_for(timeout=60_000)
    assert page.locator(f"{PAGE} tbody tr").count() == len(lessons())
    if shots is not None:
        whole(page, shots / f"welcome-{language}.png")
    page.locator(f"{PAGE} td:has-text('◐ 2a')").wait_for(timeout=20_000)
    with speaking(language):
        page.locator(f"{PAGE} h3 a:has-text('{titled(lesson(0))}')").click()
    run_all(page)
    assert errors(page) == []
    assert f"# language: {language}" in page.locator(CELL).first.text_content()

    page.locator(".lm-TabBar-tab:has-text('Welcome.md')").click()
    page.locator(f"{PAGE} td:has-text('✓ {marks}')").wait_for(timeout=20_000)  # without a reload
    if shots is not None:
        whole(page, shots / f"welcome-{language}-marks.png")
    page.locator(f"{PAGE} td a:text-is('0a')").click()
    (name,) = lesson(0).exercises[0].names
    is_in_sight(page, f"def {name}(")
    page.locator(".lm-TabBar-tab:has-text('Welcome.md')").click()
    page.locator(f"{PAGE} a:has-text('{other}')").click()
    theirs = WORDS["en" if language == "ko" else "ko"]
    page.locator(f"{PAGE} h1:has-text('{theirs[0]}')").wait_for()
    page.locator(f"{PAGE} td:has-text('✓ {theirs[2]}')").wait_for()

    page.locator(f".lm-TabBar-tab:has-text('{lesson(0).name}')").click()
    is_idle(page)
    told = run_in_a_new_cell(page, "from minikafka_lessons import reset; reset()")
    assert save_first in told.text_content()
    assert kept_copies(place, lesson(0), language) == []
    page.keyboard.press("Control+s")
    page.wait_for_function("!document.querySelector('.lm-TabBar-tab.jp-mod-dirty')")
    page.locator(CELL).last.locator(".jp-InputArea-editor").click()
    page.keyboard.press("Control+Enter")
    page.locator(f"{NOTEBOOK} .jp-OutputArea-output:has-text('{again}')").wait_for()
    (kept,) = kept_copies(place, lesson(0), language)
    assert "reset()" in kept.read_text(encoding="utf-8")
    choose(page, "File", "Reload Notebook from Disk")
    page.click("button:has-text('Reload')")
    page.wait_for_function(f"!document.querySelector('{NOTEBOOK} .jp-OutputArea-output')")
    assert "NotImplementedError" in page.locator(NOTEBOOK).text_content()
    page.locator(".lm-TabBar-tab:has-text('Welcome.md') >> nth=0").click()
    page.locator(f"{PAGE} a:has-text('{kept.name}')").wait_for()
    page.locator(f"{PAGE} td:has-text('✓ {marks}')").wait_for()
    if shots is not None:
        whole(page, shots / f"welcome-{language}-again.png")
    assert complaints == []
