"""Fetch (1), versions 4–18: read record batches, as a consumer or as a follower.

7 brings fetch sessions (KIP-227), 11 the rack, 12 is flexible and truncates on divergence (KIP-595), 13 names
topics by id, 15 the replica's state, 18 the follower's high watermark.
"""

from __future__ import annotations

import uuid

from minikafka.protocol.schema import (
    INT8,
    INT16,
    INT32,
    INT64,
    MAX_INT32,
    MAX_INT64,
    RECORDS,
    STRING,
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
class ReplicaState(Struct):
    replica_id: int = field(INT32, default=-1, about="The follower's broker id; -1 from a client.")
    replica_epoch: int = field(INT64, default=-1, about="The follower's broker epoch, or -1.")


@struct
class FetchPartition(Struct):
    partition: int = field(INT32, about="The partition.")
    current_leader_epoch: int = field(
        INT32,
        since=9,
        default=-1,
        ignorable=True,
        about="The leader epoch that the client knows, checked by the broker; -1 for no check.",
    )
    fetch_offset: int = field(INT64, about="The offset to read from.")
    last_fetched_epoch: int = field(
        INT32,
        since=12,
        default=-1,
        about="The epoch of the last record fetched, so that a diverging log is noticed; -1 for none.",
    )
    log_start_offset: int = field(
        INT64, since=5, default=-1, ignorable=True, about="A follower's own log start; -1 from a consumer."
    )
    partition_max_bytes: int = field(
        INT32, about="A limit for this partition; the first batch may exceed it."
    )
    replica_directory_id: uuid.UUID = field(
        UUID,
        since=17,
        tagged=(0, 17),
        default=ZERO_UUID,
        ignorable=True,
        about="The follower's directory id.",
    )
    high_watermark: int = field(
        INT64,
        since=18,
        tagged=(1, 18),
        default=MAX_INT64,
        ignorable=True,
        about="The high watermark that the follower knows (KIP-1166).",
    )


@struct
class FetchTopic(Struct):
    topic: str = field(STRING, until=12, default="", ignorable=True, about="The topic's name.")
    topic_id: uuid.UUID = field(UUID, since=13, default=ZERO_UUID, ignorable=True, about="The topic's id.")
    partitions: list[FetchPartition] = field(array(FetchPartition), about="Partition by partition.")


@struct
class ForgottenTopic(Struct):
    topic: str = field(STRING, until=12, default="", ignorable=True, about="The topic's name.")
    topic_id: uuid.UUID = field(UUID, since=13, default=ZERO_UUID, ignorable=True, about="The topic's id.")
    partitions: list[int] = field(array(INT32), about="The partitions.")


@message(api_key=1, kind="request", versions=(4, 18), flexible=12)
class FetchRequest(Message):
    cluster_id: str | None = field(
        STRING,
        since=12,
        nullable=12,
        tagged=(0, 12),
        default=None,
        ignorable=True,
        about="The cluster's id, or null where it is not known.",
    )
    replica_id: int = field(INT32, until=14, default=-1, about="The follower's broker id; -1 from a client.")
    replica_state: ReplicaState = field(
        ReplicaState,
        since=15,
        tagged=(1, 15),
        default=ReplicaState(),
        about="Who is fetching, when a follower is.",
    )
    max_wait_ms: int = field(INT32, about="How long the broker may wait for min_bytes.")
    min_bytes: int = field(INT32, about="Answer at once when this much is there.")
    max_bytes: int = field(
        INT32, default=MAX_INT32, about="A limit for the whole answer; the first batch may exceed it."
    )
    isolation_level: int = field(
        INT8,
        default=0,
        about="0 read_uncommitted: up to the high watermark; 1 read_committed: up to the last stable offset.",
    )
    session_id: int = field(INT32, since=7, default=0, ignorable=True, about="The fetch session; 0 is none.")
    session_epoch: int = field(
        INT32,
        since=7,
        default=-1,
        ignorable=True,
        about="Counts the requests of a session; 0 opens one, -1 closes it or goes without.",
    )
    topics: list[FetchTopic] = field(array(FetchTopic), about="Topic by topic.")
    forgotten_topics_data: list[ForgottenTopic] = field(
        array(ForgottenTopic), since=7, default=[], about="Partitions that leave the fetch session."
    )
    rack_id: str = field(
        STRING,
        since=11,
        default="",
        ignorable=True,
        about="The client's rack, for fetching from a near replica (KIP-392).",
    )


@struct
class EpochEndOffset(Struct):
    epoch: int = field(INT32, default=-1, about="The epoch, or -1.")
    end_offset: int = field(INT64, default=-1, about="The offset at which the epoch ends, or -1.")


@struct
class LeaderIdAndEpoch(Struct):
    leader_id: int = field(INT32, default=-1, about="The leader's broker id, or -1.")
    leader_epoch: int = field(INT32, default=-1, about="The leader epoch, or -1.")


@struct
class SnapshotId(Struct):
    end_offset: int = field(INT64, default=-1, about="The offset at which the epoch ends, or -1.")
    epoch: int = field(INT32, default=-1, about="The epoch, or -1.")


@struct
class AbortedTransaction(Struct):
    producer_id: int = field(INT64, about="The producer.")
    first_offset: int = field(INT64, about="Where the transaction begins.")


@struct
class PartitionData(Struct):
    partition_index: int = field(INT32, about="The partition.")
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
    high_watermark: int = field(INT64, about="The high watermark.")
    last_stable_offset: int = field(
        INT64, default=-1, about="Below this no transaction is open; -1 where not told."
    )
    log_start_offset: int = field(
        INT64, since=5, default=-1, ignorable=True, about="The first offset that the log still holds, or -1."
    )
    diverging_epoch: EpochEndOffset = field(
        EpochEndOffset,
        since=12,
        tagged=(0, 12),
        default=EpochEndOffset(),
        about="Where the follower's log parts from the leader's: truncate to here.",
    )
    current_leader: LeaderIdAndEpoch = field(
        LeaderIdAndEpoch,
        since=12,
        tagged=(1, 12),
        default=LeaderIdAndEpoch(),
        about="Who leads now, when the request went to the wrong broker.",
    )
    snapshot_id: SnapshotId = field(
        SnapshotId,
        since=12,
        tagged=(2, 12),
        default=SnapshotId(),
        about="Fetch this snapshot instead: the offset lies before the log.",
    )
    aborted_transactions: list[AbortedTransaction] | None = field(
        array(AbortedTransaction),
        nullable=0,
        default=None,
        about="Aborted transactions within the records, for read_committed; null otherwise.",
    )
    preferred_read_replica: int = field(
        INT32, since=11, default=-1, about="The replica to read from instead, or -1."
    )
    records: Buffer | None = field(RECORDS, nullable=0, about="Record batches, as they lie in the log.")


@struct
class FetchableTopicResponse(Struct):
    topic: str = field(STRING, until=12, default="", ignorable=True, about="The topic's name.")
    topic_id: uuid.UUID = field(UUID, since=13, default=ZERO_UUID, ignorable=True, about="The topic's id.")
    partitions: list[PartitionData] = field(array(PartitionData), about="Partition by partition.")


@struct
class NodeEndpoint(Struct):
    node_id: int = field(INT32, about="The broker's id.")
    host: str = field(STRING, about="The host name to connect to.")
    port: int = field(INT32, about="The port to connect to.")
    rack: str | None = field(STRING, nullable=0, default=None, about="The rack, or null.")


@message(api_key=1, kind="response", versions=(4, 18), flexible=12)
class FetchResponse(Message):
    throttle_time_ms: int = field(
        INT32, default=0, about="How long a quota makes the client wait; 0 without one."
    )
    error_code: int = field(INT16, since=7, default=0, ignorable=True, about="What went wrong, or 0.")
    session_id: int = field(INT32, since=7, default=0, about="The fetch session; 0 is none.")
    responses: list[FetchableTopicResponse] = field(
        array(FetchableTopicResponse), about="One result for each topic."
    )
    node_endpoints: list[NodeEndpoint] = field(
        array(NodeEndpoint),
        since=16,
        tagged=(0, 16),
        default=[],
        about="Addresses of the leaders named in this answer (KIP-951).",
    )
