"""LAG: how many records a group has still to read in a partition.

Rule: both offsets come from one instant, and what is unknown stays unknown. A group that never
committed has no LAG (None, shown as "–"); a commit from before the log start counts from the log start, since
the records below it are gone; a commit beyond the end read a moment earlier counts as 0, never as negative.
Kafka's `kafka-consumer-groups --describe` shows the first case as "-" too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from minikafka.policy.consuming import lag
from minikafka.xray.snapshot import GroupOffset, Member, Partition, TopicPartition

LagRule = Callable[[int, int | None, int], int | None]
"""(log end offset, committed offset or None, log start offset) → LAG or None."""


def lag_of(
    end: int | None, committed: int | None, log_start: int | None = None, rule: LagRule = lag
) -> int | None:
    """What the rule says; `None` when the end is unknown."""
    return None if end is None else rule(end, committed, log_start or 0)


def owners(members: Iterable[Member] | None) -> dict[TopicPartition, str]:
    """Which member (by id) owns which partition."""
    return {owned: member.id for member in members or () for owned in member.assignment or ()}


def group_offsets(
    committed: Mapping[TopicPartition, tuple[int, str | None]],
    members: Iterable[Member] | None,
    partition_at: Callable[[TopicPartition], Partition | None],
    rule: LagRule = lag,
) -> tuple[GroupOffset, ...]:
    """The offset rows of a group: all it committed to and all it is assigned, by topic and partition.

    `committed` maps to (offset, metadata), an offset below 0 meaning "no commit"; `partition_at` tells
    those of the same picture. A consumer can read up to the high watermark, so that is the end where it is
    known, as in Kafka's own tool.
    """
    owner = owners(members)
    rows = []
    for key in sorted({*committed, *owner}):
        offset, metadata = committed.get(key, (-1, None))
        partition = partition_at(key)
        end = readable_end(partition)
        start = partition.log_start if partition else None
        known = offset if offset >= 0 else None
        rows.append(
            GroupOffset(
                topic=key.topic,
                partition=key.partition,
                committed=known,
                end=end,
                log_start=start,
                lag=lag_of(end, known, start, rule),
                member=owner.get(key),
                metadata=metadata,
                error=partition.error if partition else "UNKNOWN_TOPIC_OR_PARTITION",
            )
        )
    return tuple(rows)


def readable_end(partition: Partition | None) -> int | None:
    """The offset up to which a consumer can read: the high watermark, or the end where that is unknown."""
    if partition is None:
        return None
    return partition.high_watermark if partition.high_watermark is not None else partition.end
