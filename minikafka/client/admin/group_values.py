"""The values that administering consumer groups gives, with confluent_kafka's names.

Rule: plain values; what they mean to the wire is in `group_admin.py`.
Kafka: `ConsumerGroupDescription`, `GroupListing`, `MemberDescription`.
"""

from __future__ import annotations

from minikafka.client.admin.security_values import AclOperation
from minikafka.client.connections.topic_listing import BrokerMetadata
from minikafka.client.errors import KafkaError
from minikafka.client.values import ConsumerGroupState, ConsumerGroupType, Node, TopicPartition
from minikafka.world.visible import visible_name

_GROUP_STATES = {
    "PreparingRebalance": ConsumerGroupState.PREPARING_REBALANCING,
    "CompletingRebalance": ConsumerGroupState.COMPLETING_REBALANCING,
    "Stable": ConsumerGroupState.STABLE,
    "Dead": ConsumerGroupState.DEAD,
    "Empty": ConsumerGroupState.EMPTY,
}
_GROUP_TYPES = {"classic": ConsumerGroupType.CLASSIC, "consumer": ConsumerGroupType.CONSUMER}


def group_state(name: str) -> ConsumerGroupState:
    """The state by its name on the wire."""
    return _GROUP_STATES.get(name, ConsumerGroupState.UNKNOWN)


def group_type(name: str) -> ConsumerGroupType:
    """The type by its name on the wire."""
    return _GROUP_TYPES.get(name.lower(), ConsumerGroupType.UNKNOWN)


class ConsumerGroupListing:
    """A group in list_consumer_groups()."""

    def __init__(
        self,
        group_id: str,
        is_simple_consumer_group: bool,
        state: ConsumerGroupState = ConsumerGroupState.UNKNOWN,
        type: ConsumerGroupType = ConsumerGroupType.UNKNOWN,
    ) -> None:
        self.group_id = group_id
        self.is_simple_consumer_group = is_simple_consumer_group
        self.state = state
        self.type = type

    def __repr__(self) -> str:
        return f"ConsumerGroupListing({visible_name(self.group_id)}, {self.state.name})"


class ListConsumerGroupsResult:
    """What list_consumer_groups() answers: the groups found, and what failed."""

    def __init__(self, valid: list[ConsumerGroupListing], errors: list[Exception]) -> None:
        self.valid = valid
        self.errors = errors


class MemberAssignment:
    """What a member reads."""

    def __init__(self, topic_partitions: list[TopicPartition] | None = None) -> None:
        self.topic_partitions = topic_partitions or []


class MemberDescription:
    """A member of a group."""

    def __init__(
        self,
        member_id: str,
        client_id: str,
        host: str,
        assignment: MemberAssignment,
        group_instance_id: str | None = None,
    ) -> None:
        self.member_id = member_id
        self.client_id = client_id
        self.host = host
        self.assignment = assignment
        self.target_assignment = None
        self.group_instance_id = group_instance_id


class ConsumerGroupDescription:
    """What describe_consumer_groups() answers for a group."""

    def __init__(
        self,
        group_id: str,
        is_simple_consumer_group: bool,
        members: list[MemberDescription],
        partition_assignor: str,
        state: ConsumerGroupState,
        coordinator: Node | None,
        type: ConsumerGroupType = ConsumerGroupType.CLASSIC,
    ) -> None:
        self.group_id = group_id
        self.is_simple_consumer_group = is_simple_consumer_group
        self.members = members
        self.partition_assignor = partition_assignor
        self.state = state
        self.coordinator = coordinator
        self.type = type
        self.authorized_operations: list[AclOperation] | None = None


class GroupMember:
    """A member in list_groups()."""

    def __init__(self) -> None:
        self.id: str | None = None
        self.client_id: str | None = None
        self.client_host: str | None = None
        self.metadata: bytes | None = None
        self.assignment: bytes | None = None


class GroupMetadata:
    """A group in list_groups()."""

    def __init__(self) -> None:
        self.broker: BrokerMetadata | None = None
        self.id: str | None = None
        self.error: KafkaError | None = None
        self.state: str | None = None
        self.protocol_type: str | None = None
        self.protocol: str | None = None
        self.members: list[GroupMember] = []

    def __repr__(self) -> str:
        return f"GroupMetadata({self})"

    def __str__(self) -> str:
        return visible_name(str(self.id))
