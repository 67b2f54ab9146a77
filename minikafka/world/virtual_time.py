"""Virtual time for code that asks the machine's clock itself.

Rule: only for third-party clients inside a simulation (aiokafka reads `time.monotonic` and `random`); our
own code has `world.clock` and `world.random`, and a lint rule sees to it.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager

from minikafka.world.simulated import SimulatedUniverse


@contextmanager
def virtual_time(universe: SimulatedUniverse) -> Iterator[None]:
    """While it lasts, `time.time`, `time.monotonic` and module-level `random` of this process are the
    universe's.

    It can't reach a name that was imported before (`from time import monotonic`), and other threads see it
    too.
    """
    clock, loop = universe.world("outside").clock, universe.loop
    replacements = {
        "time": lambda: clock.time_ms() / 1000,
        "time_ns": lambda: clock.time_ms() * 1_000_000,
        "monotonic": loop.time,
        "monotonic_ns": lambda: round(loop.time() * 1e9),
        "perf_counter": loop.time,
        "perf_counter_ns": lambda: round(loop.time() * 1e9),
    }
    originals = {name: getattr(time, name) for name in replacements}
    state = random.getstate()
    random.seed(f"{universe.seed}/module")
    for name, replacement in replacements.items():
        setattr(time, name, replacement)
    try:
        yield
    finally:
        for name, original in originals.items():
            setattr(time, name, original)
        random.setstate(state)
