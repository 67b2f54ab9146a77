"""What befalls the hosts of a cluster from outside: disks that fail or fill up, networks that are cut.

Rule: what was asked for is remembered, as it is no news when it shows. Kafka: Trogdor's `FaultSpec`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from minikafka.world import LiveUniverse, SimulatedUniverse
from minikafka.world.visible import quoted


class Known(Protocol):
    """Raises ValueError: there is no such host."""

    def __call__(self, host: str, *, clients: bool = False) -> None: ...


class Faults:
    """`log_dirs`: those of the brokers."""

    def __init__(
        self, universe: LiveUniverse | SimulatedUniverse, log_dirs: Sequence[str], known: Known
    ) -> None:
        self.universe = universe
        self.disks_taken: dict[str, None] = {}
        """The hosts whose disks were made to fail."""
        self._log_dirs = log_dirs
        self._known = known

    def fail_disk(self, host: str, directory: str = "") -> None:
        """A host's disk fails, or only the one below `directory`: a broker's `log.dirs` may name several."""
        self._known(host)
        if directory and (host.startswith("controller-") or directory not in self._log_dirs):
            named = ", ".join(path for path in self._log_dirs if path) or "none"
            raise ValueError(
                f"{quoted(directory)} is not a log directory of {host}; log.dirs of the brokers: {named}."
            )
        self.disks_taken[host] = None
        if isinstance(self.universe, SimulatedUniverse):
            self.universe.fail_disk(host, count=None, path=directory, gone=True)
        else:
            self.universe.fail_disk(host, path=directory)

    def fill_disk(self, host: str) -> None:
        """Its disk has no space left. Simulated worlds only."""
        self._known(host)
        assert isinstance(self.universe, SimulatedUniverse)
        self.disks_taken[host] = None
        self.universe.fail_disk(host, "ENOSPC", count=None)

    def repair_disk(self, host: str) -> None:
        """All disks of a host work again; a broker uses them when it starts again."""
        self._known(host)
        self.universe.repair_disk(host)

    def partition(
        self, group_a: Sequence[str], group_b: Sequence[str] | None = None, *, one_way: bool = False
    ) -> None:
        """Cut the network between two groups of hosts (None: all the others). `one_way`: simulated worlds only."""
        for host in (*group_a, *(group_b or ())):
            self._known(host, clients=True)
        if isinstance(self.universe, SimulatedUniverse):
            self.universe.partition(group_a, group_b, one_way=one_way)
        elif one_way:
            raise ValueError(
                "A cut in one direction needs a simulated world: here a connection breaks as a whole."
            )
        else:
            self.universe.partition(group_a, group_b)

    def heal(self) -> None:
        """End all partitions."""
        self.universe.heal()


__all__ = ["Faults"]
