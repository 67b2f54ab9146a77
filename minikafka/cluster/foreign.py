"""A directory that belongs to somebody else: a real Kafka's own.

Rule: nothing is ever written beside its folders, where a real broker would take `broker-1` for a partition. Kafka:
`LogManager` (any TOPIC-PARTITION in its directory is a log).
"""

from __future__ import annotations

from pathlib import Path

from minikafka.log.checkpoints import HIGH_WATERMARKS, RECOVERY_POINTS
from minikafka.log.meta_properties import META_PROPERTIES

_SIGNS = (META_PROPERTIES, HIGH_WATERMARKS, RECOVERY_POINTS)
"""Ours stand one folder below, in each node's own."""


class KafkasDirectory(ValueError):
    """A real Kafka's data directory was given for a cluster of ours; one sentence."""


def refuse_a_real_kafkas(data: Path) -> None:
    """Raises `KafkasDirectory`."""
    if any((data / sign).is_file() for sign in _SIGNS):
        raise KafkasDirectory(
            f"{data} is a broker's data directory, not a minikafka cluster's; `minikafka adopt {data} --data NEW` "
            "copies its data into one."
        )
