"""Where a small cluster departs from Kafka's defaults.

Rule: as Kafka's sample configuration for one machine does, and no further.
"""

from __future__ import annotations


def cluster_defaults(brokers: int) -> dict[str, object]:
    """Where a small cluster for learning departs from Kafka's defaults (its sample configuration does so too)."""
    replicas = min(3, brokers)
    return {
        "default.replication.factor": replicas,
        "offsets.topic.replication.factor": replicas,
        "offsets.topic.num.partitions": 5,
        "group.initial.rebalance.delay.ms": 0,
    }


__all__ = ["cluster_defaults"]
