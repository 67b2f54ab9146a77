"""A room with racks: brokers 1 and 2 stand in rack A, 3 and 4 in B, 5 and 6 in C. One rack loses its power.

Rule: what counts is whether each partition still has a leader, and whether all that was acknowledged can be read.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from minikafka import Cluster, Rules
from minikafka.cluster.run_file import RunFile
from minikafka.explore import kept
from minikafka_lessons.language import say

RACKS = "ABC"
TOPIC = "racked"
POWERLESS_S = 15.0
RECORDS = 24


def rack_of(broker: int) -> str:
    """`A` for brokers 1 and 2, `B` for 3 and 4, and so on."""
    return chr(ord("A") + (broker - 1) // 2)


@dataclass(frozen=True)
class Placed:
    """What the loss of each rack left: partitions without a leader, records that can't be read."""

    partitions: int
    dark: dict[str, int]
    """Rack → partitions without a leader when it is gone."""
    run: RunFile | None = field(default=None, compare=False, repr=False)
    """Of the first rack that took a partition along; the mark is where its power goes."""

    @property
    def holds(self) -> bool:
        """Did each partition live on, whichever rack was gone?"""
        return not any(self.dark.values())

    def __repr__(self) -> str:
        return "\n".join(
            say(
                "rack {rack} without power: {dark} of {all} partitions have no leader",
                rack=rack,
                dark=count,
                all=self.partitions,
            )
            for rack, count in self.dark.items()
        )


def rack_without_power(
    rules: Rules | None = None, *, replication_factor: int = 2, partitions: int = 6, seed: int = 7
) -> Placed:
    """Six brokers in three racks, placed by the rule `place_replicas`; each rack in turn goes dark."""
    dark: Counter[str] = Counter(dict.fromkeys(RACKS, 0))
    run = None
    for rack in RACKS:
        cluster = Cluster(2 * len(RACKS), world="simulated", seed=seed, rules=rules, announce=False)
        try:
            cluster.create_topic(TOPIC, partitions, replication_factor)
            with cluster.producer() as producer:
                for n in range(RECORDS):
                    producer.produce(TOPIC, f"{n}", partition=n % partitions)
                producer.flush()
            dark_s = cluster.now
            for host in [host for host in cluster.hosts if host.startswith("broker-")]:
                if rack_of(int(host.removeprefix("broker-"))) == rack:
                    cluster.kill(host)
            cluster.run(POWERLESS_S)
            left = cluster.snapshot().topic(TOPIC).partitions
            dark[rack] += sum(partition.leader is None for partition in left)
            if dark[rack] and run is None:
                run = kept(cluster, dark_s)
        finally:
            cluster.drop()
    return Placed(partitions, dict(dark), run)
