"""The APIs that a controller serves, each a line between the wire and the core.

Rule: handlers decide nothing. A request that is refused as a whole gets its error in that API's own
form. Kafka: `ControllerApis`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from minikafka.controller import describe_cluster as cluster_description
from minikafka.controller import reassignment
from minikafka.controller.decision import Decision
from minikafka.controller.topics import TopicsToCreate
from minikafka.protocol.api import ApiKey
from minikafka.protocol.dispatch import CloseConnection, RequestContext, handles
from minikafka.protocol.messages.add_raft_voter import AddRaftVoterRequest, AddRaftVoterResponse
from minikafka.protocol.messages.allocate_producer_ids import (
    AllocateProducerIdsRequest,
    AllocateProducerIdsResponse,
)
from minikafka.protocol.messages.alter_configs import AlterConfigsRequest, AlterConfigsResponse
from minikafka.protocol.messages.alter_partition import AlterPartitionRequest, AlterPartitionResponse
from minikafka.protocol.messages.alter_partition_reassignments import (
    AlterPartitionReassignmentsRequest,
    AlterPartitionReassignmentsResponse,
)
from minikafka.protocol.messages.assign_replicas_to_dirs import (
    AssignReplicasToDirsRequest,
    AssignReplicasToDirsResponse,
)
from minikafka.protocol.messages.begin_quorum_epoch import BeginQuorumEpochRequest
from minikafka.protocol.messages.broker_heartbeat import BrokerHeartbeatRequest, BrokerHeartbeatResponse
from minikafka.protocol.messages.broker_registration import (
    BrokerRegistrationRequest,
    BrokerRegistrationResponse,
)
from minikafka.protocol.messages.controller_registration import (
    ControllerRegistrationRequest,
    ControllerRegistrationResponse,
)
from minikafka.protocol.messages.create_partitions import CreatePartitionsRequest, CreatePartitionsResponse
from minikafka.protocol.messages.create_topics import CreateTopicsRequest, CreateTopicsResponse
from minikafka.protocol.messages.delete_topics import (
    DeleteTopicsRequest,
    DeleteTopicsResponse,
)
from minikafka.protocol.messages.describe_cluster import DescribeClusterRequest, DescribeClusterResponse
from minikafka.protocol.messages.describe_quorum import DescribeQuorumRequest, DescribeQuorumResponse
from minikafka.protocol.messages.elect_leaders import (
    ElectLeadersRequest,
    ElectLeadersResponse,
)
from minikafka.protocol.messages.end_quorum_epoch import EndQuorumEpochRequest
from minikafka.protocol.messages.fetch import FetchRequest, FetchResponse
from minikafka.protocol.messages.fetch_snapshot import FetchSnapshotRequest, FetchSnapshotResponse
from minikafka.protocol.messages.incremental_alter_configs import (
    IncrementalAlterConfigsRequest,
    IncrementalAlterConfigsResponse,
)
from minikafka.protocol.messages.list_partition_reassignments import (
    ListPartitionReassignmentsRequest,
    ListPartitionReassignmentsResponse,
)
from minikafka.protocol.messages.remove_raft_voter import (
    RemoveRaftVoterRequest,
    RemoveRaftVoterResponse,
)
from minikafka.protocol.messages.unregister_broker import UnregisterBrokerRequest, UnregisterBrokerResponse
from minikafka.protocol.messages.update_features import UpdateFeaturesRequest, UpdateFeaturesResponse
from minikafka.protocol.messages.update_raft_voter import (
    UpdateRaftVoterRequest,
    UpdateRaftVoterResponse,
)
from minikafka.protocol.messages.vote import VoteRequest
from minikafka.protocol.schema import Message
from minikafka.quorum import describe_quorum as quorum_description
from minikafka.quorum import snapshot_fetch, voter_changes
from minikafka.world import with_descriptors

if TYPE_CHECKING:
    from minikafka.controller.node import ControllerNode


@handles(ApiKey.FETCH, versions=(12, 18))
async def fetch(node: ControllerNode, request: FetchRequest, context: RequestContext) -> FetchResponse:
    with _reading(node):
        return await node.fetches.serve(request, context)


@handles(ApiKey.FETCH_SNAPSHOT, versions=(0, 1))
async def fetch_snapshot(
    node: ControllerNode, request: FetchSnapshotRequest, context: RequestContext
) -> FetchSnapshotResponse:
    with _reading(node):
        answer = partial(snapshot_fetch.fetch_snapshot, node.quorum, request, context, node.cluster_id)
        return await with_descriptors(answer)


@contextmanager
def _reading(node: ControllerNode) -> Iterator[None]:
    """The metadata log. A disk that refuses ends the controller, and whoever asked hears nothing more, as in Kafka."""
    try:
        yield
    except OSError as problem:
        node.on_failure(problem)
        raise CloseConnection("this controller's disk has failed") from problem


@handles(ApiKey.VOTE, versions=(0, 2))
def vote(node: ControllerNode, request: VoteRequest, context: RequestContext) -> Awaitable[Message]:
    return node.quorum.consult(request)


@handles(ApiKey.BEGIN_QUORUM_EPOCH, versions=(0, 1))
def begin_quorum_epoch(
    node: ControllerNode, request: BeginQuorumEpochRequest, context: RequestContext
) -> Awaitable[Message]:
    return node.quorum.consult(request)


@handles(ApiKey.END_QUORUM_EPOCH, versions=(0, 1))
def end_quorum_epoch(
    node: ControllerNode, request: EndQuorumEpochRequest, context: RequestContext
) -> Awaitable[Message]:
    return node.quorum.consult(request)


@handles(ApiKey.BROKER_REGISTRATION, versions=(0, 4))
def broker_registration(
    node: ControllerNode, request: BrokerRegistrationRequest, context: RequestContext
) -> Awaitable[BrokerRegistrationResponse]:
    return node.commit(lambda core, at: core.register_broker(request, at, node.world.clock.now()))


@handles(ApiKey.BROKER_HEARTBEAT, versions=(0, 2))
def broker_heartbeat(
    node: ControllerNode, request: BrokerHeartbeatRequest, context: RequestContext
) -> Awaitable[BrokerHeartbeatResponse]:
    return node.commit(lambda core, at: core.heartbeat(request, at, node.world.clock.now()))


@handles(ApiKey.UNREGISTER_BROKER, versions=(0, 0))
def unregister_broker(
    node: ControllerNode, request: UnregisterBrokerRequest, context: RequestContext
) -> Awaitable[UnregisterBrokerResponse]:
    return node.commit(lambda core, at: core.unregister_broker(request))


@handles(ApiKey.CONTROLLER_REGISTRATION, versions=(0, 0))
def controller_registration(
    node: ControllerNode, request: ControllerRegistrationRequest, context: RequestContext
) -> Awaitable[ControllerRegistrationResponse]:
    return node.commit(lambda core, at: core.register_controller(request))


@handles(ApiKey.ADD_RAFT_VOTER, versions=(0, 1))
def add_raft_voter(
    node: ControllerNode, request: AddRaftVoterRequest, context: RequestContext
) -> Awaitable[AddRaftVoterResponse]:
    return voter_changes.add_voter(node.quorum, node.fetches.observers, request, node.cluster_id)


@handles(ApiKey.REMOVE_RAFT_VOTER, versions=(0, 0))
def remove_raft_voter(
    node: ControllerNode, request: RemoveRaftVoterRequest, context: RequestContext
) -> Awaitable[RemoveRaftVoterResponse]:
    return voter_changes.remove_voter(node.quorum, request, node.cluster_id)


@handles(ApiKey.UPDATE_RAFT_VOTER, versions=(0, 0))
def update_raft_voter(
    node: ControllerNode, request: UpdateRaftVoterRequest, context: RequestContext
) -> Awaitable[UpdateRaftVoterResponse]:
    return voter_changes.update_voter(node.quorum, request, node.cluster_id)


@handles(ApiKey.UPDATE_FEATURES, versions=(0, 2))
def update_features(
    node: ControllerNode, request: UpdateFeaturesRequest, context: RequestContext
) -> Awaitable[UpdateFeaturesResponse]:
    voters = [voter.id for voter in node.quorum.voters]
    return node.commit(lambda core, at: core.update_features(request, context.api_version, node.id, voters))


@handles(ApiKey.DESCRIBE_CLUSTER, versions=(0, 2))
def describe_cluster(
    node: ControllerNode, request: DescribeClusterRequest, context: RequestContext
) -> DescribeClusterResponse:
    leader = node.quorum.leader
    leader_id = -1 if leader is None else leader.id
    return cluster_description.describe_cluster(
        node.cluster_id, leader_id, node.image.controllers, request, node.voter.listener, context.api_version
    )


@handles(ApiKey.ALTER_PARTITION, versions=(2, 3))
def alter_partition(
    node: ControllerNode, request: AlterPartitionRequest, context: RequestContext
) -> Awaitable[AlterPartitionResponse]:
    return node.commit(lambda core, at: core.alter_partition(request))


@handles(ApiKey.ASSIGN_REPLICAS_TO_DIRS, versions=(0, 0))
def assign_replicas_to_dirs(
    node: ControllerNode, request: AssignReplicasToDirsRequest, context: RequestContext
) -> Awaitable[AssignReplicasToDirsResponse]:
    return node.commit(lambda core, at: core.assign_replicas_to_dirs(request))


@handles(ApiKey.ALLOCATE_PRODUCER_IDS, versions=(0, 0))
def allocate_producer_ids(
    node: ControllerNode, request: AllocateProducerIdsRequest, context: RequestContext
) -> Awaitable[AllocateProducerIdsResponse]:
    return node.commit(lambda core, at: core.allocate_producer_ids(request))


@handles(ApiKey.CREATE_TOPICS, versions=(2, 7))
def create_topics(
    node: ControllerNode, request: CreateTopicsRequest, context: RequestContext
) -> Awaitable[CreateTopicsResponse]:
    asked = TopicsToCreate(request)
    return node.commit(lambda core, at: core.create_topics(asked))


@handles(ApiKey.DELETE_TOPICS, versions=(1, 6))
def delete_topics(
    node: ControllerNode, request: DeleteTopicsRequest, context: RequestContext
) -> Awaitable[DeleteTopicsResponse]:
    return node.commit(lambda core, at: core.delete_topics(request))


@handles(ApiKey.CREATE_PARTITIONS, versions=(0, 3))
def create_partitions(
    node: ControllerNode, request: CreatePartitionsRequest, context: RequestContext
) -> Awaitable[CreatePartitionsResponse]:
    return node.commit(lambda core, at: core.create_partitions(request))


@handles(ApiKey.INCREMENTAL_ALTER_CONFIGS, versions=(0, 1))
async def incremental_alter_configs(
    node: ControllerNode, request: IncrementalAlterConfigsRequest, context: RequestContext
) -> IncrementalAlterConfigsResponse:
    response = await node.commit(lambda core, at: core.incremental_alter_configs(request))
    await node.commit(lambda core, at: core.elect_where_allowed())
    return response


@handles(ApiKey.ALTER_CONFIGS, versions=(0, 2))
async def alter_configs(
    node: ControllerNode, request: AlterConfigsRequest, context: RequestContext
) -> AlterConfigsResponse:
    response = await node.commit(lambda core, at: core.alter_configs(request))
    await node.commit(lambda core, at: core.elect_where_allowed())
    return response


@handles(ApiKey.ELECT_LEADERS, versions=(0, 2))
def elect_leaders(
    node: ControllerNode, request: ElectLeadersRequest, context: RequestContext
) -> Awaitable[ElectLeadersResponse]:
    return node.commit(lambda core, at: core.elect_leaders(request))


@handles(ApiKey.ALTER_PARTITION_REASSIGNMENTS, versions=(0, 1))
def alter_partition_reassignments(
    node: ControllerNode, request: AlterPartitionReassignmentsRequest, context: RequestContext
) -> Awaitable[AlterPartitionReassignmentsResponse]:
    return node.commit(lambda core, at: core.alter_partition_reassignments(request))


@handles(ApiKey.LIST_PARTITION_REASSIGNMENTS, versions=(0, 0))
def list_partition_reassignments(
    node: ControllerNode, request: ListPartitionReassignmentsRequest, context: RequestContext
) -> Awaitable[ListPartitionReassignmentsResponse]:
    return node.commit(
        lambda core, at: Decision((), reassignment.list_partition_reassignments(core.decided, request))
    )


@handles(ApiKey.DESCRIBE_QUORUM, versions=(0, 2))
def describe_quorum(
    node: ControllerNode, request: DescribeQuorumRequest, context: RequestContext
) -> DescribeQuorumResponse:
    now_ms = node.world.clock.time_ms()
    return quorum_description.describe_quorum(node.quorum, node.fetches, request, context.api_version, now_ms)
