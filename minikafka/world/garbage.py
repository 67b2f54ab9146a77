"""Python's garbage collector, in a process that is a cluster and nothing else.

Rule: only the process's owner (`minikafka up`, the lab) asks for it; a library leaves its host's collector alone.
With 9,000 replicas a pass over everything stops all nodes for a quarter of a second, and Python makes seventeen of them
while those replicas are made. What lives long here lives until the end, and dies by its count of references.
"""

from __future__ import annotations

import gc

THRESHOLDS = (10_000, 20, 50)
"""New containers to a pass over the young ones; of those to one over the middle ones; of those to one over all."""


def collect_seldom() -> None:
    """Leave what was imported out of every pass, and look at all that lives after ten million new containers."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
