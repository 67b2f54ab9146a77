"""Which partition a record goes to.

Rule: a key decides its partition for ever (as long as the partition count stays), and records without a
key fill one partition's batch before they move to another.

Kafka: `BuiltInPartitioner`, `Utils.murmur2`, `Utils.toPositive`; KIP-480 and KIP-794 (sticky partitioning).

Shown in lesson 2 (section 2).
"""

from collections.abc import Sequence
from random import Random

_MASK = 0xFFFFFFFF
_SEED = 0x9747B28C
_MULTIPLIER = 0x5BD1E995


def murmur2(data: bytes) -> int:
    """The 32-bit murmur2 hash of `data`, unsigned, with Kafka's seed. Kafka: `Utils.murmur2`."""
    length = len(data)
    h = _SEED ^ length
    whole = length & ~3
    for at in range(0, whole, 4):
        k = int.from_bytes(data[at : at + 4], "little") * _MULTIPLIER & _MASK
        k ^= k >> 24
        h = (h * _MULTIPLIER & _MASK) ^ (k * _MULTIPLIER & _MASK)
    if length > whole:
        h = (h ^ int.from_bytes(data[whole:], "little")) * _MULTIPLIER & _MASK
    h ^= h >> 13
    h = h * _MULTIPLIER & _MASK
    return h ^ (h >> 15)


def partition_for_key(key: bytes, partition_count: int) -> int:
    """The partition (0 … partition_count - 1) that every record with this key goes to.

    Kafka: `BuiltInPartitioner.partitionForKey`: murmur2 of the key, sign bit dropped, modulo the partition
    count. So adding partitions sends most keys elsewhere.
    """
    return (murmur2(key) & 0x7FFFFFFF) % partition_count


def next_sticky_partition(available: Sequence[int], current: int | None, random: Random) -> int:
    """The partition that records without a key go to next, once the batch for `current` is closed.

    `available` lists the partitions that have a leader (it isn't empty). A random one of them, but not the
    current one while there is another. Kafka: KIP-480, `BuiltInPartitioner.nextPartition`.
    """
    others = [partition for partition in available if partition != current] or list(available)
    return others[random.randrange(len(others))]
