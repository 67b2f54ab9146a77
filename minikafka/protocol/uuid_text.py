"""Kafka's text form of an id: 22 characters of URL-safe base64.

Rule: it is here once, for files, messages to people, clients and the inspector. Kafka: `Uuid.toString`,
`Uuid.fromString`.
"""

from __future__ import annotations

import base64
from uuid import UUID


def encode_uuid(value: UUID) -> str:
    """The text of an id."""
    return base64.urlsafe_b64encode(value.bytes).rstrip(b"=").decode()


def decode_uuid(text: str) -> UUID:
    """The id of a text; `ValueError` when it is none."""
    return UUID(bytes=base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


__all__ = ["decode_uuid", "encode_uuid"]
