"""ControllerRegistration (70), version 0: a controller makes itself and its listeners known (KIP-919)."""

from __future__ import annotations

import uuid

from minikafka.protocol.schema import (
    BOOL,
    INT16,
    INT32,
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


@message(api_key=70, kind="request", versions=(0, 0), flexible=0)
class ControllerRegistrationRequest(Message):
    controller_id: int = field(INT32, about="The controller's id.")
    incarnation_id: uuid.UUID = field(UUID, about="A new id for each start of the process.")
    zk_migration_ready: bool = field(
        BOOL, default=False, about="Is the node ready to take over from ZooKeeper?"
    )
    listeners: list[Listener] = field(array(Listener), about="Where the node can be reached.")
    features: list[Feature] = field(array(Feature), about="The features and levels that the node could run.")


@message(api_key=70, kind="response", versions=(0, 0), flexible=0)
class ControllerRegistrationResponse(Message):
    throttle_time_ms: int = field(
        INT32, default=0, about="How long a quota makes the client wait; 0 without one."
    )
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
    error_message: str | None = field(
        STRING, nullable=0, default=None, about="The error in words; null without one."
    )
