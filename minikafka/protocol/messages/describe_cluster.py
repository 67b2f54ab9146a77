"""DescribeCluster (60), versions 0–2: the cluster's id, controller and brokers (KIP-700).

1 asks for brokers or controllers (KIP-919), 2 for fenced brokers.
"""

from __future__ import annotations

from minikafka.protocol.schema import (
    BOOL,
    INT8,
    INT16,
    INT32,
    MIN_INT32,
    STRING,
    Message,
    Struct,
    array,
    field,
    message,
    struct,
)


@message(api_key=60, kind="request", versions=(0, 2), flexible=0)
class DescribeClusterRequest(Message):
    include_cluster_authorized_operations: bool = field(
        BOOL, default=False, about="Also tell what the client may do with the cluster."
    )
    endpoint_type: int = field(INT8, since=1, default=1, about="1 brokers, 2 controllers.")
    include_fenced_brokers: bool = field(
        BOOL, since=2, default=False, about="Also list brokers that are fenced."
    )


@struct
class DescribeClusterBroker(Struct):
    broker_id: int = field(INT32, about="The broker's id.")
    host: str = field(STRING, about="The host name to connect to.")
    port: int = field(INT32, about="The port to connect to.")
    rack: str | None = field(STRING, nullable=0, default=None, about="The rack, or null.")
    is_fenced: bool = field(BOOL, since=2, default=False, about="Is the broker fenced?")


@message(api_key=60, kind="response", versions=(0, 2), flexible=0)
class DescribeClusterResponse(Message):
    throttle_time_ms: int = field(
        INT32, default=0, about="How long a quota makes the client wait; 0 without one."
    )
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
    error_message: str | None = field(
        STRING, nullable=0, default=None, about="The error in words; null without one."
    )
    endpoint_type: int = field(INT8, since=1, default=1, about="1 brokers, 2 controllers.")
    cluster_id: str = field(STRING, about="The cluster's id, or null where it is not known.")
    controller_id: int = field(
        INT32,
        default=-1,
        about="The controller's broker id, or -1. Under KRaft some broker, who passes requests on.",
    )
    brokers: list[DescribeClusterBroker] = field(
        array(DescribeClusterBroker), about="The brokers that are alive."
    )
    cluster_authorized_operations: int = field(
        INT32, default=MIN_INT32, about="A bit for each allowed operation; the lowest int32 where not asked."
    )
