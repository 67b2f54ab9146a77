"""The lessons: their text, their exercises, and what their notebooks import.

Rule: a notebook needs these names and `minikafka` only:

- `begin(1)`: the cluster (the lab's, or one of the notebook's own);
- `accidents`: what is lost when a leader dies, counted;
- `show`: pictures of it; `data`: real data that comes with a package; `measure`: this machine, measured;
- `traffic`: records that come in bursts or steadily, and what came of them in virtual time;
- `by_hand`, `lz4_frames`: bytes that somebody made by hand, sent and read;
- `trials`: many small simulated clusters, for one question;
- `Load(…)`: so many records a second, and a group that works them off, in virtual time;
- `groups`: members of consumer groups, who take turns;
- `drills`: clusters in which something went wrong;
- `quorum`: what the controllers agree on, and what becomes of them;
- `predict(…)`: say what will happen before it does;
- `check("1a")`, `hint("1a", 1)`: the exercises; `mine(lag)`: your function as a rule of the cluster;
- `summary()`: what you predicted and wrote; `reset()`: a fresh notebook, and yours kept beside it.

Names are imported when they are first used.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

_HOMES = {
    "Load": "minikafka_lessons.stage.load",
    "begin": "minikafka_lessons.live",
    "check": "minikafka_lessons.notebook",
    "hint": "minikafka_lessons.notebook",
    "mine": "minikafka_lessons.rules",
    "predict": "minikafka_lessons.predictions",
    "reset": "minikafka_lessons.notebook",
    "summary": "minikafka_lessons.recap",
}
_MODULES = ("data", "measure", "show")
_ON_STAGE = ("accidents", "by_hand", "drills", "groups", "lz4_frames", "quorum", "traffic", "trials")

__all__ = [
    "Load",
    "accidents",
    "begin",
    "by_hand",
    "check",
    "data",
    "drills",
    "groups",
    "hint",
    "lz4_frames",
    "measure",
    "mine",
    "predict",
    "quorum",
    "reset",
    "show",
    "summary",
    "traffic",
    "trials",
]


if "IPython" in sys.modules:  # an interrupt is one sentence from the first cell on
    import_module("minikafka_lessons.cells").cells()


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"minikafka_lessons.{name}")
    if name in _ON_STAGE:
        return import_module(f"minikafka_lessons.stage.{name}")
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'minikafka_lessons' has no attribute {name!r}")
    return getattr(import_module(home), name)
