"""A commit takes 50 ms of virtual time: decisions and heartbeats don't wait for it, answers do; and a standby takes
over with what was committed, neither less nor more."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from controller.alone import alone
from controller.slow_quorum import COMMIT_S, SlowLog, StandbyLog
from controller.test_controller_node import CLUSTER, PORT, Lab

from minikafka.controller.events import TopicCreated
from minikafka.controller.node import ControllerNode
from minikafka.controller.topics import TopicsToCreate
from minikafka.metadata.ids import METADATA_TOPIC_ID
from minikafka.metadata.image_records import records_of
from minikafka.protocol.channel import Channel
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.messages.broker_heartbeat import BrokerHeartbeatRequest
from minikafka.protocol.messages.create_topics import CreatableTopic, CreateTopicsRequest
from minikafka.protocol.messages.fetch import FetchPartition, FetchRequest, FetchTopic, ReplicaState
from minikafka.quorum import NotLeader


class SlowLab(Lab):
    """As `Lab`, with a controller on a slow quorum, and one that stands by."""

    controller_hosts = ("controller-1", "controller-2")

    def start_controller(self) -> None:
        self.controller = self.node("controller-1", 1001, SlowLog)
        self.standby = self.node("controller-2", 1002, StandbyLog)
        self.log, self.copy = self.controller.quorum, self.standby.quorum
        self.copy.copy_from(self.log)  # type: ignore[attr-defined]

    def node(self, host: str, id: int, log: type[SlowLog]) -> ControllerNode:
        world = self.universe.world(host)
        opening = ControllerNode.open(world, id, CLUSTER, port=PORT, open_quorum=log.open)
        return self.universe.run(alone(opening), host=host)

    def wanted(self, name: str) -> TopicsToCreate:
        topic = CreatableTopic(name=name, num_partitions=1, replication_factor=3)
        return TopicsToCreate(CreateTopicsRequest(topics=[topic]))

    async def decide(self, name: str) -> int:
        """A client's wish to create a topic, and the error code of the answer."""
        asked = self.wanted(name)
        answer = await self.controller.commit(lambda core, at: core.create_topics(asked))
        return answer.topics[0].error_code

    def at_once(self, *names: str) -> list[asyncio.Task[int]]:
        async def begin() -> list[asyncio.Task[int]]:
            return [self.controller.world.spawn(self.decide(name), name) for name in names]

        return self.universe.run(begin(), host="controller-1")

    def beat(self, id: int, *, want_fence: bool = False) -> asyncio.Task[Any]:
        """A heartbeat of that broker, and the answer."""
        image = self.controller.image
        request = BrokerHeartbeatRequest(
            broker_id=id,
            broker_epoch=image.brokers[id].epoch,
            current_metadata_offset=image.offset,
            want_fence=want_fence,
            want_shut_down=False,
        )

        async def send() -> Any:
            return await self.controller.commit(
                lambda core, at: core.heartbeat(request, at, self.universe.now)
            )

        async def begin() -> asyncio.Task[Any]:
            return self.controller.world.spawn(send(), "beat")

        return self.universe.run(begin(), host="controller-1")

    def ask_of(self, host: str, request: Any, version: int) -> Any:
        async def send() -> Any:
            channel = await Channel.connect(self.universe.world("client-1"), host, PORT, "test")
            try:
                return await channel.request(request, version)
            finally:
                channel.close()

        return self.universe.run(send(), host="client-1")


@pytest.fixture
def lab() -> Iterator[SlowLab]:
    made = SlowLab()
    made.start_brokers()
    made.universe.run_for(0.5)
    yield made
    made.universe.close()


def test_what_is_decided_meanwhile_is_committed_together_and_answered_then(lab: SlowLab) -> None:
    begun, end, commits = lab.universe.now, lab.log.end_offset, len(lab.log.commits)  # type: ignore[attr-defined]
    first = lab.at_once("first")
    lab.universe.run_for(COMMIT_S / 5)
    others = lab.at_once(*(f"t{n}" for n in range(20)))
    lab.universe.run_for(COMMIT_S / 5)
    assert lab.log.high_watermark == end and not lab.controller.image.topics
    assert set(lab.controller.core.decided.topics) == {"first", *(f"t{n}" for n in range(20))}
    lab.universe.run_for(COMMIT_S)
    assert [task.done() for task in first] == [True] and not any(task.done() for task in others)
    lab.universe.run_until(lambda: all(task.done() for task in others), 1)
    assert [task.result() for task in (*first, *others)] == [0] * 21
    assert len(lab.log.commits) == commits + 2  # type: ignore[attr-defined]
    assert lab.universe.now - begun < 3 * COMMIT_S


def test_a_decision_sees_those_that_are_not_committed_yet(lab: SlowLab) -> None:
    same = lab.at_once("orders", "orders")
    lab.universe.run_until(lambda: all(task.done() for task in same), 1)
    assert [task.result() for task in same] == [0, ErrorCode.TOPIC_ALREADY_EXISTS]
    assert len(lab.events(TopicCreated)) == 1


def test_the_answer_that_a_topic_exists_waits_until_it_does(lab: SlowLab) -> None:
    first, second = lab.at_once("orders", "orders")
    lab.universe.run_for(COMMIT_S / 2)
    assert not second.done()
    lab.universe.run_until(second.done, 1)
    assert "orders" in lab.controller.image.topics and first.done()


def test_heartbeats_are_answered_while_a_commit_goes_on(lab: SlowLab) -> None:
    lab.log.reaches_others = False  # type: ignore[attr-defined]
    waiting = lab.at_once("orders")
    lab.universe.run_for(20)
    assert not waiting[0].done()
    assert not any(lab.controller.core.decided.brokers[id].fenced for id in (1, 2, 3)), "they were heard of"
    beat = lab.beat(2)
    lab.universe.run_for(COMMIT_S / 5)
    assert beat.done() and not beat.result().is_fenced and not waiting[0].done()
    lab.log.reaches_others = True  # type: ignore[attr-defined]
    lab.universe.run_until(waiting[0].done, 1)
    assert lab.universe.run_until(lab.agree, 1)


def test_a_broker_that_is_about_to_be_fenced_is_told_so_only_when_it_is(lab: SlowLab) -> None:
    lab.log.reaches_others = False  # type: ignore[attr-defined]
    fence = lab.beat(1, want_fence=True)
    lab.universe.run_for(COMMIT_S)
    assert lab.controller.core.decided.brokers[1].fenced and not lab.controller.image.brokers[1].fenced
    again = lab.beat(1, want_fence=True)
    lab.universe.run_for(COMMIT_S)
    assert not fence.done() and not again.done()
    lab.log.reaches_others = True  # type: ignore[attr-defined]
    lab.universe.run_until(again.done, 1)
    assert fence.result().is_fenced and again.result().is_fenced


def test_a_standby_replays_what_the_leader_committed(lab: SlowLab) -> None:
    lab.create("orders", 3)
    assert lab.standby.image == lab.controller.image
    assert list(records_of(lab.standby.image)) == list(records_of(lab.controller.image))
    assert (lab.controller.is_active, lab.standby.is_active) == (True, False)
    assert len(lab.events(TopicCreated)) == 1, "one of them tells"


def test_a_standby_sends_everybody_to_the_leader(lab: SlowLab) -> None:
    topic = CreatableTopic(name="orders", num_partitions=1, replication_factor=3)
    told = lab.ask_of("controller-2", CreateTopicsRequest(topics=[topic]), 7)
    assert [t.error_code for t in told.topics] == [ErrorCode.NOT_CONTROLLER]
    wanted = FetchPartition(partition=0, fetch_offset=0, partition_max_bytes=1 << 20)
    request = FetchRequest(
        replica_state=ReplicaState(replica_id=9, replica_epoch=-1),
        max_wait_ms=1000,
        min_bytes=1,
        topics=[FetchTopic(topic_id=METADATA_TOPIC_ID, partitions=[wanted])],
    )
    told = lab.ask_of("controller-2", request, 17)
    answer = told.responses[0].partitions[0]
    assert answer.error_code == ErrorCode.NOT_LEADER_OR_FOLLOWER
    assert answer.current_leader.leader_id == 1001
    assert [(n.node_id, n.host, n.port) for n in told.node_endpoints] == [(1001, "controller-1", PORT)]


def test_brokers_are_given_nothing_that_may_still_be_lost(lab: SlowLab) -> None:
    lab.log.reaches_others = False  # type: ignore[attr-defined]
    lab.at_once("orders")
    lab.universe.run_for(5)
    assert lab.log.end_offset > lab.log.high_watermark
    for broker in lab.brokers.values():
        assert broker.follower._fetched_to == lab.log.high_watermark


def test_who_loses_the_leadership_forgets_what_was_not_committed(lab: SlowLab) -> None:
    """And the standby decides on what was: the topic that nobody was told of doesn't exist."""
    lab.create("kept")
    lab.log.reaches_others = False  # type: ignore[attr-defined]
    lost = lab.at_once("lost", "lost")
    lab.universe.run_for(COMMIT_S)
    assert {"kept", "lost"} == set(lab.controller.core.decided.topics)

    async def take_over() -> None:
        lab.copy.take_over()  # type: ignore[attr-defined]
        lab.log.hears_of(lab.copy.leader, lab.copy.leader_epoch)  # type: ignore[attr-defined]

    lab.universe.run(take_over(), host="controller-2")
    lab.universe.run_for(1)
    for task in lost:
        assert isinstance(task.exception(), NotLeader)
    assert set(lab.controller.core.decided.topics) == set(lab.standby.image.topics) == {"kept"}
    assert lab.standby.is_active and not lab.controller.is_active
    with pytest.raises(ApiError, match="NOT_CONTROLLER"):
        lab.universe.run(lab.decide("more"), host="controller-1")

    async def create_there() -> int:
        asked = lab.wanted("lost")
        return (await lab.standby.commit(lambda core, at: core.create_topics(asked))).topics[0].error_code

    assert lab.universe.run(create_there(), host="controller-2") == 0
    assert set(lab.standby.image.topics) == {"kept", "lost"}


def test_a_clean_stop_commits_what_was_decided(lab: SlowLab) -> None:
    decided = lab.at_once("orders")
    lab.universe.run(lab.controller.stop(), host="controller-1")
    assert decided[0].result() == 0 and "orders" in lab.standby.image.topics


def test_a_kill_leaves_nobody_waiting(lab: SlowLab) -> None:
    decided = lab.at_once("orders")
    lab.controller.kill()
    lab.universe.run_for(0.01)
    assert isinstance(decided[0].exception(), ConnectionError)
