"""What a majority is, and who gets a vote.

Rule: any two majorities share a voter, so an epoch has one leader at most and he has all that was
committed.

Kafka: `KafkaRaftClient.handleVoteRequest`, KIP-595.

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
