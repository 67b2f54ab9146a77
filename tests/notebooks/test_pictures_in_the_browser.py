"""Pictures that answer: JupyterLab in Chromium, with a player under a tape and a diagram to point at."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from in_chromium import NOTEBOOK, errors, is_idle, picture, run_all, save_restart_reload

CHROMIUM = next((p for p in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if p), None)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: pictures were not pressed"),
]

CELLS = (
    """from minikafka import Cluster
from minikafka_lessons import show
from minikafka_lessons.show.tape import tape_html
sim = Cluster(brokers=3, world="simulated", seed=7)
sim.create_topic("orders", replication_factor=3)
producer = sim.producer({"linger.ms": 0})
producer.produce("orders", b"x", partition=0)
player = show.player(sim, lambda c: tape_html(c.snapshot(), "orders"))
player""",
    "diagram = show.space_time(sim, since=0.06)\ndiagram",
)


@pytest.fixture
def address(tmp_path):
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    book.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
    }
    nbformat.write(book, tmp_path / "book.ipynb")
    environment = {**os.environ, "JUPYTERLAB_WORKSPACES_DIR": str(tmp_path / "workspaces")}
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        "--port=0",
        "--allow-root",
        "--notebook-dir=.",
    ]
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    for line in process.stdout:
        found = re.search(r"(http://127\S+/lab)(\?token=\S+)", line)
        if found:
            break
    yield f"{found.group(1)}/tree/book.ipynb{found.group(2)}"
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    process.terminate()
    process.wait(30)


@pytest.fixture
def page():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, headless=True, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser.new_page(viewport={"width": 1280, "height": 1000})
        browser.close()


def test_a_player_plays_and_a_diagram_tells(address, page, shots: Path | None):
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address)
    is_idle(page)
    run_all(page)
    assert errors(page) == []
    bar = page.locator(f"{NOTEBOOK} [data-player]")
    tape = page.locator(f"{NOTEBOOK} .jp-RenderedHTML svg:visible").first
    now = bar.locator("[data-now]")
    bar.locator("[data-speed]").select_option("0.1")
    bar.locator("[data-verb=run]").click()
    page.wait_for_function(
        f"document.querySelector('{NOTEBOOK} svg[aria-label*=\"log end 1\"]') !== null", timeout=20_000
    )
    assert "log end 1" in tape.get_attribute("aria-label")
    bar.locator("[data-verb=run]").click()
    page.wait_for_timeout(800)
    stands = now.text_content()
    page.wait_for_timeout(800)
    assert now.text_content() == stands, "nothing moves by itself"
    bar.focus()
    for _ in range(20):  # several things happen in one moment
        page.keyboard.press(".")
        page.wait_for_timeout(150)
    assert now.text_content() != stands
    further = now.text_content()
    for _ in range(20):
        page.keyboard.press(",")
        page.wait_for_timeout(300)
    assert float(now.text_content().split()[0]) < float(further.split()[0]), "back"
    assert bar.locator("[data-said]").text_content() == ""
    message = page.locator(f"{NOTEBOOK} .mk-wide .m[data-of=Fetch]").first
    message.focus()
    panel = page.locator(f"{NOTEBOOK} [data-panel]")
    assert "broker-" in panel.text_content()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    assert "↑" in panel.text_content()
    if shots is not None:
        picture(page, shots / "player.png")
    save_restart_reload(page)
    assert page.locator("text=model not found").count() == 0
    assert "log end 1" in tape.get_attribute("aria-label"), "what it showed last is there"
    bar.locator("[data-verb=step]").click()
    page.wait_for_function(
        f"document.querySelector('{NOTEBOOK} [data-said]').textContent !== ''", timeout=20_000
    )
    assert complaints == []
