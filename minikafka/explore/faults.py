"""What happens to a cluster, to which host and when: frozen values around the commands of `Cluster.do`.

Rule: a fault is a command and a moment; what can't be done when the moment comes (the host is down already) is
left out. Within the faults that `draw_faults` draws, Kafka keeps all its promises: at most one broker at a time loses
what it had not synced, and one of the brokers is always there. To a controller every end that isn't clean is like a
power cut (KIP-966): of two brokers that end so, either may have lost records, and it can only guess who should lead. So
while one that did lose some isn't in sync again, no other one ends. Kafka's Trogdor has its faults as JSON
(`FaultSpec`).
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import msgspec

from minikafka.commands import (
    AddController,
    Command,
    Cut,
    FailDisk,
    FillDisk,
    Heal,
    Kill,
    Lose,
    PowerCut,
    RemoveController,
    Reorder,
    RepairDisk,
    Restart,
    SetClock,
    Slow,
    SlowDisk,
    Stop,
    Suspend,
)

COUNT = 12
PAUSES_S = (0.1, 0.5, 3.0, 12.0)
KINDS = ("kill", "kill", "power", "restart", "restart", "cut", "cut", "heal", "loss", "slow")
"""What is drawn unless somebody says otherwise: as often as they are here."""
ALL_KINDS = (
    "kill",
    "power",
    "stop",
    "suspend",
    "cut",
    "cut-one-way",
    "loss",
    "slow",
    "clock",
    "disk-full",
    "disk-fails",
    "disk-slow",
    "voters",
    "move",
    "scale",
    "reorder",
)
"""By the names of the command line; the last three are drawn beside the others (`moves.py`, `draw_reordering`)."""
UNDOING = ("restart", "restart", "restart", "heal", "heal", "repair")
"""Drawn with whatever else is drawn by name, or soon nothing would be left that could fail."""
LOSSES = (0.0, 0.02, 0.1)
REORDERINGS, REORDERED_SHARE = (0.05, 0.3, 0.8), 0.25
SLOWEST_S = (0.002, 0.05, 0.4)
SUSPENDED_S = (0.5, 3.0, 12.0, 25.0)
CLOCKS_S = (-86_400.0, -30.0, 0.0, 30.0, 3600.0, 86_400.0)
SYNCS_S = (0.02, 0.3, 2.0)
QUORUM_SHARE = 0.6
"""Of the power cuts, those of controllers, if there are several: nothing that they said is lost, so it may be any of
them, at any time."""
QUORUMS_DISKS = 0.4
"""Of the disks that fail, those of controllers, if there are several."""
MOST_NEWCOMERS = 2
"""So many controllers more than at the start."""


class Fault(msgspec.Struct, frozen=True):
    """One of them."""

    at_s: float
    """Virtual seconds after the workload has begun."""
    command: Command
    only_when_whole: bool = False
    """Left out unless all brokers are there and every replica is in sync."""
    only_alone: bool = False
    """Left out while another broker that lost power isn't in sync again."""
    whom: str = ""
    """`leader of orders-0`: the host that this is then, in the place of the command's own."""

    def __str__(self) -> str:
        arguments = " ".join(f"{name}={value}" for name, value in self.command.arguments.items() if value)
        whom = f" ({self.whom})" if self.whom else ""
        return f"{self.at_s:8.3f} s  {self.command.name} {arguments}{whom}".rstrip()


def draw_faults(
    seed: int,
    brokers: int = 3,
    count: int = COUNT,
    directories: Sequence[str] = (),
    kinds: Sequence[str] = KINDS,
    within_s: float | None = None,
    controllers: int = 1,
) -> tuple[Fault, ...]:
    """So many of these kinds, in the order of their moments, and none later than `within_s`; of several `log.dirs`,
    one at a time fails too."""
    hosts = [f"broker-{n}" for n in range(1, brokers + 1)]
    voters = [f"controller-{n}" for n in range(1, controllers + 1)]
    faults = _Drawing(seed, hosts, voters, directories, kinds).draw(count)
    return tuple(fault for fault in faults if within_s is None or fault.at_s < within_s)


def draw_reordering(seed: int, within_s: float) -> tuple[Fault, ...]:
    """In a quarter of the seeds messages overtake each other for a while."""
    random = Random(f"reordering/{seed}")
    if random.random() >= REORDERED_SHARE:
        return ()
    begins_s = random.uniform(0.0, within_s / 2)
    ends_s = begins_s + random.uniform(1.0, within_s / 2)
    return (
        Fault(round(begins_s, 3), Reorder(random.choice(REORDERINGS))),
        Fault(round(ends_s, 3), Reorder(0.0)),
    )


class _Drawing:
    """Knows who would be down by then."""

    def __init__(
        self,
        seed: int,
        brokers: Sequence[str],
        controllers: Sequence[str],
        directories: Sequence[str],
        kinds: Sequence[str],
    ) -> None:
        self._random = Random(f"faults/{seed}")
        self._brokers, self._controllers = brokers, [*controllers]
        self._directories, self._kinds = directories, kinds
        self._down: list[str] = []
        self._sick = ""
        self._voters = [*controllers]
        """Those that vote, if all went as it was drawn."""
        self._founders = len(controllers)

    def draw(self, count: int) -> tuple[Fault, ...]:
        found: list[Fault] = []
        at_s = 0.0
        while len(found) < count:
            if self._directories and self._random.random() < 0.5:
                commands = self._of_disks()
            else:
                commands = self._one(self._random.choice(self._kinds))
            for command in commands:
                is_end = isinstance(command, Kill | FailDisk | FillDisk) and command.host in self._brokers
                is_loss = isinstance(command, PowerCut) and command.host in self._brokers
                found.append(Fault(round(at_s, 3), command, only_when_whole=is_loss, only_alone=is_end))
            if commands:
                at_s += self._random.choice(PAUSES_S)
        return tuple(found)

    def _of_disks(self) -> list[Command]:
        """One directory of one broker at a time."""
        if not self._sick:
            self._sick = self._random.choice(self._brokers)
            return [FailDisk(self._sick, self._random.choice(self._directories))]
        return self._repair()

    def _repair(self) -> list[Command]:
        sick, self._sick = self._sick, ""
        if sick in self._down:
            return [RepairDisk(sick)]
        return [RepairDisk(sick), Kill(sick), Restart(sick, is_awaited=False)]

    def _one(self, kind: str) -> list[Command]:
        if kind.startswith("disk-") or kind == "repair":
            return self._of_a_whole_disk(kind)
        command = self._maybe(kind)
        if isinstance(command, Restart) and command.host == self._sick:  # on a disk that fails nothing starts
            self._sick = ""
            return [RepairDisk(command.host), command]
        return [] if command is None else [command]

    def _of_a_whole_disk(self, kind: str) -> list[Command]:
        """One host's at a time, and only where another one is left."""
        pick = self._random
        if kind == "repair":
            return self._repair() if self._sick else []
        is_quorums = len(self._controllers) > 1 and pick.random() < QUORUMS_DISKS
        up = [host for host in (self._controllers if is_quorums else self._brokers) if host not in self._down]
        if self._sick or len(up) < 2:
            return []
        sick = self._sick = pick.choice(up)
        if kind == "disk-slow":
            return [SlowDisk(sick, pick.choice(SYNCS_S))]
        return [FillDisk(sick) if kind == "disk-full" else FailDisk(sick)]

    def _maybe(self, kind: str) -> Command | None:
        """None: not now."""
        pick = self._random
        up = [host for host in self._brokers if host not in self._down]
        everybody = [*self._controllers, *self._brokers]
        if kind == "power" and len(self._controllers) > 1 and pick.random() < QUORUM_SHARE:
            left = [host for host in self._controllers if host not in self._down]
            return PowerCut(self._stop(pick.choice(left))) if left else None
        if kind == "kill" and len(up) > 1:
            return Kill(self._stop(pick.choice([h for h in everybody if h not in self._down])))
        if kind == "power" and len(up) == len(self._brokers):
            return PowerCut(self._stop(pick.choice(up)))
        if kind == "stop" and len(up) > 1:
            return Stop(self._stop(pick.choice(up)))
        if kind == "restart" and self._down:
            return Restart(self._down.pop(0), is_awaited=False)
        if kind in ("cut", "cut-one-way"):
            one, other = pick.sample(everybody, 2)
            return Cut((one,), (other,) if pick.random() < 0.6 else (), one_way=kind == "cut-one-way")
        if kind == "voters" and self._founders > 1:
            return self._of_voters()
        if kind == "heal":
            return Heal()
        if kind == "loss":
            return Lose(pick.choice(LOSSES))
        if kind == "slow":
            return Slow(0.001, pick.choice(SLOWEST_S))
        if kind == "suspend":
            return Suspend(pick.choice(everybody), pick.choice(SUSPENDED_S))
        if kind == "clock":
            return SetClock(pick.choice(everybody), pick.choice(CLOCKS_S))
        return None

    def _of_voters(self) -> Command:
        """One goes, or one comes: somebody new, or one that went."""
        pick = self._random
        if len(self._voters) > 1 and pick.random() < 0.5:
            gone = pick.choice(self._voters)
            self._voters.remove(gone)
            return RemoveController(gone, is_awaited=False)
        left = [host for host in self._controllers if host not in self._voters]
        may_grow = len(self._controllers) < self._founders + MOST_NEWCOMERS
        if may_grow and (not left or pick.random() < 0.5):
            self._controllers.append(f"controller-{len(self._controllers) + 1}")
            self._voters.append(self._controllers[-1])
            return AddController(is_awaited=False)
        again = pick.choice(left or self._voters)
        if again not in self._voters:
            self._voters.append(again)
        return AddController(again, is_awaited=False)

    def _stop(self, host: str) -> str:
        self._down.append(host)
        return host
