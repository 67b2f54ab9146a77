"""What a majority is, who gets a vote, what may be appended to which log, and what is committed then.

Rule: any two majorities share a voter, so an epoch has one leader at most and he has all that was
committed.

Kafka: `KafkaRaftClient.handleVoteRequest`, `KafkaRaftLog.validateOffsetAndEpoch`, `LeaderState`; KIP-595.

Shown in lesson 12 (KRaft).
"""


def majority(voters: int) -> int:
    """The smallest number of `voters` that is more than half of them: 2 of 3, 3 of 4, 3 of 5."""
    return voters // 2 + 1


def grants_vote(
    candidate: int,
    candidate_epoch: int,
    candidate_last_epoch: int,
    candidate_end_offset: int,
    epoch: int,
    voted_for: int | None,
    leader: int | None,
    last_epoch: int,
    end_offset: int,
) -> bool:
    """Whether a voter gives its vote to `candidate`.

    `epoch`, `voted_for` and `leader` are the voter's; the last two are what it knows for its own epoch.
    `*_last_epoch` is the epoch of the last record in the log and `*_end_offset` the offset after it. In an
    older epoch never; in a newer one, or when it has neither voted otherwise nor seen a leader, when the
    candidate's log is at least as up to date as its own. Kafka: `UnattachedState.canGrantVote`, KIP-595.
    """
    if candidate_epoch < epoch:
        return False
    if candidate_epoch == epoch:
        if leader is not None:
            return False
        if voted_for is not None:
            return voted_for == candidate
    return (candidate_last_epoch, candidate_end_offset) >= (last_epoch, end_offset)


def may_append(last_epoch: int, end_offset: int, known_epoch: int, known_end: int) -> bool:
    """Whether what the leader has may follow a log that ends at `end_offset`, its last record of `last_epoch`.

    `known_epoch`: the newest epoch in the leader's own log that isn't newer than that; `known_end`: where it ends
    there. If not, the follower cuts its log back and asks again. Kafka: `KafkaRaftLog.validateOffsetAndEpoch`, KIP-595.
    """
    return known_epoch == last_epoch and end_offset <= known_end


def commit_offset(committed: int, epoch_start: int, majority_has: int) -> int:
    """The offset below which all is committed, as a leader sees it.

    `epoch_start`: where its own records begin; `majority_has`: a majority has all below. What earlier leaders left is
    committed only together with a record of its own: until then another may still be elected without it. Kafka:
    `LeaderState.maybeUpdateHighWatermark`, KIP-595; Raft, 5.4.2.
    """
    return max(committed, majority_has) if majority_has > epoch_start else committed
