"""Administration of topics: made, deleted, grown, described, their leaders elected.

Rule: what fails for one topic is a value (a KafkaException) under its name. Kafka: `KafkaAdminClient`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from minikafka.client.admin.requests import AdminRequests, Outcome, outcome
from minikafka.client.admin.security_values import operations_of
from minikafka.client.admin.values import (
    NewPartitions,
    NewTopic,
    PartitionReassignment,
    TopicDescription,
    Uuid,
)
from minikafka.client.errors import KafkaError, KafkaException
from minikafka.client.values import Node, TopicPartition, TopicPartitionInfo
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.alter_partition_reassignments import (
    AlterPartitionReassignmentsRequest,
    AlterPartitionReassignmentsResponse,
    ReassignablePartition,
    ReassignableTopic,
)
from minikafka.protocol.messages.create_partitions import (
    CreatePartitionsAssignment,
    CreatePartitionsRequest,
    CreatePartitionsResponse,
    CreatePartitionsTopic,
)
from minikafka.protocol.messages.create_topics import (
    CreatableReplicaAssignment,
    CreatableTopic,
    CreatableTopicConfig,
    CreateTopicsRequest,
    CreateTopicsResponse,
)
from minikafka.protocol.messages.delete_topics import (
    DeleteTopicsRequest,
    DeleteTopicsResponse,
    DeleteTopicState,
)
from minikafka.protocol.messages.elect_leaders import (
    ElectLeadersRequest,
    ElectLeadersResponse,
    TopicPartitions,
)
from minikafka.protocol.messages.list_partition_reassignments import (
    ListPartitionReassignmentsRequest,
    ListPartitionReassignmentsResponse,
    ListPartitionReassignmentsTopics,
)


class TopicAdmin:
    """The part of `AsyncAdmin` that is about topics. Timeouts are in seconds."""

    def __init__(self, requests: AdminRequests) -> None:
        self._requests = requests

    async def create(
        self, topics: Sequence[NewTopic], *, validate_only: bool = False, timeout_s: float | None = None
    ) -> dict[str, Outcome]:
        """name → None or its error."""
        limit_s = self._requests.timeout(timeout_s)
        creatable = []
        for new in topics:
            assignments = [
                CreatableReplicaAssignment(partition_index=index, broker_ids=list(brokers))
                for index, brokers in enumerate(new.replica_assignment or [])
            ]
            creatable.append(
                CreatableTopic(
                    name=new.topic,
                    num_partitions=-1 if assignments else new.num_partitions,
                    replication_factor=-1 if assignments else new.replication_factor,
                    assignments=assignments,
                    configs=[
                        CreatableTopicConfig(name=key, value=None if value is None else str(value))
                        for key, value in new.config.items()
                    ],
                )
            )
        request = CreateTopicsRequest(
            topics=creatable, timeout_ms=int(limit_s * 1000), validate_only=validate_only
        )
        response = await self._requests.to_controller(request, CreateTopicsResponse, limit_s)
        results = {topic.name: outcome(topic.error_code, topic.error_message) for topic in response.topics}
        return _complete(results, [topic.topic for topic in topics])

    async def delete(self, names: Sequence[str], *, timeout_s: float | None = None) -> dict[str, Outcome]:
        """name → None or its error."""
        limit_s = self._requests.timeout(timeout_s)
        view = await self._requests.retrying.run(lambda: self._requests.view([]), limit_s)
        request = DeleteTopicsRequest(topic_names=list(names), timeout_ms=int(limit_s * 1000))

        async def attempt() -> DeleteTopicsResponse:
            if view.controller_id in view.brokers:
                channel = await self._requests.connections.to(view.controller_id)
            else:
                _, channel = await self._requests.connections.any()
            version = self._requests.connections.version(channel, DeleteTopicsRequest)
            ask = request
            if version >= 6:
                states = [DeleteTopicState(name=name) for name in names]
                ask = DeleteTopicsRequest(topics=states, timeout_ms=request.timeout_ms)
            return await self._requests.connections.ask(channel, ask, DeleteTopicsResponse, timeout_s=limit_s)

        response = await self._requests.retrying.run(attempt, limit_s)
        results = {
            topic.name or "": outcome(topic.error_code, topic.error_message) for topic in response.responses
        }
        return _complete(results, names)

    async def grow(
        self, topics: Sequence[NewPartitions], *, validate_only: bool = False, timeout_s: float | None = None
    ) -> dict[str, Outcome]:
        """name → None or its error."""
        limit_s = self._requests.timeout(timeout_s)
        grown = []
        for new in topics:
            assignments = None
            if new.replica_assignment is not None:
                assignments = [CreatePartitionsAssignment(broker_ids=list(b)) for b in new.replica_assignment]
            grown.append(
                CreatePartitionsTopic(name=new.topic, count=new.new_total_count, assignments=assignments)
            )
        request = CreatePartitionsRequest(
            topics=grown, timeout_ms=int(limit_s * 1000), validate_only=validate_only
        )
        response = await self._requests.to_controller(request, CreatePartitionsResponse, limit_s)
        results = {topic.name: outcome(topic.error_code, topic.error_message) for topic in response.results}
        return _complete(results, [topic.topic for topic in topics])

    async def describe(
        self, names: Sequence[str], *, operations: bool = False, timeout_s: float | None = None
    ) -> dict[str, TopicDescription | KafkaException]:
        """name → its description (with `operations` also what may be done to it) or its error."""
        view = await self._requests.retrying.run(
            lambda: self._requests.view(list(names), operations=operations), self._requests.timeout(timeout_s)
        )
        nodes = {b.id: Node(b.id, b.host, b.port, b.rack) for b in view.brokers.values()}

        def node(broker_id: int) -> Node:
            return nodes.get(broker_id) or Node(broker_id, "", -1)

        results: dict[str, TopicDescription | KafkaException] = {}
        for name in names:
            topic = view.topics.get(name)
            if topic is None or topic.error:
                code = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION if topic is None else topic.error
                results[name] = KafkaException(KafkaError(code))
                continue
            partitions = [
                TopicPartitionInfo(
                    index,
                    node(place.leader) if place.leader >= 0 else None,
                    [node(replica) for replica in place.replicas],
                    [node(replica) for replica in place.isr],
                )
                for index, place in topic.partitions.items()
            ]
            description = TopicDescription(name, Uuid.of(topic.id), topic.internal, partitions)
            description.authorized_operations = operations_of(topic.operations)
            results[name] = description
        return results

    async def elect_leaders(
        self, unclean: bool, partitions: Sequence[TopicPartition] | None, *, timeout_s: float | None = None
    ) -> dict[TopicPartition, KafkaError | None]:
        """partition → None or its error; None as `partitions` means all. Raises KafkaException for the whole."""
        limit_s = self._requests.timeout(timeout_s)
        topics: dict[str, list[int]] = {}
        for tp in partitions or ():
            topics.setdefault(tp.topic, []).append(tp.partition)
        named = [TopicPartitions(topic=topic, partitions=numbers) for topic, numbers in topics.items()]
        request = ElectLeadersRequest(
            election_type=1 if unclean else 0,
            topic_partitions=None if partitions is None else named,
            timeout_ms=int(limit_s * 1000),
        )
        response = await self._requests.to_controller(request, ElectLeadersResponse, limit_s)
        if response.error_code:
            raise KafkaException(KafkaError(response.error_code))
        return {
            TopicPartition(topic.topic, part.partition_id): KafkaError(part.error_code, part.error_message)
            if part.error_code
            else None
            for topic in response.replica_election_results
            for part in topic.partition_result
        }

    async def reassign(
        self,
        wanted: Mapping[TopicPartition, Sequence[int] | None],
        *,
        factor_may_change: bool = True,
        timeout_s: float | None = None,
    ) -> dict[TopicPartition, Outcome]:
        """partition → None or its error. `wanted`: its brokers from now on; None takes back a move under way."""
        limit_s = self._requests.timeout(timeout_s)
        topics: dict[str, list[ReassignablePartition]] = {}
        for tp, brokers in wanted.items():
            replicas = None if brokers is None else list(brokers)
            place = ReassignablePartition(partition_index=tp.partition, replicas=replicas)
            topics.setdefault(tp.topic, []).append(place)
        request = AlterPartitionReassignmentsRequest(
            timeout_ms=int(limit_s * 1000),
            allow_replication_factor_change=factor_may_change,
            topics=[ReassignableTopic(name=name, partitions=places) for name, places in topics.items()],
        )
        response = await self._requests.to_controller(request, AlterPartitionReassignmentsResponse, limit_s)
        if response.error_code:
            raise KafkaException(KafkaError(response.error_code, response.error_message))
        return {
            TopicPartition(topic.name, part.partition_index): outcome(part.error_code, part.error_message)
            for topic in response.responses
            for part in topic.partitions
        }

    async def reassignments(
        self, partitions: Sequence[TopicPartition] | None, *, timeout_s: float | None = None
    ) -> dict[TopicPartition, PartitionReassignment]:
        """Those of these (None: of all) that are on the move. Raises KafkaException."""
        limit_s = self._requests.timeout(timeout_s)
        topics: dict[str, list[int]] = {}
        for tp in partitions or ():
            topics.setdefault(tp.topic, []).append(tp.partition)
        asked = [
            ListPartitionReassignmentsTopics(name=name, partition_indexes=indexes)
            for name, indexes in topics.items()
        ]
        request = ListPartitionReassignmentsRequest(
            timeout_ms=int(limit_s * 1000), topics=None if partitions is None else asked
        )
        response = await self._requests.to_controller(request, ListPartitionReassignmentsResponse, limit_s)
        if response.error_code:
            raise KafkaException(KafkaError(response.error_code, response.error_message))
        return {
            TopicPartition(topic.name, part.partition_index): PartitionReassignment(
                list(part.replicas), list(part.adding_replicas), list(part.removing_replicas)
            )
            for topic in response.topics
            for part in topic.partitions
        }


def _complete(results: dict[str, Outcome], names: Sequence[str]) -> dict[str, Outcome]:
    missing = KafkaException(KafkaError(KafkaError._PARTIAL, "the broker's answer lacks this name"))
    return {name: results.get(name, missing) for name in names}
