"""What a learner sees: `minikafka lab`, JupyterLab in Chromium, Run All. Screenshots go to $MINIKAFKA_SHOTS."""

from pathlib import Path

import pytest

from in_chromium import (
    CELL,
    CHROMIUM,
    NOTEBOOK,
    errors,
    is_idle,
    picture,
    run_all,
    run_cell,
    save_restart_reload,
    saved,
)

from minikafka_lessons.course import lessons

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(
        CHROMIUM is None, reason="no Chromium on this machine: lessons were not seen in a browser"
    ),
]

SEEN = {
    "lesson 0, light": (0, "JupyterLab Light"),
    "lesson 1, light": (1, "JupyterLab Light"),
    "lesson 2, dark": (2, "JupyterLab Dark"),
    "lesson 3, dark": (3, "JupyterLab Dark"),
    "lesson 5, light": (5, "JupyterLab Light"),
    "lesson 6, dark": (6, "JupyterLab Dark"),
    "lesson 7, dark": (7, "JupyterLab Dark"),
    "lesson 8, light": (8, "JupyterLab Light"),
    "lesson 1, Korean": (1, "JupyterLab Dark", "ko"),
    "lesson 2, Korean": (2, "JupyterLab Light", "ko"),
    "lesson 4, Korean": (4, "JupyterLab Light", "ko"),
    "lesson 6, Korean": (6, "JupyterLab Light", "ko"),
    "lesson 9, Korean": (9, "JupyterLab Dark", "ko"),
    "lesson 10, Korean": (10, "JupyterLab Light", "ko"),
    "lesson 12, light": (12, "JupyterLab Light"),
    "lesson 13, dark": (13, "JupyterLab Dark"),
}
"""Every lesson in one language at least; and in light and dark."""
MOVING = {1: 8, 2: 8, 6: 3}
"""At least so many different pictures while the cells run: live views. Others are drawn by their cells."""


@pytest.mark.parametrize("lab", SEEN.values(), indirect=True, ids=SEEN)
def test_run_all_leaves_no_error_and_the_pictures_show(lab, page, shots: Path | None):
    number, address = lab
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address)
    assert len(run_all(page)) > MOVING.get(number, 0), "the live views stood still while the cells ran"
    outputs = page.locator(f"{NOTEBOOK} .jp-OutputArea-output")
    assert outputs.count() > 10
    assert errors(page) == []
    drawings = page.locator(f"{NOTEBOOK} .jp-RenderedHTML svg:visible:not([aria-hidden])")
    assert drawings.count() >= 2  # without the narrow forms, and without the icons on buttons
    for i in range(drawings.count()):
        box = drawings.nth(i).bounding_box()
        frame = (
            drawings.nth(i)
            .locator("xpath=ancestor::div[contains(@class,'jp-OutputArea-output')]")
            .bounding_box()
        )
        assert box["width"] > 300
        assert box["x"] + box["width"] <= frame["x"] + frame["width"] + 1, "a picture sticks out of its place"
    assert page.locator("text=model not found").count() == 0
    assert page.locator("text=official Jupyter news").count() == 0
    assert complaints == []
    shown = f"lesson-{number}-ko" if "/ko/" in address else f"lesson-{number}"
    if shots is not None:
        picture(page, shots / f"{shown}.png")
    before = drawings.all_text_contents()
    save_restart_reload(page)
    assert page.locator("text=model not found").count() == 0
    assert drawings.all_text_contents() == before, "the pictures are there as they stood last"
    if shots is not None:
        picture(page, shots / f"{shown}-reloaded.png")


@pytest.mark.parametrize("lab", [(1, "JupyterLab Light")], indirect=True)
def test_a_click_is_a_choice_and_all_is_there_after_a_restart_and_a_reload(lab, page, tmp_path, shots):
    _, address = lab
    page.goto(address)
    is_idle(page)
    for index in range(7):
        run_cell(page, index)
    (place,) = page.locator(f"{NOTEBOOK} [id^=minikafka-]:has(button)").all()
    place.locator("button").nth(1).click()
    chosen = page.locator(f"{NOTEBOOK} [data-state]:has-text('Sealed')")
    chosen.wait_for()
    for index in (7, 8):
        run_cell(page, index)
    page.locator(f"{NOTEBOOK} input[type=range]").first.fill("6")
    assert "6 × 12 = 72 links" in page.locator(f"{NOTEBOOK} [data-title]").first.text_content()
    drawn = f"{NOTEBOOK} .jp-OutputArea-output svg:not(:has([data-wire]))"  # not those that the sliders moved
    before = page.locator(drawn).all_text_contents()
    save_restart_reload(page)
    outputs = [o for c in saved(tmp_path, "01_data_bus")["cells"] for o in c.get("outputs", ())]
    assert {mime for o in outputs for mime in o.get("data", {})} == {"text/html", "text/plain"}
    assert page.locator("text=model not found").count() == 0
    assert page.locator(drawn).all_text_contents() == before, "the live pictures stand as they stood last"
    assert len(before) == 2
    told = page.locator(f"{NOTEBOOK} .jp-OutputArea-output").all_text_contents()
    assert any("the last few, which the brokers still remember · your prediction" in text for text in told)
    assert any("✗ You predicted “the last few" in text for text in told)
    page.locator(f"{NOTEBOOK} input[type=range]").first.fill("3")
    assert "3 × 12 = 36 links" in page.locator(f"{NOTEBOOK} [data-title]").first.text_content()
    if shots is not None:
        picture(page, shots / "lesson-1-reloaded.png")


@pytest.mark.parametrize("lab", [(1, "JupyterLab Light")], indirect=True)
def test_a_click_after_a_restart_says_what_to_do(lab, page):
    _, address = lab
    page.goto(address)
    is_idle(page)
    for index in range(7):
        run_cell(page, index)
    save_restart_reload(page)
    page.locator(f"{NOTEBOOK} [id^=minikafka-] button").first.click()
    page.locator("text=The kernel doesn't know this question any more: run its cell again.").wait_for()
    assert not errors(page)


@pytest.mark.parametrize(
    "lab",
    [(1, "JupyterLab Light"), (2, "JupyterLab Light"), (6, "JupyterLab Light")],
    indirect=True,
    ids=["lesson 1", "lesson 2", "lab 6"],
)
def test_each_cell_is_interrupted_after_half_a_second_and_run_twice(lab, page, shots):
    number, address = lab
    page.goto(address)
    is_idle(page)
    cut = 0
    for index in range(page.locator(CELL).count()):
        run_cell(page, index, interrupt_after_s=0.5)
        told = errors(page)
        assert all(text.strip().startswith("Interrupted.") for text in told), told
        cut += len(told)
        for _ in range(2):
            run_cell(page, index)
            assert not errors(page)
    assert cut, "nothing took half a second"
    if shots is not None:
        picture(page, shots / f"lesson-{number}-interrupted-and-twice.png")


def test_the_course_is_seen_whole():
    assert {lesson.number for lesson in lessons()} == {number for number, *_ in SEEN.values()}
