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


class PowerCut(Command, frozen=True):
    """A kill that also loses what was not synced."""

    help = "kill a host and lose what was not synced"
    title = "Cut a host's power"
    usage = "HOST"
    example = "broker-2"
    simulated = True
    host: str

    def told(self, result: object) -> str:
        return f"{self.host} has lost its power, and what was not synced."


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
