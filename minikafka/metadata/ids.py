"""Ids that have a meaning of their own.

Rule: a log directory is known by an id, and ids below `RESERVED_DIRECTORIES` are never given to one. Kafka:
`DirectoryId` (KIP-858).
"""

from __future__ import annotations

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
