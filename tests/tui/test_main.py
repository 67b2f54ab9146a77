"""What `minikafka tui` prints when it can't, or needn't, draw."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from minikafka.xray.discovery import Announcement, announce
from minikafka_tui import main, run_tui


def test_no_cluster_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MINIKAFKA_STATE_DIR", str(tmp_path))
    assert run_tui() == 1
    said = capsys.readouterr().err
    assert said.startswith("No running minikafka cluster found. Start one with `minikafka up`")
    assert said.count("\n") == 1


def test_a_bad_address_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_tui(bootstrap_server="nonsense") == 1
    assert capsys.readouterr().err == "'nonsense' is not HOST:PORT, for instance localhost:9092.\n"


def test_once_prints_json_for_programs_and_text_for_people(
    draw: Any, feed_of: Any, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setattr(main, "find_feed", lambda cluster, server: feed_of(draw()))
    assert run_tui(once=True, as_json=True) == 0
    picture = json.loads(capfdbinary.readouterr().out)
    assert picture["topics"][0]["name"] == "orders"
    assert picture["groups"][0]["offsets"][1]["committed"] is None
    assert run_tui(once=True) == 0
    text = capfdbinary.readouterr().out.decode()
    assert "orders" in text
    assert "billing" in text


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"TEXTUAL_DRIVER": "textual.drivers.web_driver:WebDriver"}, None),
        ({}, "The inspector needs a terminal. For programs: minikafka tui --once --json"),
    ],
)
def test_pipes_will_do_for_a_driver_that_draws_in_a_browser(
    environment: dict[str, str], sentence: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert main.why_no_screen(environment) == sentence


def test_a_dumb_terminal_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("sys.stderr", Terminal())
    assert main.why_no_screen({"TERM": "xterm-256color"}) is None
    assert main.why_no_screen({"TERM": "dumb"}) == (
        "A terminal with TERM=dumb can't show the inspector. As text: minikafka tui --once"
    )


def test_the_web_driver_starts_on_pipes_and_draws(tmp_path: Path) -> None:
    """As textual-serve starts it; that there is nobody to show is drawn, too."""
    (tmp_path / "clusters").mkdir()
    announced = Announcement(name="gone", pid=os.getpid(), port=1, token="t")
    announce(announced, tmp_path / "clusters")
    environment = {
        **os.environ,
        "TEXTUAL_DRIVER": "textual.drivers.web_driver:WebDriver",
        "MINIKAFKA_STATE_DIR": str(tmp_path),
        "COLUMNS": "100",
        "ROWS": "30",
    }
    code = "from minikafka_tui import run_tui; raise SystemExit(run_tui(cluster='gone'))"
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        seen = b""
        while b"Connecting to" not in seen:
            piece = process.stdout.read1(65_536)
            assert piece, process.stderr.read() if process.stderr else ""
            seen += piece
        assert seen.startswith(b"__GANGLION__"), "what textual-serve waits for"
    finally:
        process.kill()
        process.communicate()
