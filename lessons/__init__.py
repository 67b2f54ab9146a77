"""The lessons: their text, their exercises, and what their notebooks import.

Rule: a notebook needs these names and `minikafka` only:

- `begin(1)`: the cluster (the lab's, or one of the notebook's own);
- `show`: pictures of it; `data`: real data that comes with a package; `measure`: this machine, measured;
- `predict(…)`: say what will happen before it does;
- `check("1a")`, `hint("1a", 1)`: the exercises.

Names are imported when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "begin": "minikafka_lessons.live",
    "check": "minikafka_lessons.notebook",
    "hint": "minikafka_lessons.notebook",
    "mine": "minikafka_lessons.notebook",
    "predict": "minikafka_lessons.predictions",
}
_MODULES = ("data", "measure", "show")

__all__ = ["begin", "check", "data", "hint", "measure", "mine", "predict", "show"]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"minikafka_lessons.{name}")
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'minikafka_lessons' has no attribute {name!r}")
    return getattr(import_module(home), name)
