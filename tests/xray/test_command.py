"""`minikafka do`: a command for a running cluster, and what is wrong with it in one sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from minikafka.xray.command import run_do
from minikafka.xray.files import Found, Question
from minikafka.xray.snapshot import Snapshot
from minikafka.xray.source import Answer
from minikafka.xray.thread import ServerThread


class Listening:
    """A cluster that does nothing but listen."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []

    async def snapshot(self) -> Snapshot:
        return Snapshot(version=1, at=0.0, world="live", name="quiet")

    async def command(self, name: str, args: Mapping[str, Any]) -> Answer:
        self.asked.append((name, dict(args)))
        return Answer(args.get("host") != "broker-9", f"{name} was heard.")

    async def look(self, question: Question) -> Found:
        raise AssertionError("nobody looks")

    def subscribe(self, changed: Any) -> Any:
        return lambda: None


@pytest.fixture
def listening(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Listening]:
    monkeypatch.setenv("MINIKAFKA_STATE_DIR", str(tmp_path))
    source = Listening()
    server = ServerThread(source, name="quiet", started_ms=1)
    server.start()
    yield source
    server.close()


def test_a_command_reaches_the_cluster(listening, capsys):
    assert run_do(["suspend", "broker-2", "20"], None, pytest.fail) == 0
    assert listening.asked == [("suspend", {"host": "broker-2", "seconds": 20.0})]
    assert capsys.readouterr().out == "suspend was heard.\n"


def test_what_the_cluster_refuses_is_a_sentence_and_a_status(listening):
    said: list[str] = []
    assert run_do(["kill", "broker-9"], "quiet", said.append) == 1
    assert said == ["kill was heard."]


@pytest.mark.parametrize(
    ("words", "why"), [(["frob"], "no command"), (["kill"], "kill"), (["kill", "a", "b"], "HOST")]
)
def test_what_is_no_command_reaches_nobody(listening, words, why):
    said: list[str] = []
    assert run_do(words, None, said.append) == 1
    assert why in said[0]
    assert listening.asked == []


def test_without_a_cluster_it_says_how_to_start_one(tmp_path, monkeypatch):
    monkeypatch.setenv("MINIKAFKA_STATE_DIR", str(tmp_path))
    said: list[str] = []
    assert run_do(["kill", "broker-1"], None, said.append) == 1
    assert "minikafka up" in said[0]


def test_help_lists_what_one_can_type(capsys):
    assert run_do(["help"], None, pytest.fail) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("kill HOST ") for line in lines)
    assert not any(line.startswith("await") for line in lines)
