"""Partitions' folders that the cluster's metadata doesn't know: set aside under another name, and kept.

Rule: a folder is removed only for a topic whose deletion was read in the metadata log. Whatever else isn't known,
or is another topic's, is renamed to NAME.ID-stray and said: the metadata may be what is wrong.

Kafka: `LogManager.isStrayKraftReplica`, `UnifiedLog.logStrayDirName`; it keeps what was deleted while the broker was
away, too.
"""

from __future__ import annotations

import random
import re
from uuid import UUID

from minikafka.metadata.image import MetadataImage
from minikafka.world import Event

LONGEST_NAME = 255
"""Of a file, on every usual file system."""
_STRAY = re.compile(r".+-\d+\.[0-9a-f]{32}-stray")


class StraySetAside(Event, frozen=True):
    """The metadata doesn't know what lies in the folder of this partition; it is kept as `kept_as`."""

    broker: int
    directory: str
    topic: str
    partition: int
    kept_as: str
    reason: str


def stray_name(topic: str, partition: int, rng: random.Random) -> str:
    """A name that nothing else has; long topics' are cut to what a file system takes."""
    ending = f"-{partition}.{rng.getrandbits(128):032x}-stray"
    return topic[: LONGEST_NAME - len(ending)] + ending


def is_stray(folder: str) -> bool:
    """Has it such a name? (Kafka's look the same.)"""
    return _STRAY.fullmatch(folder) is not None


def why_stray(
    image: MetadataImage, broker_id: int, topic: str, partition: int, topic_id: UUID | None
) -> str | None:
    """Why this folder isn't this broker's replica of that partition; None when it is. `topic_id` is what the folder
    says, None when it doesn't: then its name counts."""
    registered = image.topic(topic)
    if registered is None:
        return "the metadata has no such topic"
    if topic_id is not None and topic_id != registered.id:
        return "the metadata has another topic of that name"
    found = registered.partitions.get(partition)
    if found is None:
        return "its topic has no such partition in the metadata"
    if broker_id not in found.replicas:
        return "the metadata has no replica of it on this broker"
    return None
