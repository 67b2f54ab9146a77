"""What a voter is in its epoch, and what makes it something else.

Rule: `NEXT` is the whole of it: what isn't in it doesn't happen. Kafka: `EpochState` and its classes, `QuorumState`
(`transitionTo…`); KIP-595, KIP-996.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """In the order in which a voter may pass through them."""

    UNATTACHED = "unattached"
    FOLLOWER = "follower"
    PROSPECTIVE = "prospective"
    CANDIDATE = "candidate"
    LEADER = "leader"
    RESIGNED = "resigned"


class Why(StrEnum):
    """What moves a voter."""

    NEWER_EPOCH = "somebody is in a newer epoch"
    LEADER_KNOWN = "a leader of this epoch is known"
    NOBODY_LEADS = "nothing was heard of a leader for too long"
    LOST_FROM_VIEW = "the same, and it has no vote"
    WOULD_BE_ELECTED = "a majority would vote for it"
    WOULD_NOT_BE_ELECTED = "a majority wouldn't vote for it, or didn't say"
    ELECTED = "a majority voted for it"
    NOT_ELECTED = "too few voted for it"
    RESIGNS = "it was asked to, or no majority fetches from it"


_ANYWHERE = {Why.NEWER_EPOCH: Role.UNATTACHED}
_LEADERLESS = {**_ANYWHERE, Why.LEADER_KNOWN: Role.FOLLOWER}
NEXT: Mapping[Role, Mapping[Why, Role]] = {
    Role.UNATTACHED: {**_LEADERLESS, Why.NOBODY_LEADS: Role.PROSPECTIVE},
    Role.FOLLOWER: {
        **_ANYWHERE,
        Why.NOBODY_LEADS: Role.PROSPECTIVE,
        Why.LOST_FROM_VIEW: Role.UNATTACHED,
    },
    Role.PROSPECTIVE: {
        **_LEADERLESS,
        Why.LOST_FROM_VIEW: Role.UNATTACHED,
        Why.WOULD_BE_ELECTED: Role.CANDIDATE,
        Why.WOULD_NOT_BE_ELECTED: Role.UNATTACHED,
    },
    Role.CANDIDATE: {
        **_LEADERLESS,
        Why.LOST_FROM_VIEW: Role.UNATTACHED,
        Why.ELECTED: Role.LEADER,
        Why.NOT_ELECTED: Role.PROSPECTIVE,
    },
    Role.LEADER: {**_ANYWHERE, Why.RESIGNS: Role.RESIGNED},
    Role.RESIGNED: {**_ANYWHERE, Why.LOST_FROM_VIEW: Role.UNATTACHED},
}
