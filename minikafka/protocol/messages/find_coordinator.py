"""FindCoordinator (10), versions 0–6: which broker coordinates a group or a transactional id.

3 is flexible, 4 asks for many keys at once (KIP-699).
"""

from __future__ import annotations

from minikafka.protocol.schema import (
    INT8,
    INT16,
    INT32,
    STRING,
    Message,
    Struct,
    array,
    field,
    message,
    struct,
)


@message(api_key=10, kind="request", versions=(0, 6), flexible=3)
class FindCoordinatorRequest(Message):
    key: str = field(STRING, until=3, default="", about="A group id or a transactional id.")
    key_type: int = field(
        INT8, since=1, default=0, about="0 a group, 1 a transactional id, 2 a share group's partition."
    )
    coordinator_keys: list[str] = field(
        array(STRING), since=4, default=[], about="The groups or transactional ids to look up."
    )


@struct
class Coordinator(Struct):
    key: str = field(STRING, about="A group id or a transactional id.")
    node_id: int = field(INT32, about="The broker's id.")
    host: str = field(STRING, about="The host name to connect to.")
    port: int = field(INT32, about="The port to connect to.")
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
    error_message: str | None = field(
        STRING, nullable=0, default=None, about="The error in words; null without one."
    )


@message(api_key=10, kind="response", versions=(0, 6), flexible=3)
class FindCoordinatorResponse(Message):
    throttle_time_ms: int = field(
        INT32,
        since=1,
        default=0,
        ignorable=True,
        about="How long a quota makes the client wait; 0 without one.",
    )
    error_code: int = field(INT16, until=3, default=0, about="What went wrong, or 0.")
    error_message: str | None = field(
        STRING,
        since=1,
        until=3,
        nullable=1,
        default=None,
        ignorable=True,
        about="The error in words; null without one.",
    )
    node_id: int = field(INT32, until=3, default=0, about="The broker's id.")
    host: str = field(STRING, until=3, default="", about="The host name to connect to.")
    port: int = field(INT32, until=3, default=0, about="The port to connect to.")
    coordinators: list[Coordinator] = field(
        array(Coordinator), since=4, default=[], about="One result for each key."
    )
