"""RemoveRaftVoter (81), version 0: a controller votes no more (KIP-853)."""

from __future__ import annotations

import uuid

from minikafka.protocol.schema import INT16, INT32, STRING, UUID, Message, field, message


@message(api_key=81, kind="request", versions=(0, 0), flexible=0)
class RemoveRaftVoterRequest(Message):
    cluster_id: str | None = field(
        STRING, nullable=0, about="The cluster's id, or null where it is not known."
    )
    voter_id: int = field(INT32, about="The controller's id.")
    voter_directory_id: uuid.UUID = field(UUID, about="The id of its data directory.")


@message(api_key=81, kind="response", versions=(0, 0), flexible=0)
class RemoveRaftVoterResponse(Message):
    throttle_time_ms: int = field(
        INT32, default=0, about="How long a quota makes the client wait; 0 without one."
    )
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
    error_message: str | None = field(
        STRING, nullable=0, default=None, about="The error in words; null without one."
    )
