"""Where the replicas of a new topic go.

Rule: leaders and followers are spread evenly, and no broker holds two replicas of one partition.

Kafka: `StripedReplicaPlacer`.

Shown in lesson 7 (replication).
"""

from collections.abc import Sequence


def spread_over_racks(
    racks: Sequence[Sequence[int]], partition_count: int, replication_factor: int, start_index: int
) -> list[list[int]]:
    """For each partition the brokers that hold it, the preferred leader first, as many racks as can be among them.

    `racks`: the brokers of each. The racks form a circle, and so do the brokers of each rack. Partition `p` begins at
    rack `start_index + p` and takes one broker from each rack in turn; each round through the racks moves on by one
    broker in all of them. Needs `replication_factor <=` the number of brokers. Kafka: `StripedReplicaPlacer` (several
    racks).
    """
    placed: list[list[int]] = []
    for partition in range(partition_count):
        round_ = start_index + partition // len(racks)
        chosen: list[int] = []
        step = 0
        while len(chosen) < replication_factor:
            brokers = racks[(start_index + partition + step) % len(racks)]
            first = round_ + step * (round_ // len(brokers))
            free = [
                brokers[(first + n) % len(brokers)]
                for n in range(len(brokers))
                if brokers[(first + n) % len(brokers)] not in chosen
            ]
            chosen += free[:1]
            step += 1
        placed.append(chosen)
    return placed


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
