"""Administration's core: each method is one request (or one per broker), its answer as plain values.

One rule: what fails for one topic, group or resource is a value (a KafkaException) under its name; only what fails as
a whole is raised. Kafka does the same in `KafkaAdminClient`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

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
    TopicDescription,
    Uuid,
)
from minikafka.client.deleting_records import delete_records
from minikafka.client.errors import KafkaError, KafkaException
from minikafka.client.group_admin import GroupAdmin, Outcome
from minikafka.client.notices import Notices
from minikafka.client.offsets import Retrying, settled_offsets
from minikafka.client.reach import Reach
from minikafka.client.security_admin import SecurityAdmin
from minikafka.client.settings import check
from minikafka.client.values import (
    Node,
    TopicPartition,
    TopicPartitionInfo,
)
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages import alter_configs as configs_replaced
from minikafka.protocol.messages.alter_configs import AlterConfigsRequest, AlterConfigsResponse
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
from minikafka.protocol.messages.describe_cluster import DescribeClusterRequest, DescribeClusterResponse
from minikafka.protocol.messages.describe_configs import (
    DescribeConfigsRequest,
    DescribeConfigsResource,
    DescribeConfigsResourceResult,
    DescribeConfigsResponse,
)
from minikafka.protocol.messages.elect_leaders import (
    ElectLeadersRequest,
    ElectLeadersResponse,
    TopicPartitions,
)
from minikafka.protocol.messages.incremental_alter_configs import (
    AlterableConfig,
    AlterConfigsResource,
    IncrementalAlterConfigsRequest,
    IncrementalAlterConfigsResponse,
)
from minikafka.protocol.schema import Message

if TYPE_CHECKING:
    from minikafka.client.metadata import ClusterView
    from minikafka.world import World

R = TypeVar("R", bound=Message)


def _outcome(code: int, message: str | None = None) -> Outcome:
    return KafkaException(KafkaError(code, message)) if code else None


class AsyncAdmin:
    """Administration for coroutines, and the core of the synchronous `AdminClient`. Timeouts are in seconds."""

    def __init__(self, world: World, conf: Mapping[str, Any]) -> None:
        self.settings = settings = check(conf, "admin")
        self.world = world
        self._reach = Reach.of(world, settings)
        self.connections, self.metadata = self._reach.connections, self._reach.metadata
        self.notices = Notices(settings, self._reach.news)
        self.retrying = Retrying(world, settings.seconds("retry.backoff.ms"))
        self.security = SecurityAdmin(self.connections, self.retrying, self._timeout)
        self.groups = GroupAdmin(self.connections, self.retrying, self._view, self._timeout)

    async def close(self) -> None:
        """Closes the connections."""
        self._reach.close()

    def _timeout(self, timeout_s: float | None) -> float:
        return (
            self.settings.seconds("request.timeout.ms") if timeout_s is None or timeout_s < 0 else timeout_s
        )

    async def _ask_controller(self, request: Message, response: type[R], timeout_s: float) -> R:
        """To the controller as metadata names it (a KRaft broker passes it on)."""

        async def attempt() -> R:
            view = await self._view([])
            if view.controller_id not in view.brokers:
                return await self.connections.request_any(request, response, timeout_s)
            return await self.connections.request(view.controller_id, request, response, timeout_s=timeout_s)

        return await self.retrying.run(attempt, timeout_s)

    async def _view(self, topics: list[str] | None) -> ClusterView:
        view = await self.metadata.ask(topics)
        self.connections.learn({b.id: (b.host, b.port) for b in view.brokers.values()})
        return view

    # --- topics

    async def create_topics(
        self, topics: Sequence[NewTopic], *, validate_only: bool = False, timeout_s: float | None = None
    ) -> dict[str, Outcome]:
        """name → None or its error."""
        limit_s = self._timeout(timeout_s)
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
        response = await self._ask_controller(request, CreateTopicsResponse, limit_s)
        results = {topic.name: _outcome(topic.error_code, topic.error_message) for topic in response.topics}
        return _complete(results, [topic.topic for topic in topics])

    async def delete_topics(
        self, names: Sequence[str], *, timeout_s: float | None = None
    ) -> dict[str, Outcome]:
        """name → None or its error."""
        limit_s = self._timeout(timeout_s)
        view = await self.retrying.run(lambda: self._view([]), limit_s)
        request = DeleteTopicsRequest(topic_names=list(names), timeout_ms=int(limit_s * 1000))

        async def attempt() -> DeleteTopicsResponse:
            if view.controller_id in view.brokers:
                channel = await self.connections.to(view.controller_id)
            else:
                _, channel = await self.connections.any()
            version = self.connections.version(channel, DeleteTopicsRequest)
            ask = request
            if version >= 6:
                states = [DeleteTopicState(name=name) for name in names]
                ask = DeleteTopicsRequest(topics=states, timeout_ms=request.timeout_ms)
            return await self.connections.ask(channel, ask, DeleteTopicsResponse, timeout_s=limit_s)

        response = await self.retrying.run(attempt, limit_s)
        results = {
            topic.name or "": _outcome(topic.error_code, topic.error_message) for topic in response.responses
        }
        return _complete(results, names)

    async def create_partitions(
        self, topics: Sequence[NewPartitions], *, validate_only: bool = False, timeout_s: float | None = None
    ) -> dict[str, Outcome]:
        """name → None or its error."""
        limit_s = self._timeout(timeout_s)
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
        response = await self._ask_controller(request, CreatePartitionsResponse, limit_s)
        results = {topic.name: _outcome(topic.error_code, topic.error_message) for topic in response.results}
        return _complete(results, [topic.topic for topic in topics])

    async def list_topics(self, topic: str | None = None) -> ClusterView:
        """Brokers and topics."""
        return await self._view(None if topic is None else [topic])

    async def describe_topics(
        self, names: Sequence[str], *, timeout_s: float | None = None
    ) -> dict[str, TopicDescription | KafkaException]:
        """name → its description or its error."""
        view = await self.retrying.run(lambda: self._view(list(names)), self._timeout(timeout_s))
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
            results[name] = TopicDescription(name, Uuid.of(topic.id), topic.internal, partitions)
        return results

    async def describe_cluster(self, *, timeout_s: float | None = None) -> DescribeClusterResult:
        """The cluster's id, controller and brokers."""
        request = DescribeClusterRequest()
        response = await self.retrying.run(
            lambda: self.connections.request_any(request, DescribeClusterResponse), self._timeout(timeout_s)
        )
        if response.error_code:
            raise KafkaException(KafkaError(response.error_code, response.error_message))
        nodes = [Node(b.broker_id, b.host, b.port, b.rack) for b in response.brokers]
        nodes.sort(key=lambda node: node.id)
        controller = next((node for node in nodes if node.id == response.controller_id), None)
        return DescribeClusterResult(response.cluster_id, controller, nodes)

    # --- configuration

    async def describe_configs(
        self, resources: Sequence[ConfigResource], *, timeout_s: float | None = None
    ) -> dict[ConfigResource, dict[str, ConfigEntry] | KafkaException]:
        """resource → {name: entry} or its error. A broker is asked for its own."""
        limit_s = self._timeout(timeout_s)
        results: dict[ConfigResource, dict[str, ConfigEntry] | KafkaException] = {}
        for broker_id, group in _by_broker(resources).items():
            request = DescribeConfigsRequest(
                resources=[
                    DescribeConfigsResource(
                        resource_type=resource.wire_type,
                        resource_name=resource.name,
                        configuration_keys=None,
                    )
                    for resource in group
                ],
                include_synonyms=True,
            )
            response = await self._ask_broker(broker_id, request, DescribeConfigsResponse, limit_s)
            by_name = {(r.resource_type, r.resource_name): r for r in response.results}
            for resource in group:
                answer = by_name.get((resource.wire_type, resource.name))
                if answer is None:
                    results[resource] = KafkaException(KafkaError(KafkaError._PARTIAL))
                elif answer.error_code:
                    results[resource] = KafkaException(KafkaError(answer.error_code, answer.error_message))
                else:
                    results[resource] = {entry.name: _config_entry(entry) for entry in answer.configs}
        return results

    async def _ask_broker(self, broker_id: int, request: Message, response: type[R], limit_s: float) -> R:
        async def attempt() -> R:
            if broker_id < 0:
                return await self.connections.request_any(request, response)
            if broker_id not in self.connections.broker_ids:
                await self._view([])
            return await self.connections.request(broker_id, request, response)

        return await self.retrying.run(attempt, limit_s)

    async def incremental_alter_configs(
        self,
        resources: Sequence[ConfigResource],
        *,
        validate_only: bool = False,
        timeout_s: float | None = None,
    ) -> dict[ConfigResource, Outcome]:
        """resource → None or its error."""
        limit_s = self._timeout(timeout_s)
        results: dict[ConfigResource, Outcome] = {}
        for broker_id, group in _by_broker(resources).items():
            request = IncrementalAlterConfigsRequest(
                resources=[_alteration(resource) for resource in group], validate_only=validate_only
            )
            if broker_id < 0:
                response = await self._ask_controller(request, IncrementalAlterConfigsResponse, limit_s)
            else:
                response = await self._ask_broker(
                    broker_id, request, IncrementalAlterConfigsResponse, limit_s
                )
            by_name = {(r.resource_type, r.resource_name): r for r in response.responses}
            for resource in group:
                answer = by_name.get((resource.wire_type, resource.name))
                if answer is None:
                    results[resource] = KafkaException(KafkaError(KafkaError._PARTIAL))
                else:
                    results[resource] = _outcome(answer.error_code, answer.error_message)
        return results

    async def alter_configs(
        self,
        resources: Sequence[ConfigResource],
        *,
        validate_only: bool = False,
        timeout_s: float | None = None,
    ) -> dict[ConfigResource, Outcome]:
        """resource → None or its error. Replaces all that was set: what is not named goes back to its default."""
        limit_s = self._timeout(timeout_s)
        results: dict[ConfigResource, Outcome] = {}
        for broker_id, group in _by_broker(resources).items():
            request = AlterConfigsRequest(
                resources=[_replacement(resource) for resource in group], validate_only=validate_only
            )
            if broker_id < 0:
                response = await self._ask_controller(request, AlterConfigsResponse, limit_s)
            else:
                response = await self._ask_broker(broker_id, request, AlterConfigsResponse, limit_s)
            by_name = {(r.resource_type, r.resource_name): r for r in response.responses}
            for resource in group:
                answer = by_name.get((resource.wire_type, resource.name))
                if answer is None:
                    results[resource] = KafkaException(KafkaError(KafkaError._PARTIAL))
                else:
                    results[resource] = _outcome(answer.error_code, answer.error_message)
        return results

    async def elect_leaders(
        self, unclean: bool, partitions: Sequence[TopicPartition] | None, *, timeout_s: float | None = None
    ) -> dict[TopicPartition, KafkaError | None]:
        """partition → None or its error; None as `partitions` means all. Raises KafkaException for the whole."""
        limit_s = self._timeout(timeout_s)
        topics: dict[str, list[int]] = {}
        for tp in partitions or ():
            topics.setdefault(tp.topic, []).append(tp.partition)
        named = [TopicPartitions(topic=topic, partitions=numbers) for topic, numbers in topics.items()]
        request = ElectLeadersRequest(
            election_type=1 if unclean else 0,
            topic_partitions=None if partitions is None else named,
            timeout_ms=int(limit_s * 1000),
        )
        response = await self._ask_controller(request, ElectLeadersResponse, limit_s)
        if response.error_code:
            raise KafkaException(KafkaError(response.error_code))
        return {
            TopicPartition(topic.topic, part.partition_id): KafkaError(part.error_code, part.error_message)
            if part.error_code
            else None
            for topic in response.replica_election_results
            for part in topic.partition_result
        }

    # --- offsets

    async def list_offsets(
        self,
        wanted: Mapping[TopicPartition, int],
        *,
        isolation_level: int = 0,
        timeout_s: float | None = None,
    ) -> dict[TopicPartition, ListOffsetsResultInfo | KafkaException]:
        """partition → its offset or its error."""
        by_pair = {(tp.topic, tp.partition): timestamp for tp, timestamp in wanted.items()}
        answers = await settled_offsets(
            self.connections, self.metadata, self.retrying, by_pair, isolation_level, self._timeout(timeout_s)
        )
        results: dict[TopicPartition, ListOffsetsResultInfo | KafkaException] = {}
        for tp in wanted:
            answer = answers[(tp.topic, tp.partition)]
            if answer.error_code:
                results[tp] = KafkaException(KafkaError(answer.error_code))
            else:
                results[tp] = ListOffsetsResultInfo(answer.offset, answer.timestamp_ms, answer.leader_epoch)
        return results

    async def delete_records(
        self, before: Mapping[TopicPartition, int], *, timeout_s: float | None = None
    ) -> dict[TopicPartition, DeletedRecords | KafkaException]:
        """partition → its first offset now, or its error. Deletes below the offset (-1: below the high watermark)."""
        by_pair = {(tp.topic, tp.partition): offset for tp, offset in before.items()}
        answers = await delete_records(self._reach, self.retrying, by_pair, self._timeout(timeout_s))
        results: dict[TopicPartition, DeletedRecords | KafkaException] = {}
        for tp in before:
            answer = answers[tp.topic, tp.partition]
            results[tp] = KafkaException(answer) if isinstance(answer, KafkaError) else DeletedRecords(answer)
        return results


def _complete(results: dict[str, Outcome], names: Sequence[str]) -> dict[str, Outcome]:
    missing = KafkaException(KafkaError(KafkaError._PARTIAL, "the broker's answer lacks this name"))
    return {name: results.get(name, missing) for name in names}


def _by_broker(resources: Sequence[ConfigResource]) -> dict[int, list[ConfigResource]]:
    groups: dict[int, list[ConfigResource]] = {}
    for resource in resources:
        own = resource.restype is ConfigResource.Type.BROKER and resource.name.isdigit()
        groups.setdefault(int(resource.name) if own else -1, []).append(resource)
    return groups


def _alteration(resource: ConfigResource) -> AlterConfigsResource:
    configs = [
        AlterableConfig(name=name, config_operation=AlterConfigOpType.SET.value, value=str(value))
        for name, value in resource.set_config_dict.items()
    ]
    for entry in resource.incremental_configs:
        operation = entry.incremental_operation or AlterConfigOpType.SET
        value = None if operation is AlterConfigOpType.DELETE or entry.value is None else str(entry.value)
        configs.append(AlterableConfig(name=entry.name, config_operation=operation.value, value=value))
    return AlterConfigsResource(
        resource_type=resource.wire_type, resource_name=resource.name, configs=configs
    )


def _replacement(resource: ConfigResource) -> configs_replaced.AlterConfigsResource:
    return configs_replaced.AlterConfigsResource(
        resource_type=resource.wire_type,
        resource_name=resource.name,
        configs=[
            configs_replaced.AlterableConfig(name=name, value=None if value is None else str(value))
            for name, value in resource.set_config_dict.items()
        ],
    )


def _source(number: int) -> ConfigSource:
    try:
        return ConfigSource(number)
    except ValueError:
        return ConfigSource.UNKNOWN_CONFIG


def _config_entry(entry: DescribeConfigsResourceResult) -> ConfigEntry:
    synonyms = {
        s.name: ConfigEntry(s.name, s.value, _source(s.source), is_synonym=True) for s in entry.synonyms
    }
    return ConfigEntry(
        entry.name,
        entry.value,
        _source(entry.config_source),
        entry.read_only,
        entry.config_source == ConfigSource.DEFAULT_CONFIG.value,
        entry.is_sensitive,
        synonyms=synonyms,
    )
