"""A leader's bookkeeping: high watermark, ISR, acks; no network, no clock, just fetches that say what they have."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import pytest

from minikafka.log.config import LogConfig
from minikafka.log.log import Log
from minikafka.policy import Rules
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.records.batch import NewRecord, Record, build_batch
from minikafka.records.legacy import message_set
from minikafka.replication.partition import Partition, Role
from minikafka.world import SimulatedUniverse

LAG_MS = 30_000


@dataclass
class Decided:
    """What the controller decided, as the metadata image would say it."""

    leader: int = 1
    leader_epoch: int = 0
    partition_epoch: int = 0
    replicas: tuple[int, ...] = (1, 2, 3)
    isr: tuple[int, ...] = (1, 2, 3)


class Leader:
    """Broker 1, leader of orders-0 with followers 2 and 3."""

    def __init__(self, rules: Rules | None = None, decided: Decided | None = None) -> None:
        self.universe = SimulatedUniverse(seed=1)
        self.rules = rules or Rules()
        world = self.universe.world("broker-1")
        topic_id = uuid.UUID(int=7)
        config = LogConfig.from_topic({"min.insync.replicas": "2"})
        log = Log.open(world, "orders-0", "orders", 0, config, self.rules, topic_id=topic_id)
        self.now = 100.0
        self.wakes = 0
        self.partition = Partition(
            "orders", topic_id, 0, 1, log, self.rules, world.trace, lambda _: self._woken()
        )
        self.partition.apply(decided or Decided(), self.now)

    def _woken(self) -> None:
        self.wakes += 1

    def produce(self, count: int = 1, acks: int = -1) -> int:
        """The offset after the last record."""
        batch = build_batch([NewRecord(1_000, None, b"v")] * count)
        appended = self.partition.append(memoryview(batch), acks=acks)
        return appended.last_offset + 1

    def fetch(self, replica: int, offset: int) -> None:
        self.partition.record_fetch(replica, offset, 0, self.now)

    def wanted_isr(self, alive: tuple[int, ...] = (1, 2, 3)) -> tuple[int, ...] | None:
        return self.partition.isr_to_ask_for(self.now, LAG_MS, dict.fromkeys(alive, -1))


def test_the_high_watermark_waits_for_the_slowest_in_sync_replica() -> None:
    leader = Leader()
    leader.produce(3)
    assert leader.partition.high_watermark == 0
    leader.fetch(2, 3)
    assert leader.partition.high_watermark == 0
    leader.fetch(3, 2)
    assert leader.partition.high_watermark == 2
    leader.fetch(3, 3)
    assert leader.partition.high_watermark == 3


def test_a_replica_outside_the_isr_does_not_hold_the_high_watermark_back() -> None:
    leader = Leader(decided=Decided(isr=(1, 2)))
    leader.produce(3)
    leader.fetch(2, 3)
    assert leader.partition.high_watermark == 3


def test_the_high_watermark_never_goes_back_when_a_follower_does() -> None:
    leader = Leader()
    leader.produce(3)
    leader.fetch(2, 3)
    leader.fetch(3, 3)
    leader.fetch(3, 1)
    assert leader.partition.high_watermark == 3


def test_acks_all_is_answered_when_committed_and_only_then() -> None:
    leader = Leader()
    required = leader.produce(2)
    assert leader.partition.acks_error(required) is None
    leader.fetch(2, required)
    leader.fetch(3, required)
    assert leader.partition.acks_error(required) is ErrorCode.NONE


def test_too_few_in_sync_replicas_refuse_acks_all_but_not_acks_1() -> None:
    leader = Leader(decided=Decided(isr=(1,)))
    with pytest.raises(ApiError) as refused:
        leader.produce(acks=-1)
    assert refused.value.code is ErrorCode.NOT_ENOUGH_REPLICAS
    assert leader.produce(acks=1) == 1


def test_an_isr_that_shrinks_after_the_write_is_told_too() -> None:
    leader = Leader()
    required = leader.produce()
    leader.fetch(2, required)
    leader.fetch(3, required)
    leader.partition.apply(Decided(isr=(1,), partition_epoch=1), leader.now)
    assert leader.partition.acks_error(required) is ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND


def test_below_the_minimum_of_replicas_nothing_is_committed() -> None:
    """KIP-966: else a replica that the controller counts as eligible could lack it."""
    leader = Leader(decided=Decided(isr=(1,)))
    leader.produce(acks=1)
    assert leader.partition.high_watermark == 0
    leader.fetch(2, 1)
    leader.partition.apply(Decided(isr=(1, 2), partition_epoch=1), leader.now)
    assert leader.partition.high_watermark == 1


def test_a_follower_that_stops_fetching_falls_out_after_the_lag_time() -> None:
    leader = Leader()
    leader.produce()
    leader.fetch(2, 1)
    leader.fetch(3, 1)
    leader.produce()
    leader.now += 29
    leader.fetch(2, 2)
    assert leader.wanted_isr() is None
    leader.now += 2
    assert leader.wanted_isr() == (1, 2)


def test_an_idle_follower_that_has_everything_stays() -> None:
    leader = Leader()
    leader.fetch(2, 0)
    leader.fetch(3, 0)
    leader.now += 3_600
    assert leader.wanted_isr() is None


def test_a_busy_leader_does_not_expel_a_follower_that_keeps_pace() -> None:
    """Never quite at the end, always at what was the end at its last fetch (KIP-16)."""
    leader = Leader(decided=Decided(isr=(1, 2), replicas=(1, 2)))
    for _ in range(100):
        end = leader.produce(10)
        leader.now += 1
        leader.fetch(2, end - 10)
    assert leader.wanted_isr() is None


def test_a_follower_comes_back_when_it_has_all_that_is_committed() -> None:
    leader = Leader(decided=Decided(isr=(1, 2)))
    leader.produce(4)
    leader.fetch(2, 4)
    leader.fetch(3, 3)
    assert not leader.partition.could_rejoin(3)
    assert leader.wanted_isr() is None
    leader.fetch(3, 4)
    assert leader.partition.could_rejoin(3)
    assert leader.wanted_isr() == (1, 2, 3)


def test_a_fenced_broker_does_not_come_back() -> None:
    leader = Leader(decided=Decided(isr=(1, 2)))
    leader.fetch(3, 0)
    assert leader.wanted_isr(alive=(1, 2)) is None


def test_nothing_is_committed_without_a_replica_that_is_being_let_in() -> None:
    """KIP-497's maximal ISR: the controller may have let it in already."""
    leader = Leader(decided=Decided(isr=(1, 2)))
    leader.fetch(2, 0)
    leader.fetch(3, 0)
    leader.partition.isr_asked((1, 2, 3))
    leader.produce()
    leader.fetch(2, 1)
    assert leader.partition.high_watermark == 0
    leader.fetch(3, 1)
    assert leader.partition.high_watermark == 1


def test_a_refused_isr_leaves_the_old_one() -> None:
    leader = Leader(decided=Decided(isr=(1, 2)))
    leader.partition.isr_asked((1, 2, 3))
    leader.partition.isr_answered(None, -1, -1)
    assert leader.partition.isr == (1, 2)
    assert leader.partition.pending_isr is None


def test_an_answer_of_a_later_epoch_says_too_little_to_commit_by() -> None:
    """What was asked has ended a move: the ISR is another one than both, and the metadata will say which."""
    leader = Leader(decided=Decided(isr=(1, 2)))
    leader.fetch(2, 0)
    leader.fetch(3, 0)
    leader.partition.isr_asked((1, 2, 3))
    leader.produce()
    leader.fetch(2, 1)
    leader.partition.isr_answered((1, 3), 1, 1)
    assert leader.partition.high_watermark == 0
    leader.partition.apply(
        Decided(leader_epoch=1, partition_epoch=1, replicas=(1, 3), isr=(1, 3)), leader.now
    )
    assert leader.partition.pending_isr is None
    leader.partition.record_fetch(3, 1, 0, leader.now)
    assert leader.partition.high_watermark == 1


def test_old_news_from_the_controller_is_ignored() -> None:
    leader = Leader(decided=Decided(partition_epoch=5, isr=(1, 2)))
    assert not leader.partition.apply(Decided(partition_epoch=4, isr=(1, 2, 3)), leader.now)
    assert leader.partition.isr == (1, 2)


def test_a_deposed_leader_refuses_writes_and_fails_what_waits() -> None:
    leader = Leader()
    required = leader.produce()
    leader.partition.apply(Decided(leader=2, leader_epoch=1, partition_epoch=1), leader.now)
    assert leader.partition.role is Role.FOLLOWER
    assert leader.partition.acks_error(required) is ErrorCode.NOT_LEADER_OR_FOLLOWER
    with pytest.raises(ApiError) as refused:
        leader.produce()
    assert refused.value.code is ErrorCode.NOT_LEADER_OR_FOLLOWER


def test_a_new_reign_begins_an_epoch_where_the_log_ends() -> None:
    leader = Leader()
    leader.produce(3)
    leader.partition.apply(Decided(leader_epoch=4, partition_epoch=1), leader.now)
    assert leader.partition.log.epochs.end_offset_for(0) == (0, 3)
    assert leader.partition.leader_epoch_start_offset == 3


def test_a_new_leader_that_knows_of_little_does_not_bring_back_what_was_deleted() -> None:
    replica = Leader(decided=Decided(leader=2))
    batch = build_batch([NewRecord(1_000, None, b"v")] * 5)
    replica.partition.append_as_follower(memoryview(batch), 5, 3)
    log = replica.partition.log
    assert (log.log_start_offset, log.high_watermark) == (3, 5)
    for told, known in ((2, 3), (-1, 3), (4, 4)):
        replica.partition.append_as_follower(memoryview(b""), told, 0)
        assert (log.log_start_offset, log.high_watermark) == (3, known)


def test_callers_with_another_epoch_are_told_so() -> None:
    leader = Leader(decided=Decided(leader_epoch=4))
    leader.partition.check_leader_epoch(-1)
    leader.partition.check_leader_epoch(4)
    with pytest.raises(ApiError) as older:
        leader.partition.check_leader_epoch(3)
    assert older.value.code is ErrorCode.FENCED_LEADER_EPOCH
    with pytest.raises(ApiError) as newer:
        leader.partition.check_leader_epoch(5)
    assert newer.value.code is ErrorCode.UNKNOWN_LEADER_EPOCH


def test_every_change_wakes_who_waits() -> None:
    leader = Leader()
    leader.fetch(2, 0)
    leader.fetch(3, 0)
    before = leader.wakes
    leader.produce()
    assert leader.wakes == before + 1
    leader.fetch(2, 1)
    assert leader.wakes == before + 1
    leader.fetch(3, 1)
    assert leader.wakes == before + 2


def test_a_replaced_high_watermark_rule_decides() -> None:
    leader = Leader(rules=Rules(high_watermark=lambda current, end, ends: end))
    leader.produce(3)
    assert leader.partition.high_watermark == 3


def test_without_epochs_a_follower_keeps_only_what_is_committed() -> None:
    """Nothing tells where its log of old formats and the new leader's part; so does Kafka."""
    broker = Leader(decided=Decided(leader=2))
    log = broker.partition.log
    old = [Record(offset, 1_000, b"k", b"v") for offset in range(6)]
    log.append_as_follower(message_set(old, 1))
    log.high_watermark = 4
    broker.partition.apply(Decided(leader=2, partition_epoch=1), broker.now)
    assert log.log_end_offset == 6
    broker.partition.apply(Decided(leader=3, leader_epoch=1, partition_epoch=2), broker.now)
    assert log.log_end_offset == 4


def test_without_epochs_and_without_a_leader_nothing_is_cut() -> None:
    """Its high watermark isn't known (the checkpoint is missing): it may be this replica that leads next."""
    leader = Leader()
    old = message_set([Record(0, 1_000, b"k", b"v"), Record(1, 1_001, b"k", b"w")], magic=1)
    leader.partition.log.append_as_follower(old)
    leader.partition.apply(Decided(leader=-1, leader_epoch=1, partition_epoch=1), leader.now)
    assert leader.partition.role is Role.FOLLOWER and leader.partition.high_watermark == 0
    assert leader.partition.log.log_end_offset == 2
    leader.partition.apply(Decided(leader=1, leader_epoch=2, partition_epoch=2), leader.now)
    assert leader.partition.log.log_end_offset == 2


def test_with_epochs_a_follower_waits_for_what_the_leader_says() -> None:
    broker = Leader(decided=Decided(leader=2))
    log = broker.partition.log
    log.append_as_follower(build_batch([NewRecord(1_000, None, b"v")], leader_epoch=0))
    broker.partition.apply(Decided(leader=3, leader_epoch=1, partition_epoch=1), broker.now)
    assert (log.log_end_offset, log.high_watermark) == (1, 0)
