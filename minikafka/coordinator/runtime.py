"""The coordinators of one kind on one broker: a shell and a core for each partition of the internal topic it leads.

Rule: a key belongs to one partition, and whoever leads that partition speaks for it; any other broker says so.
Kafka: `CoordinatorRuntime`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from minikafka.coordinator.core import Core, MetadataStep
from minikafka.coordinator.decision import Decision
from minikafka.coordinator.settings import Configs
from minikafka.coordinator.shard import Journal, Send, Shard, ShardState
from minikafka.coordinator.tenants import Tenant
from minikafka.metadata.image import MetadataImage
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.schema import Struct
from minikafka.world import World

C = TypeVar("C", bound=Core)


def partition_of(key: str, partition_count: int) -> int:
    """The partition of the internal topic that a key (a group's id) belongs to: Java's `hashCode` of the key, its
    absolute value (0 for the one number that has none), modulo the number of partitions."""
    value = 0
    units = key.encode("utf-16-be", "surrogatepass")
    for index in range(0, len(units), 2):
        value = (31 * value + (units[index] << 8 | units[index + 1])) & 0xFFFFFFFF
    if value >= 0x80000000:
        value -= 0x100000000
    return (0 if value == -0x80000000 else abs(value)) % partition_count


class CoordinatorRuntime(Generic[C]):
    """Of one tenant. `image` gives the cluster's metadata as they are; `send` asks another broker."""

    def __init__(
        self,
        world: World,
        tenant: Tenant[C],
        configs: Configs,
        image: Callable[[], MetadataImage],
        send: Send,
    ) -> None:
        self.world = world
        self.tenant = tenant
        self.configs = configs
        self._image = image
        self._send = send
        self.shards: dict[int, Shard[C]] = {}
        """By partition: what this broker leads."""

    # --- which partitions are ours

    def become_leader(self, partition: int, epoch: int, journal: Journal) -> None:
        """This broker leads the partition in this epoch: load it. Does not wait for the load."""
        current = self.shards.get(partition)
        if current is not None:
            if current.epoch >= epoch and current.state is not ShardState.FAILED:
                return
            current.resign()
        core = self.tenant.core(self.world, self.configs, self._image)
        shard = Shard(self.world, core, self.tenant.topic, partition, epoch, journal, self._send)
        self.shards[partition] = shard
        self.world.spawn(shard.load(), f"coordinator-{partition}-load")

    def resign(self, partition: int) -> None:
        """Another broker leads the partition now, or none."""
        shard = self.shards.pop(partition, None)
        if shard is not None:
            shard.resign()

    def close(self) -> None:
        """The broker stops."""
        for partition in list(self.shards):
            self.resign(partition)

    @property
    def partitions(self) -> dict[int, str]:
        """Partitions this broker coordinates, with the state of each: loading, active or failed."""
        return {partition: str(shard.state) for partition, shard in sorted(self.shards.items())}

    def partition_for(self, key: str) -> int:
        """The one that the key belongs to."""
        return partition_of(key, self.tenant.partition_count(self.configs, self._image()))

    def shard_of(self, key: str) -> Shard[C]:
        """Raises ApiError when this broker cannot answer for the key."""
        shard = self.shards.get(self.partition_for(key))
        if shard is None:
            raise ApiError(ErrorCode.NOT_COORDINATOR)
        shard.check_active()
        return shard

    def active(self) -> Iterator[Shard[C]]:
        """Those that answer."""
        return (shard for shard in self.shards.values() if shard.state is ShardState.ACTIVE)

    # --- asking

    async def ask(self, key: str, decide: Callable[[C, int], Decision]) -> Struct:
        """Decide now, with the token of the answer; return it when it may be given. Raises ApiError."""
        shard = self.shard_of(key)
        return await shard.ask(lambda token: decide(shard.core, token))

    async def ask_alone(self, key: str, decide: Callable[[C], Decision]) -> Struct:
        """Decide when all earlier writes are replayed. Raises ApiError."""
        shard = self.shard_of(key)
        return await shard.ask_alone(lambda: decide(shard.core))

    def on_metadata(self, step: MetadataStep) -> None:
        """The cluster changed."""
        for shard in self.active():
            shard.on_metadata(step)
