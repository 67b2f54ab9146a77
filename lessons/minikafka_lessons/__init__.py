"""The lessons: their text, their exercises, and what their notebooks import.

Rule: a notebook needs these names and `minikafka` only:

- `begin(1)`: the cluster (the lab's, or one of the notebook's own);
- `show`: pictures of it; `data`: real data that comes with a package; `measure`: this machine, measured; `groups`:
  members of consumer groups, who take turns;
- `predict(…)`: say what will happen before it does;
- `check("1a")`, `hint("1a", 1)`: the exercises; `mine(lag)`: your function as a rule of the cluster;
- `summary()`: what you predicted and wrote.

Names are imported when they are first used.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

from minikafka_lessons.whole_imports import whole_import

_HOMES = {
    "begin": "minikafka_lessons.live",
    "check": "minikafka_lessons.notebook",
    "hint": "minikafka_lessons.notebook",
    "mine": "minikafka_lessons.rules",
    "predict": "minikafka_lessons.predictions",
    "summary": "minikafka_lessons.recap",
}
_MODULES = ("data", "groups", "measure", "show")

__all__ = ["begin", "check", "data", "groups", "hint", "measure", "mine", "predict", "show", "summary"]


if "IPython" in sys.modules:  # an interrupt is one sentence from the first cell on
    import_module("minikafka_lessons.cells").cells()


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return whole_import(f"minikafka_lessons.{name}")
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'minikafka_lessons' has no attribute {name!r}")
    return getattr(whole_import(home), name)
