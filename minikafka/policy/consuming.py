"""How far a consumer group is behind.

One rule: LAG is counted in offsets, from the committed offset to the log's end.

Kafka: `ConsumerGroupCommand` (`kafka-consumer-groups --describe`). Seed section: "파티션" (LAG).
"""


def lag(log_end_offset: int, committed_offset: int | None, log_start_offset: int = 0) -> int | None:
    """How many offsets lie between what the group has committed and what was produced; None without a commit.

    `committed_offset` is the offset the group reads next (-1 is no commit too); `log_end_offset` the offset
    the next record gets. Kafka doesn't look at `log_start_offset`: records that retention has deleted
    unread still count. It is given for those who want to count otherwise.
    """
    if committed_offset is None or committed_offset < 0:
        return None
    return log_end_offset - committed_offset
