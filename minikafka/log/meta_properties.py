"""`meta.properties`: whose data directory this is.

Rule: a directory belongs to one node of one cluster for good, and a node that finds another's name
refuses to start with one sentence. Kafka: `MetaProperties`, `MetaPropertiesEnsemble` (KIP-631, KIP-858).
"""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass, replace

from minikafka.protocol.uuid_text import decode_uuid, encode_uuid
from minikafka.world import Disk

META_PROPERTIES = "meta.properties"


class WrongDirectory(ValueError):
    """The data directory belongs to another cluster or node, or its file can't be read."""


@dataclass(frozen=True, slots=True)
class MetaProperties:
    """The file's content; ids are Kafka's 22 characters of URL-safe base64."""

    cluster_id: str
    node_id: int
    directory_id: str


def read_meta_properties(disk: Disk) -> MetaProperties | None:
    """The file at the directory's root; None when there is none, `WrongDirectory` when it is broken."""
    if not disk.exists(META_PROPERTIES):
        return None
    text = disk.read_bytes(META_PROPERTIES).decode("utf-8", "replace")
    lines = (line.strip() for line in text.splitlines())
    properties = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    if properties.get("version") != "1":
        raise WrongDirectory(
            f"{disk.location}/meta.properties has version {properties.get('version', 'none')}, and only version 1 is "
            "known: the directory is a newer Kafka's, or the file is damaged"
        )
    try:
        node_id = int(properties["node.id"])
        return MetaProperties(properties["cluster.id"], node_id, properties.get("directory.id", ""))
    except (KeyError, ValueError):
        raise WrongDirectory(f"{disk.location}/meta.properties has no valid cluster.id and node.id") from None


def write_meta_properties(disk: Disk, properties: MetaProperties) -> None:
    """Replace the file; durable when this returns."""
    lines = [
        "#",
        f"cluster.id={properties.cluster_id}",
        f"directory.id={properties.directory_id}",
        f"node.id={properties.node_id}",
        "version=1",
    ]
    disk.write_atomic(META_PROPERTIES, ("\n".join(lines) + "\n").encode())


def claim_directory(disk: Disk, cluster_id: str, node_id: int, rng: random.Random) -> MetaProperties:
    """This node's `meta.properties`, written at the first start.

    Raises what `claimed_properties` does.
    """
    properties = claimed_properties(disk, cluster_id, node_id, rng)
    note_claim(disk, properties)
    return properties


def note_claim(disk: Disk, properties: MetaProperties) -> None:
    """Write the file, unless it says so already."""
    if read_meta_properties(disk) != properties:
        write_meta_properties(disk, properties)


def claimed_properties(
    disk: Disk, cluster_id: str, node_id: int, rng: random.Random, directory_id: str = ""
) -> MetaProperties:
    """What the file says, or will have to say when there is none: then with `directory_id`, or a new one from `rng`.

    A file without a directory id, from before KIP-858, gets one. `WrongDirectory` when the directory already belongs
    to another cluster or node, or its id is none.
    """
    found = read_meta_properties(disk) or MetaProperties(cluster_id, node_id, directory_id)
    if found.cluster_id != cluster_id:
        raise WrongDirectory(
            f"The data directory {disk.location} belongs to another cluster: its cluster id is {found.cluster_id}, "
            f"this cluster's is {cluster_id}."
        )
    if found.node_id != node_id:
        raise WrongDirectory(
            f"The data directory {disk.location} belongs to another node: its node id is {found.node_id}, "
            f"this node's is {node_id}."
        )
    if not found.directory_id:
        found = replace(found, directory_id=new_directory_id(rng))
    try:
        decode_uuid(found.directory_id)
    except ValueError:
        raise WrongDirectory(
            f"{disk.location}/meta.properties has the directory.id {found.directory_id[:40]!r}, which is not an id."
        ) from None
    return found


def new_directory_id(rng: random.Random) -> str:
    """22 characters of URL-safe base64."""
    return encode_uuid(uuid.UUID(int=rng.getrandbits(128), version=4))
