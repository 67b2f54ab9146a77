"""DeleteTopics (20), versions 1–6: delete topics.

4 is flexible, 5 tells errors in words, 6 deletes by id (KIP-516).
"""

from __future__ import annotations

import uuid

from minikafka.protocol.schema import (
    INT16,
    INT32,
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
class DeleteTopicState(Struct):
    name: str | None = field(
        STRING, nullable=0, default=None, about="The topic's name; null to delete by id."
    )
    topic_id: uuid.UUID = field(UUID, default=ZERO_UUID, about="The topic's id.")


@message(api_key=20, kind="request", versions=(1, 6), flexible=4)
class DeleteTopicsRequest(Message):
    topics: list[DeleteTopicState] = field(
        array(DeleteTopicState), since=6, default=[], about="The topics to delete, by name or by id."
    )
    topic_names: list[str] = field(
        array(STRING), until=5, default=[], ignorable=True, about="The topics to delete."
    )
    timeout_ms: int = field(INT32, about="How long the server may take.")


@struct
class DeletableTopicResult(Struct):
    name: str | None = field(STRING, nullable=6, about="The topic's name; null for an id that is not known.")
    topic_id: uuid.UUID = field(UUID, since=6, default=ZERO_UUID, ignorable=True, about="The topic's id.")
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
    error_message: str | None = field(
        STRING,
        since=5,
        nullable=5,
        default=None,
        ignorable=True,
        about="The error in words; null without one.",
    )


@message(api_key=20, kind="response", versions=(1, 6), flexible=4)
class DeleteTopicsResponse(Message):
    throttle_time_ms: int = field(
        INT32, default=0, about="How long a quota makes the client wait; 0 without one."
    )
    responses: list[DeletableTopicResult] = field(
        array(DeletableTopicResult), about="One result for each topic."
    )
