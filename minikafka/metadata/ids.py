"""Ids: Kafka's text form of them (22 characters of URL-safe base64), and those that have a meaning of their own.

Rule: a log directory is known by an id, and ids below `RESERVED_DIRECTORIES` are never given to one. Kafka:
`Uuid.toString`, `DirectoryId` (KIP-858).
"""

from __future__ import annotations

import base64
from uuid import UUID

METADATA_TOPIC = "__cluster_metadata"
METADATA_TOPIC_ID = UUID(int=1)

MIGRATING_DIRECTORY = UUID(int=0)
"""Some directory of that broker's; which one was never told."""
UNASSIGNED_DIRECTORY = UUID(int=1)
"""The broker will choose."""
LOST_DIRECTORY = UUID(int=2)
"""A directory that is offline; which one is not known."""
RESERVED_DIRECTORIES = 100


def encode_uuid(value: UUID) -> str:
    """The text of an id."""
    return base64.urlsafe_b64encode(value.bytes).rstrip(b"=").decode()


def decode_uuid(text: str) -> UUID:
    """The id of a text; `ValueError` when it is none."""
    return UUID(bytes=base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
