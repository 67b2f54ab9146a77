"""ElectLeaders (43), versions 0–2: lead from the preferred replica again, or from whoever is left.

1 tells the kind of election (KIP-460), 2 is flexible.
"""

from __future__ import annotations

from minikafka.protocol.schema import (
    INT8,
    INT16,
    INT32,
    STRING,
    Message,
    Struct,
    array,
    field,
    message,
    struct,
)


@struct
class TopicPartitions(Struct):
    topic: str = field(STRING, about="The topic's name.")
    partitions: list[int] = field(array(INT32), about="Its partitions.")


@message(api_key=43, kind="request", versions=(0, 2), flexible=2)
class ElectLeadersRequest(Message):
    election_type: int = field(
        INT8, since=1, default=0, about="0: the preferred replica; 1: anybody alive, even out of sync."
    )
    topic_partitions: list[TopicPartitions] | None = field(
        array(TopicPartitions), nullable=0, about="Topic by topic; null asks for all."
    )
    timeout_ms: int = field(INT32, default=60000, about="How long to wait for the elections.")


@struct
class PartitionResult(Struct):
    partition_id: int = field(INT32, about="The partition.")
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
    error_message: str | None = field(
        STRING, nullable=0, default=None, about="The error in words; null without one."
    )


@struct
class ReplicaElectionResult(Struct):
    topic: str = field(STRING, about="The topic's name.")
    partition_result: list[PartitionResult] = field(array(PartitionResult), about="Partition by partition.")


@message(api_key=43, kind="response", versions=(0, 2), flexible=2)
class ElectLeadersResponse(Message):
    throttle_time_ms: int = field(
        INT32, default=0, about="How long a quota makes the client wait; 0 without one."
    )
    error_code: int = field(INT16, since=1, default=0, about="What went wrong with the whole, or 0.")
    replica_election_results: list[ReplicaElectionResult] = field(
        array(ReplicaElectionResult), about="Topic by topic."
    )
