"""What is built holds every folder of code: pyproject names them one by one."""

import tomllib
from pathlib import Path

from minikafka._version import VERSION

ROOT = Path(__file__).parents[2]
HOMES = {"minikafka": "minikafka", "tui": "minikafka_tui", "lessons": "minikafka_lessons"}


def test_every_package_is_built() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    found = []
    for folder, name in HOMES.items():
        for init in sorted((ROOT / folder).rglob("__init__.py")):
            inner = init.parent.relative_to(ROOT / folder).parts
            found.append(".".join((name, *inner)))
    assert not set(found) - set(listed)


def test_what_is_built_has_the_version_that_it_says() -> None:
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == VERSION
