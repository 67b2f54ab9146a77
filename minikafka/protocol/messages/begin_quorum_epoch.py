"""BeginQuorumEpoch (53), versions 0–1: a new leader of the metadata quorum tells a voter (KIP-595).

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
class PartitionData(Struct):
    partition_index: int = field(INT32, about="The partition.")
    voter_directory_id: uuid.UUID = field(
        UUID, since=1, default=ZERO_UUID, ignorable=True, about="The id of the asked voter's directory."
    )
    leader_id: int = field(INT32, about="Who leads.")
    leader_epoch: int = field(INT32, about="In which epoch.")


@struct
class TopicData(Struct):
    topic_name: str = field(STRING, about="The topic's name.")
    partitions: list[PartitionData] = field(array(PartitionData), about="Partition by partition.")


@struct
class LeaderEndpoint(Struct):
    name: str = field(STRING, about="The listener's name.")
    host: str = field(STRING, about="The host name to connect to.")
    port: int = field(UINT16, about="The port to connect to.")


@message(api_key=53, kind="request", versions=(0, 1), flexible=1)
class BeginQuorumEpochRequest(Message):
    cluster_id: str | None = field(STRING, nullable=0, default=None, about="The cluster's id, or null.")
    voter_id: int = field(INT32, since=1, default=-1, ignorable=True, about="Whom it is for.")
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


@message(api_key=53, kind="response", versions=(0, 1), flexible=1)
class BeginQuorumEpochResponse(Message):
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
    topics: list[ResponseTopicData] = field(array(ResponseTopicData), about="Topic by topic.")
    node_endpoints: list[NodeEndpoint] = field(
        array(NodeEndpoint),
        since=1,
        tagged=(0, 1),
        default=[],
        about="Where the leaders are.",
    )
