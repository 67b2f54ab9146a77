"""A partition as one broker sees it: leader, follower or offline, its log, and what it knows of its followers.

Rule: no I/O but the log's own, no clock, no await. What the outside must do (ask the controller for
another ISR, wake requests) is told through the `changed` callback and the return values.

Kafka: `kafka.cluster.Partition`, KIP-101/279/320 (leader epochs), KIP-497 (AlterPartition).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from minikafka.log.log import Appended, Log
from minikafka.policy import Rules
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.records.validation import Origin
from minikafka.world import Event, Trace

UNKNOWN_OFFSET = -1
NO_LEADER_EPOCH = -1


class BecameLeader(Event, frozen=True):
    """This broker leads the partition from now on."""

    topic: str
    partition: int
    broker: int
    leader_epoch: int
    start_offset: int


class BecameFollower(Event, frozen=True):
    """This broker follows `leader` from now on (-1: there is none)."""

    topic: str
    partition: int
    broker: int
    leader_epoch: int
    leader: int


class HighWatermarkAdvanced(Event, frozen=True):
    """All that lies below `offset` is committed. A detail event: only with `trace.messages`."""

    topic: str
    partition: int
    broker: int
    offset: int


class RecordsAppended(Event, frozen=True):
    """A leader or follower wrote `count` offsets. A detail event: only with `trace.messages`."""

    topic: str
    partition: int
    broker: int
    first_offset: int
    count: int


class Role(Enum):
    """What this broker is to a partition."""

    LEADER = "leader"
    FOLLOWER = "follower"
    OFFLINE = "offline"


class Assignment(Protocol):
    """What the controller decided for a partition (`metadata.image.PartitionRegistration` has this shape)."""

    @property
    def replicas(self) -> tuple[int, ...]: ...
    @property
    def isr(self) -> tuple[int, ...]: ...
    @property
    def leader(self) -> int: ...
    @property
    def leader_epoch(self) -> int: ...
    @property
    def partition_epoch(self) -> int: ...


@dataclass(slots=True)
class FetchTimes:
    """When a follower fetched last, said once for all partitions of its fetch session.

    A session tells its partitions of a fetch (`record_fetch`) only where that names them or something has changed, and
    else moves this alone; so a fetch costs nothing for a partition in which nothing happens.
    """

    last_at: float = 0.0


@dataclass(slots=True)
class FollowerState:
    """What a leader knows of one follower, from its fetches alone. Times are the loop's, in seconds."""

    end_offset: int = UNKNOWN_OFFSET
    log_start_offset: int = UNKNOWN_OFFSET
    broker_epoch: int = -1  # of the life that fetched last (KIP-903)
    last_fetch_at: float = 0.0
    last_caught_up_at: float = 0.0
    leader_end_offset_at_last_fetch: int = 0
    session: FetchTimes | None = None

    @property
    def caught_up_at(self) -> float:
        """When it last had all that the leader had."""
        if self.session is None or self.end_offset < self.leader_end_offset_at_last_fetch:
            return self.last_caught_up_at
        # It had all then, and as long as nothing came it had all at each fetch of its session.
        return max(self.last_caught_up_at, self.session.last_at)

    def leave_session(self) -> None:
        """Later fetches of the session mean nothing for this partition; what the earlier ones meant is kept."""
        if self.session is not None:
            self.last_caught_up_at = self.caught_up_at
            self.last_fetch_at = max(self.last_fetch_at, self.session.last_at)
            self.session = None


@dataclass(slots=True, eq=False)
class Partition:
    """One partition on one broker."""

    topic: str
    topic_id: uuid.UUID
    index: int
    broker_id: int
    log: Log
    """Its end never lies before its high watermark, and its start never after it."""
    rules: Rules
    trace: Trace
    changed: Callable[[Partition], None] = lambda _: None
    """Called whenever anything that somebody may wait for has changed."""
    role: Role = Role.OFFLINE
    """LEADER or FOLLOWER as the newest decision says; OFFLINE before the first, and once it has resigned."""
    leader: int = -1
    """The broker that leads; -1 while nobody does."""
    leader_epoch: int = -1
    """Never falls. Whoever asks with another one is fenced, or told to wait."""
    leader_epoch_start_offset: int = 0
    """Where the log ended when this broker began to lead; a follower must reach it to join the ISR."""
    partition_epoch: int = -1
    """Never falls: a decision that is not newer than this one is ignored."""
    replicas: tuple[int, ...] = ()
    """In order of preference: the first is the preferred leader."""
    isr: tuple[int, ...] = ()
    """As the controller decided it, always among `replicas`. All of them have everything below the high watermark."""
    pending_isr: tuple[int, ...] | None = None
    """What a leader has asked the controller for and has no answer to. Until then the high watermark waits for both."""
    followers: dict[int, FollowerState] = field(default_factory=dict)
    """A leader's view of every other replica; empty on a follower."""

    # -- what the controller decides ---------------------------------------------------------------

    def apply(self, assignment: Assignment, now: float) -> bool:
        """Take up the controller's decision. True if the leader epoch is a new one."""
        if assignment.partition_epoch <= self.partition_epoch:
            return False
        new_epoch = assignment.leader_epoch > self.leader_epoch
        self.replicas = tuple(assignment.replicas)
        self.isr = tuple(assignment.isr)
        self.pending_isr = None
        self.partition_epoch = assignment.partition_epoch
        self.leader = assignment.leader
        self.leader_epoch = assignment.leader_epoch
        if self.leader == self.broker_id:
            self._lead(new_epoch, now)
        else:
            self._follow(new_epoch)
        self.changed(self)
        return new_epoch

    def _lead(self, new_epoch: bool, now: float) -> None:
        if new_epoch or self.role is not Role.LEADER:
            self.role = Role.LEADER
            self.leader_epoch_start_offset = self.log.log_end_offset
            self.log.epochs.begin(self.leader_epoch, self.log.log_end_offset)
            # A new leader knows nothing of the others yet: they have the full lag time to show up.
            self.followers = {
                r: FollowerState(last_caught_up_at=now) for r in self.replicas if r != self.broker_id
            }
            self.trace.emit(
                BecameLeader(
                    self.topic, self.index, self.broker_id, self.leader_epoch, self.leader_epoch_start_offset
                )
            )
        else:
            self.followers = {
                r: self.followers.get(r) or FollowerState(last_caught_up_at=now)
                for r in self.replicas
                if r != self.broker_id
            }
        self.advance_high_watermark()

    def _follow(self, new_epoch: bool) -> None:
        was = self.role
        self.role = Role.FOLLOWER
        self.followers = {}
        if new_epoch and self.leader >= 0 and not self.log.epochs.entries:
            # Batches of old formats tell no epochs: what was not committed can't be compared with the leader's.
            # Without a leader nobody has what would be cut, and this replica may be the next to lead.
            self.log.truncate_to(max(self.log.high_watermark, self.log.log_start_offset))
        if new_epoch or was is not Role.FOLLOWER:
            self.trace.emit(
                BecameFollower(self.topic, self.index, self.broker_id, self.leader_epoch, self.leader)
            )

    def resign(self) -> None:
        """The broker stops or loses the replica: no more reads or writes here."""
        self.role = Role.OFFLINE
        self.changed(self)

    # -- checks ------------------------------------------------------------------------------------

    @property
    def is_leader(self) -> bool:
        """Does this broker lead the partition?"""
        return self.role is Role.LEADER

    @property
    def min_insync_replicas(self) -> int:
        """`min.insync.replicas` as it holds here: never more than there are replicas."""
        return min(self.log.config.min_insync_replicas, len(self.replicas))

    @property
    def high_watermark(self) -> int:
        """Offset below which everything is committed, as far as this replica knows."""
        return self.log.high_watermark

    @property
    def last_stable_offset(self) -> int:
        """Offset below which every transaction is decided; reads of `read_committed` end here."""
        return self.log.last_stable_offset

    def check_leader_epoch(self, current_leader_epoch: int) -> None:
        """Raise FENCED_ or UNKNOWN_LEADER_EPOCH if a caller's idea of the epoch is not ours (-1: no idea)."""
        if current_leader_epoch in (NO_LEADER_EPOCH, self.leader_epoch):
            return
        if current_leader_epoch < self.leader_epoch:
            raise ApiError(ErrorCode.FENCED_LEADER_EPOCH)
        raise ApiError(ErrorCode.UNKNOWN_LEADER_EPOCH)

    def check_leader(self) -> None:
        """Raise NOT_LEADER_OR_FOLLOWER unless this broker leads."""
        if self.role is not Role.LEADER:
            raise ApiError(ErrorCode.NOT_LEADER_OR_FOLLOWER)

    # -- writing -----------------------------------------------------------------------------------

    def append(self, data: memoryview, *, acks: int, origin: Origin = "client") -> Appended:
        """Leader append. Raises ApiError: NOT_LEADER_OR_FOLLOWER, NOT_ENOUGH_REPLICAS, what the log refuses."""
        self.check_leader()
        if acks == -1 and not self.rules.has_enough_replicas(len(self.isr), self.min_insync_replicas):
            raise ApiError(
                ErrorCode.NOT_ENOUGH_REPLICAS,
                f"The size of the current ISR {list(self.isr)} is insufficient to satisfy the "
                f"min.isr requirement of {self.min_insync_replicas} for partition {self.topic}-{self.index}.",
            )
        appended = self.log.append_as_leader(data, self.leader_epoch, origin=origin)
        if self.trace.messages and not appended.duplicate:
            count = appended.last_offset - appended.first_offset + 1
            self.trace.emit(
                RecordsAppended(self.topic, self.index, self.broker_id, appended.first_offset, count)
            )
        self.advance_high_watermark()
        self.changed(self)
        return appended

    def append_as_follower(self, data: memoryview, leader_high_watermark: int, leader_start: int) -> None:
        """Write what the leader sent; take over its high watermark as far as our log reaches.

        A new leader may know of less that is committed than was deleted here already.
        """
        if len(data):
            first = self.log.log_end_offset
            self.log.append_as_follower(data)
            if self.trace.messages:
                count = self.log.log_end_offset - first
                self.trace.emit(RecordsAppended(self.topic, self.index, self.broker_id, first, count))
        learnt = self.rules.follower_high_watermark(self.log.log_end_offset, leader_high_watermark)
        high_watermark = max(learnt, self.log.log_start_offset)
        if high_watermark != self.log.high_watermark and leader_high_watermark >= 0:
            self._set_high_watermark(high_watermark)
        if leader_start > self.log.log_start_offset:
            self.log.advance_log_start_offset(min(leader_start, self.log.log_end_offset))
        self.changed(self)

    def acks_error(self, required_offset: int) -> ErrorCode | None:
        """For acks=all: None while the write waits, NONE when committed, else what went wrong."""
        if self.role is not Role.LEADER:
            return ErrorCode.NOT_LEADER_OR_FOLLOWER
        if not self.rules.acks_satisfied(required_offset, self.log.high_watermark):
            return None
        if not self.rules.has_enough_replicas(len(self.isr), self.min_insync_replicas):
            return ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND
        return ErrorCode.NONE

    # -- the leader's bookkeeping --------------------------------------------------------------------

    def record_fetch(
        self,
        replica_id: int,
        fetch_offset: int,
        log_start_offset: int,
        now: float,
        broker_epoch: int = -1,
        session: FetchTimes | None = None,
    ) -> None:
        """A follower asked for `fetch_offset`, so it has everything below it. May advance the high watermark.

        `session`: its later fetches are told of here only when something has changed since.
        Raises ApiError: UNKNOWN_LEADER_EPOCH for a stranger, NOT_LEADER_OR_FOLLOWER for a life that is over.
        """
        follower = self.followers.get(replica_id)
        if follower is None:
            raise ApiError(ErrorCode.UNKNOWN_LEADER_EPOCH)
        if broker_epoch < follower.broker_epoch:
            raise ApiError(ErrorCode.NOT_LEADER_OR_FOLLOWER)
        follower.leave_session()
        follower.broker_epoch, follower.session = broker_epoch, session
        end = self.log.log_end_offset
        if fetch_offset >= end:
            follower.last_caught_up_at = now
        elif fetch_offset >= follower.leader_end_offset_at_last_fetch:
            follower.last_caught_up_at = max(follower.last_caught_up_at, follower.last_fetch_at)
        follower.leader_end_offset_at_last_fetch = end
        follower.last_fetch_at = now
        told = log_start_offset != follower.log_start_offset  # DeleteRecords waits for it
        follower.log_start_offset = log_start_offset
        if fetch_offset != follower.end_offset:
            follower.end_offset = fetch_offset
            told = self.advance_high_watermark() or told
        if told:
            self.changed(self)

    def disregard_fetch(self, replica_id: int) -> None:
        """A fetch that can't be served says nothing of what the follower has, nor do the next of its session."""
        follower = self.followers.get(replica_id)
        if follower is not None:
            follower.leave_session()

    def advance_high_watermark(self) -> bool:
        """Move the high watermark as far as the rule allows. True if it moved.

        Below `min.insync.replicas` it stands still: what counts as committed must be in enough replicas for the
        controller's eligible leader replicas to be sure of it (KIP-966).
        """
        if self.role is not Role.LEADER or not self.rules.has_enough_replicas(
            len(self.isr), self.min_insync_replicas
        ):
            return False
        end, before = self.log.log_end_offset, self.log.high_watermark
        # A replica on its way into the ISR counts already (the "maximal ISR" of KIP-497).
        counted = tuple(dict.fromkeys((*self.isr, *self.pending_isr))) if self.pending_isr else self.isr
        ends = [
            end if r == self.broker_id else self.followers[r].end_offset for r in counted if self._known(r)
        ]
        offset = self.rules.high_watermark(before, end, ends)
        if offset == before:
            return False
        self._set_high_watermark(offset)
        return True

    def _known(self, replica_id: int) -> bool:
        return replica_id == self.broker_id or replica_id in self.followers

    def _set_high_watermark(self, offset: int) -> None:
        self.log.high_watermark = offset
        if self.trace.messages:
            self.trace.emit(HighWatermarkAdvanced(self.topic, self.index, self.broker_id, offset))

    def isr_to_ask_for(
        self, now: float, replica_lag_time_max_ms: int, alive: Mapping[int, int]
    ) -> tuple[int, ...] | None:
        """The ISR this leader would like to have, or None when it has it (or is asking already).

        `alive`: the brokers in service, with their epochs.
        """
        if self.role is not Role.LEADER or self.pending_isr is not None:
            return None
        wanted = tuple(
            r
            for r in self.replicas
            if r == self.broker_id or self._belongs(r, now, replica_lag_time_max_ms, alive)
        )
        return wanted if set(wanted) != set(self.isr) else None

    def _belongs(self, replica_id: int, now: float, lag_time_max_ms: int, alive: Mapping[int, int]) -> bool:
        follower = self.followers[replica_id]
        if replica_id in self.isr:
            if follower.end_offset == self.log.log_end_offset:
                return True
            return self.rules.is_in_sync(
                round(now * 1000), round(follower.caught_up_at * 1000), lag_time_max_ms
            )
        # To come back it must have all that is committed and all up to the start of this leader's epoch, and have
        # fetched that in its present life: in an earlier one it may have had more than it has now.
        return (
            alive.get(replica_id) == follower.broker_epoch
            and follower.end_offset >= self.log.high_watermark
            and follower.end_offset >= self.leader_epoch_start_offset
        )

    def could_rejoin(self, replica_id: int) -> bool:
        """Cheap check on the fetch path: is this follower outside the ISR and far enough to ask for entry?"""
        if replica_id in self.isr or self.pending_isr is not None:
            return False
        end = self.followers[replica_id].end_offset
        return end >= self.log.high_watermark and end >= self.leader_epoch_start_offset

    def isr_asked(self, isr: tuple[int, ...]) -> None:
        """An AlterPartition is on its way."""
        self.pending_isr = isr

    def isr_answered(self, isr: tuple[int, ...] | None, leader_epoch: int, partition_epoch: int) -> None:
        """The controller answered: None = refused for sure, keep what we have.

        An answer of a later epoch changed more than the ISR (it ended a move): the metadata will say what, and until
        then the high watermark waits for all that may be in sync.
        """
        if isr is not None and leader_epoch > self.leader_epoch:
            return
        self.pending_isr = None
        if isr is not None and leader_epoch == self.leader_epoch and partition_epoch > self.partition_epoch:
            self.isr = isr
            self.partition_epoch = partition_epoch
        self.advance_high_watermark()
        self.changed(self)
