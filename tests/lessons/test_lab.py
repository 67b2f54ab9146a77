"""`minikafka lab`: its mistakes are sentences, a learner's work is never overwritten, and it ends cleanly."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from minikafka.xray.discovery import running_clusters
from minikafka_lessons import lab, progress
from minikafka_lessons.copies import copy_notebooks
from minikafka_lessons.course import lessons
from minikafka_lessons.lab import free_port, open_lab


class Refused(Exception):
    pass


def options(tmp_path: Path, **more):
    return {
        "lesson": 1,
        "port": 0,
        "directory": tmp_path,
        "browser": False,
        "brokers": 3,
        "fail": Refused,
        **more,
    }


def test_an_unknown_lesson(tmp_path):
    with pytest.raises(Refused, match="There is no lesson 99; there are: 0, 1, 2"):
        open_lab(**options(tmp_path, lesson=99))


def test_a_missing_jupyterlab(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(Refused, match="JupyterLab is missing"):
        open_lab(**options(tmp_path))


def test_a_directory_that_is_a_file(tmp_path):
    (tmp_path / "x").write_text("")
    with pytest.raises(Refused, match="can't be copied"):
        open_lab(**options(tmp_path / "x"))


def test_a_port_out_of_range():
    with pytest.raises(Refused, match="No port from 70000 to 70049 is free"):
        free_port(70_000, Refused)


def test_a_learners_work_is_never_overwritten(tmp_path):
    assert [p.name for p in copy_notebooks(tmp_path)] == [f"{lesson.name}.ipynb" for lesson in lessons()]
    mine = tmp_path / f"{lessons()[0].name}.ipynb"
    mine.write_text("my work")
    assert copy_notebooks(tmp_path) == []
    assert mine.read_text() == "my work"


def test_a_terminal_in_jupyterlab_finds_minikafka_though_no_environment_is_activated(tmp_path, monkeypatch):
    asked = {}
    monkeypatch.setenv("SHELL", "/bin/zsh")
    monkeypatch.setattr(
        lab.subprocess, "Popen", lambda command, **options: asked.update(command=command, **options)
    )
    lab.start_jupyter(
        "page", tmp_path, 8888, False, SimpleNamespace(name="lab", bootstrap_servers="localhost:9092")
    )
    assert asked["env"]["PATH"].split(os.pathsep)[0] == str(Path(sys.executable).parent)
    # A login shell would begin with a PATH of its own.
    assert "--ServerApp.terminado_settings={'shell_command': ['/bin/zsh']}" in asked["command"]


def test_the_lab_runs_is_found_and_ends_on_sigterm(tmp_path):
    environment = {**os.environ, "MINIKAFKA_STATE_DIR": str(tmp_path / "state")}
    command = [
        sys.executable,
        "-m",
        "minikafka.cli",
        "lab",
        "--no-browser",
        "--port",
        "0",
        "--directory",
        "nb",
    ]
    lab = subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        told = ""
        for line in lab.stdout:
            told += line
            if "Ctrl-C" in line:
                break
        assert re.search(r"http://127\.0\.0\.1:\d+/lab/tree/Welcome\.md\?token=\w+", told), told
        assert "minikafka tui --cluster lab" in told
        assert "tui --cluster lab" in (tmp_path / "nb/Welcome.md").read_text()
        assert (tmp_path / "nb/ko/Welcome.md").exists()
        found = running_clusters(tmp_path / "state" / "clusters")
        assert [f.name for f in found] == ["lab"]
        once = [sys.executable, "-m", "minikafka.cli", "tui", "--once"]
        seen = subprocess.run(once, env=environment, capture_output=True, text=True, timeout=60, check=True)
        assert "lab" in seen.stdout
        assert "broker-3" in seen.stdout
        progress.note(progress.Checked("1a", 8, 8, progress.now()), place=tmp_path / "nb")
        while "✓ [1a]" not in (tmp_path / "nb/Welcome.md").read_text(encoding="utf-8"):
            assert lab.poll() is None
    finally:
        lab.send_signal(signal.SIGTERM)
        assert lab.wait(30) == 0
    assert running_clusters(tmp_path / "state" / "clusters") == []
    assert not list((tmp_path / "state" / "clusters").glob("*.json"))
