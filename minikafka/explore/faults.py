"""What happens to a cluster, to which host and when: frozen values around the commands of `Cluster.do`.

Rule: a fault is a command and a moment; what can't be done when the moment comes (the host is down already) is
left out. Within the faults that `draw_faults` draws, Kafka keeps all its promises: at most one broker at a time loses
what it had not synced, and one of the brokers is always there. Kafka's Trogdor has its faults as JSON (`FaultSpec`).
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import msgspec

from minikafka.commands import Command, Cut, FailDisk, Heal, Kill, Lose, PowerCut, RepairDisk, Restart, Slow

COUNT = 12
PAUSES_S = (0.1, 0.5, 3.0, 12.0)
KINDS = ("kill", "kill", "power", "restart", "restart", "cut", "cut", "heal", "loss", "slow")
LOSSES = (0.0, 0.02, 0.1)
SLOWEST_S = (0.002, 0.05, 0.4)


class Fault(msgspec.Struct, frozen=True):
    """One of them."""

    at_s: float
    """Virtual seconds after the workload has begun."""
    command: Command
    only_when_whole: bool = False
    """Left out unless all brokers are there and every replica is in sync."""
    whom: str = ""
    """`leader of orders-0`: the host that this is then, in the place of the command's own."""

    def __str__(self) -> str:
        arguments = " ".join(f"{name}={value}" for name, value in self.command.arguments.items() if value)
        whom = f" ({self.whom})" if self.whom else ""
        return f"{self.at_s:8.3f} s  {self.command.name} {arguments}{whom}".rstrip()


def draw_faults(
    seed: int, brokers: int = 3, count: int = COUNT, directories: Sequence[str] = ()
) -> tuple[Fault, ...]:
    """So many of all kinds, in the order of their moments; of several `log.dirs`, one at a time fails too."""
    return _Drawing(seed, [f"broker-{n}" for n in range(1, brokers + 1)], directories).draw(count)


class _Drawing:
    """Knows who would be down by then."""

    def __init__(self, seed: int, brokers: Sequence[str], directories: Sequence[str]) -> None:
        self._random = Random(f"faults/{seed}")
        self._brokers, self._directories = brokers, directories
        self._down: list[str] = []
        self._sick = ""

    def draw(self, count: int) -> tuple[Fault, ...]:
        found: list[Fault] = []
        at_s = 0.0
        while len(found) < count:
            if self._directories and self._random.random() < 0.5:
                commands = self._of_disks()
            else:
                commands = self._one(self._random.choice(KINDS))
            for command in commands:
                found.append(Fault(round(at_s, 3), command, only_when_whole=isinstance(command, PowerCut)))
            if commands:
                at_s += self._random.choice(PAUSES_S)
        return tuple(found)

    def _of_disks(self) -> list[Command]:
        """One directory of one broker at a time."""
        if not self._sick:
            self._sick = self._random.choice(self._brokers)
            return [FailDisk(self._sick, self._random.choice(self._directories))]
        sick, self._sick = self._sick, ""
        if sick in self._down:
            return [RepairDisk(sick)]
        return [RepairDisk(sick), Kill(sick), Restart(sick, is_awaited=False)]

    def _one(self, kind: str) -> list[Command]:
        command = self._maybe(kind)
        return [] if command is None else [command]

    def _maybe(self, kind: str) -> Command | None:
        """None: not now."""
        pick = self._random
        up = [host for host in self._brokers if host not in self._down]
        everybody = ["controller-1", *self._brokers]
        if kind == "kill" and len(up) > 1:
            return Kill(self._stop(pick.choice([h for h in everybody if h not in self._down])))
        if kind == "power" and len(up) == len(self._brokers):
            return PowerCut(self._stop(pick.choice(up)))
        if kind == "restart" and self._down:
            return Restart(self._down.pop(0), is_awaited=False)
        if kind == "cut":
            one, other = pick.sample(everybody, 2)
            return Cut((one,), (other,) if pick.random() < 0.6 else ())
        if kind == "heal":
            return Heal()
        if kind == "loss":
            return Lose(pick.choice(LOSSES))
        if kind == "slow":
            return Slow(0.001, pick.choice(SLOWEST_S))
        return None

    def _stop(self, host: str) -> str:
        self._down.append(host)
        return host
