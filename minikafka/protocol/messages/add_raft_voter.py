"""AddRaftVoter (80), versions 0–1: one more controller votes (KIP-853; 1 may be answered before that is committed)."""

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


@message(api_key=80, kind="request", versions=(0, 1), flexible=0)
class AddRaftVoterRequest(Message):
    cluster_id: str | None = field(
        STRING, nullable=0, about="The cluster's id, or null where it is not known."
    )
    timeout_ms: int = field(INT32, about="How long to wait for the answer.")
    voter_id: int = field(INT32, about="The controller's id.")
    voter_directory_id: uuid.UUID = field(UUID, about="The id of its data directory.")
    listeners: list[Listener] = field(array(Listener), about="Where it can be reached.")
    ack_when_committed: bool = field(
        BOOL, since=1, default=True, about="Answer only when it is committed, not when it is written."
    )


@message(api_key=80, kind="response", versions=(0, 1), flexible=0)
class AddRaftVoterResponse(Message):
    throttle_time_ms: int = field(
        INT32, default=0, about="How long a quota makes the client wait; 0 without one."
    )
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
    error_message: str | None = field(
        STRING, nullable=0, default=None, about="The error in words; null without one."
    )
