"""Vote (52), versions 0–2: a candidate for the lead of the metadata quorum asks a voter (KIP-595).

1 names directories and addresses (KIP-853), 2 asks beforehand (pre-vote, KIP-996).
"""

from __future__ import annotations

import uuid

from minikafka.protocol.schema import (
    BOOL,
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
    replica_epoch: int = field(INT32, about="The candidate's epoch.")
    replica_id: int = field(INT32, about="The candidate.")
    replica_directory_id: uuid.UUID = field(
        UUID, since=1, default=ZERO_UUID, ignorable=True, about="The id of the candidate's directory."
    )
    voter_directory_id: uuid.UUID = field(
        UUID, since=1, default=ZERO_UUID, ignorable=True, about="The id of the asked voter's directory."
    )
    last_offset_epoch: int = field(INT32, about="The epoch of the last record that the candidate has.")
    last_offset: int = field(INT64, about="Where the candidate's log ends.")
    pre_vote: bool = field(BOOL, since=2, default=False, about="Would the voter, if it were asked?")


@struct
class TopicData(Struct):
    topic_name: str = field(STRING, about="The topic's name.")
    partitions: list[PartitionData] = field(array(PartitionData), about="Partition by partition.")


@message(api_key=52, kind="request", versions=(0, 2), flexible=0)
class VoteRequest(Message):
    cluster_id: str | None = field(STRING, nullable=0, default=None, about="The cluster's id, or null.")
    voter_id: int = field(INT32, since=1, default=-1, ignorable=True, about="Whom it is for.")
    topics: list[TopicData] = field(array(TopicData), about="Topic by topic.")


@struct
class ResponsePartitionData(Struct):
    partition_index: int = field(INT32, about="The partition.")
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
    leader_id: int = field(INT32, about="Who leads, or -1.")
    leader_epoch: int = field(INT32, about="The newest epoch that is known.")
    vote_granted: bool = field(BOOL, default=False, about="Whether it has the vote.")


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


@message(api_key=52, kind="response", versions=(0, 2), flexible=0)
class VoteResponse(Message):
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
    topics: list[ResponseTopicData] = field(array(ResponseTopicData), about="Topic by topic.")
    node_endpoints: list[NodeEndpoint] = field(
        array(NodeEndpoint),
        since=1,
        tagged=(0, 1),
        default=[],
        about="Where the leaders are.",
    )
