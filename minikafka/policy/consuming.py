"""How far a consumer group is behind, and from which replica a consumer reads.

Rule: LAG counts what the group can still read, from the committed offset to the log's end. Without a
commit there is no LAG (which is not 0), and it is never negative.

Kafka: `ConsumerGroupCommand` (`kafka-consumer-groups --describe`); `RackAwareReplicaSelector`.

Shown in lesson 1 (section 5), and watched in lesson 9.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

Look = tuple[int, int | None, int]
"""(log start, committed offset or None, log end) of one partition, read at one instant."""


def lag(log_end_offset: int, committed_offset: int | None, log_start_offset: int = 0) -> int | None:
    """How many offsets lie between what the group has committed and what was produced; None without a commit.

    `committed_offset` is the offset the group reads next (-1 is no commit too); `log_end_offset` the offset
    the next record gets. Records below `log_start_offset` are gone and no longer count; a commit beyond the end
    (read a moment earlier) counts as 0. Kafka's own tool does neither, and can show a negative LAG.
    """
    if committed_offset is None or committed_offset < 0:
        return None
    return max(0, log_end_offset - max(committed_offset, log_start_offset))


def lag_status(window: Sequence[Look]) -> tuple[str, str, int | None]:
    """How a group does in one partition: (status, the rule that fired, LAG), from some looks, the oldest first.

    The first of these that holds: "no commit", "commit went back", "commit below log start", "caught up",
    "commit stands still", "lag grows", "keeps up". A partition that nobody writes to has no LAG, so however long its
    commit stands still, that is OK; and so is a record that has just come. Kafka has no such judgement; LinkedIn's
    Burrow made it known.
    """
    start, committed, _ = window[-1]
    lags = [lag(end, at, begin) for begin, at, end in window]
    now = lags[-1]
    if committed is None or now is None:
        return ("WARN", "no commit", None)
    commits = [at for _, at, _ in window if at is not None]
    if any(later < earlier for earlier, later in pairwise(commits)):
        return ("REWIND", "commit went back", now)
    if committed < start:
        return ("WARN", "commit below log start", now)
    if now == 0:
        return ("OK", "caught up", 0)
    if len(window) > 1 and all(lags) and all(at == committed for _, at, _ in window):
        return ("STALL", "commit stands still", now)
    known = [one for one in lags if one is not None]
    if 0 not in known and now > known[0] and all(later >= earlier for earlier, later in pairwise(known)):
        return ("WARN", "lag grows", now)
    return ("OK", "keeps up", now)


class ReadableReplica(NamedTuple):
    """A replica that a consumer could read what it asks for from; `caught_up_s`: when it last had all there was."""

    broker: int
    rack: str | None
    end_offset: int
    caught_up_s: float


def read_replica(rack: str, leader: int, replicas: Sequence[ReadableReplica]) -> int:
    """From which broker a consumer in this rack (empty: it doesn't say) reads; the leader is among the replicas.

    The leader, unless others are in the consumer's rack and it isn't: then that of them which has most, and had all
    last. Kafka: `RackAwareReplicaSelector.select` (KIP-392).
    """
    near = [replica for replica in replicas if rack and replica.rack == rack]
    if not near or any(replica.broker == leader for replica in near):
        return leader
    return max(near, key=lambda replica: (replica.end_offset, replica.caught_up_s, -replica.broker)).broker
