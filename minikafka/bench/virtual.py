"""`minikafka bench virtual`: how many virtual seconds a simulated cluster lives in one second of processor time.

Rule: rounds are interleaved and the best one counts: what runs beside it can only slow it down. Kafka has none.
"""

from __future__ import annotations

import json
import time  # noqa: TID251 - the processor time of this process, of which no cluster knows
from collections.abc import Callable, Mapping, Sequence

from rich.console import Console
from rich.table import Table

from minikafka.cluster import Cluster
from minikafka.explore import draw_case

BROKERS = CONTROLLERS = 3
SETTLED_S = 10.0


def run_virtual(seconds: float, seeds: int, rounds: int, *, as_json: bool) -> None:
    """Print a table, and with `as_json` a line of JSON at the end."""
    works: Mapping[str, Callable[[], tuple[float, float]]] = {
        "idle": lambda: _idle(seconds, is_watched=False),
        "idle, invariants watched": lambda: _idle(seconds, is_watched=True),
        "explore": lambda: _exploring(range(1, seeds + 1)),
    }
    best = dict.fromkeys(works, 0.0)
    for _ in range(rounds):
        for name, work in works.items():
            virtual_s, processor_s = work()
            best[name] = max(best[name], virtual_s / processor_s)
    table = Table(title=f"{BROKERS} brokers and {CONTROLLERS} controllers; explore: as drawn, all faults")
    table.add_column("work")
    table.add_column("virtual seconds a processor second", justify="right")
    for name, ratio in best.items():
        table.add_row(name, f"{ratio:.0f}")
    Console().print(table)
    if as_json:
        print(json.dumps({name: round(ratio, 1) for name, ratio in best.items()}))


def _idle(seconds: float, *, is_watched: bool) -> tuple[float, float]:
    with Cluster(
        BROKERS,
        controllers=CONTROLLERS,
        world="simulated",
        seed=1,
        message_events=False,
        watch_invariants=is_watched,
    ) as cluster:
        cluster.create_topic("orders", partitions=3, replication_factor=3)
        cluster.run(SETTLED_S)
        began = time.process_time()
        cluster.run(seconds)
        return seconds, time.process_time() - began


def _exploring(seeds: Sequence[int]) -> tuple[float, float]:
    virtual_s, began = 0.0, time.process_time()
    for seed in seeds:
        virtual_s += draw_case(seed).run().ended_s
    return virtual_s, time.process_time() - began


__all__ = ["run_virtual"]
