"""What happens to hosts and to the network between them."""

from __future__ import annotations

from minikafka.world.trace import Event


class Partitioned(Event, frozen=True):
    """The network is cut between two groups of hosts; an empty `group_b` means all the others."""

    group_a: tuple[str, ...]
    group_b: tuple[str, ...]


class Healed(Event, frozen=True):
    """All hosts reach each other again."""


class HostCrashed(Event, frozen=True):
    """A host's process was killed; what it wrote is in the page cache."""


class Suspended(Event, frozen=True):
    """A host's process was stopped: it does nothing until it is woken."""


class PowerLost(Event, frozen=True):
    """A host lost power; what it hadn't synced is lost, torn or kept."""
