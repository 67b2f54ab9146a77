"""FetchSnapshot: how a broker hears what was decided before the metadata log begins.

Rule: a snapshot never changes, so its bytes are served from wherever the follower continues. Kafka:
`KafkaRaftClient.handleFetchSnapshotRequest`; KIP-630.
"""

from __future__ import annotations

from minikafka.metadata.ids import METADATA_TOPIC
from minikafka.protocol.dispatch import RequestContext
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.fetch_snapshot import (
    FetchSnapshotRequest,
    FetchSnapshotResponse,
    LeaderIdAndEpoch,
    NodeEndpoint,
    PartitionSnapshot,
    ResponsePartitionSnapshot,
    ResponseTopicSnapshot,
)
from minikafka.quorum.quorum import Quorum
from minikafka.quorum.snapshot_file import SnapshotName

MAX_BYTES = 8 << 20


def fetch_snapshot(
    log: Quorum,
    request: FetchSnapshotRequest,
    context: RequestContext,
    cluster_id: str,
) -> FetchSnapshotResponse:
    """Answer for the one partition that there is; others are unknown."""
    if request.cluster_id is not None and request.cluster_id != cluster_id:
        return FetchSnapshotResponse(error_code=ErrorCode.INCONSISTENT_CLUSTER_ID, topics=[])
    topics = [
        ResponseTopicSnapshot(
            name=topic.name,
            partitions=[_part(log, topic.name, wanted, request.max_bytes) for wanted in topic.partitions],
        )
        for topic in request.topics
    ]
    leader = log.leader
    if context.api_version < 1 or leader is None:
        return FetchSnapshotResponse(topics=topics)
    endpoint = NodeEndpoint(node_id=leader.id, host=leader.host, port=leader.port)
    return FetchSnapshotResponse(topics=topics, node_endpoints=[endpoint])


def _part(log: Quorum, topic: str, wanted: PartitionSnapshot, max_bytes: int) -> ResponsePartitionSnapshot:
    answer = ResponsePartitionSnapshot(
        index=wanted.partition,
        snapshot_id=wanted.snapshot_id,
        current_leader=LeaderIdAndEpoch(leader_id=_leader_id(log), leader_epoch=log.leader_epoch),
        size=0,
        position=wanted.position,
        unaligned_records=b"",
    )
    answer.error_code = _refusal(log, topic, wanted)
    if answer.error_code:
        return answer
    name = SnapshotName(wanted.snapshot_id.end_offset, wanted.snapshot_id.epoch)
    found = log.read_snapshot(name, max(0, wanted.position), max(1, min(max_bytes, MAX_BYTES)))
    if found is None:
        answer.error_code = ErrorCode.SNAPSHOT_NOT_FOUND
    elif not 0 <= wanted.position < found[1]:
        answer.error_code = ErrorCode.POSITION_OUT_OF_RANGE
    else:
        answer.unaligned_records, answer.size = found
    return answer


def _leader_id(log: Quorum) -> int:
    return -1 if log.leader is None else log.leader.id


def _refusal(log: Quorum, topic: str, wanted: PartitionSnapshot) -> ErrorCode:
    if topic != METADATA_TOPIC or wanted.partition != 0:
        return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    if 0 <= wanted.current_leader_epoch < log.leader_epoch:
        return ErrorCode.FENCED_LEADER_EPOCH
    if wanted.current_leader_epoch > log.leader_epoch:
        return ErrorCode.UNKNOWN_LEADER_EPOCH
    if _leader_id(log) != log.node_id:
        return ErrorCode.NOT_LEADER_OR_FOLLOWER
    return ErrorCode.NONE
