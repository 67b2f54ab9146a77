"""What each node of a cluster of processes is told: who there is, where each listens, whose directory is whose.

Rule: all of it is settled before the first node starts, and nothing of it changes when one starts again. What can't be
is refused here in one sentence, and leaves nothing behind. Kafka: `kafka-storage format`.
"""

from __future__ import annotations

import errno
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from minikafka.broker.listeners import BrokerListener, host_port, is_loopback
from minikafka.cluster.broker_listeners import listeners_of
from minikafka.cluster.defaults import cluster_defaults
from minikafka.cluster.kept_data import KeptData, kept_brokers, new_cluster_id
from minikafka.cluster.voters import controller_host, controller_id, number_of_controllers
from minikafka.log.meta_properties import claimed_properties
from minikafka.metadata.configs import BrokerConfigs
from minikafka.processes.plan import Plan, Reached
from minikafka.protocol.uuid_text import decode_uuid
from minikafka.quorum import VoterNode
from minikafka.replication.log_directories import log_dirs_of
from minikafka.replication.log_directory import LOCK_FILE
from minikafka.world import DiskLocked, LiveUniverse, is_locked
from minikafka.world.free_ports import check_port, free_port

DEFAULT_BROKERS = 3


@dataclass(frozen=True)
class Wanted:
    """As `Cluster` takes it."""

    brokers: int | None = None
    controllers: int | None = None
    port: int = 0
    fewer_brokers: bool = False
    configs: Mapping[str, object] = field(default_factory=dict)
    racks: Sequence[str] = ()


class Planning:
    """For the hosts below a universe's root. It is only read."""

    def __init__(self, universe: LiveUniverse, wanted: Wanted, *, syncs: bool) -> None:
        self._universe = universe
        self._wanted = wanted
        self._syncs = syncs
        brokers = wanted.brokers or max(kept_brokers(universe), default=DEFAULT_BROKERS)
        self.configs = BrokerConfigs({**cluster_defaults(brokers), **wanted.configs})
        self._log_dirs = log_dirs_of(self.configs)
        self._kept = KeptData(universe, self._log_dirs)
        self._listeners = listeners_of(self.configs, brokers, wanted.port)
        count = number_of_controllers(universe.kept_hosts(), wanted.controllers)
        self._controllers = [controller_host(number) for number in range(1, count + 1)]
        self._ports: dict[str, int] = {}

    def plans(self) -> list[Plan]:
        """Controllers first. Raises OSError (port taken, directory in use) or ValueError (wrong directory)."""
        brokers = list(self._listeners)
        self._check_locks()
        if not self._wanted.fewer_brokers:
            self._kept.check_for_left_out(len(brokers))
        known = self._kept.id_of(self._controllers) or self._kept.id_of(brokers)
        cluster_id = known or new_cluster_id(self._universe.world(self._controllers[0]))
        known_by = ""
        if known and (
            len(self._controllers) == 1 or self._kept.id_of(brokers)
        ):  # else some may not have begun
            known_by = f"data directories belong to cluster {known}"
        for number, (host, listener) in enumerate(self._listeners.items()):
            self._ports[host] = self._port_of(number, listener)
        for host in self._controllers:
            self._ports[host] = free_port(self._universe.address, self._ports.values())
        voters = [self._voter(host, cluster_id) for host in self._controllers]
        reached = tuple(self._reached(host, listener) for host, listener in self._listeners.items())
        return [
            Plan(
                host=host,
                node_id=node_id,
                cluster_id=cluster_id,
                root=str(self._universe.root),
                syncs=self._syncs,
                port=self._ports[host],
                voters=tuple(voter for voter, _ in voters),
                configs=self._configs_of(host),
                reached=reached,
                directory_id=directory_id,
                known_by=known_by,
            )
            for host, node_id, directory_id in [
                *((host, voter.id, id) for host, (voter, id) in zip(self._controllers, voters, strict=True)),
                *((host, int(host.rpartition("-")[2]), "") for host in brokers),
            ]
        ]

    @property
    def opened(self) -> tuple[str, ...]:
        """`host:port` of each broker that listens on more than the loopback, once there are plans."""
        return tuple(
            host_port(listener.host, self._ports[host])
            for host, listener in self._listeners.items()
            if listener.host is not None and not is_loopback(listener.host)
        )

    def _configs_of(self, host: str) -> Mapping[str, str]:
        racks, configs = self._wanted.racks, self.configs.overrides
        if not racks or host not in self._listeners:
            return configs
        return {**configs, "broker.rack": racks[list(self._listeners).index(host) % len(racks)]}

    def _check_locks(self) -> None:
        """Each node will lock its own; but where one is taken, none need be started."""
        for host in (*self._controllers, *self._listeners):
            directories: Sequence[str] = self._log_dirs if host in self._listeners else ("",)
            for directory in directories:
                path = self._universe.root / host / directory / LOCK_FILE
                if is_locked(path):
                    raise DiskLocked(errno.EWOULDBLOCK, "the lock is held", str(path))

    def _port_of(self, number: int, listener: BrokerListener) -> int:
        address = listener.host or self._universe.address
        port = listener.port or (self._wanted.port + number if self._wanted.port else 0)
        if not port:
            return free_port(address, self._ports.values())
        check_port(address, port)
        return port

    def _voter(self, host: str, cluster_id: str) -> tuple[VoterNode, str]:
        """And the id of its directory, as text."""
        world, node_id = self._universe.world(host), controller_id(host)
        properties = claimed_properties(world.disk, cluster_id, node_id, world.random)
        directory_id = decode_uuid(properties.directory_id)
        address, port = self._universe.address, self._ports[host]
        return VoterNode(node_id, directory_id, address, port), properties.directory_id

    def _reached(self, host: str, listener: BrokerListener) -> Reached:
        own, port = self._universe.address, self._ports[host]
        at = own if listener.host in (None, "0.0.0.0", "::", "") else listener.host
        assert at is not None
        return Reached(listener.advertised_host or own, listener.advertised_port or port, at, port)


__all__ = ["Planning", "Wanted"]
