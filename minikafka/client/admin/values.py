"""The values that administering topics, settings and offsets takes and gives, with confluent_kafka's names.

Rule: plain values; what they mean to the wire is in `async_admin.py`. Kafka: `org.apache.kafka.clients.admin`.
"""

from __future__ import annotations

import functools
import operator
import uuid
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

from minikafka.client.errors import KafkaError
from minikafka.client.values import Node, TopicPartitionInfo
from minikafka.protocol.uuid_text import encode_uuid
from minikafka.world.visible import visible, visible_name

if TYPE_CHECKING:
    from minikafka.client.admin.security_values import AclOperation


class Uuid:
    """A topic's id; its text is Kafka's (base64 without padding)."""

    __slots__ = ("_value",)

    def __init__(self, most_significant_bits: int, least_significant_bits: int) -> None:
        mask = (1 << 64) - 1
        self._value = uuid.UUID(int=(most_significant_bits & mask) << 64 | (least_significant_bits & mask))

    @classmethod
    def of(cls, value: uuid.UUID) -> Uuid:
        """From the standard library's UUID."""
        return cls(value.int >> 64, value.int & ((1 << 64) - 1))

    def get_most_significant_bits(self) -> int:
        """The first half, as a signed number."""
        return _signed(self._value.int >> 64)

    def get_least_significant_bits(self) -> int:
        """The second half, as a signed number."""
        return _signed(self._value.int & ((1 << 64) - 1))

    def __int__(self) -> int:
        return self._value.int

    def __str__(self) -> str:
        return encode_uuid(self._value)

    def __repr__(self) -> str:
        return f"Uuid({self})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Uuid) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


def _signed(bits: int) -> int:
    return bits - (1 << 64) if bits >> 63 else bits


class NewTopic:
    """A topic to create; -1 leaves a count to the broker's default."""

    def __init__(
        self,
        topic: str,
        num_partitions: int = -1,
        replication_factor: int = -1,
        replica_assignment: list[list[int]] | None = None,
        config: Mapping[str, str] | None = None,
    ) -> None:
        if not isinstance(topic, str):
            raise TypeError(f"argument 1 must be str, not {type(topic).__name__}")
        self.topic = topic
        self.num_partitions = operator.index(num_partitions)
        self.replication_factor = operator.index(replication_factor)
        self.replica_assignment = replica_assignment
        if config is not None and not isinstance(config, Mapping):
            raise TypeError(f"config must be a dict, not {type(config).__name__}")
        self.config = dict(config or {})

    def __str__(self) -> str:
        return f"NewTopic(topic={visible_name(self.topic)},num_partitions={self.num_partitions})"

    __repr__ = __str__


class NewPartitions:
    """A topic to grow to `new_total_count` partitions."""

    def __init__(
        self, topic: str, new_total_count: int, replica_assignment: list[list[int]] | None = None
    ) -> None:
        if not isinstance(topic, str):
            raise TypeError(f"argument 1 must be str, not {type(topic).__name__}")
        self.topic = topic
        self.new_total_count = operator.index(new_total_count)
        self.replica_assignment = replica_assignment


class PartitionReassignment(NamedTuple):
    """A partition on its way to other brokers: all its replicas, those that are to come, those that are to go (not in
    confluent_kafka; Java's `PartitionReassignment`)."""

    replicas: list[int]
    adding_replicas: list[int]
    removing_replicas: list[int]


class ResourceType(Enum):
    """What has configuration."""

    UNKNOWN = 0
    ANY = 1
    TOPIC = 2
    GROUP = 3
    BROKER = 4
    TRANSACTIONAL_ID = 5


_RESOURCE_TYPE_ON_WIRE = {ResourceType.TOPIC: 2, ResourceType.BROKER: 4, ResourceType.GROUP: 32}


class ConfigSource(Enum):
    """Where a setting's value comes from."""

    UNKNOWN_CONFIG = 0
    DYNAMIC_TOPIC_CONFIG = 1
    DYNAMIC_BROKER_CONFIG = 2
    DYNAMIC_DEFAULT_BROKER_CONFIG = 3
    STATIC_BROKER_CONFIG = 4
    DEFAULT_CONFIG = 5
    GROUP_CONFIG = 8


class AlterConfigOpType(Enum):
    """What to do with a setting."""

    SET = 0
    DELETE = 1
    APPEND = 2
    SUBTRACT = 3


class ConfigEntry:
    """One setting of a resource."""

    def __init__(
        self,
        name: str,
        value: str | None,
        source: ConfigSource = ConfigSource.UNKNOWN_CONFIG,
        is_read_only: bool = False,
        is_default: bool = False,
        is_sensitive: bool = False,
        is_synonym: bool = False,
        synonyms: dict[str, ConfigEntry] | None = None,
        incremental_operation: AlterConfigOpType | None = None,
    ) -> None:
        self.name = name
        self.value = value
        self.source = source.value if isinstance(source, ConfigSource) else source
        self.is_read_only = is_read_only
        self.is_default = is_default
        self.is_sensitive = is_sensitive
        self.is_synonym = is_synonym
        self.synonyms = synonyms or {}
        self.incremental_operation = incremental_operation

    def __repr__(self) -> str:
        return f"ConfigEntry({self})"

    def __str__(self) -> str:
        return visible(f'{self.name}="{self.value}"')


@functools.total_ordering
class ConfigResource:
    """A topic or broker whose configuration is asked for or altered. Equal by type and name."""

    Type = ResourceType

    def __init__(
        self,
        restype: ResourceType | str | int,
        name: str,
        set_config: Mapping[str, str] | None = None,
        described_configs: Any = None,
        error: KafkaError | None = None,
        incremental_configs: Sequence[ConfigEntry] | None = None,
    ) -> None:
        if not isinstance(name, str):
            raise ValueError("expected a resource name")
        if isinstance(restype, str):
            try:
                restype = ResourceType[restype.upper()]
            except KeyError:
                raise ValueError(f"Unknown resource type {restype!r}") from None
        elif isinstance(restype, int):
            restype = ResourceType(restype)
        self.restype: ResourceType = restype
        self.name = name
        self.set_config_dict = dict(set_config or {})
        self.incremental_configs = list(incremental_configs or [])
        self.configs = described_configs
        self.error = error

    @property
    def wire_type(self) -> int:
        """The type's number in requests."""
        return _RESOURCE_TYPE_ON_WIRE.get(self.restype, 0)

    def set_config(self, name: str, value: str, overwrite: bool = True) -> None:
        """Sets a value to alter."""
        if overwrite or name not in self.set_config_dict:
            self.set_config_dict[name] = value

    def add_incremental_config(self, config_entry: ConfigEntry) -> None:
        """Adds an entry for incremental_alter_configs."""
        self.incremental_configs.append(config_entry)

    def __repr__(self) -> str:
        return f"ConfigResource({self.restype},{visible_name(self.name)})"

    def __hash__(self) -> int:
        return hash((self.restype, self.name))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ConfigResource):
            return NotImplemented
        return (self.restype, self.name) == (other.restype, other.name)

    def __lt__(self, other: ConfigResource) -> bool:
        return (self.restype.value, self.name) < (other.restype.value, other.name)

    def __len__(self) -> int:
        return len(self.set_config_dict) + len(self.incremental_configs)


class OffsetSpec:
    """Which offset to list: `OffsetSpec.earliest()`, `latest()`, `max_timestamp()`, `for_timestamp(ms)`."""

    __slots__ = ("value",)

    def __init__(self, value: int) -> None:
        self.value = value

    @classmethod
    def earliest(cls) -> OffsetSpec:
        """The first offset."""
        return cls(-2)

    @classmethod
    def latest(cls) -> OffsetSpec:
        """The offset after the last."""
        return cls(-1)

    @classmethod
    def max_timestamp(cls) -> OffsetSpec:
        """The offset of the record with the largest timestamp."""
        return cls(-3)

    @classmethod
    def for_timestamp(cls, timestamp: int) -> OffsetSpec:
        """The first offset at or after this time in milliseconds."""
        return cls(timestamp)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OffsetSpec) and other.value == self.value

    def __hash__(self) -> int:
        return hash(self.value)


class ListOffsetsResultInfo:
    """An offset that was asked for; -1 where there is none."""

    def __init__(self, offset: int, timestamp: int, leader_epoch: int) -> None:
        self.offset = offset
        self.timestamp = timestamp
        self.leader_epoch = leader_epoch if leader_epoch >= 0 else None

    def __repr__(self) -> str:
        return f"ListOffsetsResultInfo(offset={self.offset}, timestamp={self.timestamp})"


class DeletedRecords:
    """What delete_records() answers for a partition: its first offset now."""

    def __init__(self, low_watermark: int) -> None:
        self.low_watermark = low_watermark

    def __repr__(self) -> str:
        return f"DeletedRecords(low_watermark={self.low_watermark})"


class DescribeClusterResult:
    """What describe_cluster() answers."""

    def __init__(self, cluster_id: str | None, controller: Node | None, nodes: list[Node]) -> None:
        self.cluster_id = cluster_id
        self.controller = controller
        self.nodes = nodes
        self.authorized_operations: list[AclOperation] | None = None


class TopicDescription:
    """What describe_topics() answers for a topic."""

    def __init__(
        self, name: str, topic_id: Uuid, is_internal: bool, partitions: list[TopicPartitionInfo]
    ) -> None:
        self.name = name
        self.topic_id = topic_id
        self.is_internal = is_internal
        self.partitions = partitions
        self.authorized_operations: list[AclOperation] | None = None
