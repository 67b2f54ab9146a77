"""Administration's core: each method is one request (or one per broker), its answer as plain values.

Rule: what fails for one topic, group or resource is a value (a KafkaException) under its name; only what fails as
a whole is raised. Kafka does the same in `KafkaAdminClient`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from minikafka.client.admin.configs import ConfigAdmin
from minikafka.client.admin.deleting_records import delete_records
from minikafka.client.admin.groups import GroupAdmin
from minikafka.client.admin.requests import AdminRequests
from minikafka.client.admin.security import SecurityAdmin
from minikafka.client.admin.security_values import operations_of
from minikafka.client.admin.topics import TopicAdmin
from minikafka.client.admin.values import DeletedRecords, DescribeClusterResult, ListOffsetsResultInfo
from minikafka.client.connections.notices import Notices
from minikafka.client.connections.offsets import settled_offsets
from minikafka.client.connections.reach import Reach
from minikafka.client.errors import KafkaError, KafkaException
from minikafka.client.settings.settings import check
from minikafka.client.values import Node, TopicPartition
from minikafka.protocol.messages.describe_cluster import DescribeClusterRequest, DescribeClusterResponse
from minikafka.protocol.messages.unregister_broker import UnregisterBrokerRequest, UnregisterBrokerResponse

if TYPE_CHECKING:
    from minikafka.world import World


class AsyncAdmin:
    """Administration for coroutines, and the core of the synchronous `AdminClient`. Timeouts are in seconds."""

    def __init__(self, world: World, conf: Mapping[str, Any]) -> None:
        self.settings = settings = check(conf, "admin")
        self.world = world
        self._reach = reach = Reach.of(world, settings)
        self.metadata, self.news = reach.metadata, reach.news
        self.notices = Notices(reach)
        self._requests = requests = AdminRequests(reach)
        self.topics = TopicAdmin(requests)
        self.configs = ConfigAdmin(requests)
        self.security = SecurityAdmin(requests)
        self.groups = GroupAdmin(requests)

    async def close(self) -> None:
        """Closes the connections."""
        self._reach.close()
        self.news.close()

    async def unregister_broker(self, broker_id: int, *, timeout_s: float | None = None) -> None:
        """Forget it. Raises KafkaException."""
        request = UnregisterBrokerRequest(broker_id=broker_id)
        response = await self._requests.to_controller(
            request, UnregisterBrokerResponse, self._requests.timeout(timeout_s)
        )
        if response.error_code:
            raise KafkaException(KafkaError(response.error_code, response.error_message))

    async def describe_cluster(
        self, *, operations: bool = False, timeout_s: float | None = None
    ) -> DescribeClusterResult:
        """The cluster's id, controller and brokers, and with `operations` what may be done to it."""
        request = DescribeClusterRequest(include_cluster_authorized_operations=operations)
        response = await self._requests.to_any(
            request, DescribeClusterResponse, self._requests.timeout(timeout_s)
        )
        if response.error_code:
            raise KafkaException(KafkaError(response.error_code, response.error_message))
        nodes = [Node(b.broker_id, b.host, b.port, b.rack) for b in response.brokers]
        nodes.sort(key=lambda node: node.id)
        controller = next((node for node in nodes if node.id == response.controller_id), None)
        result = DescribeClusterResult(response.cluster_id, controller, nodes)
        result.authorized_operations = operations_of(response.cluster_authorized_operations)
        return result

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
            self._requests.connections,
            self.metadata,
            self._requests.retrying,
            by_pair,
            isolation_level,
            self._requests.timeout(timeout_s),
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
        answers = await delete_records(
            self._reach, self._requests.retrying, by_pair, self._requests.timeout(timeout_s)
        )
        results: dict[TopicPartition, DeletedRecords | KafkaException] = {}
        for tp in before:
            answer = answers[tp.topic, tp.partition]
            results[tp] = KafkaException(answer) if isinstance(answer, KafkaError) else DeletedRecords(answer)
        return results
