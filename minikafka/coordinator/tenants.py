"""Who keeps state in an internal topic: the one table of coordinators.

Rule: whatever needs to know of a coordinator's topic asks here: FindCoordinator which topic a key type means, the
broker how to create it, and a change of the metadata whose core to load or to tell.
Kafka: `CoordinatorType`, `DefaultAutoTopicCreationManager`, and the topic configurations of each coordinator service.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from minikafka.coordinator.core import Core
from minikafka.coordinator.group_shard import GroupShard
from minikafka.coordinator.settings import Configs, GroupSettings
from minikafka.metadata.image import MetadataImage
from minikafka.metadata.topic_names import GROUP_METADATA_TOPIC
from minikafka.world import World

C_co = TypeVar("C_co", bound=Core, covariant=True)
CoreMaker = Callable[[World, Configs, Callable[[], MetadataImage]], C_co]
"""Makes the core of one partition. What it gets last gives the cluster's metadata as they are at that moment."""


@dataclass(frozen=True, slots=True)
class Tenant(Generic[C_co]):
    """A coordinator's topic. `partitions`, `replication_factor` and `write_timeout_ms` are names of broker settings."""

    key_type: int
    """FindCoordinator's."""
    topic: str
    partitions: str
    replication_factor: str
    write_timeout_ms: str
    topic_configs: Callable[[Configs], Mapping[str, str]]
    core: CoreMaker[C_co]

    def partition_count(self, configs: Configs, image: MetadataImage) -> int:
        """How many partitions the topic has or will have."""
        topic = image.topic(self.topic)
        return configs.int(self.partitions) if topic is None else len(topic.partitions)


def _group_core(world: World, configs: Configs, image: Callable[[], MetadataImage]) -> GroupShard:
    return GroupShard(GroupSettings.of(configs), world.random)


def _group_topic_configs(configs: Configs) -> Mapping[str, str]:
    return {
        "cleanup.policy": "compact",
        "compression.type": "producer",
        "segment.bytes": str(configs.int("offsets.topic.segment.bytes")),
    }


GROUPS = Tenant(
    key_type=0,
    topic=GROUP_METADATA_TOPIC,
    partitions="offsets.topic.num.partitions",
    replication_factor="offsets.topic.replication.factor",
    write_timeout_ms="offsets.commit.timeout.ms",
    topic_configs=_group_topic_configs,
    core=_group_core,
)
TENANTS: Sequence[Tenant[Core]] = (GROUPS,)
