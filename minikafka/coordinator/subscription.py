"""Just enough of the consumer's embedded protocol to know which topics a member reads.

Rule: only the prefix common to all versions is read, and unreadable bytes mean "unknown", never an error.
Kafka: ConsumerProtocolSubscription.json; the coordinator reads it as version 0.
"""

from __future__ import annotations

import struct


def subscribed_topics(metadata: bytes) -> frozenset[str] | None:
    """Topics of a member's subscription, or None if the bytes are not one."""
    try:
        _version, count = struct.unpack_from(">hi", metadata, 0)
        position = 6
        topics = []
        if not 0 <= count <= len(metadata):
            return None
        for _ in range(count):
            (length,) = struct.unpack_from(">h", metadata, position)
            position += 2
            if length < 0 or position + length > len(metadata):
                return None
            topics.append(metadata[position : position + length].decode())
            position += length
    except (struct.error, UnicodeDecodeError):
        return None
    return frozenset(topics)
