"""JupyterLab in headless Chromium, as a learner uses it: run a cell, interrupt it, save, restart, reload."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
SETTINGS = {
    # All cells in the page, so that a test can look at each.
    "@jupyterlab/notebook-extension/tracker.jupyterlab-settings": {"windowingMode": "none"},
}

NOTEBOOK = ".jp-NotebookPanel:not(.lm-mod-hidden)"
CELL = f"{NOTEBOOK} .jp-CodeCell"


@contextmanager
def running_lab(directory: Path, *words: str, theme: str) -> Iterator[str]:
    """`minikafka lab` with these words, called in the directory; the address that it opens."""
    settings = {**SETTINGS, "@jupyterlab/apputils-extension/themes.jupyterlab-settings": {"theme": theme}}
    for name, value in settings.items():
        path = directory / "settings" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value))
    environment = {
        **os.environ,
        "JUPYTERLAB_SETTINGS_DIR": str(directory / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(directory / "workspaces"),
    }
    command = [sys.executable, "-m", "minikafka.cli", "lab", *words, "--no-browser", "--port", "0"]
    process = subprocess.Popen(
        command, cwd=directory, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    told, address = "", None
    for line in process.stdout:
        told += line
        found = re.search(r"http://\S+token=\S+", line)
        address = found.group(0) if found else address
        if "Ctrl-C" in line:
            break
    try:
        assert address, told
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def is_idle(page) -> None:
    page.wait_for_selector(CELL, timeout=60_000)
    page.wait_for_selector("text=Python 3 (ipykernel) | Idle", timeout=60_000)


def choose(page, menu: str, entry: str) -> None:
    page.click(f"li.lm-MenuBar-item:has-text('{menu}')")
    page.click(f"li.lm-Menu-item:has-text('{entry}') >> nth=0")


def run_all(page) -> set[str]:
    """Run the notebook; returns the different pictures that it showed meanwhile."""
    is_idle(page)
    choose(page, "Run", "Run All Cells")
    # The last code cell gets its number when all of them ran.
    last = f"[...document.querySelectorAll('{CELL} .jp-InputPrompt')].at(-1).textContent"
    live = f"[...document.querySelectorAll('{NOTEBOOK} .jp-RenderedHTML svg')].map(e => e.textContent).join('\\n')"
    seen: set[str] = set()
    for _ in range(300):
        seen.add(page.evaluate(live))
        if page.evaluate(f"/\\[\\d+\\]/.test({last})"):
            return seen
        page.wait_for_timeout(300)
    raise AssertionError("the notebook did not come to its end in 90 s")


def run_cell(page, index: int, interrupt_after_s: float | None = None, limit_s: float = 60.0) -> None:
    """Run one cell, and interrupt it where it takes longer."""
    cell = page.locator(CELL).nth(index)
    prompt = cell.locator(".jp-InputPrompt").first
    before = prompt.text_content()
    cell.locator(".jp-InputArea-editor").click()
    page.keyboard.press("Control+Enter")
    began = time.monotonic()
    while time.monotonic() - began < limit_s:
        page.wait_for_timeout(50)
        now = prompt.text_content() or ""
        if now != before and re.search(r"\[\d+\]", now):
            return
        if interrupt_after_s is not None and time.monotonic() - began > interrupt_after_s:
            interrupt_after_s = None
            page.click(f"{NOTEBOOK} [data-command='notebook:interrupt-kernel']")
    raise AssertionError(f"cell {index} has no end")


def errors(page) -> list[str]:
    """What stands in red: JupyterLab draws an error's traceback, or its sentence, as it draws stderr."""
    return page.locator(f"{NOTEBOOK} [data-mime-type='application/vnd.jupyter.stderr']").all_text_contents()


def save_restart_reload(page) -> None:
    page.keyboard.press("Control+s")
    page.wait_for_timeout(1_500)
    choose(page, "Kernel", "Restart Kernel…")
    page.click("button:has-text('Restart')")
    page.wait_for_timeout(2_000)
    page.reload()
    is_idle(page)
    page.wait_for_timeout(1_500)


def saved(directory: Path, name: str) -> dict:
    return json.loads((directory / "minikafka-lab" / f"{name}.ipynb").read_text())


def picture(page, path: Path) -> None:
    """The whole notebook."""
    outer = f"document.querySelector('{NOTEBOOK} .jp-WindowedPanel-outer')"
    page.evaluate(f"{outer}.scrollTop = 0")
    height = page.evaluate(f"{outer}.scrollHeight")
    page.set_viewport_size({"width": 1280, "height": int(height) + 120})
    page.wait_for_timeout(1_000)
    page.screenshot(path=path)
    page.set_viewport_size({"width": 1280, "height": 1000})
