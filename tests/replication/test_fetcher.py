"""A follower's side of the fetch: what it names, what it takes, and how it tells of newcomers. The leader is a stub."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import ModuleType, SimpleNamespace
from typing import Any, cast

import pytest

from minikafka.metadata.configs import BrokerConfigs
from minikafka.policy import Rules
from minikafka.protocol.api import ApiKey
from minikafka.protocol.dispatch import RequestContext, handles
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.fetch import (
    EpochEndOffset,
    FetchableTopicResponse,
    FetchRequest,
    FetchResponse,
    PartitionData,
)
from minikafka.protocol.routes import Dispatch
from minikafka.protocol.server import Server
from minikafka.replication.fetcher import NAMED_A_FETCH, FetcherSettings, ReplicaFetcher
from minikafka.replication.partition import Partition, Role
from minikafka.replication.throttle import Throttle
from minikafka.world import SimulatedUniverse

TOPIC = uuid.UUID(int=7)
PORT = 9092


@dataclass
class StubPartition:
    """What a fetcher sees of a partition."""

    index: int
    topic: str = "t"
    topic_id: uuid.UUID = TOPIC
    role: Role = Role.FOLLOWER
    leader_epoch: int = 0
    rules: Rules = field(default_factory=Rules)
    taken: int = 0
    log: Any = field(
        default_factory=lambda: SimpleNamespace(
            log_end_offset=0, log_start_offset=0, high_watermark=0, epochs=SimpleNamespace(latest=-1)
        )
    )

    def append_as_follower(self, records: memoryview, high_watermark: int, log_start: int) -> None:
        self.taken += 1
        self.log.log_end_offset += len(records)


class Stage:
    """Broker 1, which answers as told, and a fetcher of broker 2. Connections to broker 1 are counted."""

    def __init__(self, universe: SimulatedUniverse) -> None:
        self.universe = universe
        self.requests: list[FetchRequest] = []
        self.news: dict[int, int] = {}
        self.errors: dict[int, ErrorCode] = {}
        self.parts: dict[int, EpochEndOffset] = {}
        """Where the logs part, told each time."""
        self.session = 77
        self.woken = asyncio.Event()
        server = Server(universe.world("broker-1"), self, Dispatch(handlers()))
        universe.run(server.listen(PORT), host="broker-1")
        self.server = server
        self.broken: list[OSError] = []
        self.partitions: list[StubPartition] = []

        async def begin() -> ReplicaFetcher:
            return ReplicaFetcher(
                universe.world("broker-2"),
                2,
                1,
                lambda broker: ("broker-1", PORT),
                lambda: 1,
                FetcherSettings(),
                lambda partition, problem: self.broken.append(problem),
                Throttle("follower", 2, BrokerConfigs()),
            )

        self.fetcher = universe.run(begin(), host="broker-2")

    def follow(self, *indexes: int) -> None:
        async def follow() -> None:
            for index in indexes:
                partition = StubPartition(index)
                self.partitions.append(partition)
                self.fetcher.follow(cast(Partition, partition))

        self.universe.run(follow(), host="broker-2")

    def write(self, **news: int) -> None:
        """So many bytes are new: `p7=3` in partition 7."""
        self.news.update({int(name[1:]): size for name, size in news.items()})
        self.woken.set()

    def named(self, request: FetchRequest) -> list[int]:
        return [p.partition for t in request.topics for p in t.partitions]

    def settle(self) -> None:
        self.universe.run_for(0.2)
        self.requests.clear()


async def fetch(node: Stage, request: FetchRequest, context: RequestContext) -> FetchResponse:
    node.requests.append(request)
    if request.max_wait_ms and not node.news and not node.errors and not node.parts:
        node.woken.clear()
        try:
            async with asyncio.timeout(request.max_wait_ms / 1000):
                await node.woken.wait()
        except TimeoutError:
            pass
    news, node.news = node.news, {}
    told = [
        PartitionData(partition_index=n, high_watermark=0, records=b"x" * size) for n, size in news.items()
    ]
    errors, node.errors = node.errors, {}
    told += [
        PartitionData(partition_index=n, error_code=code, high_watermark=-1, records=b"")
        for n, code in errors.items()
    ]
    told += [
        PartitionData(partition_index=n, high_watermark=0, records=b"", diverging_epoch=end)
        for n, end in node.parts.items()
        if n in node.named(request)
    ]
    topics = [FetchableTopicResponse(topic_id=TOPIC, partitions=told)] if told else []
    return FetchResponse(session_id=node.session, responses=topics)


def handlers() -> ModuleType:
    module = ModuleType("handlers")
    module.__dict__["fetch"] = handles(ApiKey.FETCH, (4, 18))(fetch)
    fetch.__module__ = "handlers"
    return module


@pytest.fixture
def s() -> Iterator[Stage]:
    with SimulatedUniverse(11) as universe:
        yield Stage(universe)


def test_a_session_of_thousands_begins_in_pieces_and_without_waiting(s: Stage) -> None:
    s.follow(*range(3000))
    s.universe.run_for(0.2)
    pieces = [s.named(request) for request in s.requests]
    assert [len(piece) for piece in pieces] == [NAMED_A_FETCH] * 6
    assert sorted(index for piece in pieces for index in piece) == list(range(3000))
    assert [request.max_wait_ms for request in s.requests] == [0] * 5 + [500]
    assert [request.session_epoch for request in s.requests[:3]] == [0, 1, 2]


def test_a_round_names_and_takes_what_moved(s: Stage) -> None:
    s.follow(*range(1000))
    s.settle()
    s.write(p7=3, p800=2)
    s.universe.run_for(0.2)
    assert [s.named(request) for request in s.requests] == [[7, 800]]
    assert [p.index for p in s.partitions if p.taken] == [7, 800]
    s.settle()
    s.universe.run_for(3)
    assert all(s.named(request) == [] for request in s.requests)


def test_an_idle_follower_asks_twice_a_second(s: Stage) -> None:
    s.follow(*range(100))
    s.settle()
    s.universe.run_for(60)
    assert 110 <= len(s.requests) <= 121


def test_newcomers_are_named_at_once_on_the_same_connection(s: Stage) -> None:
    s.follow(*range(100))
    s.settle()
    s.follow(*range(100, 150))
    s.universe.run_for(0.6)
    assert s.named(s.requests[0]) == list(range(100, 150)), "all of one turn in one request"
    assert s.server._connections_made == 1


def test_what_others_change_is_named_with_the_next_request(s: Stage) -> None:
    s.follow(*range(100))
    s.settle()
    s.partitions[5].log.log_start_offset = 1
    s.fetcher.note(cast(Partition, s.partitions[5]))
    s.universe.run_for(0.6)
    assert [s.named(request) for request in s.requests] == [[5]]


def test_what_is_unfollowed_leaves_the_session(s: Stage) -> None:
    s.follow(*range(10))
    s.settle()
    s.fetcher.unfollow(cast(Partition, s.partitions[3]))
    s.universe.run_for(0.6)
    assert [t.partitions for t in s.requests[0].forgotten_topics_data] == [[3]]
    s.requests.clear()
    s.write(p3=1)
    s.universe.run_for(0.6)
    assert s.partitions[3].taken == 0


def test_a_partition_that_the_leader_refuses_rests_and_is_asked_for_again(s: Stage) -> None:
    s.follow(*range(10))
    s.settle()
    s.errors[4] = ErrorCode.NOT_LEADER_OR_FOLLOWER
    s.woken.set()
    s.universe.run_for(0.04)
    assert [t.partitions for t in s.requests[0].forgotten_topics_data] == [[4]]
    assert s.requests[0].max_wait_ms <= 50
    s.universe.run_for(0.1)
    assert s.named(s.requests[1]) == [4]


def test_a_follower_whose_rule_truncates_nothing_rests_before_it_asks_again(s: Stage) -> None:
    s.follow(4)
    s.partitions[0].rules = Rules(truncation_offset=lambda follower_end, diverging_end: follower_end)
    s.partitions[0].log = SimpleNamespace(
        log_end_offset=7,
        log_start_offset=0,
        high_watermark=0,
        epochs=SimpleNamespace(latest=0, end_offset_for=lambda epoch: (0, 7)),
        truncate_to=lambda offset: None,
    )
    s.parts[4] = EpochEndOffset(epoch=0, end_offset=5)
    s.universe.run_for(10)
    assert 5 <= sum(4 in s.named(request) for request in s.requests) <= 11


def test_when_all_rest_nothing_is_asked_until_the_first_has_rested(s: Stage) -> None:
    s.follow(4)
    s.settle()
    s.errors[4] = ErrorCode.NOT_LEADER_OR_FOLLOWER
    s.woken.set()
    s.universe.run_for(0.04)
    assert s.requests == []
    s.universe.run_for(0.1)
    assert s.named(s.requests[0]) == [4]


def test_a_leader_without_sessions_is_told_everything_each_time(s: Stage) -> None:
    s.session = 0
    s.follow(*range(1000))
    s.universe.run_for(2)
    assert [len(s.named(request)) for request in s.requests[1:4]] == [1000] * 3
    assert {request.session_epoch for request in s.requests} == {0}


def test_a_leader_that_died_is_asked_again_when_it_is_back(s: Stage) -> None:
    s.follow(*range(10))
    s.settle()
    for connection in list(s.server.connections.values()):
        connection.close()
    s.universe.run_for(1.5)
    assert list(range(10)) in [s.named(request) for request in s.requests]
    assert s.server._connections_made == 2


def test_a_fault_in_one_round_is_said_and_the_next_begins_anew(s: Stage) -> None:
    s.follow(*range(3))
    s.settle()

    def broken(*_: object) -> None:
        s.partitions[1].append_as_follower = lambda *_: None  # type: ignore[method-assign]
        raise KeyError("a fault")

    s.partitions[1].append_as_follower = broken  # type: ignore[method-assign]
    s.write(p1=1)
    s.universe.run_for(3)
    assert [type(error) for error in s.universe.trace.failures] == [KeyError]
    assert s.named(s.requests[0]) == [0, 1, 2]


def test_an_answer_does_not_know_what_a_request_still_on_its_way_has_named_anew(s: Stage) -> None:
    s.follow(0)
    s.universe.run_for(0.7)  # there is a session, and a request waits at the leader
    partition = s.partitions[0]
    partition.log.log_end_offset = 3  # an answer before brought three bytes

    async def name_anew() -> None:
        s.fetcher.note(cast(Partition, partition))

    s.universe.run(name_anew(), host="broker-2")
    s.follow(1)  # a second request is on its way behind the first
    s.universe.run_for(0.01)
    s.write(p0=5)  # answers the first, from the old end on
    s.universe.run_for(0.01)
    assert (partition.taken, partition.log.log_end_offset) == (0, 3)
    s.write(p0=2)
    s.universe.run_for(0.01)
    assert (partition.taken, partition.log.log_end_offset) == (1, 5), "what answers the second is right"
