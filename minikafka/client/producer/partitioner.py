"""Which partition a record goes to: the rules, applied to one topic.

Rule: keyed records always go to the key's partition; records without a key stick to one partition until its
batch is sent. Kafka does the same in `BuiltInPartitioner` (KIP-480, KIP-794); the names are librdkafka's.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from minikafka.policy import Rules

if TYPE_CHECKING:
    from minikafka.client.connections.metadata import TopicView
    from minikafka.client.settings.settings import Settings
    from minikafka.world import World


class TopicPartitioner:
    """The choice for one topic. `choose` is called once per record."""

    __slots__ = (
        "_all",
        "_available",
        "_key_hash",
        "_linger_s",
        "_name",
        "_rules",
        "_sticky",
        "_until",
        "_world",
    )

    def __init__(self, world: World, rules: Rules, settings: Settings) -> None:
        self._world = world
        self._rules = rules
        self._name: str = settings["partitioner"]
        self._linger_s = settings.seconds("sticky.partitioning.linger.ms")
        self._key_hash = partition_hash(self._name, rules)
        self._available: list[int] = []
        self._all = 0
        self._sticky: int | None = None
        self._until = 0.0  # so long records without a key stick

    def learn(self, view: TopicView) -> None:
        """Takes the topic's partitions from fresh metadata."""
        self._all = len(view.partitions)
        led = [index for index, place in view.partitions.items() if place.leader >= 0]
        self._available = led or list(view.partitions)
        if self._sticky is not None and self._sticky not in self._available:
            self._sticky, self._until = None, 0.0

    def choose(self, key: bytes | None, now: float) -> int:
        """A partition for this key, or for a record without one; `now` in seconds."""
        if key is None and now < self._until:
            assert self._sticky is not None
            return self._sticky
        name = self._name
        if key is not None and name != "random":
            return self._key_hash(key, self._all)
        if name in _KEYS_ONLY:
            return self._key_hash(b"", self._all)
        if name == "random" or self._linger_s <= 0:
            return self._available[self._world.random.randrange(len(self._available))]
        self._sticky = self._rules.next_sticky_partition(self._available, self._sticky, self._world.random)
        self._until = now + self._linger_s
        return self._sticky

    def batch_closed(self, partition: int) -> None:
        """The batch of this partition is full: records without a key move on."""
        if partition == self._sticky:
            self._until = 0.0


_NO_PARTITION = "partition_count must be > 0"


def consistent(key: bytes, partition_count: int) -> int:
    """librdkafka's "consistent": CRC-32 of the key modulo the partition count."""
    if partition_count <= 0:
        raise ValueError(_NO_PARTITION)
    return zlib.crc32(key) % partition_count


def fnv1a(key: bytes, partition_count: int) -> int:
    """librdkafka's "fnv1a": 32 bits of FNV-1a, their absolute value as a signed number, modulo the count."""
    if partition_count <= 0:
        raise ValueError(_NO_PARTITION)
    value = 0x811C9DC5
    for byte in key:
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return (value if value < 0x80000000 else 0x100000000 - value) % partition_count


def murmur2(key: bytes, partition_count: int) -> int:
    """Kafka's own: murmur2 without its sign bit, modulo the count."""
    if partition_count <= 0:
        raise ValueError(_NO_PARTITION)
    return Rules().partition_for_key(key, partition_count)


_HASHES = {"consistent": consistent, "fnv1a": fnv1a}
_KEYS_ONLY = ("murmur2", "consistent", "fnv1a")
"""They take a record without a key as one with an empty key."""


def partition_hash(partitioner: str, rules: Rules | None = None) -> Callable[[bytes, int], int]:
    """(key, number of partitions) → partition. For murmur2, which is Kafka's own, that is a rule."""
    own = _HASHES.get(partitioner.partition("_")[0])
    return own or (rules or Rules()).partition_for_key
