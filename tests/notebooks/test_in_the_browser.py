"""What a learner sees: `minikafka lab`, JupyterLab in Chromium, Run All. Screenshots go to $MINIKAFKA_SHOTS."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from minikafka_lessons.course import lessons

CHROMIUM = next((p for p in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if p), None)
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(
        CHROMIUM is None, reason="no Chromium on this machine: lessons were not seen in a browser"
    ),
]
SETTINGS = {
    # All cells in the page, so that a test can look at each.
    "@jupyterlab/notebook-extension/tracker.jupyterlab-settings": {"windowingMode": "none"},
}
NOTEBOOK = ".jp-NotebookPanel:not(.lm-mod-hidden)"


@pytest.fixture
def lab(tmp_path, request):
    """A running lab: (number, theme) → the address of its lesson."""
    number, theme = request.param
    settings = {**SETTINGS, "@jupyterlab/apputils-extension/themes.jupyterlab-settings": {"theme": theme}}
    for name, value in settings.items():
        path = tmp_path / "settings" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value))
    environment = {
        **os.environ,
        "JUPYTERLAB_SETTINGS_DIR": str(tmp_path / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(tmp_path / "workspaces"),
    }
    command = [sys.executable, "-m", "minikafka.cli", "lab", str(number), "--no-browser", "--port", "0"]
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    told, address = "", None
    for line in process.stdout:
        told += line
        found = re.search(r"http://\S+token=\S+", line)
        address = found.group(0) if found else address
        if "the end" in line:
            break
    assert address, told
    yield number, address
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0


@pytest.fixture
def page():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=list(FLAGS))
        yield browser.new_page(viewport={"width": 1280, "height": 1000})
        browser.close()


def run_all(page) -> set[str]:
    """Run the notebook; returns the different pictures that its live views showed meanwhile."""
    page.wait_for_selector(f"{NOTEBOOK} .jp-CodeCell", timeout=60_000)
    page.wait_for_selector("text=Python 3 (ipykernel) | Idle", timeout=60_000)
    page.click("li.lm-MenuBar-item:has-text('Run')")
    page.click("li.lm-Menu-item:has-text('Run All Cells') >> nth=0")
    # The last code cell gets its number when all of them ran.
    last = f"[...document.querySelectorAll('{NOTEBOOK} .jp-CodeCell .jp-InputPrompt')].at(-1).textContent"
    live = (
        f"[...document.querySelectorAll('{NOTEBOOK} .widget-html svg')].map(e => e.textContent).join('\\n')"
    )
    seen: set[str] = set()
    for _ in range(300):
        seen.add(page.evaluate(live))
        if page.evaluate(f"/\\[\\d+\\]/.test({last})"):
            return seen
        page.wait_for_timeout(300)
    raise AssertionError("the notebook did not come to its end in 90 s")


@pytest.mark.parametrize(
    "lab",
    [(1, "JupyterLab Light"), (2, "JupyterLab Dark"), (6, "JupyterLab Dark")],
    indirect=True,
    ids=["lesson 1, light", "lesson 2, dark", "lab 6, dark"],
)
def test_run_all_leaves_no_error_and_the_widgets_show(lab, page, shots: Path | None):
    number, address = lab
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address)
    lab_only = number == 6  # measurements stand still, but for one view of files
    assert len(run_all(page)) > (3 if lab_only else 8), "the live views stood still while the cells ran"
    outputs = page.locator(f"{NOTEBOOK} .jp-OutputArea-output")
    assert outputs.count() > 10
    errors = page.locator(f"{NOTEBOOK} [data-mime-type='application/vnd.jupyter.error']")
    stderr = page.locator(f"{NOTEBOOK} [data-mime-type='application/vnd.jupyter.stderr']")
    assert (errors.count(), stderr.count()) == (0, 0)
    views = page.locator(f"{NOTEBOOK} .jp-OutputArea-output .widget-html")
    assert views.count() >= 4
    drawings = page.locator(f"{NOTEBOOK} .widget-html svg")
    assert drawings.count() >= (1 if lab_only else 3)
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
    if shots is not None:
        picture(page, shots / f"lesson-{number}.png")


def picture(page, path: Path) -> None:
    page.evaluate(f"document.querySelector('{NOTEBOOK} .jp-WindowedPanel-outer').scrollTop = 0")
    height = page.evaluate(f"document.querySelector('{NOTEBOOK} .jp-WindowedPanel-outer').scrollHeight")
    page.screenshot(path=path.with_suffix(".top.png"))
    page.set_viewport_size({"width": 1280, "height": int(height) + 120})
    page.wait_for_timeout(1_000)
    page.screenshot(path=path)


def test_the_course_is_seen_whole():
    assert {lesson.number for lesson in lessons()} == {1, 2, 6}, "add the new lesson to the browser test"
