"""Running notebooks as CI does, and as a learner sees them."""

import os
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))

from in_chromium import CHROMIUM, FLAGS, running_lab


@pytest.fixture(autouse=True)
def alone(monkeypatch, tmp_path):
    """No lab's cluster, and none of this machine's, is found by accident."""
    for name in ("MINIKAFKA_LAB", "MINIKAFKA_LAB_DIRECTORY", "MINIKAFKA_BOOTSTRAP"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MINIKAFKA_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    monkeypatch.setenv("MINIKAFKA_MEASURE_SECONDS", "0.2")


@pytest.fixture
def shots() -> Path | None:
    """Where screenshots are kept: $MINIKAFKA_SHOTS, or nowhere."""
    wanted = os.environ.get("MINIKAFKA_SHOTS")
    if not wanted:
        return None
    Path(wanted).mkdir(parents=True, exist_ok=True)
    return Path(wanted)


@pytest.fixture
def lab(tmp_path, request):
    """A running lab: (number, theme) or (number, theme, language) → the address of its lesson; None: the welcome page."""
    number, theme, language = (*request.param, "en")[:3]
    words = () if number is None else (str(number),)
    with running_lab(tmp_path, *words, "--language", language, theme=theme) as address:
        yield number, address


@pytest.fixture
def page():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=list(FLAGS))
        yield browser.new_page(viewport={"width": 1280, "height": 1000})
        browser.close()
