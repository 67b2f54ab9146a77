"""BrokerRegistration (62), versions 0–4: a broker joins the cluster and gets its epoch (KIP-631).

2 has log directories, 3 the previous epoch, 4 lets feature levels begin at 0.
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
    Message,
    Struct,
    array,
    field,
    message,
    struct,
)


@struct
class Listener(Struct):
    name: str = field(STRING, about="The listener's name.")
    host: str = field(STRING, about="The host name to connect to.")
    port: int = field(UINT16, about="The port to connect to.")
    security_protocol: int = field(
        INT16, default=0, about="0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL."
    )


@struct
class Feature(Struct):
    name: str = field(STRING, about="The feature's name.")
    min_supported_version: int = field(INT16, about="The lowest level.")
    max_supported_version: int = field(INT16, about="The highest level.")


@message(api_key=62, kind="request", versions=(0, 4), flexible=0)
class BrokerRegistrationRequest(Message):
    broker_id: int = field(INT32, about="The broker's id.")
    cluster_id: str = field(STRING, about="The cluster's id, or null where it is not known.")
    incarnation_id: uuid.UUID = field(UUID, about="A new id for each start of the process.")
    listeners: list[Listener] = field(array(Listener), about="Where the node can be reached.")
    features: list[Feature] = field(array(Feature), about="The features and levels that the node could run.")
    rack: str | None = field(STRING, nullable=0, default=None, about="The rack, or null.")
    is_migrating_zk_broker: bool = field(
        BOOL, since=1, default=False, about="Is it a ZooKeeper broker on its way to KRaft?"
    )
    log_dirs: list[uuid.UUID] = field(
        array(UUID), since=2, default=[], ignorable=True, about="The ids of its log directories."
    )
    previous_broker_epoch: int = field(
        INT64, since=3, default=-1, ignorable=True, about="The epoch before a clean shutdown, or -1."
    )


@message(api_key=62, kind="response", versions=(0, 4), flexible=0)
class BrokerRegistrationResponse(Message):
    throttle_time_ms: int = field(
        INT32, default=0, about="How long a quota makes the client wait; 0 without one."
    )
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
    broker_epoch: int = field(INT64, default=-1, about="The broker's epoch from now on, or -1.")
