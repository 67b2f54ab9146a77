"""A cluster in somebody's tests needs neither Textual, Typer nor JupyterLab; a command that lacks its extra says so."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]

ONLY = """
import sys
from importlib.machinery import PathFinder
class Only:
    find_distributions = staticmethod(PathFinder.find_distributions)
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        known = top.startswith("_") or top in sys.stdlib_module_names or top in ALLOWED
        return PathFinder.find_spec(name, path, target) if known else None
sys.meta_path[sys.meta_path.index(PathFinder)] = Only()
"""

A_CLUSTER = """
from minikafka import Cluster
with Cluster(brokers=3, world="simulated", seed=1) as cluster:
    cluster.create_topic("orders", partitions=3, replication_factor=3)
    producer = cluster.producer({"compression.type": "zstd"})
    producer.produce("orders", key=b"k", value=b"v")
    assert producer.flush(10) == 0
    cluster.kill("broker-1")
    print(len(cluster.snapshot().brokers))
"""


def with_extras(*extras: str) -> set[str]:
    """The importable names that an installation with these extras brings."""
    wanted = [Requirement(line) for line in PROJECT["dependencies"]]
    for extra in extras:
        wanted += [Requirement(line) for line in PROJECT["optional-dependencies"][extra]]
    found: set[str] = set()
    while wanted:
        requirement = wanted.pop()
        name = canonicalize_name(requirement.name)
        if name in found or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
            continue
        found.add(name)
        try:
            wanted += [Requirement(line) for line in requires(name) or ()]
        except PackageNotFoundError:
            continue  # no wheel of it for this machine
    names = packages_distributions()
    return {top for top, homes in names.items() if found & {canonicalize_name(home) for home in homes}} | {
        "minikafka",
        "minikafka_tui",
        "minikafka_lessons",
    }


def run(extras: tuple[str, ...], script: str) -> subprocess.CompletedProcess[str]:
    text = f"ALLOWED = {with_extras(*extras)!r}\n{ONLY}\n{script}"
    return subprocess.run(
        [sys.executable, "-c", text], capture_output=True, text=True, timeout=90, check=False
    )


def command(*words: str) -> str:
    return f"import sys; sys.argv = {['minikafka', *words]!r}; from minikafka.cli import main; main()"


def test_a_cluster_needs_the_core_only() -> None:
    done = run((), A_CLUSTER)
    assert (done.returncode, done.stdout) == (0, "3\n"), done.stderr


@pytest.mark.parametrize(
    ("extras", "words", "sentence"),
    [
        ((), ("--version",), "pip install 'minikafka[cli]'"),
        (("cli",), ("tui",), "pip install 'minikafka[tui]'"),
        (("cli",), ("tui", "--once"), "pip install 'minikafka[tui]'"),
        (("cli",), ("lab",), "pip install 'minikafka[lab]'"),
        (("cli", "tui"), ("lab",), "pip install 'minikafka[lab]'"),
    ],
)
def test_a_command_without_its_extra_is_one_sentence(
    extras: tuple[str, ...], words: tuple[str, ...], sentence: str
) -> None:
    done = run(extras, command(*words))
    assert done.returncode == 1
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr


def test_the_command_line_needs_no_more_than_its_extra() -> None:
    assert run(("cli",), command("--version")).returncode == 0
    done = run(("cli",), command("dump-log", "--json", "no/such/file"))
    assert "no/such/file" in done.stderr
