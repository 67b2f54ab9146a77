"""Every version of every group API, through a real server and a real channel, in virtual time."""

import uuid
from types import SimpleNamespace

import pytest

from minikafka.broker.api import (
    delete_groups,
    describe_groups,
    find_coordinator,
    heartbeat,
    join_group,
    leave_group,
    list_groups,
    offset_commit,
    offset_delete,
    offset_fetch,
    sync_group,
)
from minikafka.coordinator.coordinator import GroupCoordinator
from minikafka.coordinator.coordinators import Coordinators
from minikafka.coordinator.tenants import GROUPS, TENANTS
from minikafka.metadata.configs import BrokerConfigs
from minikafka.protocol.channel import Channel
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.delete_groups import DeleteGroupsRequest
from minikafka.protocol.messages.describe_groups import DescribeGroupsRequest
from minikafka.protocol.messages.find_coordinator import FindCoordinatorRequest
from minikafka.protocol.messages.heartbeat import HeartbeatRequest
from minikafka.protocol.messages.join_group import JoinGroupRequest, JoinGroupRequestProtocol
from minikafka.protocol.messages.leave_group import LeaveGroupRequest, MemberIdentity
from minikafka.protocol.messages.list_groups import ListGroupsRequest
from minikafka.protocol.messages.offset_commit import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
)
from minikafka.protocol.messages.offset_delete import (
    OffsetDeleteRequest,
    OffsetDeleteRequestPartition,
    OffsetDeleteRequestTopic,
)
from minikafka.protocol.messages.offset_fetch import (
    OffsetFetchRequest,
    OffsetFetchRequestGroup,
    OffsetFetchRequestTopic,
    OffsetFetchRequestTopics,
)
from minikafka.protocol.messages.sync_group import SyncGroupRequest, SyncGroupRequestAssignment
from minikafka.protocol.routes import Dispatch
from minikafka.protocol.server import Server
from minikafka.records.batch import Record
from minikafka.world import SimulatedUniverse

HANDLERS = [
    delete_groups,
    describe_groups,
    find_coordinator,
    heartbeat,
    join_group,
    leave_group,
    list_groups,
    offset_commit,
    offset_delete,
    offset_fetch,
    sync_group,
]
TOPIC_ID, UNKNOWN_ID = uuid.UUID(int=7), uuid.UUID(int=8)


class Journal:
    epoch = 0

    def __init__(self):
        self.records = []

    async def append(self, records):
        for new in records:
            self.records.append(Record(len(self.records), new.timestamp_ms, new.key, new.value))
        return 0

    def read_all(self):
        return iter(self.records)


async def asks_nobody(request):
    raise AssertionError(f"groups ask no other broker, and not for {request}")


class Image:
    """One topic "t" with two partitions, and the offsets topic once somebody created it."""

    def __init__(self):
        led = SimpleNamespace(leader=1)
        self.topics = {"t": SimpleNamespace(name="t", id=TOPIC_ID, partitions={0: led, 1: led})}

    def topic(self, name):
        return self.topics.get(name)

    def topic_by_id(self, topic_id):
        return next((topic for topic in self.topics.values() if topic.id == topic_id), None)


class Node:
    def __init__(self, world):
        self.world = world
        self.image = Image()
        configs = BrokerConfigs({"group.initial.rebalance.delay.ms": 10, "offsets.topic.num.partitions": 1})
        self.coordinators = Coordinators(world, TENANTS, configs, lambda: self.image, asks_nobody)
        self.group_coordinator = GroupCoordinator(self.coordinators.of(GROUPS))
        self.topic_creation = SimpleNamespace(begin=self._begin_creating)

    def endpoint(self, broker_id):
        return ("broker-1", 9092) if broker_id == 1 else None

    def _begin_creating(self, names):
        for name in names:
            self.world.call_later(0.05, self._created, name)

    def _created(self, name):
        led = SimpleNamespace(leader=1)
        self.image.topics[name] = SimpleNamespace(name=name, id=uuid.UUID(int=9), partitions={0: led})
        self.group_coordinator.runtime.become_leader(0, 0, Journal())


class Client:
    def __init__(self, universe):
        self.universe = universe
        self.world = universe.world("client-1")
        self.channel = universe.run(Channel.connect(self.world, "broker-1", 9092, "c"), host="client-1")

    def ask(self, request, version):
        return self.universe.run(self.channel.request(request, version), host="client-1")

    def find(self, version, key_type=0):
        if version < 4:
            return self.ask(FindCoordinatorRequest(key="g", key_type=key_type), version)
        request = FindCoordinatorRequest(coordinator_keys=["g"], key_type=key_type)
        return self.ask(request, version).coordinators[0]

    def join(self, version, member="", **how):
        request = JoinGroupRequest(
            group_id="g",
            session_timeout_ms=10_000,
            member_id=member,
            protocol_type="consumer",
            protocols=[JoinGroupRequestProtocol(name="range", metadata=b"m")],
            **how,
        )
        return self.ask(request, version)

    def stable(self, version=9):
        joined = self.join(version)
        if joined.error_code == ErrorCode.MEMBER_ID_REQUIRED:
            joined = self.join(version, joined.member_id)
        assert joined.error_code == ErrorCode.NONE
        synced = self.sync(min(version, 5), joined.member_id)
        assert (synced.error_code, synced.assignment) == (ErrorCode.NONE, b"all")
        return joined.member_id

    def sync(self, version, member):
        given = [SyncGroupRequestAssignment(member_id=member, assignment=b"all")]
        request = SyncGroupRequest(group_id="g", generation_id=1, member_id=member, assignments=given)
        if version >= 5:
            request.protocol_type, request.protocol_name = "consumer", "range"
        return self.ask(request, version)

    def commit(self, version, member, partition=0, topic_id=TOPIC_ID, topic="t"):
        asked = OffsetCommitRequestPartition(
            partition_index=partition, committed_offset=5, committed_leader_epoch=2, committed_metadata="note"
        )
        if version < 10:
            topics = [OffsetCommitRequestTopic(name=topic, partitions=[asked])]
        else:
            topics = [OffsetCommitRequestTopic(topic_id=topic_id, partitions=[asked])]
        request = OffsetCommitRequest(
            group_id="g", generation_id_or_member_epoch=1, member_id=member, topics=topics
        )
        (answer,) = self.ask(request, version).topics
        assert (answer.name, answer.topic_id) == (topics[0].name, topics[0].topic_id)
        return answer.partitions[0].error_code


@pytest.fixture
def client():
    with SimulatedUniverse(seed=3) as universe:
        node = Node(universe.world("broker-1"))
        server = Server(node.world, node, Dispatch(*HANDLERS), max_frame_bytes=1 << 20, idle_close_s=600)
        universe.run(server.listen(9092), host="broker-1")
        client = Client(universe)
        client.node = node
        yield client
        assert universe.trace.failures == []


@pytest.fixture
def group(client):
    client.find(6)
    universe = client.universe
    universe.run_for(0.1)
    return client


@pytest.mark.parametrize("version", range(7))
def test_the_first_question_creates_the_offsets_topic(client, version):
    first = client.find(version)
    assert (first.error_code, first.node_id, first.port) == (ErrorCode.COORDINATOR_NOT_AVAILABLE, -1, -1)
    client.universe.run_for(0.1)
    then = client.find(version)
    assert (then.error_code, then.node_id, then.host, then.port) == (ErrorCode.NONE, 1, "broker-1", 9092)
    if version >= 1:
        assert not ErrorCode(client.find(version, key_type=1).error_code).retriable
        assert client.find(version, key_type=2).error_code == ErrorCode.INVALID_REQUEST
        assert client.find(version, key_type=9).error_code == ErrorCode.INVALID_REQUEST


@pytest.mark.parametrize("version", range(10))
def test_joining_in_every_version(group, version):
    member = group.stable(version)
    assert member.startswith("c-")
    again = group.join(version, "ghost")
    assert again.error_code == ErrorCode.UNKNOWN_MEMBER_ID
    assert again.protocol_name == (None if version >= 7 else "")


@pytest.mark.parametrize("version", range(6))
def test_syncing_in_every_version(group, version):
    member = group.stable()
    assert group.sync(version, member).assignment == b"all"
    assert group.sync(version, "ghost").error_code == ErrorCode.UNKNOWN_MEMBER_ID


@pytest.mark.parametrize("version", range(5))
def test_heartbeats_in_every_version(group, version):
    member = group.stable()

    def beat(generation):
        request = HeartbeatRequest(group_id="g", generation_id=generation, member_id=member)
        return group.ask(request, version).error_code

    assert (beat(1), beat(2)) == (ErrorCode.NONE, ErrorCode.ILLEGAL_GENERATION)


@pytest.mark.parametrize("version", range(6))
def test_leaving_in_every_version(group, version):
    member = group.stable()

    def leave():
        if version < 3:
            return group.ask(LeaveGroupRequest(group_id="g", member_id=member), version).error_code
        identity = MemberIdentity(member_id=member, reason="done" if version >= 5 else None)
        answer = group.ask(LeaveGroupRequest(group_id="g", members=[identity]), version)
        assert answer.error_code == ErrorCode.NONE
        return answer.members[0].error_code

    assert (leave(), leave()) == (ErrorCode.NONE, ErrorCode.UNKNOWN_MEMBER_ID)


@pytest.mark.parametrize("version", range(2, 11))
def test_committing_in_every_version(group, version):
    member = group.stable()
    assert group.commit(version, member) == ErrorCode.NONE
    assert group.commit(version, member, partition=2) == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    unknown = ErrorCode.UNKNOWN_TOPIC_ID if version >= 10 else ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    assert group.commit(version, member, topic_id=UNKNOWN_ID, topic="u") == unknown


@pytest.mark.parametrize("version", range(1, 11))
def test_fetching_positions_in_every_version(group, version):
    group.commit(9, group.stable())

    def fetch(topics):
        if version < 8:
            if topics is not None:
                topics = [OffsetFetchRequestTopic(name="t", partition_indexes=[0, 1])]
            request = OffsetFetchRequest(group_id="g", topics=topics, require_stable=version >= 7)
            answer = group.ask(request, version)
        else:
            if topics is not None:
                topics = [OffsetFetchRequestTopics(name="t", topic_id=TOPIC_ID, partition_indexes=[0, 1])]
            asked = OffsetFetchRequestGroup(group_id="g", topics=topics)
            (answer,) = group.ask(OffsetFetchRequest(groups=[asked], require_stable=True), version).groups
        assert answer.error_code == ErrorCode.NONE
        return [
            (p.partition_index, p.committed_offset, p.metadata) for t in answer.topics for p in t.partitions
        ]

    assert fetch([]) == [(0, 5, "note"), (1, -1, "")]
    if version >= 2:
        assert fetch(None) == [(0, 5, "note")]


def test_an_unknown_topic_id_has_its_own_error(group):
    group.commit(9, group.stable())
    topics = [OffsetFetchRequestTopics(topic_id=i, partition_indexes=[0]) for i in (UNKNOWN_ID, TOPIC_ID)]
    asked = OffsetFetchRequestGroup(group_id="g", topics=topics)
    (found,) = group.ask(OffsetFetchRequest(groups=[asked]), 10).groups
    assert {t.topic_id: t.partitions[0].error_code for t in found.topics} == {
        TOPIC_ID: ErrorCode.NONE,
        UNKNOWN_ID: ErrorCode.UNKNOWN_TOPIC_ID,
    }


@pytest.mark.parametrize("version", range(6))
def test_listing_in_every_version(group, version):
    group.stable()
    (listed,) = group.ask(ListGroupsRequest(), version).groups
    assert (listed.group_id, listed.protocol_type) == ("g", "consumer")
    assert listed.group_state == ("Stable" if version >= 4 else "")
    assert listed.group_type == ("classic" if version >= 5 else "")


@pytest.mark.parametrize("version", range(7))
def test_describing_in_every_version(group, version):
    member = group.stable()
    request = DescribeGroupsRequest(groups=["g", "none"], include_authorized_operations=version >= 3)
    described, missing = group.ask(request, version).groups
    assert (described.group_state, described.protocol_data) == ("Stable", "range")
    assert [(m.member_id, m.member_assignment) for m in described.members] == [(member, b"all")]
    assert missing.group_state == "Dead"
    assert missing.error_code == (ErrorCode.GROUP_ID_NOT_FOUND if version >= 6 else ErrorCode.NONE)
    if version >= 3:
        assert described.authorized_operations == describe_groups.GROUP_OPERATIONS


@pytest.mark.parametrize("version", range(3))
def test_deleting_in_every_version(group, version):
    member = group.stable()

    def delete():
        return group.ask(DeleteGroupsRequest(groups_names=["g"]), version).results[0].error_code

    assert delete() == ErrorCode.NON_EMPTY_GROUP
    group.ask(LeaveGroupRequest(group_id="g", members=[MemberIdentity(member_id=member)]), 4)
    assert (delete(), delete()) == (ErrorCode.NONE, ErrorCode.GROUP_ID_NOT_FOUND)


def test_positions_are_deleted_unless_a_member_reads_the_topic(group):
    def delete(*indexes, topic="t"):
        asked = [OffsetDeleteRequestPartition(partition_index=index) for index in indexes]
        request = OffsetDeleteRequest(
            group_id="g", topics=[OffsetDeleteRequestTopic(name=topic, partitions=asked)]
        )
        answer = group.ask(request, 0)
        return answer.error_code, {
            p.partition_index: p.error_code for t in answer.topics for p in t.partitions
        }

    assert delete(0) == (ErrorCode.GROUP_ID_NOT_FOUND, {})
    member = group.stable()
    group.commit(9, member)
    read = ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC  # b"m" is no subscription: it may mean any topic
    assert delete(0) == (ErrorCode.NONE, {0: read})
    group.ask(LeaveGroupRequest(group_id="g", members=[MemberIdentity(member_id=member)]), 4)
    unknown = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    assert delete(0, 1, 7) == (ErrorCode.NONE, {0: ErrorCode.NONE, 1: ErrorCode.NONE, 7: unknown})
    assert delete(0, topic="u") == (ErrorCode.NONE, {0: unknown})
    asked = OffsetFetchRequestGroup(group_id="g", topics=None)
    (found,) = group.ask(OffsetFetchRequest(groups=[asked]), 9).groups
    assert (found.error_code, found.topics) == (ErrorCode.NONE, [])
