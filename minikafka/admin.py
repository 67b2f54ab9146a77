"""What `confluent_kafka.admin` offers, so that a program which imports from there needs a new name and nothing else.

Rule: names only; what they name is in `minikafka/client/`. Kafka: `org.apache.kafka.clients.admin`.
"""

from minikafka.client.admin.admin_client import AdminClient as AdminClient
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
from minikafka.client.admin.security_values import UserScramCredentialDeletion as UserScramCredentialDeletion
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
from minikafka.client.connections.topic_listing import BrokerMetadata as BrokerMetadata
from minikafka.client.connections.topic_listing import ClusterMetadata as ClusterMetadata
from minikafka.client.connections.topic_listing import PartitionMetadata as PartitionMetadata
from minikafka.client.connections.topic_listing import TopicMetadata as TopicMetadata
from minikafka.client.errors import KafkaError as KafkaError
from minikafka.client.errors import KafkaException as KafkaException
from minikafka.client.values import OFFSET_INVALID as OFFSET_INVALID

CONFIG_SOURCE_UNKNOWN_CONFIG = ConfigSource.UNKNOWN_CONFIG.value
CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG = ConfigSource.DYNAMIC_TOPIC_CONFIG.value
CONFIG_SOURCE_DYNAMIC_BROKER_CONFIG = ConfigSource.DYNAMIC_BROKER_CONFIG.value
CONFIG_SOURCE_DYNAMIC_DEFAULT_BROKER_CONFIG = ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG.value
CONFIG_SOURCE_STATIC_BROKER_CONFIG = ConfigSource.STATIC_BROKER_CONFIG.value
CONFIG_SOURCE_DEFAULT_CONFIG = ConfigSource.DEFAULT_CONFIG.value
CONFIG_SOURCE_GROUP_CONFIG = ConfigSource.GROUP_CONFIG.value
RESOURCE_UNKNOWN = ResourceType.UNKNOWN.value
RESOURCE_ANY = ResourceType.ANY.value
RESOURCE_TOPIC = ResourceType.TOPIC.value
RESOURCE_GROUP = ResourceType.GROUP.value
RESOURCE_BROKER = ResourceType.BROKER.value
RESOURCE_TRANSACTIONAL_ID = ResourceType.TRANSACTIONAL_ID.value
