"""DescribeQuorum: who votes, who follows, and how far each has come.

Rule: only the leader knows, so only the leader tells. Kafka: `KafkaRaftClient.handleDescribeQuorumRequest`;
KIP-595.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from minikafka.metadata.ids import METADATA_TOPIC
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.describe_quorum import (
    DescribeQuorumRequest,
    DescribeQuorumResponse,
    Listener,
    Node,
    ReplicaState,
    ResponsePartitionData,
    ResponseTopicData,
)
from minikafka.protocol.schema import ZERO_UUID
from minikafka.quorum.control_records import VoterNode
from minikafka.quorum.metadata_fetch import MetadataFetch, Observer
from minikafka.quorum.quorum import Quorum


def describe_quorum(
    quorum: Quorum, fetches: MetadataFetch, request: DescribeQuorumRequest, version: int, now_ms: int
) -> DescribeQuorumResponse:
    """Answer for the one partition that there is; others are unknown."""
    wanted = [(topic.topic_name, [p.partition_index for p in topic.partitions]) for topic in request.topics]
    if wanted != [(METADATA_TOPIC, [0])]:
        unknown = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        return DescribeQuorumResponse(
            topics=[
                ResponseTopicData(topic_name=name, partitions=[_refusal(index, unknown) for index in indexes])
                for name, indexes in wanted
            ]
        )
    leader = quorum.leader
    if leader is None or leader.id != quorum.node_id:
        partition = _refusal(0, ErrorCode.NOT_LEADER_OR_FOLLOWER)
    else:
        partition = ResponsePartitionData(
            partition_index=0,
            leader_id=leader.id,
            leader_epoch=quorum.leader_epoch,
            high_watermark=quorum.high_watermark,
            current_voters=[
                _voter(voter, quorum, fetches.voters, version, now_ms) for voter in quorum.voters
            ],
            observers=[
                _state(one, one.directory_id if version >= 2 else ZERO_UUID) for one in fetches.observers
            ],
        )
    nodes = [
        Node(node_id=voter.id, listeners=[Listener(name=voter.listener, host=voter.host, port=voter.port)])
        for voter in quorum.voters
    ]
    return DescribeQuorumResponse(
        topics=[ResponseTopicData(topic_name=METADATA_TOPIC, partitions=[partition])],
        nodes=nodes if version >= 2 else [],
    )


def _voter(
    voter: VoterNode, quorum: Quorum, known: Sequence[Observer], version: int, now_ms: int
) -> ReplicaState:
    """One that hasn't fetched yet has offset -1."""
    itself = Observer(quorum.node_id, voter.directory_id, quorum.end_offset, now_ms, now_ms)
    found = [follower for follower in (itself, *known) if follower.id == voter.id]
    directory_id = voter.directory_id if version >= 2 else ZERO_UUID
    return _state(found[0] if found else Observer(voter.id, voter.directory_id, -1, -1, -1), directory_id)


def _state(follower: Observer, directory_id: UUID) -> ReplicaState:
    return ReplicaState(
        replica_id=follower.id,
        replica_directory_id=directory_id,
        log_end_offset=follower.log_end_offset,
        last_fetch_timestamp=follower.last_fetch_ms,
        last_caught_up_timestamp=follower.last_caught_up_ms,
    )


def _refusal(index: int, error: ErrorCode) -> ResponsePartitionData:
    return ResponsePartitionData(
        partition_index=index,
        error_code=error,
        error_message=error.message,
        leader_id=0,
        leader_epoch=0,
        high_watermark=0,
        current_voters=[],
        observers=[],
    )
