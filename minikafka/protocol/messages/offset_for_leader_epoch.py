"""OffsetForLeaderEpoch (23), versions 2–4: where an epoch ends in the leader's log (KIP-101, KIP-320).

3 names the replica, 4 is flexible.
"""

from __future__ import annotations

from minikafka.protocol.schema import (
    INT16,
    INT32,
    INT64,
    STRING,
    Message,
    Struct,
    array,
    field,
    message,
    struct,
)


@struct
class OffsetForLeaderPartition(Struct):
    partition: int = field(INT32, about="The partition.")
    current_leader_epoch: int = field(
        INT32,
        default=-1,
        about="The leader epoch that the client knows, checked by the broker; -1 for no check.",
    )
    leader_epoch: int = field(INT32, about="The leader epoch, or -1.")


@struct
class OffsetForLeaderTopic(Struct):
    topic: str = field(STRING, about="The topic's name.")
    partitions: list[OffsetForLeaderPartition] = field(
        array(OffsetForLeaderPartition), about="Partition by partition."
    )


@message(api_key=23, kind="request", versions=(2, 4), flexible=4)
class OffsetForLeaderEpochRequest(Message):
    replica_id: int = field(
        INT32, since=3, default=-2, ignorable=True, about="The follower's broker id; -1 from a client."
    )
    topics: list[OffsetForLeaderTopic] = field(array(OffsetForLeaderTopic), about="Topic by topic.")


@struct
class EpochEndOffset(Struct):
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
    partition: int = field(INT32, about="The partition.")
    leader_epoch: int = field(INT32, default=-1, about="The leader epoch, or -1.")
    end_offset: int = field(INT64, default=-1, about="The offset at which the epoch ends, or -1.")


@struct
class OffsetForLeaderTopicResult(Struct):
    topic: str = field(STRING, about="The topic's name.")
    partitions: list[EpochEndOffset] = field(array(EpochEndOffset), about="Partition by partition.")


@message(api_key=23, kind="response", versions=(2, 4), flexible=4)
class OffsetForLeaderEpochResponse(Message):
    throttle_time_ms: int = field(
        INT32, default=0, about="How long a quota makes the client wait; 0 without one."
    )
    topics: list[OffsetForLeaderTopicResult] = field(
        array(OffsetForLeaderTopicResult), about="Topic by topic."
    )
