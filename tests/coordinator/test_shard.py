"""The shell: writes before it answers, one append at a time, loads, resigns, fails over. In virtual time."""

import asyncio
from types import SimpleNamespace

import pytest

from minikafka.broker.api import leave_group as leave_handler
from minikafka.broker.api import offset_fetch as offset_fetch_handler
from minikafka.coordinator.coordinator import GroupCoordinator
from minikafka.coordinator.runtime import CoordinatorRuntime, partition_of
from minikafka.coordinator.tenants import GROUPS
from minikafka.metadata.configs import BrokerConfigs
from minikafka.metadata.image import MetadataImage
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.messages.heartbeat import HeartbeatRequest
from minikafka.protocol.messages.join_group import JoinGroupRequest, JoinGroupRequestProtocol
from minikafka.protocol.messages.leave_group import LeaveGroupRequest
from minikafka.protocol.messages.offset_commit import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
)
from minikafka.protocol.messages.offset_fetch import (
    OffsetFetchRequest,
    OffsetFetchRequestGroup,
    OffsetFetchRequestTopic,
)
from minikafka.protocol.messages.sync_group import SyncGroupRequest, SyncGroupRequestAssignment
from minikafka.records.batch import Record
from minikafka.world import SimulatedUniverse


class MemoryJournal:
    """A partition's log in a list; a write takes `delay_s`, or fails with `error`."""

    def __init__(self, records=None, delay_s=0.01):
        self.epoch = 0
        self.records = [] if records is None else records
        self.delay_s = delay_s
        self.error = None
        self.appends = []
        self.is_appending = False

    async def append(self, records):
        assert not self.is_appending, "two appends at once"
        self.is_appending = True
        await asyncio.sleep(self.delay_s)
        self.is_appending = False
        if self.error is not None:
            raise ApiError(self.error)
        first = len(self.records)
        for new in records:
            self.records.append(Record(len(self.records), new.timestamp_ms, new.key, new.value, new.headers))
        self.appends.append(len(records))
        return first

    def read_all(self):
        return iter(list(self.records))


async def asks_nobody(request):
    raise AssertionError(f"groups ask no other broker, and not for {request}")


class Member:
    """A client that joins, syncs and heartbeats, against whatever coordinator it is pointed to."""

    def __init__(self, broker, name):
        self.broker = broker
        self.name = name
        self.member = ""
        self.generation = -1
        self.assignment = b""
        self.history = []

    def context(self, version):
        return SimpleNamespace(api_version=version, client_id=self.name, client_host="10.0.0.1")

    async def join(self):
        while True:
            request = JoinGroupRequest(
                group_id="g",
                session_timeout_ms=10_000,
                rebalance_timeout_ms=30_000,
                member_id=self.member,
                protocol_type="consumer",
                protocols=[JoinGroupRequestProtocol(name="range", metadata=b"m")],
            )
            joined = await self.broker.coordinator.join_group(request, self.context(9))
            self.member = joined.member_id
            if joined.error_code == ErrorCode.MEMBER_ID_REQUIRED:
                continue
            assert joined.error_code == ErrorCode.NONE, joined
            self.generation = joined.generation_id
            ids = [m.member_id for m in joined.members]
            given = {m: bytes(range(i, 6, len(ids))) for i, m in enumerate(ids)}
            synced = await self.broker.coordinator.sync_group(
                SyncGroupRequest(
                    group_id="g",
                    generation_id=self.generation,
                    member_id=self.member,
                    protocol_type="consumer",
                    protocol_name="range",
                    assignments=[
                        SyncGroupRequestAssignment(member_id=m, assignment=a) for m, a in given.items()
                    ],
                ),
                self.context(5),
            )
            if synced.error_code == ErrorCode.NONE:
                self.assignment = synced.assignment
                self.history.append((self.generation, self.assignment))
                return

    async def heartbeat(self):
        request = HeartbeatRequest(group_id="g", generation_id=self.generation, member_id=self.member)
        return (await self.broker.coordinator.heartbeat(request, self.context(4))).error_code

    async def live(self):
        await self.join()
        while True:
            await asyncio.sleep(3)
            if await self.heartbeat() == ErrorCode.REBALANCE_IN_PROGRESS:
                await self.join()

    async def commit(self, offset, partition=0):
        request = OffsetCommitRequest(
            group_id="g",
            generation_id_or_member_epoch=self.generation,
            member_id=self.member,
            topics=[
                OffsetCommitRequestTopic(
                    name="t",
                    partitions=[
                        OffsetCommitRequestPartition(
                            partition_index=partition, committed_offset=offset, committed_metadata=""
                        )
                    ],
                )
            ],
        )
        answer = await self.broker.coordinator.commit_offsets(request, self.context(8))
        return answer.topics[0].partitions[0].error_code


class Broker:
    """One world with a coordinator of one partition."""

    def __init__(self, universe, journal, host="broker-1"):
        self.universe = universe
        self.world = universe.world(host)
        self.journal = journal
        configs = BrokerConfigs({"group.initial.rebalance.delay.ms": 100, "offsets.topic.num.partitions": 1})
        self.runtime = CoordinatorRuntime(self.world, GROUPS, configs, MetadataImage, asks_nobody)
        self.coordinator = self.group_coordinator = GroupCoordinator(self.runtime)

    def lead(self, epoch=0):
        self.runtime.become_leader(0, epoch, self.journal)
        self.universe.run_for(0.001)
        return self

    def member(self, name="c"):
        return Member(self, name)

    def fetched(self, **how):
        asked = OffsetFetchRequestGroup(group_id="g", topics=None)
        found = self.universe.run(self.coordinator.fetch_offsets(asked, **how))
        return found.error_code, {
            p.partition_index: p.committed_offset for t in found.topics for p in t.partitions
        }


@pytest.fixture
def universe():
    with SimulatedUniverse(seed=1) as universe:
        yield universe
        assert universe.trace.failures == []


@pytest.fixture
def broker(universe):
    return Broker(universe, MemoryJournal()).lead()


def test_three_members_share_and_survive_one_death(universe, broker):
    members = [broker.member(name) for name in "abc"]
    tasks = [universe.world(f"client-{m.name}").spawn(m.live(), m.name) for m in members]
    universe.run_for(10)
    assert sorted(b"".join(m.assignment for m in members)) == list(range(6))
    tasks[2].cancel()
    universe.run_for(20)
    a, b, c = members
    assert sorted(a.assignment + b.assignment) == list(range(6))
    assert a.generation == b.generation > c.generation
    (group,) = broker.coordinator.snapshot()
    assert (group.state, group.generation, len(group.members)) == ("Stable", a.generation, 2)
    assert {m.client_host for m in group.members} == {"/10.0.0.1"}
    for generation in range(1, a.generation + 1):
        owned = b"".join(assignment for m in members for g, assignment in m.history if g == generation)
        assert len(set(owned)) == len(owned), f"a partition has two owners in generation {generation}"


def test_commits_in_flight_share_an_append_and_come_back_in_order(universe, broker):
    member = broker.member()
    universe.run(member.join())
    broker.journal.appends.clear()

    async def commits():
        return await asyncio.gather(*(member.commit(offset, offset % 2) for offset in range(20)))

    assert set(universe.run(commits())) == {ErrorCode.NONE}
    assert sum(broker.journal.appends) == 20
    assert len(broker.journal.appends) <= 3
    assert broker.fetched() == (ErrorCode.NONE, {0: 18, 1: 19})


def test_a_stable_read_waits_for_the_commit_on_its_way(universe, broker):
    member = broker.member()
    universe.run(member.join())
    broker.journal.delay_s = 1.0
    commit = universe.world("client-1").spawn(member.commit(7), "commit")
    universe.run_for(0.1)
    assert broker.fetched() == (ErrorCode.NONE, {})
    assert not commit.done()
    assert broker.fetched(require_stable=True) == (ErrorCode.NONE, {0: 7})


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (ErrorCode.NOT_LEADER_OR_FOLLOWER, ErrorCode.NOT_COORDINATOR),
        (ErrorCode.NOT_ENOUGH_REPLICAS, ErrorCode.COORDINATOR_NOT_AVAILABLE),
        (ErrorCode.REQUEST_TIMED_OUT, ErrorCode.COORDINATOR_NOT_AVAILABLE),
        (ErrorCode.MESSAGE_TOO_LARGE, ErrorCode.UNKNOWN_SERVER_ERROR),
    ],
)
def test_a_failed_write_is_told_in_the_coordinators_words(universe, broker, broken, told):
    member = broker.member()
    universe.run(member.join())
    broker.journal.error = broken
    assert universe.run(member.commit(7)) == told
    broker.journal.error = None
    assert broker.fetched() == (ErrorCode.NONE, {})
    assert universe.run(member.commit(8)) == ErrorCode.NONE


def test_the_group_goes_on_at_another_coordinator(universe, broker):
    member = broker.member()
    universe.run(member.join())
    universe.run(member.commit(7))
    broker.runtime.resign(0)
    assert universe.run(member.heartbeat()) == ErrorCode.NOT_COORDINATOR
    other = Broker(universe, MemoryJournal(broker.journal.records), "broker-2").lead(epoch=1)
    before, member.broker = broker, other
    assert universe.run(member.heartbeat()) == ErrorCode.NONE
    assert universe.run(member.commit(8)) == ErrorCode.NONE
    assert other.fetched() == (ErrorCode.NONE, {0: 8})
    assert before.fetched()[0] == ErrorCode.NOT_COORDINATOR


def test_parked_requests_are_answered_on_resignation(universe, broker):
    a, b = broker.member("a"), broker.member("b")
    universe.run(a.join())
    waiting = universe.world("client-1").spawn(b.join(), "join")
    universe.run_for(1)
    assert not waiting.done()
    broker.runtime.resign(0)
    universe.run_for(0.1)
    (failure,) = universe.trace.failures
    assert "NOT_COORDINATOR" in str(failure)
    universe.trace.failures.clear()


def test_nothing_is_known_while_the_log_is_read(universe):
    journal = MemoryJournal()
    first = Broker(universe, journal).lead()
    member = first.member()
    universe.run(member.join())
    for offset in range(3):
        universe.run(member.commit(offset))
    journal.records[:] = journal.records * 1_500
    second = Broker(universe, journal, "broker-2")
    second.runtime.become_leader(0, 1, journal)
    member.broker = second

    async def ask():
        asked = OffsetFetchRequestGroup(group_id="g", topics=None)
        return (
            (await second.coordinator.fetch_offsets(asked)).error_code,
            (await second.coordinator.list_groups()).error_code,
            await member.heartbeat(),
            await member.commit(9),
        )

    loading = ErrorCode.COORDINATOR_LOAD_IN_PROGRESS
    assert second.runtime.partitions == {0: "loading"}
    assert universe.run(ask()) == (loading, loading, ErrorCode.NONE, loading)
    universe.run_for(0.1)
    assert second.runtime.partitions == {0: "active"}
    assert second.fetched() == (ErrorCode.NONE, {0: 2})


def test_deleting_waits_its_turn_behind_a_commit(universe, broker):
    admin = broker.member()
    admin_commit = universe.world("client-1").spawn(admin.commit(5), "commit")
    universe.run_for(0.001)
    results = universe.run(broker.coordinator.delete_groups(["g", "g", "x"], admin.context(2)))
    assert [(r.group_id, r.error_code) for r in results] == [
        ("g", ErrorCode.NONE),
        ("x", ErrorCode.GROUP_ID_NOT_FOUND),
    ]
    assert admin_commit.result() == ErrorCode.NONE
    assert broker.fetched() == (ErrorCode.NONE, {})
    assert Broker(universe, broker.journal, "broker-2").lead().coordinator.snapshot() == ()


def test_a_write_that_cannot_be_encoded_hurts_nobody_else(universe, broker):
    member = broker.member()

    async def commits():
        good, bad = (
            member.commit(1),
            OffsetCommitRequest(
                group_id="x" * 40_000,
                member_id="",
                topics=[
                    OffsetCommitRequestTopic(
                        name="t",
                        partitions=[
                            OffsetCommitRequestPartition(
                                partition_index=0, committed_offset=1, committed_metadata=""
                            )
                        ],
                    )
                ],
            ),
        )
        refused = broker.coordinator.commit_offsets(bad, member.context(8))
        return await asyncio.gather(refused, good, member.commit(2))

    refused, first, second = universe.run(commits())
    assert refused.topics[0].partitions[0].error_code == ErrorCode.UNKNOWN_SERVER_ERROR
    assert (first, second) == (ErrorCode.NONE, ErrorCode.NONE)


def test_bad_requests_get_their_code_without_a_shard(universe, broker):
    member = broker.member()

    async def ask():
        request = JoinGroupRequest(
            group_id="g", session_timeout_ms=10, member_id="", protocol_type="consumer", protocols=[]
        )
        short = await broker.coordinator.join_group(request, member.context(9))
        request.group_id, request.session_timeout_ms = "", 10_000
        nameless = await broker.coordinator.join_group(request, member.context(9))
        sync = SyncGroupRequest(group_id="g", generation_id=1, member_id="m", assignments=[])
        return short, nameless, await broker.coordinator.sync_group(sync, member.context(5))

    codes = [answer.error_code for answer in universe.run(ask())]
    assert codes == [
        ErrorCode.INVALID_SESSION_TIMEOUT,
        ErrorCode.INVALID_GROUP_ID,
        ErrorCode.INCONSISTENT_GROUP_PROTOCOL,
    ]


def test_older_versions_have_one_answer_for_one_member(universe, broker):
    context = broker.member().context(2)
    request = LeaveGroupRequest(group_id="g", member_id="ghost")
    left = universe.run(leave_handler.leave_group(broker, request, context))
    assert (left.error_code, left.members) == (ErrorCode.UNKNOWN_MEMBER_ID, [])
    broker.runtime.resign(0)
    asked = OffsetFetchRequest(
        group_id="g", topics=[OffsetFetchRequestTopic(name="t", partition_indexes=[0, 1])]
    )
    for version, codes in ((1, [ErrorCode.NOT_COORDINATOR] * 2), (7, [])):
        context = broker.member().context(version)
        found = universe.run(offset_fetch_handler.offset_fetch(broker, asked, context))
        assert found.error_code == ErrorCode.NOT_COORDINATOR
        assert [p.error_code for t in found.topics for p in t.partitions] == codes
        found.encode(version)


@pytest.mark.parametrize(
    ("group_id", "partition"),
    # Known hashCodes: "hello" 99162322, "test" 3556498, "group" 98629247; the lubricants hash to
    # Integer.MIN_VALUE, which has no absolute value and counts as 0. Java hashes UTF-16 units.
    [
        ("", 0),
        ("a", 47),
        ("hello", 22),
        ("test", 48),
        ("group", 47),
        ("polygenelubricants", 0),
        ("그룹", (31 * 0xADF8 + 0xB8F9) % 50),
        ("😀", (31 * 0xD83D + 0xDE00) % 50),
    ],
)
def test_a_group_lives_where_java_would_put_it(group_id, partition):
    assert partition_of(group_id, 50) == partition


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (b"\x00\x02\x00\x05torn", b"\x00\x03"),
        (b"\x00\x01\x00\x01g\x00\x01t\x00\x00\x00\x00", b"\x00"),
        (b"\x00\x01\x00\x01g\x00\x01t\x00\x00\x00\x00", b"\x00\x63 of a newer Kafka"),
    ],
)
def test_a_record_that_can_not_be_read_takes_no_groups_along(universe, broker, key, value):
    member = broker.member()
    universe.run(member.join())
    universe.run(member.commit(7))
    broker.runtime.resign(0)
    records = broker.journal.records
    records.insert(1, Record(99, 0, key, value))
    other = Broker(universe, MemoryJournal(records), "broker-2").lead(epoch=1)
    assert other.fetched() == (ErrorCode.NONE, {0: 7})
    [said] = [t.event for t in universe.trace.recent if t.event.kind == "CoordinatorRecordSkipped"]
    assert (said.partition, said.offset) == (0, 99) and said.reason
