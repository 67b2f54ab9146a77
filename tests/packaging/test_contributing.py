"""CONTRIBUTING's steps, followed to the letter in a copy of the repository: an API, a rule and a lesson are added.

The page is the script: its blocks of `python` are files, those of `diff` changes, those of `sh` commands.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^( *)```(python|diff|sh)\n(.*?)^\1```$", re.M | re.S)
HOMES = ("", "lessons", "notebooks", "tui")


@dataclass(frozen=True)
class Block:
    """One of a section's: what it is, the file in its first line (a command has none), the rest."""

    kind: str
    file: str
    text: str


def section(heading: str) -> list[Block]:
    """The blocks of one section, in order."""
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    _, found, rest = page.partition(f"\n## {heading}\n")
    assert found, heading
    blocks = []
    for _, kind, text in BLOCK.findall(rest.partition("\n## ")[0]):
        text = textwrap.dedent(text)
        first, _, below = text.partition("\n")
        blocks.append(Block(kind, "", text) if kind == "sh" else Block(kind, first.removeprefix("# "), below))
    return blocks


class Copy:
    """What git knows of the repository, in a folder of its own, in which a contributor works."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        names = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.splitlines()
        for name in names:
            if (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes((ROOT / name).read_bytes())
        (folder / ".installed").touch()
        tools = Path(sys.executable).parent
        self.environment = {
            **os.environ,
            "PATH": os.pathsep.join((str(tools), os.environ["PATH"])),
            "PYTHONPATH": os.pathsep.join(str(folder / home) for home in HOMES),
            "MAKEFLAGS": f"-- BIN={tools} STAMP=.installed",
            "MINIKAFKA_STATE_DIR": str(folder / ".state"),
            "JUPYTER_PLATFORM_DIRS": "1",
        }

    def follow(self, block: Block) -> str:
        """Write the file, change it, or run the commands; what they said."""
        if block.kind == "sh":
            return "".join(self.run(line) for line in block.text.splitlines())
        path = self.folder / block.file
        if block.kind == "python":
            assert not path.exists(), f"{block.file} is there: CONTRIBUTING needs another example"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
        else:
            lines = block.text.splitlines(keepends=True)
            before = "".join(line[1:] for line in lines if not line.startswith("+"))
            after = "".join(line[1:] for line in lines if not line.startswith("-"))
            text = path.read_text(encoding="utf-8")
            assert text.count(before) == 1, f"CONTRIBUTING changes what {block.file} has no more:\n{before}"
            path.write_text(text.replace(before, after), encoding="utf-8")
        return ""

    def run(self, command: str, status: int = 0) -> str:
        """What a command says; it must end with this status."""
        done = subprocess.run(
            command,
            shell=True,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=280,
            check=False,
        )
        assert done.returncode == status, f"{command}\n{done.stdout}"
        return done.stdout


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy(tmp_path)


def translate(copy: Copy) -> None:
    """Fill in what a translator would, with the English words: nobody here speaks Korean."""
    pofile = pytest.importorskip("babel.messages.pofile")
    for path in copy.folder.glob("lessons/minikafka_lessons/**/*.po"):
        with path.open("rb") as file:
            catalogue = pofile.read_po(file)
        for message in catalogue:
            if message.id and (not message.string or message.fuzzy):
                message.string = message.id
                message.flags.discard("fuzzy")
        catalogue.obsolete.clear()
        with path.open("wb") as file:
            pofile.write_po(file, catalogue, width=110)


@pytest.mark.parametrize("heading", ["Add an API", "Add a rule", "Add a lesson"])
def test_the_page_changes_what_is_there(heading: str) -> None:
    """Quick: an example that the code has left behind is found before the slow tests."""
    for block in section(heading):
        if block.kind == "python":
            assert not (ROOT / block.file).exists(), block.file
        elif block.kind == "diff":
            before = "".join(
                line[1:] for line in block.text.splitlines(keepends=True) if not line.startswith("+")
            )
            assert (ROOT / block.file).read_text(encoding="utf-8").count(before) == 1, block.file


@pytest.mark.slow
@pytest.mark.timeout(900)  # mypy begins from nothing
@pytest.mark.parametrize("heading", ["Add an API", "Add a rule"])
def test_an_api_and_a_rule_are_added_as_the_page_says(copy: Copy, heading: str) -> None:
    said = "".join(copy.follow(block) for block in section(heading))
    assert re.search(r"\b[1-9]\d* passed\b", said), said
    if heading == "Add an API":
        gaps = (copy.folder / "docs" / "GAPS.md").read_text(encoding="utf-8")
        assert re.search(r"^\| 17 \| SaslHandshake \| 0–1 \| 0–1 \|", gaps, re.M)


@pytest.mark.slow
@pytest.mark.timeout(900)  # mypy begins from nothing
def test_a_lesson_is_added_as_the_page_says(copy: Copy) -> None:
    """It builds, runs and is graded: all points for the solution, none for the skeleton."""
    said = ""
    for block in section("Add a lesson"):
        said += copy.follow(block)
        if "make translations" in block.text:
            translate(copy)
    assert "2 of 2 points · full marks" in said, said
    skeleton = "notebooks/minikafka_notebooks/en/99_next_offset.ipynb"
    assert "0 of 2 points" in copy.run(f"minikafka grade {skeleton}", status=1)
