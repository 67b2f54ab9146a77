"""What leader and followers of a partition decide.

Rule: a record counts as committed once every in-sync replica has it; nothing else is ever shown to a
consumer.

Kafka: `Partition` (`maybeIncrementLeaderHW`, `maybeShrinkIsr`, `checkEnoughReplicasReachOffset`),
`AbstractFetcherThread.truncateOnFetchResponse`; KIP-101, KIP-595.

Shown in lesson 8 (ISR and high watermark).
"""

from collections.abc import Sequence


def is_in_sync(now_ms: int, last_caught_up_ms: int, replica_lag_time_max_ms: int) -> bool:
    """Whether a follower may stay in the ISR.

    `last_caught_up_ms`: when it last had everything the leader had. Kafka: `Partition.isFollowerOutOfSync`,
    `replica.lag.time.max.ms`.
    """
    return now_ms - last_caught_up_ms <= replica_lag_time_max_ms


def high_watermark(current: int, leader_end_offset: int, isr_end_offsets: Sequence[int]) -> int:
    """The offset below which every record is committed.

    `isr_end_offsets`: the log end offsets of the in-sync followers (the leader's may be among them). The
    smallest end offset of the ISR, the leader included, but never lower than it was. Kafka:
    `Partition.maybeIncrementLeaderHW`.
    """
    return max(current, min([leader_end_offset, *isr_end_offsets]))


def acks_satisfied(required_offset: int, high_watermark: int) -> bool:
    """Whether a produce request with `acks=all` may be answered.

    `required_offset`: one past the last record that it wrote. Kafka: `DelayedProduce`,
    `Partition.checkEnoughReplicasReachOffset`.
    """
    return high_watermark >= required_offset


def has_enough_replicas(isr_size: int, min_insync_replicas: int) -> bool:
    """Whether a write with `acks=all` is accepted at all (else NOT_ENOUGH_REPLICAS).

    Kafka: `Partition.appendRecordsToLeader`, `min.insync.replicas`.
    """
    return isr_size >= min_insync_replicas


def fetch_offset(log_start_offset: int, high_watermark: int, log_end_offset: int) -> int:
    """From where a follower asks its leader for more: the end of its own log, all it has lies below.

    The leader takes it as the follower's word that it has everything below. Kafka:
    `AbstractFetcherThread.processFetchRequest` (the next `fetchOffset` is the log end offset).
    """
    return log_end_offset


def follower_high_watermark(log_end_offset: int, leader_high_watermark: int) -> int:
    """What a follower knows to be committed after a Fetch answer that said `leader_high_watermark`.

    The leader's, as far as its own log reaches. Kafka: `ReplicaFetcherThread.processPartitionData`,
    `UnifiedLog.updateHighWatermark`.
    """
    return min(leader_high_watermark, log_end_offset)


def truncation_offset(follower_end: int, diverging_end: int) -> int:
    """The offset a follower cuts its log back to before it copies from a new leader.

    `diverging_end`: where the leader's log ends for the newest leader epoch both know; `follower_end`:
    where the follower's log ends (for that epoch). What lies beyond either is not shared. Kafka:
    `AbstractFetcherThread.getOffsetTruncationState`, KIP-101, KIP-595 (diverging epoch).
    """
    return min(follower_end, diverging_end)
