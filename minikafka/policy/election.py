"""Which replica becomes leader.

Rule: only a replica of the ISR is sure to have every committed record.

Kafka: `PartitionChangeBuilder.electLeader`; `unclean.leader.election.enable`.

Shown in lesson 8 (ISR and high watermark).
"""

from collections.abc import Collection, Sequence


def elect_leader(
    replicas: Sequence[int], isr: Collection[int], alive: Collection[int], unclean: bool
) -> int | None:
    """The broker that becomes leader, or None: the partition is offline.

    `replicas` is in order of preference. The first that is in the ISR and alive; failing that, when `unclean`
    elections are allowed, the first that is alive, although committed records it lacks are then lost. Kafka:
    `PartitionChangeBuilder.electAnyLeader`.
    """
    for broker in replicas:
        if broker in isr and broker in alive:
            return broker
    if unclean:
        for broker in replicas:
            if broker in alive:
                return broker
    return None
