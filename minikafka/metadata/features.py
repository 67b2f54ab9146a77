"""The features of a cluster and their levels, as Kafka 4.3 begins a new one.

Rule: a node joins only when it understands every level that the cluster runs. Kafka: `MetadataVersion`,
`Feature`, `BootstrapMetadata`; KIP-584, KIP-1022.
"""

from __future__ import annotations

from collections.abc import Mapping

from minikafka.metadata.image import BROKER_RESOURCE, DEFAULT_BROKER
from minikafka.metadata.records import (
    BeginTransactionRecord,
    ConfigRecord,
    EndTransactionRecord,
    FeatureLevelRecord,
)
from minikafka.protocol.schema import Message

SUPPORTED_FEATURES: dict[str, tuple[int, int]] = {
    "eligible.leader.replicas.version": (0, 1),
    "group.version": (0, 1),
    "kraft.version": (0, 1),
    "metadata.version": (7, 30),
    "share.version": (0, 1),
    "streams.version": (0, 1),
    "transaction.version": (0, 2),
}
"""Name → the lowest and highest level that a node of ours understands."""

LEVELS: dict[str, int] = {
    "metadata.version": 30,
    "eligible.leader.replicas.version": 1,
    "group.version": 1,
    "share.version": 1,
    "streams.version": 1,
    "transaction.version": 2,
}
"""What a new cluster runs."""


QUORUM_FEATURE, QUORUM_LEVEL = "kraft.version", 1
"""That of the quorum itself, which it keeps beside the cluster's metadata: its voters are in the log (KIP-853)."""


def finalized(levels: Mapping[str, int]) -> list[tuple[str, int]]:
    """What a node tells of what the cluster runs, by name."""
    return sorted(
        {**{n: level for n, level in levels.items() if level}, QUORUM_FEATURE: QUORUM_LEVEL}.items()
    )


def supported() -> list[tuple[str, int, int]]:
    """What a node tells of what it understands, by name."""
    return [(name, low, high) for name, (low, high) in sorted(SUPPORTED_FEATURES.items())]


class NewerMetadata(ValueError):
    """The metadata run at a level that isn't understood here; says which."""


def check_levels(levels: Mapping[str, int]) -> None:
    """Raises NewerMetadata for a cluster's levels that a node of ours can't follow, before it writes anything."""
    for name, level in sorted(levels.items()):
        lowest, highest = SUPPORTED_FEATURES.get(name, (0, 0))
        if level and not lowest <= level <= highest:
            raise NewerMetadata(
                f"The metadata here run {name} {level}, and this version knows {lowest} to {highest}: another release "
                "wrote them; start that one"
            )


def bootstrap_records(min_insync_replicas: int) -> list[Message]:
    """What a controller writes into an empty metadata log.

    With eligible leader replicas `min.insync.replicas` is pinned for the cluster, since it decides who is
    eligible.
    """
    return [
        BeginTransactionRecord(name="Bootstrap records"),
        *(FeatureLevelRecord(name=name, feature_level=level) for name, level in LEVELS.items()),
        ConfigRecord(
            resource_type=BROKER_RESOURCE,
            resource_name=DEFAULT_BROKER,
            name="min.insync.replicas",
            value=str(min_insync_replicas),
        ),
        EndTransactionRecord(),
    ]
