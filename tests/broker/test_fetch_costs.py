"""A fetch session costs what moved: how often a leader looks at partitions, counted at a hundred and at thousands."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Coroutine
from dataclasses import dataclass
from itertools import pairwise
from types import SimpleNamespace
from typing import Any, cast

import pytest

from minikafka.broker.api.fetch import fetch
from minikafka.broker.fetch_sessions import FetchSessions
from minikafka.broker.partition_reads import PartitionReads
from minikafka.log.log import Log
from minikafka.metadata.configs import BrokerConfigs
from minikafka.policy import Rules
from minikafka.protocol.api import ApiKey
from minikafka.protocol.dispatch import RequestContext
from minikafka.protocol.later import Later
from minikafka.protocol.messages.fetch import (
    FetchPartition,
    FetchRequest,
    FetchResponse,
    FetchTopic,
    ForgottenTopic,
    ReplicaState,
)
from minikafka.replication.partition import Partition
from minikafka.replication.pending import PendingRequests
from minikafka.replication.throttle import Throttle
from minikafka.world import SimulatedUniverse

V = 17
TOPIC = uuid.UUID(int=7)
LAG_MS = 30_000
SIZES = pytest.mark.parametrize("count", [100, 3000])


@dataclass
class Decided:
    leader: int = 1
    leader_epoch: int = 0
    partition_epoch: int = 0
    replicas: tuple[int, ...] = (1, 2)
    isr: tuple[int, ...] = (1, 2)


class StubLog:
    """Offsets, and a byte for each."""

    def __init__(self) -> None:
        self.log_start_offset = self.log_end_offset = self.high_watermark = 0
        self.config = SimpleNamespace(min_insync_replicas=1)
        self.epochs = SimpleNamespace(
            begin=lambda epoch, end_offset: None,
            end_offset_for=lambda epoch: (epoch, self.log_end_offset),
        )

    @property
    def last_stable_offset(self) -> int:
        return self.high_watermark

    def slice(
        self, offset: int, limit: int, *, up_to_offset: int, at_least_one: bool, in_memory_bytes: int
    ) -> memoryview:
        return memoryview(bytes(min(up_to_offset - offset, limit)))


class Leader:
    """Broker 1, which leads so many partitions that broker 2 follows. `looks` counts those that its fetches look at."""

    def __init__(self, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.universe = SimulatedUniverse(seed=1)
        self.world = self.universe.world("broker-1")
        self.pending = PendingRequests(self.world)
        self.asked_isr: list[tuple[str, int]] = []
        rules = Rules()
        self.partitions = [
            Partition("t", TOPIC, n, 1, cast(Log, StubLog()), rules, self.world.trace, self._changed)
            for n in range(count)
        ]
        for partition in self.partitions:
            partition.apply(Decided(), self.world.clock.now())
        self.node: Any = SimpleNamespace(
            world=self.world,
            image=SimpleNamespace(topic_names={TOPIC: "t"}),
            configs=SimpleNamespace(int=lambda name: 1 << 25),
            chooses_replica=False,
            leader_of=lambda name, index: (1, 1),
            endpoint=lambda broker: None,
            fetch_sessions=FetchSessions(self.world, 10, self.pending),
            replicas=SimpleNamespace(
                fetch_pending=self.pending,
                leader_throttle=Throttle("leader", 1, BrokerConfigs()),
                partition=lambda name, index: self.partitions[index],
                follower_fetched=lambda partition, replica: (
                    self.asked_isr.append((replica, partition.index))
                    if partition.could_rejoin(replica)
                    else None
                ),
            ),
        )
        self.looks = 0
        look = PartitionReads.look

        def counting(reads: PartitionReads, wanted: Any) -> bool:
            self.looks += 1
            return look(reads, wanted)

        monkeypatch.setattr(PartitionReads, "look", counting)
        self.session, self.epoch = 0, 0

    def _changed(self, partition: Partition) -> None:
        self.pending.wake(("t", partition.index))

    def write(self, index: int, count: int = 1) -> None:
        partition = self.partitions[index]
        cast(Any, partition.log).log_end_offset += count
        partition.advance_high_watermark()
        partition.changed(partition)

    def ask(
        self, offsets: dict[int, int], wait_ms: int = 0, broker_epoch: int = 1, forget: tuple[int, ...] = ()
    ) -> FetchResponse | Later[Any]:
        """The follower's next fetch, which names these; the answer, or what it waits for."""
        named = [
            FetchPartition(
                partition=index, fetch_offset=offset, current_leader_epoch=0, partition_max_bytes=1 << 20
            )
            for index, offset in offsets.items()
        ]
        request = FetchRequest(
            replica_state=ReplicaState(replica_id=2, replica_epoch=broker_epoch),
            max_wait_ms=wait_ms,
            min_bytes=1,
            session_id=self.session,
            session_epoch=self.epoch,
            topics=[FetchTopic(topic_id=TOPIC, partitions=named)],
            forgotten_topics_data=[ForgottenTopic(topic_id=TOPIC, partitions=list(forget))] if forget else [],
        )
        self.epoch += 1
        context = RequestContext(ApiKey.FETCH, V, 1, "broker-2", "", 1)

        async def turn() -> Any:
            outcome: Any = fetch(self.node, request, context)
            if isinstance(outcome, Later):
                return outcome
            if isinstance(outcome, Coroutine):
                outcome = await outcome
            response = outcome() if callable(outcome) else outcome
            self.session = response.session_id
            return response

        self.looks = 0
        return cast("FetchResponse | Later[Any]", self.universe.run(turn()))

    def answer(self, offsets: dict[int, int], **more: Any) -> dict[int, int]:
        """What the answer names: partition → bytes."""
        response = self.ask(offsets, **more)
        assert isinstance(response, FetchResponse)
        return told(response)

    def begin(self) -> None:
        """The session is there, all is told, and the follower has all."""
        everything = {p.index: p.log.log_end_offset for p in self.partitions}
        assert len(self.answer(everything)) == len(self.partitions)
        assert self.answer({}) == {}


def told(response: FetchResponse) -> dict[int, int]:
    return {p.partition_index: len(p.records or b"") for t in response.responses for p in t.partitions}


@SIZES
def test_an_idle_fetch_looks_at_nothing(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    leader = Leader(count, monkeypatch)
    leader.begin()
    assert leader.answer({}) == {}
    assert leader.looks == 0


@SIZES
def test_a_fetch_looks_at_what_moved(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    leader = Leader(count, monkeypatch)
    leader.begin()
    for index in (7, 70):
        leader.write(index, 3)
    assert leader.answer({}) == {7: 3, 70: 3}
    assert leader.looks == 2
    # It names what it has now, and is told the high watermark that follows from that.
    assert leader.answer({7: 3, 70: 3}) == {7: 0, 70: 0}
    assert leader.looks == 2
    assert leader.answer({}) == {}
    assert leader.answer({}) == {}
    assert leader.looks == 0


@SIZES
def test_a_waiting_fetch_looks_at_what_woke_it_once_a_turn(
    count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    leader = Leader(count, monkeypatch)
    leader.begin()
    waiting = leader.ask({}, wait_ms=500)
    assert isinstance(waiting, Later)

    async def writes() -> None:
        for _ in range(10):
            leader.write(5)

    leader.universe.run(writes())
    leader.universe.run_for(0.01)
    assert waiting.is_there
    assert leader.looks == 1
    response = waiting.answer()
    assert told(response) == {5: 10}
    assert leader.looks == 2, "what is sent is read when it is sent"


def test_a_high_watermark_alone_wakes_and_is_told_with_the_next_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    leader = Leader(100, monkeypatch)
    leader.begin()
    leader.write(5)
    assert leader.answer({}) == {5: 1}
    assert leader.answer({5: 1}) == {5: 0}
    assert leader.partitions[5].high_watermark == 1


def test_records_for_which_there_was_no_room_come_next(monkeypatch: pytest.MonkeyPatch) -> None:
    leader = Leader(100, monkeypatch)
    leader.begin()
    for index in range(3):
        leader.write(index, 1 << 24)
    assert leader.answer({}) == {0: 1 << 20, 1: 1 << 20, 2: 1 << 20}
    assert leader.answer({0: 1 << 24})[1] == 1 << 20
    assert leader.looks == 3
    assert set(leader.answer({1: 1 << 24, 2: 1 << 24})) <= {0, 1, 2}
    assert leader.answer({}) == {}


def test_a_full_fetch_of_thousands_leaves_turns_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    leader = Leader(3000, monkeypatch)
    looks: list[int] = []

    async def neighbour() -> None:
        while leader.looks < 3000:
            looks.append(leader.looks)
            await asyncio.sleep(0)

    leader.world.spawn(neighbour(), "neighbour")
    assert len(leader.answer(dict.fromkeys(range(3000), 0))) == 3000
    assert max(b - a for a, b in pairwise(looks)) <= 100


# -- the lag of followers --------------------------------------------------------------------------------------


def wants_out(leader: Leader, index: int) -> bool:
    """Would the leader have the follower leave the ISR now?"""
    wanted = leader.partitions[index].isr_to_ask_for(leader.world.clock.now(), LAG_MS, {1: 1, 2: 1})
    return wanted is not None


def test_idle_fetches_count_for_every_partition_of_the_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a word about the partition for an hour: when a record comes, the follower has the full lag time."""
    leader = Leader(100, monkeypatch)
    leader.begin()
    for _ in range(60):
        leader.universe.run_for(60)
        leader.answer({})
    leader.write(5)
    assert not wants_out(leader, 5)
    leader.universe.run_for(LAG_MS / 1000 - 1)
    assert not wants_out(leader, 5)
    leader.universe.run_for(2)
    assert wants_out(leader, 5)


def test_a_follower_that_fetches_and_never_gets_ahead_falls_out(monkeypatch: pytest.MonkeyPatch) -> None:
    leader = Leader(100, monkeypatch)
    leader.begin()
    leader.write(5)
    for _ in range(40):
        leader.universe.run_for(1)
        leader.answer({})
    assert wants_out(leader, 5)
    assert not wants_out(leader, 6)


def test_a_write_in_the_same_turn_as_the_fetch_is_seen_by_it(monkeypatch: pytest.MonkeyPatch) -> None:
    leader = Leader(100, monkeypatch)
    leader.begin()
    leader.universe.run_for(10)

    async def in_one_turn() -> None:
        leader.write(5)
        request = FetchRequest(
            replica_state=ReplicaState(replica_id=2, replica_epoch=1),
            max_wait_ms=500,
            min_bytes=1,
            session_id=leader.session,
            session_epoch=leader.epoch,
            topics=[],
        )
        outcome: Any = fetch(leader.node, request, RequestContext(ApiKey.FETCH, V, 1, None, "", 1))
        assert told(outcome()) == {5: 1}

    leader.universe.run(in_one_turn())
    assert leader.partitions[5].followers[2].caught_up_at < leader.world.clock.now()
    assert leader.partitions[6].followers[2].caught_up_at == leader.world.clock.now()


def test_what_leaves_the_session_is_not_kept_in_the_isr_by_it(monkeypatch: pytest.MonkeyPatch) -> None:
    leader = Leader(100, monkeypatch)
    leader.begin()
    leader.answer({}, forget=(5,))
    leader.write(5)
    leader.write(6)
    for _ in range(40):
        leader.universe.run_for(1)
        leader.answer({6: 1})
    assert wants_out(leader, 5)
    assert not wants_out(leader, 6)


def test_a_partition_that_is_refused_is_not_kept_in_the_isr_by_its_session(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    leader = Leader(100, monkeypatch)
    leader.begin()
    leader.partitions[5].leader_epoch = 1  # the follower has not heard of it
    leader._changed(leader.partitions[5])
    leader.write(5)
    for _ in range(40):
        leader.universe.run_for(1)
        leader.answer({})
    assert wants_out(leader, 5)
    assert not wants_out(leader, 6)


def test_a_follower_out_of_the_isr_is_looked_at_each_time_until_it_is_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    leader = Leader(100, monkeypatch)
    leader.partitions[5].apply(Decided(partition_epoch=1, isr=(1,)), 0.0)
    leader.begin()
    leader.asked_isr.clear()
    leader.answer({})
    leader.answer({})
    assert leader.asked_isr == [(2, 5), (2, 5)]
    leader.partitions[5].apply(Decided(partition_epoch=2, isr=(1, 2)), 0.0)
    leader.answer({})
    leader.answer({})
    assert leader.looks == 0


def test_another_life_of_the_follower_is_noted_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    leader = Leader(100, monkeypatch)
    leader.begin()
    leader.answer({}, broker_epoch=2)
    assert leader.looks == 100
    assert {p.followers[2].broker_epoch for p in leader.partitions} == {2}
