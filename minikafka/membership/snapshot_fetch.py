"""A follower's side of FetchSnapshot: the bytes of a snapshot, piece by piece.

Rule: what arrived counts only when it is a whole snapshot. Kafka: `KafkaRaftClient.buildFetchSnapshotRequest`;
KIP-630.
"""

from __future__ import annotations

from minikafka.membership.controller_channel import ControllerChannel
from minikafka.metadata.ids import METADATA_TOPIC
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.fetch_snapshot import (
    FetchSnapshotRequest,
    FetchSnapshotResponse,
    PartitionSnapshot,
    ResponsePartitionSnapshot,
    SnapshotId,
    TopicSnapshot,
)
from minikafka.quorum.snapshot_file import DamagedSnapshot, MetadataSnapshot, SnapshotName, decode_snapshot

FETCH_SNAPSHOT_VERSION = 1
MAX_BYTES = 8 << 20
REQUEST_TIMEOUT_S = 5.0


async def fetch_snapshot(channel: ControllerChannel, broker_id: int, name: SnapshotName) -> MetadataSnapshot:
    """That snapshot. Raises ConnectionError when the controller hasn't got it, or what it gives isn't whole."""
    data = bytearray()
    while True:
        piece = await _piece(channel, broker_id, name, len(data))
        data += piece.unaligned_records
        if len(data) >= piece.size:
            break
        if not piece.unaligned_records:
            raise ConnectionError(
                f"the controller gives {len(data)} of {piece.size} bytes of the snapshot {name}"
            )
    try:
        return decode_snapshot(name, bytes(data))
    except DamagedSnapshot as problem:
        raise ConnectionError(f"the controller's snapshot {name} is damaged: {problem}") from problem


async def _piece(
    channel: ControllerChannel, broker_id: int, name: SnapshotName, position: int
) -> ResponsePartitionSnapshot:
    partition = PartitionSnapshot(
        partition=0,
        current_leader_epoch=-1,
        snapshot_id=SnapshotId(end_offset=name.end_offset, epoch=name.epoch),
        position=position,
    )
    request = FetchSnapshotRequest(
        replica_id=broker_id,
        max_bytes=MAX_BYTES,
        topics=[TopicSnapshot(name=METADATA_TOPIC, partitions=[partition])],
    )
    response: FetchSnapshotResponse = await channel.request(
        request, FETCH_SNAPSHOT_VERSION, REQUEST_TIMEOUT_S
    )
    code = ErrorCode(response.error_code)
    if code is ErrorCode.NONE and response.topics and response.topics[0].partitions:
        answer = response.topics[0].partitions[0]
        code = ErrorCode(answer.error_code)
        if code is ErrorCode.NONE:
            return answer
    raise ConnectionError(f"the controller answers {code.name} to a fetch of the snapshot {name}")
