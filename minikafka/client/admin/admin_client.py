"""`AdminClient`: confluent_kafka's admin client, in front of our core.

Rule: every method returns at once with a future, or a dictionary of futures by name; only list_topics() and
list_groups() wait. Kafka's `Admin` answers with futures by name, too (`KafkaAdminClient`).
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from minikafka.client.admin.arguments import (
    checked_acls,
    checked_alterations,
    checked_credentials,
    checked_groups,
    checked_list,
    checked_moves,
    checked_names,
    checked_offset_specs,
    checked_places,
    checked_users,
    isolation_option,
    members,
    names_of,
    no_doubles,
    timeout_option,
    wants_operations,
)
from minikafka.client.admin.async_admin import AsyncAdmin
from minikafka.client.admin.group_values import (
    ConsumerGroupDescription,
    GroupMetadata,
    ListConsumerGroupsResult,
)
from minikafka.client.admin.security_values import (
    AclBinding,
    AclBindingFilter,
    UserScramCredentialAlteration,
    UserScramCredentialsDescription,
)
from minikafka.client.admin.values import (
    ConfigEntry,
    ConfigResource,
    DeletedRecords,
    DescribeClusterResult,
    ListOffsetsResultInfo,
    NewPartitions,
    NewTopic,
    OffsetSpec,
    PartitionReassignment,
    TopicDescription,
)
from minikafka.client.faces.arguments import checked_partitions, checked_text, timeout_of
from minikafka.client.faces.face import Face
from minikafka.client.faces.futures import Future, PartOfFuture
from minikafka.client.values import (
    ConsumerGroupState,
    ConsumerGroupTopicPartitions,
    ConsumerGroupType,
    ElectionType,
    TopicCollection,
    TopicPartition,
)
from minikafka.world.visible import visible_name

if TYPE_CHECKING:
    from minikafka.policy import Rules
    from minikafka.world import World

T = TypeVar("T")


class AdminClient(Face[AsyncAdmin]):
    """Administers a cluster. `AdminClient(conf)` as in confluent_kafka; the keyword-only arguments are for clusters."""

    def _new_core(self, world: World, conf: Mapping[str, Any], rules: Rules | None) -> AsyncAdmin:
        if rules is not None:
            raise TypeError("an admin client decides nothing and takes no rules")
        return AsyncAdmin(world, conf)

    def _futures(self, keys: Sequence[Any], coro: Coroutine[Any, Any, Any]) -> dict[Any, Future[Any]]:
        async def once_each() -> Any:
            try:
                no_doubles(keys, "names")
            except BaseException:
                coro.close()
                raise
            return await coro

        try:
            whole: Future[dict[Any, Any]] = self._submit(once_each())
        except RuntimeError:
            coro.close()
            raise
        return {key: PartOfFuture(whole, key) for key in keys}

    def _submit(self, coro: Coroutine[Any, Any, T]) -> Future[T]:
        if self._refusal is not None:
            coro.close()
            raise RuntimeError(self._refusal)
        future = self._attachment.submit(coro)
        # `AdminClient(conf).create_topics(…)` in one line: the client lives until its answer is there.
        future.add_done_callback(functools.partial(_done_with, self))
        return future

    # --- topics

    def create_topics(self, new_topics: list[NewTopic], **options: Any) -> dict[str, Future[None]]:
        """Creates topics. Options: operation_timeout, request_timeout (seconds), validate_only."""
        timeout_s = timeout_option(options)
        topics = checked_list(new_topics, "NewTopic objects", "topic", "num_partitions")
        validate_only = options.get("validate_only", False)
        return self._futures(
            [topic.topic for topic in topics],
            self._open().topics.create(topics, validate_only=validate_only, timeout_s=timeout_s),
        )

    def delete_topics(self, topics: list[str], **options: Any) -> dict[str, Future[None]]:
        """Deletes topics. Options: operation_timeout, request_timeout."""
        timeout_s = timeout_option(options)
        names = checked_names(topics, "topic strings")
        return self._futures(names, self._open().topics.delete(names, timeout_s=timeout_s))

    def create_partitions(
        self, new_partitions: list[NewPartitions], **options: Any
    ) -> dict[str, Future[None]]:
        """Grows topics. Options: operation_timeout, request_timeout, validate_only."""
        timeout_s = timeout_option(options)
        grown = checked_list(new_partitions, "NewPartitions objects", "topic", "new_total_count")
        for one in grown:
            if one.new_total_count < 1:
                raise ValueError(
                    f"Invalid NewPartitions({visible_name(one.topic)}): a topic has at least one partition"
                )
        validate_only = options.get("validate_only", False)
        return self._futures(
            [topic.topic for topic in grown],
            self._open().topics.grow(grown, validate_only=validate_only, timeout_s=timeout_s),
        )

    def describe_topics(
        self, topics: TopicCollection | list[str], **options: Any
    ) -> dict[str, Future[TopicDescription]]:
        """Describes topics. Options: include_authorized_operations, request_timeout."""
        timeout_s = timeout_option(options)
        names, operations = names_of(topics), wants_operations(options)
        if not names:
            return {}
        coro = self._open().topics.describe(names, operations=operations, timeout_s=timeout_s)
        return self._futures(names, coro)

    def elect_leaders(
        self, election_type: ElectionType, partitions: list[TopicPartition] | None = None, **options: Any
    ) -> Future[dict[TopicPartition, Any]]:
        """Elects leaders again; None as `partitions` means all. Options: operation_timeout, request_timeout."""
        timeout_s = timeout_option(options)
        if type(election_type).__name__ != ElectionType.__name__:
            raise TypeError("Expected 'election_type' to be of type 'ElectionType'")
        chosen = None if partitions is None else checked_places(partitions)
        unclean = election_type.value == ElectionType.UNCLEAN.value

        async def elect() -> dict[TopicPartition, Any]:
            no_doubles(chosen or (), "partitions")
            return await self._open().topics.elect_leaders(unclean, chosen, timeout_s=timeout_s)

        return self._submit(elect())

    def alter_partition_reassignments(
        self,
        reassignments: Mapping[TopicPartition, list[int] | None],
        *,
        allow_replication_factor_change: bool = True,
        **options: Any,
    ) -> dict[TopicPartition, Future[None]]:
        """Begins to move partitions to these brokers; None takes a move back (not in confluent_kafka; as Java's).

        Options: request_timeout.
        """
        timeout_s = timeout_option(options)
        wanted = checked_moves(reassignments)
        may_change = bool(allow_replication_factor_change)
        if not wanted:
            self._open()
            return {}
        coro = self._open().topics.reassign(wanted, factor_may_change=may_change, timeout_s=timeout_s)
        return self._futures(list(wanted), coro)

    def list_partition_reassignments(
        self, partitions: list[TopicPartition] | None = None, **options: Any
    ) -> Future[dict[TopicPartition, PartitionReassignment]]:
        """The partitions that are on the move: of all, or of these (not in confluent_kafka; as Java's)."""
        timeout_s = timeout_option(options)
        chosen = None if partitions is None else checked_places(partitions)
        return self._submit(self._open().topics.reassignments(chosen, timeout_s=timeout_s))

    def unregister_broker(self, broker_id: int, **options: Any) -> Future[None]:
        """Lets the cluster forget a broker that has gone for good (not in confluent_kafka; as Java's)."""
        timeout_s = timeout_option(options)
        return self._submit(self._open().unregister_broker(operator.index(broker_id), timeout_s=timeout_s))

    def delete_records(
        self, topic_partition_offsets: list[TopicPartition] | Mapping[TopicPartition, int], **options: Any
    ) -> dict[TopicPartition, Future[DeletedRecords]]:
        """Deletes what lies before each partition's `offset` (OFFSET_END: everything committed).

        Also takes a mapping of partition to offset, as Java's client does. Options: operation_timeout, request_timeout.
        """
        timeout_s = timeout_option(options)
        if isinstance(topic_partition_offsets, Mapping):
            before = dict(topic_partition_offsets)
        else:
            before = {tp: tp.offset for tp in checked_partitions(topic_partition_offsets)}
        checked_places(list(before))
        if not before:
            self._open()
            return {}
        return self._futures(list(before), self._open().delete_records(before, timeout_s=timeout_s))

    def list_offsets(
        self, topic_partition_offsets: Mapping[TopicPartition, OffsetSpec], **options: Any
    ) -> dict[TopicPartition, Future[ListOffsetsResultInfo]]:
        """Offsets of partitions. Options: isolation_level, request_timeout."""
        timeout_s = timeout_option(options)
        wanted = checked_offset_specs(topic_partition_offsets)
        level = isolation_option(options)
        if not wanted:
            self._open()
            return {}
        return self._futures(
            list(wanted), self._open().list_offsets(wanted, isolation_level=level, timeout_s=timeout_s)
        )

    # --- the cluster and its configuration

    def describe_cluster(self, **options: Any) -> Future[DescribeClusterResult]:
        """Describes the cluster. Options: include_authorized_operations, request_timeout."""
        timeout_s = timeout_option(options)
        operations = wants_operations(options)
        return self._submit(self._open().describe_cluster(operations=operations, timeout_s=timeout_s))

    def describe_configs(
        self, resources: list[ConfigResource], **options: Any
    ) -> dict[ConfigResource, Future[dict[str, ConfigEntry]]]:
        """Configuration of topics and brokers."""
        timeout_s = timeout_option(options)
        checked_list(resources, "ConfigResource objects", "restype", "name")
        return self._futures(resources, self._open().configs.describe(resources, timeout_s=timeout_s))

    def incremental_alter_configs(
        self, resources: list[ConfigResource], **options: Any
    ) -> dict[ConfigResource, Future[None]]:
        """Alters single settings, by each resource's incremental_configs."""
        timeout_s = timeout_option(options)
        checked_alterations(resources)
        validate_only = options.get("validate_only", False)
        return self._futures(
            resources,
            self._open().configs.incremental_alter(
                resources, validate_only=validate_only, timeout_s=timeout_s
            ),
        )

    def alter_configs(
        self, resources: list[ConfigResource], **options: Any
    ) -> dict[ConfigResource, Future[None]]:
        """Replaces all that is set, by each resource's set_config (deprecated in Kafka)."""
        timeout_s = timeout_option(options)
        checked_list(resources, "ConfigResource objects", "restype", "name")
        validate_only = options.get("validate_only", False)
        return self._futures(
            resources,
            self._open().configs.replace(resources, validate_only=validate_only, timeout_s=timeout_s),
        )

    # --- groups

    def list_groups(self, group: str | None = None, timeout: float = -1) -> list[GroupMetadata]:
        """All groups with their members, or one (deprecated in confluent_kafka). Waits. Raises KafkaException."""
        core = self._open()
        if group is not None:
            checked_text(group)
        found: list[GroupMetadata] = self._ask(
            "Failed to list groups", core.groups.list_groups(group, timeout_of(timeout))
        )
        return found

    def list_consumer_groups(self, **options: Any) -> Future[ListConsumerGroupsResult]:
        """Lists groups. Options: states, types (sets), request_timeout."""
        return self._submit(
            self._open().groups.list_consumer_groups(
                states=members(options, "states", ConsumerGroupState),
                types=members(options, "types", ConsumerGroupType),
                timeout_s=timeout_option(options),
            )
        )

    def describe_consumer_groups(
        self, group_ids: list[str], **options: Any
    ) -> dict[str, Future[ConsumerGroupDescription]]:
        """Describes groups: state, members, what each reads."""
        timeout_s = timeout_option(options)
        groups, operations = checked_names(group_ids, "group ids"), wants_operations(options)
        coro = self._open().groups.describe_consumer_groups(
            groups, operations=operations, timeout_s=timeout_s
        )
        return self._futures(groups, coro)

    def delete_consumer_groups(self, group_ids: list[str], **options: Any) -> dict[str, Future[None]]:
        """Deletes groups that have no members."""
        timeout_s = timeout_option(options)
        groups = checked_names(group_ids, "group ids")
        return self._futures(groups, self._open().groups.delete_consumer_groups(groups, timeout_s=timeout_s))

    def remove_members_from_consumer_group(self, group_id: str, **options: Any) -> Future[int]:
        """All members leave, such as those of processes that were killed; how many (not in confluent_kafka)."""
        timeout_s = timeout_option(options)
        (group,) = checked_names([group_id], "group ids")
        return self._submit(self._open().groups.remove_members(group, timeout_s=timeout_s))

    def list_consumer_group_offsets(
        self, list_consumer_group_offsets_request: list[ConsumerGroupTopicPartitions], **options: Any
    ) -> dict[str, Future[ConsumerGroupTopicPartitions]]:
        """What groups have committed."""
        timeout_s = timeout_option(options)
        return {
            request.group_id: self._submit(
                self._open().groups.list_consumer_group_offsets(
                    request.group_id, request.topic_partitions, timeout_s=timeout_s
                )
            )
            for request in checked_groups(list_consumer_group_offsets_request, altering=False)
        }

    def alter_consumer_group_offsets(
        self, alter_consumer_group_offsets_request: list[ConsumerGroupTopicPartitions], **options: Any
    ) -> dict[str, Future[ConsumerGroupTopicPartitions]]:
        """Sets what groups without members have committed."""
        timeout_s = timeout_option(options)
        return {
            request.group_id: self._submit(
                self._open().groups.alter_consumer_group_offsets(
                    request.group_id, request.topic_partitions or [], timeout_s=timeout_s
                )
            )
            for request in checked_groups(alter_consumer_group_offsets_request, altering=True)
        }

    # --- security

    def describe_acls(self, acl_binding_filter: AclBindingFilter, **options: Any) -> Future[list[AclBinding]]:
        """The access rules that match; SECURITY_DISABLED from a cluster without an authorizer."""
        timeout_s = timeout_option(options)
        if not isinstance(acl_binding_filter, AclBindingFilter) or isinstance(acl_binding_filter, AclBinding):
            raise TypeError("Expected an AclBindingFilter object")
        return self._submit(self._open().security.describe_acls(acl_binding_filter, timeout_s=timeout_s))

    def create_acls(self, acls: list[AclBinding], **options: Any) -> dict[AclBinding, Future[None]]:
        """Not supported: each future says so."""
        timeout_option(options)
        checked_acls(acls, "AclBinding")
        return self._futures(acls, self._open().security.refuse("creating ACLs"))

    def delete_acls(
        self, acl_binding_filters: list[AclBindingFilter], **options: Any
    ) -> dict[AclBindingFilter, Future[list[AclBinding]]]:
        """Not supported: each future says so."""
        timeout_option(options)
        checked_acls(acl_binding_filters, "AclBindingFilter")
        return self._futures(acl_binding_filters, self._open().security.refuse("deleting ACLs"))

    def describe_user_scram_credentials(
        self, users: list[str] | None = None, **options: Any
    ) -> (
        Future[dict[str, UserScramCredentialsDescription]]
        | dict[str, Future[UserScramCredentialsDescription]]
    ):
        """Of all users (one future), or of these (a future each)."""
        timeout_s = timeout_option(options)
        if users is None or users == []:
            future: Future[Any] = self._submit(
                self._open().security.describe_user_scram_credentials(None, timeout_s=timeout_s)
            )
            return future
        names = checked_users(users)
        coro = self._open().security.describe_user_scram_credentials(names, timeout_s=timeout_s)
        return self._futures(names, coro)

    def alter_user_scram_credentials(
        self, alterations: list[UserScramCredentialAlteration], **options: Any
    ) -> dict[str, Future[None]]:
        """Not supported: each future says so."""
        timeout_option(options)
        users = checked_credentials(alterations)
        return self._futures(users, self._open().security.refuse("altering SCRAM credentials"))

    # --- the rest

    def poll(self, timeout: float = -1) -> int:
        """Calls error_cb for what it has to tell, waiting up to `timeout` seconds (-1: for ever) for the first."""
        core = self._open()
        limit_s = timeout_of(timeout)
        deadline = None if limit_s is None else self._attachment.now() + limit_s
        while True:
            count = self._serve_notices()
            left_s = None if deadline is None else deadline - self._attachment.now()
            if count or core.news.closed or (left_s is not None and left_s <= 0):
                return count
            self._attachment.run(core.notices.wait(left_s))

    def close(self) -> None:
        """Ends the client (not in confluent_kafka, where the garbage collector does it)."""
        if self._may_close():
            self._end()


def _done_with(client: AdminClient, future: Future[Any]) -> None:
    """Nothing to do: holding the client until now was the point."""
