"""Administration of consumer groups: list, describe, delete, and their committed offsets.

Rule: a group's coordinator answers for it, and only listing asks every broker. Kafka: `KafkaAdminClient`.
"""

from __future__ import annotations

from collections.abc import Sequence

from minikafka.client.admin.group_values import (
    ConsumerGroupDescription,
    ConsumerGroupListing,
    GroupMember,
    GroupMetadata,
    ListConsumerGroupsResult,
    MemberAssignment,
    MemberDescription,
    group_state,
    group_type,
)
from minikafka.client.admin.requests import AdminRequests, Outcome
from minikafka.client.admin.security_values import operations_of
from minikafka.client.connections.offsets import GroupOffsets, Member, OffsetToCommit
from minikafka.client.connections.topic_listing import BrokerMetadata
from minikafka.client.errors import KafkaError, KafkaException, as_kafka_error
from minikafka.client.values import (
    OFFSET_INVALID,
    ConsumerGroupState,
    ConsumerGroupTopicPartitions,
    ConsumerGroupType,
    Node,
    TopicPartition,
)
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.consumer_protocol import PROTOCOL_TYPE, assigned_pairs
from minikafka.protocol.messages.delete_groups import DeleteGroupsRequest, DeleteGroupsResponse
from minikafka.protocol.messages.describe_groups import (
    DescribedGroup,
    DescribeGroupsRequest,
    DescribeGroupsResponse,
)
from minikafka.protocol.messages.leave_group import LeaveGroupRequest, LeaveGroupResponse, MemberIdentity
from minikafka.protocol.messages.list_groups import ListGroupsRequest, ListGroupsResponse
from minikafka.protocol.schema import MalformedMessage


class GroupAdmin:
    """The part of `AsyncAdmin` that is about groups. Timeouts are in seconds."""

    def __init__(self, requests: AdminRequests) -> None:
        self._requests = requests
        self.connections, self.retrying = requests.connections, requests.retrying

    def _group(self, group_id: str) -> GroupOffsets:
        return GroupOffsets(self.connections, group_id)

    async def list_consumer_groups(
        self,
        *,
        states: Sequence[ConsumerGroupState] = (),
        types: Sequence[ConsumerGroupType] = (),
        timeout_s: float | None = None,
    ) -> ListConsumerGroupsResult:
        """Asks every broker."""
        found: dict[str, ConsumerGroupListing] = {}
        errors: list[Exception] = []
        try:
            view = await self.retrying.run(lambda: self._requests.view([]), self._requests.timeout(timeout_s))
        except KafkaException as cause:
            return ListConsumerGroupsResult([], [cause])
        for broker_id in sorted(view.brokers):
            try:
                response = await self.connections.request(broker_id, ListGroupsRequest(), ListGroupsResponse)
            except (OSError, TimeoutError) as cause:
                errors.append(KafkaException(as_kafka_error(cause, f"Broker {broker_id}")))
                continue
            if response.error_code:
                errors.append(KafkaException(KafkaError(response.error_code)))
            for group in response.groups:
                if group.protocol_type not in (PROTOCOL_TYPE, ""):
                    continue
                found[group.group_id] = ConsumerGroupListing(
                    group.group_id,
                    not group.protocol_type,
                    group_state(group.group_state),
                    group_type(group.group_type),
                )
        valid = [
            found[name]
            for name in sorted(found)
            if (not states or found[name].state in states) and (not types or found[name].type in types)
        ]
        return ListConsumerGroupsResult(valid, errors)

    async def list_groups(self, only: str | None, timeout_s: float | None = None) -> list[GroupMetadata]:
        """All groups with their members (or one group), as brokers describe them."""
        limit_s = self._requests.timeout(timeout_s)
        view = await self.retrying.run(lambda: self._requests.view([]), limit_s)
        found: list[GroupMetadata] = []
        for broker_id in sorted(view.brokers):
            listed = await self.connections.request(broker_id, ListGroupsRequest(), ListGroupsResponse)
            names = [group.group_id for group in listed.groups if only in (None, group.group_id)]
            if not names:
                continue
            request = DescribeGroupsRequest(groups=names)
            described = await self.connections.request(broker_id, request, DescribeGroupsResponse)
            broker = view.brokers[broker_id]
            for group in described.groups:
                found.append(_group_metadata(group, BrokerMetadata(broker.id, broker.host, broker.port)))
        return found

    async def describe_consumer_groups(
        self, group_ids: Sequence[str], *, operations: bool = False, timeout_s: float | None = None
    ) -> dict[str, ConsumerGroupDescription | KafkaException]:
        """group → its description (with `operations` also what may be done to it) or its error."""
        results: dict[str, ConsumerGroupDescription | KafkaException] = {}
        for group_id in group_ids:
            try:
                results[group_id] = await self._describe_group(
                    group_id, self._requests.timeout(timeout_s), operations=operations
                )
            except KafkaException as error:
                results[group_id] = error
        return results

    async def _describe_group(
        self, group_id: str, limit_s: float, *, operations: bool = False
    ) -> ConsumerGroupDescription:
        group = self._group(group_id)

        async def attempt() -> tuple[int, DescribedGroup]:
            node = await group.coordinator()
            request = DescribeGroupsRequest(groups=[group_id], include_authorized_operations=operations)
            response = await self.connections.request(node, request, DescribeGroupsResponse)
            described = response.groups[0]
            if described.error_code != ErrorCode.GROUP_ID_NOT_FOUND:  # v6 says so where older ones say Dead
                group.check(described.error_code)
            return node, described

        node_id, described = await self.retrying.run(attempt, limit_s)
        members = []
        for member in described.members:
            try:
                pairs = assigned_pairs(member.member_assignment)
            except MalformedMessage:
                pairs = []
            members.append(
                MemberDescription(
                    member.member_id,
                    member.client_id,
                    member.client_host,
                    MemberAssignment([TopicPartition(*pair) for pair in pairs]),
                    member.group_instance_id,
                )
            )
        host, port = self.connections.address(node_id)
        state = ConsumerGroupState.DEAD if described.error_code else group_state(described.group_state)
        description = ConsumerGroupDescription(
            group_id,
            not described.protocol_type,
            members,
            described.protocol_data,
            state,
            Node(node_id, host, port),
        )
        description.authorized_operations = operations_of(described.authorized_operations)
        return description

    async def list_consumer_group_offsets(
        self, group_id: str, partitions: Sequence[TopicPartition] | None, *, timeout_s: float | None = None
    ) -> ConsumerGroupTopicPartitions:
        """What the group has committed, for these partitions or all."""
        group = self._group(group_id)
        pairs = None if partitions is None else [(tp.topic, tp.partition) for tp in partitions]
        answers = await self.retrying.run(
            lambda: group.committed(pairs, require_stable=False), self._requests.timeout(timeout_s)
        )
        result = []
        for pair in sorted(answers) if pairs is None else pairs:
            answer = answers.get(pair)
            tp = TopicPartition(*pair)
            if answer is not None:
                tp.offset = answer.offset if answer.offset >= 0 else OFFSET_INVALID
                tp.metadata = answer.metadata or None
                tp.error = KafkaError(answer.error_code) if answer.error_code else None
            result.append(tp)
        return ConsumerGroupTopicPartitions(group_id, result)

    async def alter_consumer_group_offsets(
        self, group_id: str, partitions: Sequence[TopicPartition], *, timeout_s: float | None = None
    ) -> ConsumerGroupTopicPartitions:
        """Commits for a group that has no members. Each partition has its error."""
        group = self._group(group_id)
        offsets = {
            (tp.topic, tp.partition): OffsetToCommit(tp.offset, metadata=tp.metadata or "")
            for tp in partitions
        }
        codes = await self.retrying.run(
            lambda: group.commit(offsets, Member()), self._requests.timeout(timeout_s)
        )
        result = []
        for pair, commit in offsets.items():
            tp = TopicPartition(*pair, commit.offset)
            code = codes.get(pair, 0)
            tp.error = KafkaError(code) if code else None
            result.append(tp)
        return ConsumerGroupTopicPartitions(group_id, result)

    async def remove_members(self, group_id: str, *, timeout_s: float | None = None) -> int:
        """Every member leaves; how many there were. A member that still lives joins again."""
        limit_s = self._requests.timeout(timeout_s)
        described = await self._describe_group(group_id, limit_s)
        members = [
            MemberIdentity(member_id=m.member_id, group_instance_id=m.group_instance_id)
            for m in described.members
        ]
        group = self._group(group_id)

        async def attempt() -> int:
            request = LeaveGroupRequest(group_id=group_id, members=members)
            response = await self.connections.request(await group.coordinator(), request, LeaveGroupResponse)
            group.check(response.error_code)
            return len(members)

        return await self.retrying.run(attempt, limit_s) if members else 0

    async def delete_consumer_groups(
        self, group_ids: Sequence[str], *, timeout_s: float | None = None
    ) -> dict[str, Outcome]:
        """group → None or its error."""
        results: dict[str, Outcome] = {}
        for group_id in group_ids:
            group = self._group(group_id)

            async def attempt(group: GroupOffsets = group, group_id: str = group_id) -> None:
                request = DeleteGroupsRequest(groups_names=[group_id])
                response = await self.connections.request(
                    await group.coordinator(), request, DeleteGroupsResponse
                )
                group.check(response.results[0].error_code)

            try:
                await self.retrying.run(attempt, self._requests.timeout(timeout_s))
                results[group_id] = None
            except KafkaException as error:
                results[group_id] = error
        return results


def _group_metadata(group: DescribedGroup, broker: BrokerMetadata) -> GroupMetadata:
    shown = GroupMetadata()
    shown.broker, shown.id, shown.state = broker, group.group_id, group.group_state
    shown.error = KafkaError(group.error_code) if group.error_code else None
    shown.protocol_type, shown.protocol = group.protocol_type, group.protocol_data
    for one in group.members:
        member = GroupMember()
        member.id, member.client_id, member.client_host = one.member_id, one.client_id, one.client_host
        member.metadata, member.assignment = bytes(one.member_metadata), bytes(one.member_assignment)
        shown.members.append(member)
    return shown
