"""`AdminClient`: confluent_kafka's admin client, in front of our core.

One rule: every method returns at once with a future, or a dictionary of futures by name; only list_topics() waits.
Kafka's `Admin` answers with futures by name, too (`KafkaAdminClient`).
"""

from __future__ import annotations

import functools
from collections.abc import Coroutine, Mapping, Sequence
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
    OffsetSpec,
    ResourceType,
    TopicDescription,
    Uuid,
)
from minikafka.client.arguments import checked_list, checked_partitions, timeout_option
from minikafka.client.async_admin import AsyncAdmin
from minikafka.client.driver import Future, PartOfFuture
from minikafka.client.face import Face
from minikafka.client.group_values import (
    ConsumerGroupDescription,
    ConsumerGroupListing,
    ListConsumerGroupsResult,
    MemberAssignment,
    MemberDescription,
)
from minikafka.client.topic_listing import BrokerMetadata, ClusterMetadata, PartitionMetadata, TopicMetadata
from minikafka.client.values import ConsumerGroupTopicPartitions, TopicCollection, TopicPartition

if TYPE_CHECKING:
    from minikafka.policy import Organs
    from minikafka.world import World

T = TypeVar("T")

__all__ = [
    "AdminClient",
    "AlterConfigOpType",
    "BrokerMetadata",
    "ClusterMetadata",
    "ConfigEntry",
    "ConfigResource",
    "ConfigSource",
    "ConsumerGroupDescription",
    "ConsumerGroupListing",
    "DeletedRecords",
    "DescribeClusterResult",
    "ListConsumerGroupsResult",
    "ListOffsetsResultInfo",
    "MemberAssignment",
    "MemberDescription",
    "NewPartitions",
    "NewTopic",
    "OffsetSpec",
    "PartitionMetadata",
    "ResourceType",
    "TopicDescription",
    "TopicMetadata",
    "Uuid",
]


class AdminClient(Face[AsyncAdmin]):
    """Administers a cluster. `AdminClient(conf)` as in confluent_kafka; the keyword-only arguments are for clusters."""

    def _new_core(self, world: World, conf: Mapping[str, Any], organs: Organs | None) -> AsyncAdmin:
        if organs is not None:
            raise TypeError("an admin client decides nothing and takes no organs")
        return AsyncAdmin(world, conf)

    def _futures(self, keys: Sequence[Any], coro: Coroutine[Any, Any, Any]) -> dict[Any, Future[Any]]:
        whole: Future[dict[Any, Any]] = self._submit(coro)
        return {key: PartOfFuture(whole, key) for key in keys}

    def _submit(self, coro: Coroutine[Any, Any, T]) -> Future[T]:
        if self._refusal is not None:
            coro.close()
            raise RuntimeError(self._refusal)
        future = self._attachment.submit(coro)
        # `AdminClient(conf).create_topics(…)` in one line: the client lives until its answer is there.
        future.add_done_callback(functools.partial(_done_with, self))
        return future

    def create_topics(self, new_topics: list[NewTopic], **options: Any) -> dict[str, Future[None]]:
        """Creates topics. Options: operation_timeout, request_timeout (seconds), validate_only."""
        timeout_s = timeout_option(options)
        return self._futures(
            [topic.topic for topic in checked_list(new_topics)],
            self._core.create_topics(
                new_topics, validate_only=options.get("validate_only", False), timeout_s=timeout_s
            ),
        )

    def delete_topics(self, topics: list[str], **options: Any) -> dict[str, Future[None]]:
        """Deletes topics. Options: operation_timeout, request_timeout."""
        return self._futures(
            checked_list(topics), self._core.delete_topics(topics, timeout_s=timeout_option(options))
        )

    def create_partitions(
        self, new_partitions: list[NewPartitions], **options: Any
    ) -> dict[str, Future[None]]:
        """Grows topics. Options: operation_timeout, request_timeout, validate_only."""
        timeout_s = timeout_option(options)
        return self._futures(
            [topic.topic for topic in checked_list(new_partitions)],
            self._core.create_partitions(
                new_partitions, validate_only=options.get("validate_only", False), timeout_s=timeout_s
            ),
        )

    def describe_topics(
        self, topics: TopicCollection | list[str], **options: Any
    ) -> dict[str, Future[TopicDescription]]:
        """Describes topics."""
        names = topics if isinstance(topics, list) else topics.topic_names
        return self._futures(names, self._core.describe_topics(names, timeout_s=timeout_option(options)))

    def describe_cluster(self, **options: Any) -> Future[DescribeClusterResult]:
        """Describes the cluster."""
        return self._submit(self._core.describe_cluster(timeout_s=timeout_option(options)))

    def describe_configs(
        self, resources: list[ConfigResource], **options: Any
    ) -> dict[ConfigResource, Future[dict[str, ConfigEntry]]]:
        """Configuration of topics and brokers."""
        return self._futures(
            checked_list(resources), self._core.describe_configs(resources, timeout_s=timeout_option(options))
        )

    def incremental_alter_configs(
        self, resources: list[ConfigResource], **options: Any
    ) -> dict[ConfigResource, Future[None]]:
        """Alters single settings, by each resource's incremental_configs."""
        timeout_s = timeout_option(options)
        return self._futures(
            checked_list(resources),
            self._core.incremental_alter_configs(
                resources, validate_only=options.get("validate_only", False), timeout_s=timeout_s
            ),
        )

    def list_consumer_groups(self, **options: Any) -> Future[ListConsumerGroupsResult]:
        """Lists groups. Options: states, types (sets), request_timeout."""
        return self._submit(
            self._core.groups.list_consumer_groups(
                states=sorted(options.get("states") or (), key=lambda state: state.value),
                types=sorted(options.get("types") or (), key=lambda kind: kind.value),
                timeout_s=timeout_option(options),
            )
        )

    def describe_consumer_groups(
        self, group_ids: list[str], **options: Any
    ) -> dict[str, Future[ConsumerGroupDescription]]:
        """Describes groups: state, members, what each reads."""
        return self._futures(
            checked_list(group_ids),
            self._core.groups.describe_consumer_groups(group_ids, timeout_s=timeout_option(options)),
        )

    def delete_consumer_groups(self, group_ids: list[str], **options: Any) -> dict[str, Future[None]]:
        """Deletes groups that have no members."""
        return self._futures(
            checked_list(group_ids),
            self._core.groups.delete_consumer_groups(group_ids, timeout_s=timeout_option(options)),
        )

    def list_consumer_group_offsets(
        self, list_consumer_group_offsets_request: list[ConsumerGroupTopicPartitions], **options: Any
    ) -> dict[str, Future[ConsumerGroupTopicPartitions]]:
        """What groups have committed."""
        return {
            request.group_id: self._submit(
                self._core.groups.list_consumer_group_offsets(
                    request.group_id, request.topic_partitions, timeout_s=timeout_option(options)
                )
            )
            for request in checked_list(list_consumer_group_offsets_request)
        }

    def alter_consumer_group_offsets(
        self, alter_consumer_group_offsets_request: list[ConsumerGroupTopicPartitions], **options: Any
    ) -> dict[str, Future[ConsumerGroupTopicPartitions]]:
        """Sets what groups without members have committed."""
        return {
            request.group_id: self._submit(
                self._core.groups.alter_consumer_group_offsets(
                    request.group_id, request.topic_partitions or [], timeout_s=timeout_option(options)
                )
            )
            for request in checked_list(alter_consumer_group_offsets_request)
        }

    def list_offsets(
        self, topic_partition_offsets: Mapping[TopicPartition, OffsetSpec], **options: Any
    ) -> dict[TopicPartition, Future[ListOffsetsResultInfo]]:
        """Offsets of partitions. Options: isolation_level, request_timeout."""
        wanted = {tp: spec.value for tp, spec in topic_partition_offsets.items()}
        isolation = options.get("isolation_level")
        return self._futures(
            list(wanted),
            self._core.list_offsets(
                wanted,
                isolation_level=0 if isolation is None else int(isolation),
                timeout_s=timeout_option(options),
            ),
        )

    def delete_records(
        self, topic_partition_offsets: list[TopicPartition] | Mapping[TopicPartition, int], **options: Any
    ) -> dict[TopicPartition, Future[DeletedRecords]]:
        """Deletes what lies before each partition's `offset` (OFFSET_END: everything committed).

        Also takes a mapping of partition to offset, as Java's client does. Options: operation_timeout, request_timeout.
        """
        if isinstance(topic_partition_offsets, Mapping):
            before = dict(topic_partition_offsets)
        else:
            given = checked_partitions(checked_list(topic_partition_offsets))
            before = {tp: tp.offset for tp in given}
        if any(tp.partition < 0 for tp in before):
            raise ValueError("'partition' cannot be negative")
        return self._futures(
            list(before), self._core.delete_records(before, timeout_s=timeout_option(options))
        )

    def poll(self, timeout: float = -1) -> int:
        """Nothing to serve here; there for confluent_kafka's sake."""
        return 0

    def close(self) -> None:
        """Ends the client (not in confluent_kafka, where the garbage collector does it)."""
        if self._may_close():
            self._end()


def _done_with(client: AdminClient, future: Future[Any]) -> None:
    """Nothing to do: holding the client until now was the point."""
