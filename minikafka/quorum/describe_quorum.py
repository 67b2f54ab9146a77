"""DescribeQuorum: who votes, who follows, and how far each has come.

Rule: only the leader knows, so only the leader tells. Kafka: `KafkaRaftClient.handleDescribeQuorumRequest`;
KIP-595.
"""

from __future__ import annotations

from collections.abc import Sequence

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
from minikafka.quorum.metadata_fetch import Observer
from minikafka.quorum.quorum import Quorum


def describe_quorum(
    quorum: Quorum, observers: Sequence[Observer], request: DescribeQuorumRequest, version: int, now_ms: int
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
                ReplicaState(
                    replica_id=leader.id,
                    log_end_offset=quorum.end_offset,
                    last_fetch_timestamp=now_ms,
                    last_caught_up_timestamp=now_ms,
                )
            ],
            observers=[
                ReplicaState(
                    replica_id=observer.id,
                    log_end_offset=observer.log_end_offset,
                    last_fetch_timestamp=observer.last_fetch_ms,
                    last_caught_up_timestamp=observer.last_caught_up_ms,
                )
                for observer in observers
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
