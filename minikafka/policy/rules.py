"""The rules of a cluster: every decision it makes as one replaceable function.

Rule: mechanisms call a decision through the `Rules` that they were given, positionally (so that a learner may name
parameters freely), and never import it.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from random import Random

from minikafka.policy import (
    assignment,
    batching,
    compaction,
    consuming,
    election,
    flushing,
    partitioning,
    placement,
    replication,
    segments,
    voting,
)

Assignor = Callable[
    [assignment.Subscriptions, assignment.PartitionCounts, assignment.Owned | None], assignment.Assignment
]


@dataclass(frozen=True, slots=True)
class Rules:
    """Kafka's decisions, unless replaced: `Rules(high_watermark=mine)`. Each default explains itself."""

    partition_for_key: Callable[[bytes, int], int] = partitioning.partition_for_key
    next_sticky_partition: Callable[[Sequence[int], int | None, Random], int] = (
        partitioning.next_sticky_partition
    )
    batch_is_ready: Callable[[int, int, float, float], bool] = batching.batch_is_ready
    should_roll: Callable[[int, int, int, int, int, bool, bool], bool] = segments.should_roll
    should_flush: Callable[[int, int, int], bool] = flushing.should_flush
    is_flush_due: Callable[[int, int], bool] = flushing.is_flush_due
    floor_entry: Callable[[Sequence[int], int], int] = segments.floor_entry
    segments_to_delete: Callable[[Sequence[segments.SegmentFacts], int, int, int, int, int], int] = (
        segments.segments_to_delete
    )
    survives_compaction: Callable[[int, bytes | None, bytes | None, int | None, bool], bool] = (
        compaction.survives_compaction
    )
    is_in_sync: Callable[[int, int, int], bool] = replication.is_in_sync
    high_watermark: Callable[[int, int, Sequence[int]], int] = replication.high_watermark
    acks_satisfied: Callable[[int, int], bool] = replication.acks_satisfied
    has_enough_replicas: Callable[[int, int], bool] = replication.has_enough_replicas
    fetch_offset: Callable[[int, int, int], int] = replication.fetch_offset
    follower_high_watermark: Callable[[int, int], int] = replication.follower_high_watermark
    truncation_offset: Callable[[int, int], int] = replication.truncation_offset
    elect_leader: Callable[[Sequence[int], Collection[int], Collection[int], bool], int | None] = (
        election.elect_leader
    )
    place_replicas: Callable[[Sequence[int], int, int, int], list[list[int]]] = placement.place_replicas
    assign_range: Assignor = assignment.assign_range
    assign_round_robin: Assignor = assignment.assign_round_robin
    assign_sticky: Assignor = assignment.assign_sticky
    assign_cooperative_sticky: Assignor = assignment.assign_cooperative_sticky
    majority: Callable[[int], int] = voting.majority
    grants_vote: Callable[[int, int, int, int, int, int | None, int | None, int, int], bool] = (
        voting.grants_vote
    )
    may_append: Callable[[int, int, int, int], bool] = voting.may_append
    commit_offset: Callable[[int, int, int], int] = voting.commit_offset
    lag: Callable[[int, int | None, int], int | None] = consuming.lag
    lag_status: Callable[[Sequence[consuming.Look]], tuple[str, str, int | None]] = consuming.lag_status
