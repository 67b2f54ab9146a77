"""What `minikafka tui` prints when it can't, or needn't, draw."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

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
