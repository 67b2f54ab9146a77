"""EndQuorumEpoch (54), versions 0–1: a leader of the metadata quorum leads no more (KIP-595).

1 is flexible, and names directories and addresses (KIP-853).
"""

from __future__ import annotations

import uuid

from minikafka.protocol.schema import (
    INT16,
    INT32,
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
class ReplicaInfo(Struct):
    candidate_id: int = field(INT32, about="A voter that may be elected.")
    candidate_directory_id: uuid.UUID = field(UUID, default=ZERO_UUID, about="The id of its directory.")


@struct
class PartitionData(Struct):
    partition_index: int = field(INT32, about="The partition.")
    leader_id: int = field(INT32, about="Who led until now.")
    leader_epoch: int = field(INT32, about="In which epoch.")
    preferred_successors: list[int] = field(
        array(INT32), until=0, default=[], ignorable=True, about="Who should be elected, the best first."
    )
    preferred_candidates: list[ReplicaInfo] = field(
        array(ReplicaInfo),
        since=1,
        default=[],
        ignorable=True,
        about="Who should be elected, the best first.",
    )


@struct
class TopicData(Struct):
    topic_name: str = field(STRING, about="The topic's name.")
    partitions: list[PartitionData] = field(array(PartitionData), about="Partition by partition.")


@struct
class LeaderEndpoint(Struct):
    name: str = field(STRING, about="The listener's name.")
    host: str = field(STRING, about="The host name to connect to.")
    port: int = field(UINT16, about="The port to connect to.")


@message(api_key=54, kind="request", versions=(0, 1), flexible=1)
class EndQuorumEpochRequest(Message):
    cluster_id: str | None = field(STRING, nullable=0, default=None, about="The cluster's id, or null.")
    topics: list[TopicData] = field(array(TopicData), about="Topic by topic.")
    leader_endpoints: list[LeaderEndpoint] = field(
        array(LeaderEndpoint), since=1, default=[], ignorable=True, about="Where the leader listens."
    )


@struct
class ResponsePartitionData(Struct):
    partition_index: int = field(INT32, about="The partition.")
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
    leader_id: int = field(INT32, about="Who leads, or -1.")
    leader_epoch: int = field(INT32, about="The newest epoch that is known.")


@struct
class ResponseTopicData(Struct):
    topic_name: str = field(STRING, about="The topic's name.")
    partitions: list[ResponsePartitionData] = field(
        array(ResponsePartitionData), about="Partition by partition."
    )


@struct
class NodeEndpoint(Struct):
    node_id: int = field(INT32, about="The node's id.")
    host: str = field(STRING, about="The host name to connect to.")
    port: int = field(UINT16, about="The port to connect to.")


@message(api_key=54, kind="response", versions=(0, 1), flexible=1)
class EndQuorumEpochResponse(Message):
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
    topics: list[ResponseTopicData] = field(array(ResponseTopicData), about="Topic by topic.")
    node_endpoints: list[NodeEndpoint] = field(
        array(NodeEndpoint),
        since=1,
        tagged=(0, 1),
        default=[],
        about="Where the leaders are.",
    )
