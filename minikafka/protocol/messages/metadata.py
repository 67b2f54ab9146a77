"""Metadata (3), versions 0–13: brokers, topics, leaders and replicas.

9 is flexible, 10 has topic ids, 12 asks by id, 13 can ask the client to start over (KIP-1102).
"""

from __future__ import annotations

import uuid

from minikafka.protocol.schema import (
    BOOL,
    INT16,
    INT32,
    MIN_INT32,
    STRING,
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
class MetadataRequestTopic(Struct):
    topic_id: uuid.UUID = field(UUID, since=10, default=ZERO_UUID, ignorable=True, about="The topic's id.")
    name: str | None = field(STRING, nullable=10, default=None, about="The topic's name; null to ask by id.")


@message(api_key=3, kind="request", versions=(0, 13), flexible=9)
class MetadataRequest(Message):
    topics: list[MetadataRequestTopic] | None = field(
        array(MetadataRequestTopic),
        nullable=1,
        about="The topics to describe; null for all (in version 0 an empty list is all).",
    )
    allow_auto_topic_creation: bool = field(
        BOOL, since=4, default=True, about="May a topic that is missing be created?"
    )
    include_cluster_authorized_operations: bool = field(
        BOOL, since=8, until=10, default=False, about="Also tell what the client may do with the cluster."
    )
    include_topic_authorized_operations: bool = field(
        BOOL, since=8, default=False, about="Also tell what the client may do with each topic."
    )


@struct
class MetadataResponseBroker(Struct):
    node_id: int = field(INT32, about="The broker's id.")
    host: str = field(STRING, about="The host name to connect to.")
    port: int = field(INT32, about="The port to connect to.")
    rack: str | None = field(
        STRING, since=1, nullable=1, default=None, ignorable=True, about="The rack, or null."
    )


@struct
class MetadataResponsePartition(Struct):
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
    partition_index: int = field(INT32, about="The partition.")
    leader_id: int = field(INT32, about="The leader's broker id, or -1.")
    leader_epoch: int = field(INT32, since=7, default=-1, ignorable=True, about="The leader epoch, or -1.")
    replica_nodes: list[int] = field(
        array(INT32), about="The brokers that hold a replica, the preferred leader first."
    )
    isr_nodes: list[int] = field(array(INT32), about="The brokers in sync with the leader.")
    offline_replicas: list[int] = field(
        array(INT32), since=5, default=[], ignorable=True, about="The replicas whose broker or disk is down."
    )


@struct
class MetadataResponseTopic(Struct):
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
    name: str | None = field(
        STRING, nullable=12, about="The topic's name; null when asked by an id that is not known."
    )
    topic_id: uuid.UUID = field(UUID, since=10, default=ZERO_UUID, ignorable=True, about="The topic's id.")
    is_internal: bool = field(
        BOOL, since=1, default=False, ignorable=True, about="Is it one of the cluster's own topics?"
    )
    partitions: list[MetadataResponsePartition] = field(
        array(MetadataResponsePartition), about="Partition by partition."
    )
    topic_authorized_operations: int = field(
        INT32,
        since=8,
        default=MIN_INT32,
        about="A bit for each allowed operation; the lowest int32 where not asked.",
    )


@message(api_key=3, kind="response", versions=(0, 13), flexible=9)
class MetadataResponse(Message):
    throttle_time_ms: int = field(
        INT32,
        since=3,
        default=0,
        ignorable=True,
        about="How long a quota makes the client wait; 0 without one.",
    )
    brokers: list[MetadataResponseBroker] = field(
        array(MetadataResponseBroker), about="The brokers that are alive."
    )
    cluster_id: str | None = field(
        STRING,
        since=2,
        nullable=2,
        default=None,
        ignorable=True,
        about="The cluster's id, or null where it is not known.",
    )
    controller_id: int = field(
        INT32,
        since=1,
        default=-1,
        ignorable=True,
        about="The controller's broker id, or -1. Under KRaft some broker, who passes requests on.",
    )
    topics: list[MetadataResponseTopic] = field(array(MetadataResponseTopic), about="Topic by topic.")
    cluster_authorized_operations: int = field(
        INT32,
        since=8,
        until=10,
        default=MIN_INT32,
        about="A bit for each allowed operation; the lowest int32 where not asked.",
    )
    error_code: int = field(INT16, since=13, default=0, ignorable=True, about="What went wrong, or 0.")
