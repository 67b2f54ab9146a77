"""What is wanted of a new cluster: refused in one sentence where it can't be had, and the loop that it will run in.

Rule: nothing has started yet, and a refusal leaves nothing behind.
"""

from __future__ import annotations

import re
from pathlib import Path

from minikafka.cluster.drivers import ClusterLoop, LiveLoop, SimulatedLoop
from minikafka.cluster.foreign import refuse_a_real_kafkas
from minikafka.world.visible import quoted, visible_name

MOST_CONTROLLERS = 9


def check_wanted(brokers: int | None, controllers: int | None, coordinator: str, name: str | None) -> None:
    """Raises ValueError."""
    if brokers is not None and brokers < 1:
        raise ValueError(f"A cluster needs at least one broker, not {brokers}.")
    if controllers is not None and not 1 <= controllers <= MOST_CONTROLLERS:
        raise ValueError(
            f"A quorum has 1 to {MOST_CONTROLLERS} controllers, not {controllers}; 3 and 5 are usual."
        )
    if coordinator != "kraft":
        raise ValueError(f'coordinator={quoted(coordinator)} is not supported yet; use "kraft".')
    if name is not None and re.search("[\ud800-\udfff]", name):
        raise ValueError(f"A cluster's name is text, and {visible_name(name)} is not UTF-8.")


def new_loop(
    world: str, *, seed: int, data: str | Path | None, port: int, message_events: bool | None
) -> ClusterLoop:
    """The live world, in `data`, or a simulated one, from `seed`. Messages are events there, unless not wanted.

    Raises ValueError for a world that isn't there, or for what it can't have.
    """
    if world == "live":
        root = None if data is None else Path(data)
        if root is not None:
            refuse_a_real_kafkas(root)
        return LiveLoop(root, message_events=bool(message_events))
    if world == "simulated":
        if data is not None or port:
            raise ValueError("A simulated cluster has no real directory and no real port.")
        return SimulatedLoop(seed, message_events=message_events is not False)
    raise ValueError(f'world must be "live" or "simulated", not {quoted(world)}.')
