"""Kafka's clients: producer, consumer, admin client, with confluent_kafka's names and settings.

One rule: an asynchronous core that takes a `World` does the work, so the same client runs in the simulated world, in
the live one, and against any real Kafka; the synchronous faces only drive it.
Kafka: `org.apache.kafka.clients`. Names are loaded when first used, so that importing this package costs little.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from minikafka.client.admin import AdminClient
    from minikafka.client.admin_values import (
        AlterConfigOpType,
        ConfigEntry,
        ConfigResource,
        ConfigSource,
        DeletedRecords,
        DescribeClusterResult,
        ListOffsetsResultInfo,
        NewPartitions,
        NewTopic,
        OffsetSpec,
        ResourceType,
        TopicDescription,
        Uuid,
    )
    from minikafka.client.async_admin import AsyncAdmin
    from minikafka.client.async_consumer import AsyncConsumer
    from minikafka.client.async_producer import AsyncProducer
    from minikafka.client.connections import Connections
    from minikafka.client.consumer import Consumer
    from minikafka.client.driver import Driver, LiveDriver, SimulatedDriver
    from minikafka.client.errors import KafkaError, KafkaException
    from minikafka.client.group_values import (
        ConsumerGroupDescription,
        ConsumerGroupListing,
        GroupMember,
        GroupMetadata,
        ListConsumerGroupsResult,
        MemberAssignment,
        MemberDescription,
    )
    from minikafka.client.metadata import Metadata
    from minikafka.client.partitioner import consistent, fnv1a, murmur2
    from minikafka.client.producer import Producer
    from minikafka.client.security_values import (
        AclBinding,
        AclBindingFilter,
        AclOperation,
        AclPermissionType,
        ResourcePatternType,
        ScramCredentialInfo,
        ScramMechanism,
        UserScramCredentialAlteration,
        UserScramCredentialDeletion,
        UserScramCredentialsDescription,
        UserScramCredentialUpsertion,
    )
    from minikafka.client.topic_listing import (
        BrokerMetadata,
        ClusterMetadata,
        PartitionMetadata,
        TopicMetadata,
    )
    from minikafka.client.values import (
        OFFSET_BEGINNING,
        OFFSET_END,
        OFFSET_INVALID,
        OFFSET_STORED,
        OFFSET_TAIL_BASE,
        TIMESTAMP_CREATE_TIME,
        TIMESTAMP_LOG_APPEND_TIME,
        TIMESTAMP_NOT_AVAILABLE,
        ConsumerGroupState,
        ConsumerGroupTopicPartitions,
        ConsumerGroupType,
        ElectionType,
        IsolationLevel,
        Message,
        Node,
        TopicCollection,
        TopicPartition,
        TopicPartitionInfo,
    )

_HOMES = {
    "admin": ("AdminClient",),
    "admin_values": (
        "AlterConfigOpType",
        "ConfigEntry",
        "ConfigResource",
        "ConfigSource",
        "DeletedRecords",
        "DescribeClusterResult",
        "ListOffsetsResultInfo",
        "NewPartitions",
        "NewTopic",
        "OffsetSpec",
        "ResourceType",
        "TopicDescription",
        "Uuid",
    ),
    "async_admin": ("AsyncAdmin",),
    "async_consumer": ("AsyncConsumer",),
    "async_producer": ("AsyncProducer",),
    "connections": ("Connections",),
    "consumer": ("Consumer",),
    "driver": (
        "Driver",
        "LiveDriver",
        "SimulatedDriver",
    ),
    "errors": (
        "KafkaError",
        "KafkaException",
    ),
    "group_values": (
        "ConsumerGroupDescription",
        "ConsumerGroupListing",
        "GroupMember",
        "GroupMetadata",
        "ListConsumerGroupsResult",
        "MemberAssignment",
        "MemberDescription",
    ),
    "metadata": ("Metadata",),
    "partitioner": ("consistent", "fnv1a", "murmur2"),
    "producer": ("Producer",),
    "security_values": (
        "AclBinding",
        "AclBindingFilter",
        "AclOperation",
        "AclPermissionType",
        "ResourcePatternType",
        "ScramCredentialInfo",
        "ScramMechanism",
        "UserScramCredentialAlteration",
        "UserScramCredentialDeletion",
        "UserScramCredentialUpsertion",
        "UserScramCredentialsDescription",
    ),
    "topic_listing": (
        "BrokerMetadata",
        "ClusterMetadata",
        "PartitionMetadata",
        "TopicMetadata",
    ),
    "values": (
        "OFFSET_BEGINNING",
        "OFFSET_END",
        "OFFSET_INVALID",
        "OFFSET_STORED",
        "OFFSET_TAIL_BASE",
        "TIMESTAMP_CREATE_TIME",
        "TIMESTAMP_LOG_APPEND_TIME",
        "TIMESTAMP_NOT_AVAILABLE",
        "ConsumerGroupState",
        "ConsumerGroupTopicPartitions",
        "ConsumerGroupType",
        "ElectionType",
        "IsolationLevel",
        "Message",
        "Node",
        "TopicCollection",
        "TopicPartition",
        "TopicPartitionInfo",
    ),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "OFFSET_BEGINNING",
    "OFFSET_END",
    "OFFSET_INVALID",
    "OFFSET_STORED",
    "OFFSET_TAIL_BASE",
    "TIMESTAMP_CREATE_TIME",
    "TIMESTAMP_LOG_APPEND_TIME",
    "TIMESTAMP_NOT_AVAILABLE",
    "AclBinding",
    "AclBindingFilter",
    "AclOperation",
    "AclPermissionType",
    "AdminClient",
    "AlterConfigOpType",
    "AsyncAdmin",
    "AsyncConsumer",
    "AsyncProducer",
    "BrokerMetadata",
    "ClusterMetadata",
    "ConfigEntry",
    "ConfigResource",
    "ConfigSource",
    "Connections",
    "Consumer",
    "ConsumerGroupDescription",
    "ConsumerGroupListing",
    "ConsumerGroupState",
    "ConsumerGroupTopicPartitions",
    "ConsumerGroupType",
    "DeletedRecords",
    "DescribeClusterResult",
    "Driver",
    "ElectionType",
    "GroupMember",
    "GroupMetadata",
    "IsolationLevel",
    "KafkaError",
    "KafkaException",
    "ListConsumerGroupsResult",
    "ListOffsetsResultInfo",
    "LiveDriver",
    "MemberAssignment",
    "MemberDescription",
    "Message",
    "Metadata",
    "NewPartitions",
    "NewTopic",
    "Node",
    "OffsetSpec",
    "PartitionMetadata",
    "Producer",
    "ResourcePatternType",
    "ResourceType",
    "ScramCredentialInfo",
    "ScramMechanism",
    "SimulatedDriver",
    "TopicCollection",
    "TopicDescription",
    "TopicMetadata",
    "TopicPartition",
    "TopicPartitionInfo",
    "UserScramCredentialAlteration",
    "UserScramCredentialDeletion",
    "UserScramCredentialUpsertion",
    "UserScramCredentialsDescription",
    "Uuid",
    "consistent",
    "fnv1a",
    "murmur2",
]


def __getattr__(name: str) -> Any:
    module = _HOME_OF.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{module}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME_OF})
