"""The rules of Kafka: each decision it makes, as one small pure function with Kafka's name.

Rule: no state, no I/O, standard library only. One file per family; `Rules` is the value that a cluster
is given, so that an exercise can put a learner's function in its place.
"""

from minikafka.policy.assignment import (
    assign_cooperative_sticky,
    assign_range,
    assign_round_robin,
    assign_sticky,
)
from minikafka.policy.batching import batch_is_ready
from minikafka.policy.compaction import survives_compaction
from minikafka.policy.consuming import ReadableReplica, lag, lag_status, read_replica
from minikafka.policy.election import elect_leader
from minikafka.policy.flushing import is_flush_due, should_flush
from minikafka.policy.partitioning import murmur2, next_sticky_partition, partition_for_key
from minikafka.policy.placement import place_replicas, spread_over_racks
from minikafka.policy.replication import (
    acks_satisfied,
    fetch_offset,
    follower_high_watermark,
    has_enough_replicas,
    high_watermark,
    is_in_sync,
    truncation_offset,
)
from minikafka.policy.rules import Assignor, Rules
from minikafka.policy.segments import SegmentFacts, floor_entry, segments_to_delete, should_roll
from minikafka.policy.voting import commit_offset, grants_vote, majority, may_append

__all__ = [
    "Assignor",
    "ReadableReplica",
    "Rules",
    "SegmentFacts",
    "acks_satisfied",
    "assign_cooperative_sticky",
    "assign_range",
    "assign_round_robin",
    "assign_sticky",
    "batch_is_ready",
    "commit_offset",
    "elect_leader",
    "fetch_offset",
    "floor_entry",
    "follower_high_watermark",
    "grants_vote",
    "has_enough_replicas",
    "high_watermark",
    "is_flush_due",
    "is_in_sync",
    "lag",
    "lag_status",
    "majority",
    "may_append",
    "murmur2",
    "next_sticky_partition",
    "partition_for_key",
    "place_replicas",
    "read_replica",
    "segments_to_delete",
    "should_flush",
    "should_roll",
    "spread_over_racks",
    "survives_compaction",
    "truncation_offset",
]
