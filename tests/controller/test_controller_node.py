"""A controller and three brokers that only register, listen and follow, in the simulated universe."""

import errno
import os
from collections.abc import Iterator
from uuid import UUID

import pytest
from controller.alone import alone

from minikafka.controller.events import BrokerFenced, ControllerFailed, LeaderElected, TopicCreated
from minikafka.controller.node import ControllerNode
from minikafka.log.meta_properties import WrongDirectory
from minikafka.membership import KRaftMembership, Registration, RegistrationRefused
from minikafka.membership.controllers import Controllers
from minikafka.membership.lifecycle import BrokerLifecycle
from minikafka.metadata.configs import BrokerConfigs
from minikafka.metadata.ids import METADATA_TOPIC_ID
from minikafka.metadata.image import Endpoint, MetadataDelta, MetadataImage, PartitionRegistration
from minikafka.protocol.channel import Channel
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.create_topics import CreatableTopic, CreateTopicsRequest
from minikafka.protocol.messages.describe_quorum import DescribeQuorumRequest, PartitionData, TopicData
from minikafka.protocol.messages.fetch import FetchPartition, FetchRequest, FetchTopic, ReplicaState
from minikafka.protocol.schema import Message
from minikafka.world import SimulatedUniverse

PORT = 9093
CLUSTER = "MkU3OEVBNTcwNTJENDM2Qk"


class FakeBroker:
    """Registers, follows the metadata log, and serves nobody."""

    def __init__(self, lab: "Lab", id: int, life: int, previous_epoch: int = -1) -> None:
        world = lab.universe.world(f"broker-{id}")
        self.images = 0
        self.known = MetadataImage()
        addresses = [(host, PORT) for host in lab.controller_hosts]
        self.membership = KRaftMembership(world, id, addresses, BrokerConfigs(), self._on_image)
        self.follower, self.lifecycle = self.membership.follower, self.membership.lifecycle
        registration = Registration(
            id,
            CLUSTER,
            UUID(int=1000 * id + life),
            (Endpoint("PLAINTEXT", f"broker-{id}", 9092),),
            (UUID(int=5000 + id),),
            previous_broker_epoch=previous_epoch,
        )
        for name, work in self.membership.register(registration, self).items():
            world.spawn(work, name)

    has_untold_losses = False

    @property
    def applied_offset(self) -> int:
        return self.follower.image.offset

    def _on_image(self, image: MetadataImage, delta: MetadataDelta) -> None:
        assert image.offset > self.known.offset
        assert delta == image.delta(self.known)
        self.known = image
        self.images += 1


class Lab:
    controller_hosts: tuple[str, ...] = ("controller-1",)

    def __init__(self, seed: int = 1) -> None:
        self.universe = SimulatedUniverse(seed)
        self.brokers: dict[int, FakeBroker] = {}
        self.lives: dict[int, int] = {}
        self.start_controller()

    def start_controller(self) -> None:
        opening = ControllerNode.open(self.universe.world("controller-1"), 1001, CLUSTER, port=PORT)
        self.controller = self.universe.run(alone(opening), host="controller-1")

    def start_broker(self, id: int, previous_epoch: int = -1) -> FakeBroker:
        self.lives[id] = self.lives.get(id, 0) + 1

        async def start() -> FakeBroker:
            return FakeBroker(self, id, self.lives[id], previous_epoch)

        self.brokers[id] = self.universe.run(start(), host=f"broker-{id}")
        return self.brokers[id]

    def start_brokers(self) -> None:
        for id in (1, 2, 3):
            self.start_broker(id)
        for broker in self.brokers.values():
            self.universe.run(self.wait(broker))

    async def wait(self, broker: FakeBroker) -> None:
        await broker.lifecycle.ready

    def ask(self, request: Message, version: int) -> Message:
        async def send() -> Message:
            world = self.universe.world("client-1")
            channel = await Channel.connect(world, "controller-1", PORT, "test")
            try:
                await channel.negotiate()
                return await channel.request(request, version)
            finally:
                channel.close()

        return self.universe.run(send(), host="client-1")

    def create(self, name: str, partitions: int = 1, factor: int = 3) -> None:
        wanted = CreatableTopic(
            name=name, num_partitions=partitions, replication_factor=factor, assignments=[], configs=[]
        )
        answer = self.ask(CreateTopicsRequest(topics=[wanted]), 7)
        assert answer.topics[0].error_code == 0, answer  # type: ignore[attr-defined]

    def partition(self, name: str) -> PartitionRegistration:
        return self.controller.image.topics[name].partitions[0]

    def agree(self) -> bool:
        """Whether every living broker has the controller's image."""
        return all(
            broker.follower.image.at(0) == self.controller.image.at(0)
            for id, broker in self.brokers.items()
            if not self.controller.image.brokers[id].fenced
        )

    def events(self, kind: type) -> list[object]:
        return [traced.event for traced in self.universe.trace.recent if isinstance(traced.event, kind)]


@pytest.fixture
def lab() -> Iterator[Lab]:
    made = Lab()
    yield made
    made.universe.close()


def test_brokers_register_and_learn_of_each_other_and_of_topics(lab: Lab) -> None:
    lab.start_brokers()
    assert lab.universe.now < 1.0
    lab.create("orders", 3)
    assert lab.universe.run_until(lab.agree, 1.0)
    image = lab.brokers[2].follower.image
    assert [broker.id for broker in image.alive_brokers()] == [1, 2, 3]
    assert image.brokers[3].listener() == Endpoint("PLAINTEXT", "broker-3", 9092)
    assert lab.brokers[1].follower.is_caught_up
    assert len(lab.events(TopicCreated)) == 1
    assert not lab.universe.trace.failures


def test_a_dead_brokers_leadership_moves_within_its_session_timeout(lab: Lab) -> None:
    lab.start_brokers()
    lab.create("orders")
    leader = lab.partition("orders").leader
    lab.universe.crash(f"broker-{leader}")
    died_at = lab.universe.now
    assert lab.universe.run_until(lambda: lab.partition("orders").leader not in (leader, -1), 20)
    assert 5 < lab.universe.now - died_at < 9.5
    assert leader not in lab.partition("orders").isr
    assert lab.events(BrokerFenced) == [BrokerFenced(leader)]
    assert lab.universe.run_until(lab.agree, 1.0)
    again = lab.start_broker(leader)
    lab.universe.run(lab.wait(again))
    assert not lab.controller.image.brokers[leader].fenced
    assert not lab.universe.trace.failures


def test_a_partitioned_broker_is_fenced_and_comes_back(lab: Lab) -> None:
    lab.start_brokers()
    lab.create("orders")
    lab.universe.partition(["broker-2"])
    assert lab.universe.run_until(lambda: lab.controller.image.brokers[2].fenced, 20)
    lab.universe.heal()
    assert lab.universe.run_until(lambda: not lab.controller.image.brokers[2].fenced, 20)
    assert lab.universe.run_until(lambda: not lab.brokers[2].lifecycle.fenced and lab.agree(), 5)
    assert not lab.universe.trace.failures


def test_a_broker_that_leaves_is_missed_by_nobody(lab: Lab) -> None:
    lab.start_brokers()
    lab.create("orders", 3)
    gone = lab.partition("orders").leader
    lifecycle = lab.brokers[gone].lifecycle
    asked_at = lab.universe.now
    assert lab.universe.run(lifecycle.controlled_shutdown(), host=f"broker-{gone}")
    assert lab.universe.now - asked_at < 3
    assert lab.controller.image.brokers[gone].fenced
    assert all(p.leader not in (gone, -1) for _, _, p in lab.controller.image.partitions())
    lab.universe.crash(f"broker-{gone}")
    epoch = lifecycle.broker_epoch
    back = lab.start_broker(gone, previous_epoch=epoch)
    lab.universe.run(lab.wait(back))
    assert back.lifecycle.broker_epoch > epoch


@pytest.mark.parametrize("how", ["stop", "crash", "power_cut"])
def test_a_controller_that_starts_again_knows_everything(lab: Lab, how: str) -> None:
    lab.start_brokers()
    lab.create("orders", 3)
    lab.universe.run_until(lab.agree, 1.0)
    before, epoch = lab.controller.image, lab.controller.quorum.leader_epoch
    if how == "stop":
        lab.universe.run(lab.controller.stop(), host="controller-1")
    getattr(lab.universe, "crash" if how == "stop" else how)("controller-1")
    lab.universe.run_for(3)
    lab.start_controller()
    after = lab.controller.image
    assert (after.topics, after.configs, after.features) == (before.topics, before.configs, before.features)
    assert after.brokers == before.brokers
    assert lab.controller.quorum.leader_epoch == epoch + 1
    lab.universe.run_for(20)
    assert [b.id for b in lab.controller.image.alive_brokers()] == [1, 2, 3], "they kept their sessions"
    lab.create("more")
    assert lab.universe.run_until(lab.agree, 3.0)
    assert lab.brokers[1].follower.leader_epoch == epoch + 1
    assert not lab.universe.trace.failures


def test_a_directory_of_another_cluster_is_refused(lab: Lab) -> None:
    lab.universe.run(lab.controller.stop(), host="controller-1")
    other = ControllerNode.open(lab.universe.world("controller-1"), 1001, "another", port=PORT)
    with pytest.raises(WrongDirectory, match="another cluster"):
        lab.universe.run(other, host="controller-1")


def test_a_broker_of_another_cluster_is_refused_for_good(lab: Lab) -> None:
    lab.start_brokers()

    async def intrude() -> None:
        lifecycle = BrokerLifecycle(lab.universe.world("broker-9"), 9, Controllers([("controller-1", PORT)]))
        await lifecycle.run(Registration(9, "another", UUID(int=9), (), (UUID(int=999),)), lab.brokers[1])
        await lifecycle.ready

    with pytest.raises(RegistrationRefused, match="INCONSISTENT_CLUSTER_ID"):
        lab.universe.run(intrude(), host="broker-9")


def test_the_quorum_is_described(lab: Lab) -> None:
    lab.start_brokers()
    topics = [TopicData(topic_name="__cluster_metadata", partitions=[PartitionData(partition_index=0)])]
    answer = lab.ask(DescribeQuorumRequest(topics=topics), 2)
    partition = answer.topics[0].partitions[0]  # type: ignore[attr-defined]
    assert (partition.error_code, partition.leader_id, partition.leader_epoch) == (ErrorCode.NONE, 1001, 1)
    assert [observer.replica_id for observer in partition.observers] == [1, 2, 3]


def test_the_log_is_one_that_kafka_could_read(lab: Lab) -> None:
    disk = lab.universe.world("controller-1").disk
    files = disk.listdir("__cluster_metadata-0")
    assert "00000000000000000000.log" in files
    assert disk.read_bytes("__cluster_metadata-0/partition.metadata") == (
        b"version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAQ\n"
    )
    assert disk.read_bytes("__cluster_metadata-0/quorum-state") == (
        b'{"leaderId":1001,"leaderEpoch":1,"votedId":-1,"votedDirectoryId":"AAAAAAAAAAAAAAAAAAAAAA",'
        b'"data_version":1}'
    )


def test_the_same_seed_gives_the_same_history() -> None:
    def history() -> list[object]:
        lab = Lab(seed=7)
        lab.start_brokers()
        lab.create("orders", 5)
        lab.universe.crash("broker-1")
        lab.universe.run_for(15)
        told = [(t.at, t.host, t.event) for t in lab.universe.trace.recent]
        lab.universe.close()
        return list(told)

    assert history() == history()


def test_a_failing_disk_ends_the_controller(lab: Lab) -> None:
    lab.universe.fail_disk("controller-1", count=None)
    lab.start_broker(1)
    lab.universe.run_for(2)
    assert lab.controller.image.brokers == {}
    with pytest.raises(ConnectionError):
        lab.universe.run(lab.controller.commit(lambda core, at: core.activate(0.0)))


def test_a_disk_that_fails_when_a_follower_asks_ends_the_controller_too(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found in a drawn run: the fetch was answered with an unknown error, again and again."""
    wanted = FetchPartition(partition=0, fetch_offset=0, partition_max_bytes=1 << 20)
    request = FetchRequest(
        replica_state=ReplicaState(replica_id=9, replica_epoch=-1),
        max_wait_ms=1000,
        min_bytes=1,
        topics=[FetchTopic(topic_id=METADATA_TOPIC_ID, partitions=[wanted])],
    )
    wanted.current_leader_epoch = lab.controller.quorum.leader_epoch
    assert lab.ask(request, 17).responses[0].partitions[0].records  # type: ignore[attr-defined]

    def refuse(*_: object) -> bytes:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(lab.controller.quorum, "read", refuse)  # of what isn't in memory
    with pytest.raises(ConnectionError):
        lab.ask(request, 17)
    assert [e.reason for e in lab.events(ControllerFailed)] == [  # type: ignore[attr-defined]
        "it can't read or write its metadata log (Input/output error)"
    ]


def test_leaders_are_told_in_events(lab: Lab) -> None:
    lab.start_brokers()
    lab.create("orders", 2)
    elected = lab.events(LeaderElected)
    assert [(e.topic, e.partition, e.leader_epoch) for e in elected] == [("orders", 0, 0), ("orders", 1, 0)]  # type: ignore[attr-defined]
