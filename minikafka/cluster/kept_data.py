"""What the data directories of a cluster that was here before say: whose they are, and which brokers there were.

Rule: it only looks; what can't be read is somebody else's to report. Kafka: `meta.properties`.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Sequence

from minikafka.log.meta_properties import WrongDirectory, read_meta_properties
from minikafka.protocol.uuid_text import encode_uuid
from minikafka.replication.log_directory import key_of
from minikafka.world import LiveUniverse, SimulatedUniverse, World

Universe = LiveUniverse | SimulatedUniverse


class LeftOut(ValueError):
    """Brokers that have data here wouldn't be started."""


def kept_brokers(universe: Universe) -> list[int]:
    """The numbers of those that have a directory, in order."""
    found = (re.fullmatch(r"broker-([1-9]\d{0,3})", host) for host in universe.kept_hosts())
    return sorted(int(match[1]) for match in found if match is not None)


class KeptData:
    """`log_dirs`: a broker's, below its own directory; a controller has one, which may be lost where theirs aren't."""

    def __init__(self, universe: Universe, log_dirs: Sequence[str]) -> None:
        self._universe = universe
        self._log_dirs = log_dirs

    def id_of(self, hosts: Iterable[str]) -> str | None:
        """The cluster's id, where one of these knows it."""
        for host in hosts:
            disk = self._universe.world(host).disk
            if host.startswith("controller-"):
                known = read_meta_properties(disk)
                if known is not None:
                    return known.cluster_id
                continue
            for path in self._log_dirs:
                try:
                    known = read_meta_properties(disk.within(path))
                except (OSError, WrongDirectory):
                    continue  # the broker will say so
                if known is not None:
                    return known.cluster_id
        return None

    def check_for_left_out(self, brokers: int) -> None:
        """What only brokers have that aren't started would be led by nobody. Raises `LeftOut`."""
        left_out = [n for n in kept_brokers(self._universe) if n > brokers and self._has_partitions(n)]
        if left_out:
            names = ", ".join(f"broker-{n}" for n in left_out)
            raise LeftOut(
                f"The data directory has partitions of {names} too; those that nobody else has would have no leader: "
                f"start all {left_out[-1]} brokers (--brokers {left_out[-1]}), or say that fewer will do "
                "(--fewer-brokers)"
            )

    def _has_partitions(self, broker_id: int) -> bool:
        disk = self._universe.world(f"broker-{broker_id}").disk
        for path in self._log_dirs:
            try:
                if any(key_of(name) is not None for name in disk.listdir(path)):
                    return True
            except OSError:
                continue
        return False


def new_cluster_id(world: World) -> str:
    """22 characters of URL-safe base64 from the world's randomness."""
    while True:
        value = uuid.UUID(int=world.random.getrandbits(128), version=4)
        text = encode_uuid(value)
        if not text.startswith("-"):  # so that it can follow an option on a command line
            return text


__all__ = ["KeptData", "LeftOut", "kept_brokers", "new_cluster_id"]
