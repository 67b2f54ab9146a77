"""How far a consumer group is behind.

Rule: LAG counts what the group can still read, from the committed offset to the log's end. Without a
commit there is no LAG (which is not 0), and it is never negative.

Kafka: `ConsumerGroupCommand` (`kafka-consumer-groups --describe`).

Shown in lesson 1 (section 5), and watched in lesson 9.
"""


def lag(log_end_offset: int, committed_offset: int | None, log_start_offset: int = 0) -> int | None:
    """How many offsets lie between what the group has committed and what was produced; None without a commit.

    `committed_offset` is the offset the group reads next (-1 is no commit too); `log_end_offset` the offset
    the next record gets. Records below `log_start_offset` are gone and no longer count; a commit beyond the end
    (read a moment earlier) counts as 0. Kafka's own tool does neither, and can show a negative LAG.
    """
    if committed_offset is None or committed_offset < 0:
        return None
    return max(0, log_end_offset - max(committed_offset, log_start_offset))
