"""A cluster that grows, moves its partitions and shrinks while other faults befall it: drawn from a seed as faults are.

Rule: nobody waits for an answer, so the workload goes on meanwhile. A partition keeps its number of replicas; a broker
that came has its partitions moved away before it goes. Kafka's system tests have `ReassignPartitionsTest`.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from minikafka.commands import (
    AddBroker,
    CancelMove,
    Command,
    CreateTopic,
    Kill,
    MovePartition,
    RemoveBroker,
    Restart,
)
from minikafka.explore.faults import Fault

KINDS = ("move", "scale")
"""By the names of the command line."""
SHARE = 0.5
"""Of the seeds: the others are as they would be without."""
STEPS = (2, 4, 8)
PAUSES_S = (0.05, 0.5, 2.0, 5.0)
MOST_ADDED = 2

Place = tuple[str, int]


def draw_moves(
    seed: int, brokers: int, topics: Sequence[CreateTopic], kinds: Sequence[str], within_s: float
) -> tuple[Fault, ...]:
    """None in half of the seeds; else some, in the order of their moments."""
    random = Random(f"moves/{seed}")
    wanted = [kind for kind in KINDS if kind in kinds]
    if not wanted or not topics or random.random() >= SHARE:
        return ()
    drawing = _Moving(random, brokers, topics)
    drawing.draw(wanted, random.choice(STEPS), random.uniform(0.0, within_s / 2))
    return tuple(fault for fault in drawing.faults if fault.at_s < within_s)


class _Moving:
    """Knows who would hold what by then."""

    def __init__(self, random: Random, brokers: int, topics: Sequence[CreateTopic]) -> None:
        self.faults: list[Fault] = []
        self._random = random
        self._ids = list(range(1, brokers + 1))
        self._first = brokers
        self._factors = {
            (topic.topic, index): topic.replication_factor or 1
            for topic in topics
            for index in range(topic.partitions)
        }
        self._on: dict[Place, list[int]] = {}
        """Where partitions were last asked to be."""
        self._at_s = 0.0

    def draw(self, kinds: Sequence[str], steps: int, at_s: float) -> None:
        """So many steps, from that moment on."""
        self._at_s = at_s
        for _ in range(steps):
            if self._random.choice(kinds) == "scale":
                self._scale()
            else:
                self._move()

    def _do(self, command: Command, *, only_alone: bool = False) -> None:
        self.faults.append(Fault(round(self._at_s, 3), command, only_alone=only_alone))
        self._at_s += self._random.choice(PAUSES_S)

    def _move(self) -> None:
        pick = self._random
        if self._on and pick.random() < 0.25:
            self._do(CancelMove(*pick.choice(sorted(self._on)), is_awaited=False))
            return
        self._move_to(pick.choice(sorted(self._factors)), self._ids)

    def _move_to(self, place: Place, among: Sequence[int]) -> None:
        brokers = self._random.sample(among, min(self._factors[place], len(among)))
        self._on[place] = brokers
        self._do(MovePartition(*place, tuple(brokers), is_awaited=False))

    def _scale(self) -> None:
        pick = self._random
        added = [id for id in self._ids if id > self._first]
        if not added or (len(added) < MOST_ADDED and pick.random() < 0.3):
            self._ids.append(max(self._ids) + 1)
            self._do(AddBroker(is_awaited=False))
            self._move_to(pick.choice(sorted(self._factors)), self._ids[::-1][:3])
        elif pick.random() < 0.4:
            host = f"broker-{pick.choice(added)}"
            self._do(Kill(host), only_alone=True)
            self._do(Restart(host, is_awaited=False))
        else:
            self._remove(pick.choice(added))

    def _remove(self, id: int) -> None:
        self._ids.remove(id)
        for place, brokers in sorted(self._on.items()):
            if id in brokers:
                self._move_to(place, self._ids)
        self._at_s += 1.0
        self._do(RemoveBroker(f"broker-{id}", is_awaited=False))


__all__ = ["KINDS", "draw_moves"]
