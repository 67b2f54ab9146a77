"""What can happen to the network.

Rule: a group of hosts that is empty means all the others. Kafka: Trogdor's `NetworkPartitionFault`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from minikafka.commands.command import Command, NotUnderstood, how_to, understood

WIRES = "the network of a live one is this machine's own"


class Cut(Command, frozen=True):
    """Nothing comes from one group of hosts to the other, nor back; `one_way` (typed `>`): but back it does.

    `is_told=False`: as in life, nobody says so; neither the trace nor a snapshot, only what doesn't come any more.
    """

    help = "cut the network between two groups of hosts"
    title = "Cut the network"
    usage = "HOSTS | OTHER-HOSTS (or, one way: HOSTS > OTHER-HOSTS)"
    example = "broker-1 | broker-2 broker-3"
    hosts: tuple[str, ...]
    others: tuple[str, ...] = ()
    one_way: bool = False
    is_told: bool = True

    @classmethod
    def parse(cls, text: str) -> Cut:
        one, bar, other = text.partition(">" if ">" in text else "|")
        if not one.split() or (bar and not other.split()):
            raise NotUnderstood(how_to(cls))
        sides: Mapping[str, Any] = {"hosts": one.split(), "others": other.split(), "one_way": bar == ">"}
        cut: Cut = understood(cls, sides)
        return cut

    def told(self, result: object) -> str:
        return "The network is cut."


class Heal(Command, frozen=True):
    """Of cuts; latency and loss stay as they are. `is_told=False`: as for `Cut`."""

    help = "reconnect all hosts"
    title = "Heal the network"
    is_told: bool = True

    def told(self, result: object) -> str:
        return "The network is whole again."


class Slow(Command, frozen=True):
    """From now on a message takes so long between two groups of hosts."""

    help = "set how long a message takes"
    title = "Slow the network"
    usage = "LEAST-SECONDS MOST-SECONDS"
    example = "0.05 0.2"
    simulated = True
    why_simulated = WIRES
    least_s: float
    most_s: float | None = None
    hosts: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    def told(self, result: object) -> str:
        most_s = self.least_s if self.most_s is None else self.most_s
        return f"A message takes {self.least_s:g} to {most_s:g} s."


class Lose(Command, frozen=True):
    """A message is lost by this chance, and comes later, as with TCP."""

    help = "set the chance that a message is lost and sent again"
    title = "Lose messages"
    usage = "CHANCE"
    example = "0.02"
    simulated = True
    why_simulated = WIRES
    chance: float
    hosts: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    def told(self, result: object) -> str:
        return f"A message is lost with a probability of {self.chance:g}."


class Reorder(Command, frozen=True):
    """A message is held back by this chance, so that later ones of other connections overtake it; on its own connection
    what follows waits for it, as with TCP.
    """

    help = "set the chance that later messages overtake a message"
    title = "Reorder messages"
    usage = "CHANCE"
    example = "0.1"
    simulated = True
    why_simulated = WIRES
    chance: float
    hosts: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.chance <= 1:
            raise ValueError(f"{self.chance:g} is no chance: say a number from 0 to 1")

    def told(self, result: object) -> str:
        return f"A message is overtaken with a probability of {self.chance:g}."
