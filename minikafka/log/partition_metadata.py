"""`partition.metadata`: the topic id beside a partition's segments.

Rule: it is written before the first record, so a directory is never mistaken for that of a deleted
topic with the same name. Kafka: `PartitionMetadataFile` (KIP-516).
"""

from __future__ import annotations

import uuid

from minikafka.protocol.uuid_text import decode_uuid, encode_uuid
from minikafka.world import Disk

PARTITION_METADATA = "partition.metadata"


class InconsistentTopicId(OSError):
    """The directory holds the log of another topic of that name."""


def read_partition_metadata(disk: Disk, directory: str) -> uuid.UUID | None:
    """The id in the file; None when there is none that can be read (a power cut may tear a new file)."""
    path = f"{directory}/{PARTITION_METADATA}"
    try:
        lines = disk.read_bytes(path).decode("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return None
    words = dict(line.split(": ", 1) for line in lines if ": " in line)
    try:
        return decode_uuid(words["topic_id"]) if words["version"] == "0" else None
    except (KeyError, ValueError):
        return None


def write_partition_metadata(disk: Disk, directory: str, topic_id: uuid.UUID) -> None:
    """Write the file where there is none that can be read."""
    text = f"version: 0\ntopic_id: {encode_uuid(topic_id)}\n"
    disk.write_new(f"{directory}/{PARTITION_METADATA}", text.encode())


def claim_for_topic(disk: Disk, directory: str, topic_id: uuid.UUID | None) -> uuid.UUID | None:
    """Write the id at the first opening; `InconsistentTopicId` when the directory has another."""
    found = read_partition_metadata(disk, directory)
    if topic_id is None or found == topic_id:
        return found
    if found is not None:
        raise InconsistentTopicId(
            f"Tried to assign topic ID {encode_uuid(topic_id)} to {directory}, "
            f"but its log already contained topic ID {encode_uuid(found)}"
        )
    write_partition_metadata(disk, directory, topic_id)
    return topic_id
