"""FetchSnapshot (59), versions 0–1: a follower whose offset lies before the metadata log fetches a snapshot (KIP-630).

1 names the follower's directory and tells the leaders' addresses (KIP-853).
"""

from __future__ import annotations

import uuid

from minikafka.protocol.schema import (
    INT16,
    INT32,
    INT64,
    MAX_INT32,
    RECORDS,
    STRING,
    UINT16,
    UUID,
    ZERO_UUID,
    Buffer,
    Message,
    Struct,
    array,
    field,
    message,
    struct,
)


@struct
class SnapshotId(Struct):
    end_offset: int = field(INT64, about="The offset at which the snapshot ends.")
    epoch: int = field(INT32, about="The epoch of the last record in it.")


@struct
class PartitionSnapshot(Struct):
    partition: int = field(INT32, about="The partition.")
    current_leader_epoch: int = field(INT32, about="The leader epoch that the follower knows, or -1.")
    snapshot_id: SnapshotId = field(SnapshotId, about="Which snapshot.")
    position: int = field(INT64, about="The byte of it to continue from.")
    replica_directory_id: uuid.UUID = field(
        UUID,
        since=1,
        tagged=(0, 1),
        default=ZERO_UUID,
        ignorable=True,
        about="The follower's directory id.",
    )


@struct
class TopicSnapshot(Struct):
    name: str = field(STRING, about="The topic's name.")
    partitions: list[PartitionSnapshot] = field(array(PartitionSnapshot), about="Partition by partition.")


@message(api_key=59, kind="request", versions=(0, 1), flexible=0)
class FetchSnapshotRequest(Message):
    cluster_id: str | None = field(
        STRING,
        nullable=0,
        tagged=(0, 0),
        default=None,
        about="The cluster's id, or null where it is not known.",
    )
    replica_id: int = field(INT32, default=-1, about="The follower's broker id.")
    max_bytes: int = field(INT32, default=MAX_INT32, about="A limit for the whole answer.")
    topics: list[TopicSnapshot] = field(array(TopicSnapshot), about="Topic by topic.")


@struct
class LeaderIdAndEpoch(Struct):
    leader_id: int = field(INT32, default=0, about="The leader's id, or -1.")
    leader_epoch: int = field(INT32, default=0, about="The leader epoch.")


@struct
class ResponsePartitionSnapshot(Struct):
    index: int = field(INT32, about="The partition.")
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
    snapshot_id: SnapshotId = field(SnapshotId, about="Which snapshot.")
    current_leader: LeaderIdAndEpoch = field(
        LeaderIdAndEpoch, tagged=(0, 0), default=LeaderIdAndEpoch(), about="Who leads."
    )
    size: int = field(INT64, about="How many bytes the whole snapshot has.")
    position: int = field(INT64, about="The byte of the snapshot with which these begin.")
    unaligned_records: Buffer = field(RECORDS, about="A part of the snapshot, cut anywhere.")


@struct
class ResponseTopicSnapshot(Struct):
    name: str = field(STRING, about="The topic's name.")
    partitions: list[ResponsePartitionSnapshot] = field(
        array(ResponsePartitionSnapshot), about="Partition by partition."
    )


@struct
class NodeEndpoint(Struct):
    node_id: int = field(INT32, about="The leader's id.")
    host: str = field(STRING, about="The host name to connect to.")
    port: int = field(UINT16, about="The port to connect to.")


@message(api_key=59, kind="response", versions=(0, 1), flexible=0)
class FetchSnapshotResponse(Message):
    throttle_time_ms: int = field(
        INT32, default=0, about="How long a quota makes the client wait; 0 without one."
    )
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
    topics: list[ResponseTopicSnapshot] = field(
        array(ResponseTopicSnapshot), about="One result for each topic."
    )
    node_endpoints: list[NodeEndpoint] = field(
        array(NodeEndpoint),
        since=1,
        tagged=(0, 1),
        default=[],
        about="Addresses of the leaders named in this answer.",
    )
