"""One partition in a Fetch: whether this asker may read it, and what it is told.

Rule: `look` finds out what stands in the way and changes nothing; `read` tells what `look` has found. Neither waits.

Kafka: `ReplicaManager.readFromLog`, `Partition.fetchRecords`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from minikafka.broker.fetch_sessions import Asker, Wanted
from minikafka.log.epochs import LeaderEpochs
from minikafka.log.reads import IN_MEMORY_BYTES, NOTHING, Records
from minikafka.policy import ReadableReplica, read_replica
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.messages.fetch import (
    AbortedTransaction,
    EpochEndOffset,
    FetchPartition,
    LeaderIdAndEpoch,
    PartitionData,
    SnapshotId,
)
from minikafka.protocol.refusals.records import unread
from minikafka.replication.partition import NO_LEADER_EPOCH, Partition, Role

if TYPE_CHECKING:
    from minikafka.broker.broker import Broker

MOVED = (ErrorCode.NOT_LEADER_OR_FOLLOWER, ErrorCode.FENCED_LEADER_EPOCH)
UNKNOWN = (ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.UNKNOWN_TOPIC_ID)
READ_UNCOMMITTED, READ_COMMITTED = ISOLATION_LEVELS = (0, 1)
# In every answer, and never changed.
NOT_DIVERGING, NO_LEADER, NO_SNAPSHOT = EpochEndOffset(), LeaderIdAndEpoch(), SnapshotId()


class PartitionReads:
    """The reads of one Fetch."""

    def __init__(self, node: Broker, asker: Asker, rack: str = "") -> None:
        self._node = node
        self._version = asker.version
        self._replica_id = asker.replica_id
        self._is_follower = asker.is_follower
        self._reads_committed = asker.isolation_level == READ_COMMITTED
        self._in_memory_left = IN_MEMORY_BYTES
        # Before 11 a consumer didn't say where it is, and reads from leaders only.
        self._leaders_only = self._is_follower or self._version < 11
        self._rack = rack if node.chooses_replica and not self._leaders_only else ""
        throttle = node.replicas.leader_throttle
        self._throttle = throttle if self._is_follower and throttle.is_set else None

    def look(self, wanted: Wanted) -> bool:
        """Find the partition, and why it can't be read, or where the logs part (no problem, but an answer). False:
        nothing has changed since the last look but perhaps where the log ends."""
        partition = wanted.partition
        if (
            partition is not None
            and wanted.found_in_epoch == partition.partition_epoch
            and wanted.error is ErrorCode.NONE
            and wanted.diverging is None
            and partition.role is Role.LEADER
            and wanted.ask.fetch_offset >= partition.log.log_start_offset
        ):
            return False
        self._look_anew(wanted)
        return True

    def _look_anew(self, wanted: Wanted) -> None:
        topic, index = wanted.topic, wanted.ask.partition
        wanted.error, wanted.diverging, wanted.partition = ErrorCode.NONE, None, None
        wanted.name = topic if isinstance(topic, str) else self._node.image.topic_names.get(topic)
        if wanted.name is None:
            wanted.error = self._no_such_id(wanted)
            return
        wanted.known_as = wanted.name
        try:
            wanted.partition = self._node.replicas.partition(wanted.name, index)
            wanted.found_in_epoch = wanted.partition.partition_epoch
            wanted.error = self._problem(wanted, wanted.partition)
        except ApiError as error:
            wanted.error = error.code

    def _no_such_id(self, wanted: Wanted) -> ErrorCode:
        """As in Kafka, a session keeps looking for the name that the id had."""
        if wanted.known_as is None:
            return ErrorCode.UNKNOWN_TOPIC_ID
        if self._node.image.topic(wanted.known_as) is None:
            return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        return ErrorCode.INCONSISTENT_TOPIC_ID

    def _problem(self, wanted: Wanted, partition: Partition) -> ErrorCode:
        ask, log = wanted.ask, partition.log
        epoch = ask.current_leader_epoch
        if epoch != partition.leader_epoch and self._version >= 9:
            # Here every negative number stands for "no epoch", elsewhere only -1 does.
            partition.check_leader_epoch(max(epoch, NO_LEADER_EPOCH))
        if self._leaders_only or partition.role is Role.OFFLINE:
            partition.check_leader()
        if self._is_follower and self._replica_id not in partition.followers:
            return self._stranger(ask)
        if ask.last_fetched_epoch >= 0 and self._version >= 12:
            wanted.diverging = _divergence(ask, log.epochs)
        if ask.fetch_offset < log.log_start_offset:
            return ErrorCode.OFFSET_OUT_OF_RANGE
        # Where the logs part says more than that the offset is out of range. A consumer ahead of the high
        # watermark but inside the log waits.
        if wanted.diverging is None and ask.fetch_offset > log.log_end_offset:
            return ErrorCode.OFFSET_OUT_OF_RANGE
        return ErrorCode.NONE

    def _stranger(self, ask: FetchPartition) -> ErrorCode:
        # With the right leader epoch it may be a replica that we haven't heard of yet; it should try again.
        knows_epoch = self._version >= 9 and ask.current_leader_epoch > NO_LEADER_EPOCH
        return ErrorCode.UNKNOWN_LEADER_EPOCH if knows_epoch else ErrorCode.NOT_LEADER_OR_FOLLOWER

    def nearer(self, wanted: Wanted) -> int:
        """The broker that this consumer should rather ask (KIP-392); -1: none."""
        partition, offset = wanted.partition, wanted.ask.fetch_offset
        if not self._rack or partition is None or not partition.is_leader or wanted.diverging is not None:
            return -1
        image = self._node.image
        own = ReadableReplica(
            partition.broker_id, self._rack_of(partition.broker_id), partition.log.log_end_offset, 0.0
        )
        others = [
            ReadableReplica(id, self._rack_of(id), follower.end_offset, follower.caught_up_at)
            for id, follower in partition.followers.items()
            if id in partition.isr
            and follower.log_start_offset <= offset <= follower.end_offset
            and id in image.brokers
            and not image.brokers[id].fenced
        ]
        found = read_replica(self._rack, own.broker, [own, *others])
        return -1 if found == own.broker else found

    def _rack_of(self, broker_id: int) -> str | None:
        broker = self._node.image.brokers.get(broker_id)
        return None if broker is None else broker.rack

    def end_offset(self, partition: Partition) -> int:
        """Where what this asker may read ends."""
        if self._is_follower:
            return partition.log.log_end_offset
        if self._reads_committed:
            return partition.last_stable_offset
        return partition.high_watermark

    def is_held_back(self, partition: Partition) -> bool:
        """Has more been sent than the throttle allows, and is this follower not in sync yet?"""
        throttle = self._throttle
        return (
            throttle is not None
            and self._replica_id not in partition.isr
            and throttle.concerns(partition.topic, partition.index)
            and throttle.is_exceeded(self._node.world.clock.now())
        )

    def read(self, wanted: Wanted, left: int, *, nothing_yet: bool) -> PartitionData:
        """What is told of it, with at most `left` bytes of records (the first batch of an answer always comes)."""
        partition, ask = wanted.partition, wanted.ask
        if wanted.error is not ErrorCode.NONE or partition is None:
            return self._refusal(wanted)
        records: Records = NOTHING
        aborted: list[AbortedTransaction] | None = None
        nearer = self.nearer(wanted)
        if wanted.diverging is None and nearer < 0 and not self.is_held_back(partition):
            try:
                records = self._records(partition, ask, left, nothing_yet)
                aborted = self._aborted(partition, ask, len(records))
            except ApiError as error:
                wanted.error = error.code
                return self._refusal(wanted)
            except OSError as failure:
                self._node.replicas.storage_failed(partition, failure)
                wanted.error = ErrorCode.KAFKA_STORAGE_ERROR
                return self._refusal(wanted)
        if self._throttle is not None and self._throttle.concerns(partition.topic, partition.index):
            self._throttle.count(self._node.world.clock.now(), len(records))
        return PartitionData(
            partition_index=ask.partition,
            error_code=0,
            high_watermark=partition.high_watermark,
            last_stable_offset=partition.last_stable_offset,
            log_start_offset=partition.log.log_start_offset,
            diverging_epoch=wanted.diverging or NOT_DIVERGING,
            current_leader=NO_LEADER,
            snapshot_id=NO_SNAPSHOT,
            aborted_transactions=aborted,
            preferred_read_replica=nearer,
            # The server sends either kind; who reads a response always has bytes.
            records=cast("memoryview", records),
        )

    def _records(self, partition: Partition, ask: FetchPartition, left: int, nothing_yet: bool) -> Records:
        end, limit = self.end_offset(partition), min(left, ask.partition_max_bytes)
        if ask.fetch_offset >= end:
            return NOTHING
        if limit < 0:
            raise ApiError(ErrorCode.UNKNOWN_SERVER_ERROR, f"Invalid max size {limit} for log read")
        if left == 0 and not nothing_yet:
            return NOTHING
        found = partition.log.slice(
            ask.fetch_offset,
            limit,
            up_to_offset=end,
            at_least_one=nothing_yet,
            in_memory_bytes=self._in_memory_left,
        )
        if isinstance(found, memoryview) or found.data is not None:
            self._in_memory_left = max(0, self._in_memory_left - len(found))
        return found

    def _aborted(
        self, partition: Partition, ask: FetchPartition, size_bytes: int
    ) -> list[AbortedTransaction] | None:
        """What a reader of committed records has to skip in what it gets; None for other readers."""
        if self._is_follower or not self._reads_committed:
            return None
        if ask.fetch_offset >= partition.last_stable_offset:
            return []
        return [
            AbortedTransaction(producer_id=found.producer_id, first_offset=found.first_offset)
            for found in partition.log.aborted_in_read(ask.fetch_offset, size_bytes)
        ]

    def _refusal(self, wanted: Wanted) -> PartitionData:
        error = wanted.error
        answer = unread(wanted.ask.partition, error)
        if error not in UNKNOWN:
            answer.aborted_transactions = None  # Kafka got as far as reading, which looks for none
        if error in MOVED and self._version >= 16 and wanted.name is not None:
            leader_id, epoch = self._node.leader_of(wanted.name, wanted.ask.partition)
            answer.current_leader = LeaderIdAndEpoch(leader_id=leader_id, leader_epoch=epoch)
        if error is ErrorCode.OFFSET_OUT_OF_RANGE and wanted.partition is not None and self._is_follower:
            # The follower starts over where the leader's log begins.
            answer.log_start_offset = wanted.partition.log.log_start_offset
        return answer


def _divergence(ask: FetchPartition, epochs: LeaderEpochs) -> EpochEndOffset | None:
    """Where the caller's log parts from ours; OFFSET_OUT_OF_RANGE when it has an epoch that we never saw."""
    epoch, end_offset = epochs.end_offset_for(ask.last_fetched_epoch)
    if end_offset < 0:
        raise ApiError(ErrorCode.OFFSET_OUT_OF_RANGE)
    if epoch < ask.last_fetched_epoch or end_offset < ask.fetch_offset:
        return EpochEndOffset(epoch=epoch, end_offset=end_offset)
    return None
