"""What an installation brings: only names that begin with `minikafka`, and a command; and pages made from the code."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOMES = {
    "minikafka": "minikafka",
    "minikafka_lessons": "lessons/minikafka_lessons",
    "minikafka_notebooks": "notebooks/minikafka_notebooks",
    "minikafka_tui": "tui/minikafka_tui",
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy of what git knows, so that nothing lying around gets in."""
    copy, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    files = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    for name in files:
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_bytes((ROOT / name).read_bytes())
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(out), str(copy)],
        check=True,
        timeout=240,
    )
    (built,) = out.glob("*.whl")
    return built


@pytest.mark.slow
def test_the_wheel_adds_only_names_that_begin_with_minikafka(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].split("-")[0].split(".")[0] for name in names} == set(HOMES)
    assert {name for name in names if name.endswith(".py")} >= {
        "/".join((name, *path.relative_to(ROOT / home).parts))
        for name, home in HOMES.items()
        for path in (ROOT / home).rglob("*.py")
        if path.name != "lesson.py"
    }
    for needed in (
        "minikafka/py.typed",
        "minikafka_tui/app.tcss",
        "minikafka_lessons/01_data_bus/checks.py",
        "minikafka_lessons/grading/inside/worker.py",
        "minikafka_notebooks/en/01_data_bus.ipynb",
    ):
        assert needed in names


@pytest.mark.slow
def test_the_wheel_has_no_solution_cells(wheel: Path) -> None:
    """What students install: notebooks with skeletons, the checks, and no lesson's source."""
    with zipfile.ZipFile(wheel) as files:
        names = [
            name for name in files.namelist() if name.startswith(("minikafka_lessons", "minikafka_notebooks"))
        ]
        assert not [name for name in names if name.endswith("/lesson.py")]
        for name in names:
            text = files.read(name).decode("utf-8", "replace")
            assert not re.search(r"^\s*\"?\s*### (BEGIN|END) SOLUTION", text, re.M), name


@pytest.mark.slow
def test_up_works_from_the_wheel(wheel: Path, tmp_path: Path) -> None:
    installed = tmp_path / "site"
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--target",
            str(installed),
            str(wheel),
        ],
        check=True,
        timeout=240,
    )
    environment = {**os.environ, "PYTHONPATH": str(installed), "PYTHONSAFEPATH": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "minikafka.cli", "up", "--brokers", "1", "--json"],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=tmp_path,
    )
    try:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["bootstrap_servers"]
        where = subprocess.run(
            [sys.executable, "-c", "import minikafka; print(minikafka.__file__)"],
            capture_output=True,
            text=True,
            env=environment,
            cwd=tmp_path,
            check=True,
        ).stdout
        assert str(installed) in where
    finally:
        process.terminate()
        assert process.wait(30) == 0


def test_the_page_of_gaps_is_what_the_handlers_say() -> None:
    assert (
        subprocess.run([sys.executable, ROOT / "tools" / "gaps.py", "--check"], check=False).returncode == 0
    )
