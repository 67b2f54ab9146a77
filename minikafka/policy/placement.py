"""Where the replicas of a new topic go.

Rule: leaders and followers are spread evenly, and no broker holds two replicas of one partition.

Kafka: `StripedReplicaPlacer`.

Shown in lesson 7 (replication).
"""

from collections.abc import Sequence


def place_replicas(
    brokers: Sequence[int], partition_count: int, replication_factor: int, start_index: int
) -> list[list[int]]:
    """For each partition the brokers that hold it, the preferred leader first.

    The brokers form a circle; partition `p` takes `replication_factor` of them in turn, beginning at
    `start_index + p`. Needs `replication_factor <= len(brokers)`. Kafka: `StripedReplicaPlacer` (one rack).
    """
    count = len(brokers)
    return [
        [brokers[(start_index + partition + step) % count] for step in range(replication_factor)]
        for partition in range(partition_count)
    ]
