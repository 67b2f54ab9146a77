"""What can happen to hosts and their disks.

Rule: a host is named as `Cluster.hosts` names it. Kafka: Trogdor's `ProcessStopFault`, `FilesUnreadableFault`.
"""

from __future__ import annotations

from minikafka.commands.command import Command


class Kill(Command, frozen=True):
    """No clean shutdown."""

    help = "kill a host as SIGKILL does"
    title = "Kill a host"
    asks_first = True
    usage = "HOST"
    example = "broker-2"
    host: str

    def told(self, result: object) -> str:
        return f"{self.host} was killed."


class Restart(Command, frozen=True):
    """A running one is stopped cleanly first."""

    help = "start a host again on its data"
    title = "Restart a host"
    asks_first = True
    usage = "HOST"
    example = "broker-2"
    host: str
    is_awaited: bool = True
    """Else it is only begun: a host that needs others starts when those are there."""

    def told(self, result: object) -> str:
        return f"{self.host} runs again." if self.is_awaited else f"{self.host} starts."


class Stop(Command, frozen=True):
    """A controlled shutdown."""

    help = "stop a broker cleanly"
    title = "Stop a broker"
    usage = "HOST"
    example = "broker-2"
    host: str

    def told(self, result: object) -> str:
        return f"{self.host} has stopped."


class AddBroker(Command, frozen=True):
    """It has the next number, and no partitions yet: those that exist stay where they are until they are moved."""

    help = "start one more broker"
    title = "Add a broker"
    usage = "[RACK]"
    rack: str | None = None
    is_awaited: bool = True
    """Else its start is only begun."""

    def told(self, result: object) -> str:
        if not self.is_awaited:
            return f"{result} starts."
        return f"{result} has joined the cluster; move partitions to it, or create a topic."


class RemoveBroker(Command, frozen=True):
    """Its replicas have to be moved first."""

    help = "stop a broker for good and let the cluster forget it"
    title = "Remove a broker"
    usage = "HOST"
    example = "broker-4"
    host: str
    is_awaited: bool = True
    """Else it is only begun: it ends when somebody can decide it."""

    def told(self, result: object) -> str:
        return f"{self.host} {'has left' if self.is_awaited else 'leaves'} the cluster for good."


class AddController(Command, frozen=True):
    """The next in number unless one is named that has no vote; it votes when this is done."""

    help = "start one more controller, which votes in the quorum; or let one vote again"
    title = "Add a controller"
    usage = "[HOST]"
    example = "controller-2"
    host: str = ""
    is_awaited: bool = True
    """Else it is only begun: it may be that no majority is there."""

    def told(self, result: object) -> str:
        return f"{result} votes in the quorum." if self.is_awaited else f"{result} is about to vote."


class RemoveController(Command, frozen=True):
    """It follows on, without a vote."""

    help = "vote a controller out of the quorum"
    title = "Remove a controller"
    usage = "HOST"
    example = "controller-2"
    host: str
    is_awaited: bool = True
    """Else it is only begun."""

    def told(self, result: object) -> str:
        return f"{self.host} votes no more." if self.is_awaited else f"{self.host} is voted on."


class PowerCut(Command, frozen=True):
    """A kill that also loses what was not synced."""

    help = "kill a host and lose what was not synced"
    title = "Cut a host's power"
    usage = "HOST"
    example = "broker-2"
    simulated = True
    why_simulated = "the hosts of a live one share one machine, and kill is the nearest to it there"
    host: str

    def told(self, result: object) -> str:
        return f"{self.host} has lost its power, and what was not synced."


class Suspend(Command, frozen=True):
    """What a long garbage collection does: others notice only that it doesn't answer. It wakes by itself after
    `seconds`, where they are given.
    """

    help = "stop a host's process as SIGSTOP does"
    title = "Suspend a host"
    usage = "HOST [SECONDS]"
    example = "broker-2 20"
    simulated = True
    signals = True
    why_simulated = (
        "the hosts of this one share a process; those of `minikafka up --processes` can be suspended"
    )
    host: str
    seconds: float | None = None

    def __post_init__(self) -> None:
        if self.seconds is not None and not 0 <= self.seconds < 1e9:
            raise ValueError(f"{self.seconds:g} is not a number of seconds that can pass")

    def told(self, result: object) -> str:
        return f"{self.host} is suspended."


class Wake(Command, frozen=True):
    """Undoes `Suspend`."""

    help = "let a suspended host go on, as SIGCONT does"
    title = "Wake a host"
    usage = "HOST"
    example = "broker-2"
    simulated = True
    signals = True
    why_simulated = "no host of this one can be suspended"
    host: str

    def told(self, result: object) -> str:
        return f"{self.host} goes on."


class SetClock(Command, frozen=True):
    """`seconds` ahead of the true time, or behind it (below 0); from now on it gains `gains` seconds a second (below 0:
    it loses them). Timeouts don't ask this clock; timestamps do.
    """

    help = "set a host's clock wrong, or let it run fast or slow"
    title = "Set a host's clock"
    usage = "HOST SECONDS [SECONDS-GAINED-A-SECOND]"
    example = "broker-2 3600"
    simulated = True
    why_simulated = "the hosts of a live one share this machine's clock"
    host: str
    seconds: float
    gains: float = 0.0

    def __post_init__(self) -> None:
        if not -1e9 < self.seconds < 1e9:
            raise ValueError(f"{self.seconds:g} is more than a clock can be wrong")
        if not -1 < self.gains <= 1000:
            raise ValueError(f"A clock that gains {self.gains:g} seconds a second is none: say more than -1")

    def told(self, result: object) -> str:
        gains = f", and gains {self.gains:g} s a second" if self.gains else ""
        return f"The clock of {self.host} is {self.seconds:+g} s off{gains}."


class FillDisk(Command, frozen=True):
    """Every write fails with "No space left on device" until `RepairDisk`; reads work."""

    help = "let a host's disk be full"
    title = "Fill a disk"
    usage = "HOST"
    example = "broker-2"
    simulated = True
    why_simulated = (
        "the disk of a live one is this machine's own; fail_disk takes a host's directory away there"
    )
    host: str

    def told(self, result: object) -> str:
        return f"The disk of {self.host} is full."


class SlowDisk(Command, frozen=True):
    """Whoever waits for a sync waits so long, and the whole process with it, until `RepairDisk`."""

    help = "let a host's disk be slow"
    title = "Slow a disk"
    usage = "HOST SECONDS"
    example = "broker-2 0.5"
    simulated = True
    why_simulated = (
        "the disk of a live one is this machine's own; fail_disk takes a host's directory away there"
    )
    host: str
    seconds: float

    def __post_init__(self) -> None:
        if not 0 <= self.seconds < 1e9:
            raise ValueError(f"{self.seconds:g} is not a number of seconds that can pass")

    def told(self, result: object) -> str:
        return f"A sync takes {self.seconds:g} s on {self.host}."


class FailDisk(Command, frozen=True):
    """All of a host's disks (`directory=""`), or one of its `log.dirs`."""

    help = "let a host's disk fail"
    title = "Fail a disk"
    usage = "HOST [DIRECTORY]"
    example = "broker-2"
    host: str
    directory: str = ""

    def told(self, result: object) -> str:
        return f"The disk of {self.host} fails from now on."


class RepairDisk(Command, frozen=True):
    """A broker that had given one up uses it after `Restart`."""

    help = "let a host's disks work again"
    title = "Repair a host's disks"
    usage = "HOST"
    example = "broker-2"
    host: str

    def told(self, result: object) -> str:
        return f"The disks of {self.host} work again."
