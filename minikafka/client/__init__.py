"""Kafka's clients: producer, consumer, admin client, with confluent_kafka's names and settings.

Rule: an asynchronous core that takes a `World` does the work, so the same client runs in the simulated world, in
the live one, and against any real Kafka; the synchronous faces only drive it.
Kafka: `org.apache.kafka.clients`. Names are loaded when first used, so that importing this package costs little.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from minikafka.client.admin.admin_client import AdminClient as AdminClient
    from minikafka.client.admin.async_admin import AsyncAdmin as AsyncAdmin
    from minikafka.client.admin.group_values import ConsumerGroupDescription as ConsumerGroupDescription
    from minikafka.client.admin.group_values import ConsumerGroupListing as ConsumerGroupListing
    from minikafka.client.admin.group_values import GroupMember as GroupMember
    from minikafka.client.admin.group_values import GroupMetadata as GroupMetadata
    from minikafka.client.admin.group_values import ListConsumerGroupsResult as ListConsumerGroupsResult
    from minikafka.client.admin.group_values import MemberAssignment as MemberAssignment
    from minikafka.client.admin.group_values import MemberDescription as MemberDescription
    from minikafka.client.admin.security_values import AclBinding as AclBinding
    from minikafka.client.admin.security_values import AclBindingFilter as AclBindingFilter
    from minikafka.client.admin.security_values import AclOperation as AclOperation
    from minikafka.client.admin.security_values import AclPermissionType as AclPermissionType
    from minikafka.client.admin.security_values import ResourcePatternType as ResourcePatternType
    from minikafka.client.admin.security_values import ScramCredentialInfo as ScramCredentialInfo
    from minikafka.client.admin.security_values import ScramMechanism as ScramMechanism
    from minikafka.client.admin.security_values import (
        UserScramCredentialAlteration as UserScramCredentialAlteration,
    )
    from minikafka.client.admin.security_values import (
        UserScramCredentialDeletion as UserScramCredentialDeletion,
    )
    from minikafka.client.admin.security_values import (
        UserScramCredentialsDescription as UserScramCredentialsDescription,
    )
    from minikafka.client.admin.security_values import (
        UserScramCredentialUpsertion as UserScramCredentialUpsertion,
    )
    from minikafka.client.admin.values import AlterConfigOpType as AlterConfigOpType
    from minikafka.client.admin.values import ConfigEntry as ConfigEntry
    from minikafka.client.admin.values import ConfigResource as ConfigResource
    from minikafka.client.admin.values import ConfigSource as ConfigSource
    from minikafka.client.admin.values import DeletedRecords as DeletedRecords
    from minikafka.client.admin.values import DescribeClusterResult as DescribeClusterResult
    from minikafka.client.admin.values import ListOffsetsResultInfo as ListOffsetsResultInfo
    from minikafka.client.admin.values import NewPartitions as NewPartitions
    from minikafka.client.admin.values import NewTopic as NewTopic
    from minikafka.client.admin.values import OffsetSpec as OffsetSpec
    from minikafka.client.admin.values import PartitionReassignment as PartitionReassignment
    from minikafka.client.admin.values import ResourceType as ResourceType
    from minikafka.client.admin.values import TopicDescription as TopicDescription
    from minikafka.client.admin.values import Uuid as Uuid
    from minikafka.client.connections.connections import Connections as Connections
    from minikafka.client.connections.metadata import Metadata as Metadata
    from minikafka.client.connections.notices import ThrottleEvent as ThrottleEvent
    from minikafka.client.connections.topic_listing import BrokerMetadata as BrokerMetadata
    from minikafka.client.connections.topic_listing import ClusterMetadata as ClusterMetadata
    from minikafka.client.connections.topic_listing import PartitionMetadata as PartitionMetadata
    from minikafka.client.connections.topic_listing import TopicMetadata as TopicMetadata
    from minikafka.client.consumer.async_consumer import AsyncConsumer as AsyncConsumer
    from minikafka.client.consumer.consumer import Consumer as Consumer
    from minikafka.client.errors import KafkaError as KafkaError
    from minikafka.client.errors import KafkaException as KafkaException
    from minikafka.client.faces.driver import Driver as Driver
    from minikafka.client.faces.driver import LiveDriver as LiveDriver
    from minikafka.client.faces.driver import SimulatedDriver as SimulatedDriver
    from minikafka.client.producer.async_producer import AsyncProducer as AsyncProducer
    from minikafka.client.producer.partitioner import consistent as consistent
    from minikafka.client.producer.partitioner import fnv1a as fnv1a
    from minikafka.client.producer.partitioner import murmur2 as murmur2
    from minikafka.client.producer.producer import Producer as Producer
    from minikafka.client.values import OFFSET_BEGINNING as OFFSET_BEGINNING
    from minikafka.client.values import OFFSET_END as OFFSET_END
    from minikafka.client.values import OFFSET_INVALID as OFFSET_INVALID
    from minikafka.client.values import OFFSET_STORED as OFFSET_STORED
    from minikafka.client.values import OFFSET_TAIL_BASE as OFFSET_TAIL_BASE
    from minikafka.client.values import TIMESTAMP_CREATE_TIME as TIMESTAMP_CREATE_TIME
    from minikafka.client.values import TIMESTAMP_LOG_APPEND_TIME as TIMESTAMP_LOG_APPEND_TIME
    from minikafka.client.values import TIMESTAMP_NOT_AVAILABLE as TIMESTAMP_NOT_AVAILABLE
    from minikafka.client.values import ConsumerGroupState as ConsumerGroupState
    from minikafka.client.values import ConsumerGroupTopicPartitions as ConsumerGroupTopicPartitions
    from minikafka.client.values import ConsumerGroupType as ConsumerGroupType
    from minikafka.client.values import ElectionType as ElectionType
    from minikafka.client.values import IsolationLevel as IsolationLevel
    from minikafka.client.values import Message as Message
    from minikafka.client.values import Node as Node
    from minikafka.client.values import TopicCollection as TopicCollection
    from minikafka.client.values import TopicPartition as TopicPartition
    from minikafka.client.values import TopicPartitionInfo as TopicPartitionInfo

_HOMES = {
    "admin.admin_client": ("AdminClient",),
    "admin.values": (
        "AlterConfigOpType",
        "ConfigEntry",
        "ConfigResource",
        "ConfigSource",
        "DeletedRecords",
        "DescribeClusterResult",
        "ListOffsetsResultInfo",
        "NewPartitions",
        "PartitionReassignment",
        "NewTopic",
        "OffsetSpec",
        "ResourceType",
        "TopicDescription",
        "Uuid",
    ),
    "admin.async_admin": ("AsyncAdmin",),
    "consumer.async_consumer": ("AsyncConsumer",),
    "producer.async_producer": ("AsyncProducer",),
    "connections.connections": ("Connections",),
    "consumer.consumer": ("Consumer",),
    "faces.driver": (
        "Driver",
        "LiveDriver",
        "SimulatedDriver",
    ),
    "errors": (
        "KafkaError",
        "KafkaException",
    ),
    "admin.group_values": (
        "ConsumerGroupDescription",
        "ConsumerGroupListing",
        "GroupMember",
        "GroupMetadata",
        "ListConsumerGroupsResult",
        "MemberAssignment",
        "MemberDescription",
    ),
    "connections.metadata": ("Metadata",),
    "connections.notices": ("ThrottleEvent",),
    "producer.partitioner": ("consistent", "fnv1a", "murmur2"),
    "producer.producer": ("Producer",),
    "admin.security_values": (
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
    "connections.topic_listing": (
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
__all__ = sorted(_HOME_OF)


def __getattr__(name: str) -> Any:
    module = _HOME_OF.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{module}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME_OF})
