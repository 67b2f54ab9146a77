"""Kafka's text form of an id: 22 characters of URL-safe base64. Kafka: `Uuid.toString`."""

from __future__ import annotations

import base64
from uuid import UUID

METADATA_TOPIC = "__cluster_metadata"
METADATA_TOPIC_ID = UUID(int=1)


def encode_uuid(value: UUID) -> str:
    """The text of an id."""
    return base64.urlsafe_b64encode(value.bytes).rstrip(b"=").decode()


def decode_uuid(text: str) -> UUID:
    """The id of a text; `ValueError` when it is none."""
    return UUID(bytes=base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
