"""DescribeQuorum (55), versions 0–2: voters and observers of the metadata quorum (KIP-595).

1 tells when each was caught up, 2 has directories, addresses and errors in words (KIP-853).
"""

from __future__ import annotations

import uuid

from minikafka.protocol.schema import (
    INT16,
    INT32,
    INT64,
    STRING,
    UINT16,
    UUID,
    ZERO_UUID,
    Message,
    Struct,
    array,
    field,
    message,
    struct,
)


@struct
class PartitionData(Struct):
    partition_index: int = field(INT32, about="The partition.")


@struct
class TopicData(Struct):
    topic_name: str = field(STRING, about="The topic's name.")
    partitions: list[PartitionData] = field(array(PartitionData), about="Partition by partition.")


@message(api_key=55, kind="request", versions=(0, 2), flexible=0)
class DescribeQuorumRequest(Message):
    topics: list[TopicData] = field(array(TopicData), about="Topic by topic.")


@struct
class ReplicaState(Struct):
    replica_id: int = field(INT32, about="The follower's broker id; -1 from a client.")
    replica_directory_id: uuid.UUID = field(
        UUID, since=2, default=ZERO_UUID, about="The follower's directory id."
    )
    log_end_offset: int = field(INT64, about="The log end offset, or -1.")
    last_fetch_timestamp: int = field(
        INT64, since=1, default=-1, ignorable=True, about="When the leader last saw a fetch, or -1."
    )
    last_caught_up_timestamp: int = field(
        INT64, since=1, default=-1, ignorable=True, about="When the replica last had everything, or -1."
    )


@struct
class ResponsePartitionData(Struct):
    partition_index: int = field(INT32, about="The partition.")
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
    error_message: str | None = field(
        STRING,
        since=2,
        nullable=2,
        default=None,
        ignorable=True,
        about="The error in words; null without one.",
    )
    leader_id: int = field(INT32, about="The leader's broker id, or -1.")
    leader_epoch: int = field(INT32, about="The leader epoch, or -1.")
    high_watermark: int = field(INT64, about="The high watermark.")
    current_voters: list[ReplicaState] = field(array(ReplicaState), about="The replicas that vote.")
    observers: list[ReplicaState] = field(array(ReplicaState), about="The replicas that only read.")


@struct
class ResponseTopicData(Struct):
    topic_name: str = field(STRING, about="The topic's name.")
    partitions: list[ResponsePartitionData] = field(
        array(ResponsePartitionData), about="Partition by partition."
    )


@struct
class Listener(Struct):
    name: str = field(STRING, about="The listener's name.")
    host: str = field(STRING, about="The host name to connect to.")
    port: int = field(UINT16, about="The port to connect to.")


@struct
class Node(Struct):
    node_id: int = field(INT32, about="The broker's id.")
    listeners: list[Listener] = field(array(Listener), about="Where the node can be reached.")


@message(api_key=55, kind="response", versions=(0, 2), flexible=0)
class DescribeQuorumResponse(Message):
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
    error_message: str | None = field(
        STRING,
        since=2,
        nullable=2,
        default=None,
        ignorable=True,
        about="The error in words; null without one.",
    )
    topics: list[ResponseTopicData] = field(array(ResponseTopicData), about="Topic by topic.")
    nodes: list[Node] = field(
        array(Node), since=2, default=[], about="The quorum's nodes and their addresses."
    )
