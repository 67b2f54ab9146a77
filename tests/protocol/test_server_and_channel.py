"""The two ends of a connection in a simulated universe: order, faults, limits, back-pressure."""

from __future__ import annotations

import asyncio
import dataclasses
import inspect
import struct
from collections.abc import Iterator
from types import ModuleType
from typing import Any, cast

import pytest

from minikafka.protocol.api import ApiKey
from minikafka.protocol.channel import Channel
from minikafka.protocol.dispatch import CloseConnection, RequestContext, handles
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.framing import request_frame
from minikafka.protocol.handshake import Features
from minikafka.protocol.messages.api_versions import ApiVersionsRequest, ApiVersionsResponse
from minikafka.protocol.messages.fetch import FetchableTopicResponse, FetchRequest, FetchResponse
from minikafka.protocol.messages.fetch import PartitionData as FetchedPartition
from minikafka.protocol.messages.find_coordinator import FindCoordinatorRequest
from minikafka.protocol.messages.heartbeat import HeartbeatRequest, HeartbeatResponse
from minikafka.protocol.messages.join_group import JoinGroupRequest
from minikafka.protocol.messages.list_groups import ListGroupsRequest, ListGroupsResponse
from minikafka.protocol.messages.produce import (
    PartitionProduceData,
    ProduceRequest,
    ProduceResponse,
    TopicProduceData,
)
from minikafka.protocol.routes import Dispatch
from minikafka.protocol.schema import Buffer, Message
from minikafka.protocol.server import REQUESTS_A_TURN, Server
from minikafka.world import SimulatedUniverse

PORT = 9092


class Node:
    """A broker's stand-in: remembers what its handlers were asked."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.produced: list[bytes] = []
        self.gate: asyncio.Future[None] | None = None

    def api_versions_features(self) -> Features:
        return Features([("metadata.version", 0, 27)], 5, [("metadata.version", 25)])


async def fetch(node: Node, request: FetchRequest, context: RequestContext) -> FetchResponse:
    node.log.append(f"fetch {context.correlation_id} begins")
    await asyncio.sleep(request.max_wait_ms / 1000)
    node.log.append(f"fetch {context.correlation_id} ends")
    records = FetchedPartition(partition_index=0, high_watermark=0, records=b"x" * request.max_bytes)
    return FetchResponse(responses=[FetchableTopicResponse(topic="t", partitions=[records])])


def heartbeat(node: Node, request: HeartbeatRequest, context: RequestContext) -> HeartbeatResponse:
    node.log.append(f"heartbeat {context.correlation_id}")
    return HeartbeatResponse(error_code=request.generation_id)


def produce(node: Node, request: ProduceRequest, context: RequestContext) -> ProduceResponse | None:
    for topic in request.topic_data:
        for partition in topic.partition_data:
            assert isinstance(partition.records, memoryview)
            assert not partition.records.readonly
            node.produced.append(bytes(partition.records))
    if request.timeout_ms < 0:
        raise CloseConnection
    return None if request.acks == 0 else ProduceResponse(responses=[])


def find_coordinator(node: Node, request: FindCoordinatorRequest, context: RequestContext) -> Message:
    raise ApiError(ErrorCode.COORDINATOR_NOT_AVAILABLE)


async def list_groups(node: Node, request: ListGroupsRequest, context: RequestContext) -> ListGroupsResponse:
    await asyncio.sleep(1)
    raise KeyError("a fault of the handler's own")


def handlers() -> ModuleType:
    module = ModuleType("handlers")
    module.__dict__.update(
        fetch=handles(ApiKey.FETCH, (4, 18))(fetch),
        heartbeat=handles(ApiKey.HEARTBEAT, (0, 4))(heartbeat),
        produce=handles(ApiKey.PRODUCE, (3, 13))(produce),
        find_coordinator=handles(ApiKey.FIND_COORDINATOR, (0, 3))(find_coordinator),
        list_groups=handles(ApiKey.LIST_GROUPS, (0, 5))(list_groups),
    )
    for handler in (fetch, heartbeat, produce, find_coordinator, list_groups):
        handler.__module__ = "handlers"
    return module


class Raw(asyncio.Protocol):
    """A client that sends any bytes."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self.data += data

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True


class Stage:
    """One server and its clients."""

    def __init__(self, universe: SimulatedUniverse, **limits: Any) -> None:
        self.universe = universe
        self.node = Node()
        self.server = Server(universe.world("broker-1"), self.node, Dispatch(handlers()), **limits)
        universe.run(self.server.listen(PORT), host="broker-1")

    def channel(self, host: str = "client-1") -> Channel:
        world = self.universe.world(host)
        return self.universe.run(Channel.connect(world, "broker-1", PORT, host), host=host)

    def raw(self) -> Raw:
        world = self.universe.world("client-raw")
        _, protocol = self.universe.run(world.network.connect(Raw, "broker-1", PORT), host="client-raw")
        return cast("Raw", protocol)

    def ask(self, channel: Channel, message: Message, version: int, timeout_s: float = 30.0) -> Any:
        return self.universe.run(channel.request(message, version, timeout_s), host="client-1")

    def is_well(self) -> bool:
        return bool(self.ask(self.channel(), beat(7), 4).error_code == 7)


@pytest.fixture(params=[False, True], ids=["whole", "chunked"])
def universe(request: pytest.FixtureRequest) -> Iterator[SimulatedUniverse]:
    with SimulatedUniverse(11, chunking=request.param) as universe:
        yield universe


def beat(number: int = 0) -> HeartbeatRequest:
    return HeartbeatRequest(group_id="g", generation_id=number, member_id="m")


def wait(wait_ms: int, answer_bytes: int = 0) -> FetchRequest:
    return FetchRequest(max_wait_ms=wait_ms, min_bytes=1, max_bytes=answer_bytes, topics=[])


def records(size_bytes: int, acks: int = -1) -> ProduceRequest:
    data = PartitionProduceData(index=0, records=b"r" * size_bytes)
    topic = TopicProduceData(name="t", partition_data=[data])
    return ProduceRequest(acks=acks, timeout_ms=1000, topic_data=[topic])


def joined(parts: list[Buffer]) -> bytes:
    return b"".join(parts)


def test_pipelined_requests_are_worked_on_and_answered_in_order(universe: SimulatedUniverse) -> None:
    stage = Stage(universe)
    channel = stage.channel()

    async def scenario() -> list[Message]:
        sent = [channel.submit(wait(500), 12), channel.submit(beat(1), 4), channel.submit(wait(100), 12)]
        sent.append(channel.submit(beat(2), 4))
        return [await one for one in sent]

    answers = universe.run(scenario(), host="client-1")
    assert [type(answer).__name__ for answer in answers] == [
        "FetchResponse",
        "HeartbeatResponse",
        "FetchResponse",
        "HeartbeatResponse",
    ]
    begun = ["fetch 0 begins", "fetch 0 ends", "heartbeat 1", "fetch 2 begins", "fetch 2 ends", "heartbeat 3"]
    assert stage.node.log == begun


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"GET / HTTP/1.1\r\nHost: broker\r\n\r\n", id="HTTP"),
        pytest.param(struct.pack(">i", -1) + bytes(40), id="negative length"),
        pytest.param(struct.pack(">i", 2**31 - 1) + bytes(40), id="two GiB"),
        pytest.param(struct.pack(">i", 100 * 1024 * 1024 + 1) + bytes(40), id="above the limit"),
        pytest.param(struct.pack(">i", 0), id="empty frame"),
        pytest.param(struct.pack(">ihhih", 10, 999, 0, 1, -1), id="unknown key"),
        pytest.param(struct.pack(">ihhih", 10, ApiKey.VOTE, 0, 1, -1), id="key without a handler"),
        pytest.param(struct.pack(">ihhih", 10, ApiKey.HEARTBEAT, 77, 1, -1), id="unknown version"),
        pytest.param(
            struct.pack(">ihhih", 10, ApiKey.PRODUCE, 2, 1, -1), id="advertised but refused version"
        ),
        pytest.param(struct.pack(">ihhih", 10, ApiKey.HEARTBEAT, 0, 1, 5), id="client id cut off"),
        pytest.param(struct.pack(">ihhih", 20, ApiKey.HEARTBEAT, 0, 1, -1) + b"\xff" * 10, id="garbage body"),
    ],
)
def test_bad_bytes_end_their_connection_and_nothing_else(universe: SimulatedUniverse, data: bytes) -> None:
    stage = Stage(universe)
    other, bad = stage.channel(), stage.raw()
    bad.transport.write(data)
    universe.run_for(1)
    assert bad.lost
    assert bad.data == b""
    assert stage.ask(other, beat(3), 4).error_code == 3
    assert universe.trace.failures == []


def test_what_came_before_the_bad_bytes_is_answered(universe: SimulatedUniverse) -> None:
    stage = Stage(universe)
    raw = stage.raw()
    raw.transport.write(joined(request_frame(beat(4), 4, 9, b"c")) + struct.pack(">ihhih", 10, 999, 0, 1, -1))
    universe.run_for(1)
    assert raw.lost
    assert raw.data[4:8] == struct.pack(">i", 9)


def test_an_unknown_version_of_api_versions_is_answered_in_version_0(universe: SimulatedUniverse) -> None:
    stage = Stage(universe)
    raw = stage.raw()
    raw.transport.write(struct.pack(">ihhih", 11, ApiKey.API_VERSIONS, 99, 6, -1) + b"\0")
    universe.run_for(1)
    answer = ApiVersionsResponse.decode(bytes(raw.data[8:]), 0)
    assert answer.error_code == ErrorCode.UNSUPPORTED_VERSION
    assert [(key.api_key, key.min_version, key.max_version) for key in answer.api_keys] == [(18, 0, 4)]
    assert not raw.lost


def test_api_versions_tells_the_table_and_the_features(universe: SimulatedUniverse) -> None:
    stage = Stage(universe)
    channel = stage.channel()
    versions = universe.run(channel.negotiate(), host="client-1")
    assert versions[ApiKey.PRODUCE] == (0, 13)
    assert versions[ApiKey.FIND_COORDINATOR] == (0, 3)
    assert channel.version_for(FindCoordinatorRequest) == 3
    with pytest.raises(ApiError, match="UNSUPPORTED_VERSION"):
        channel.version_for(JoinGroupRequest)
    software = ApiVersionsRequest(client_software_name="a", client_software_version="1")
    assert stage.ask(channel, software, 4).supported_features[0].min_version == 0
    assert stage.ask(channel, software, 3).supported_features[0].min_version == 1
    assert stage.ask(channel, software, 4).finalized_features[0].max_version_level == 25


@pytest.mark.parametrize("name", ["", "-a", "a b", "a."])
def test_a_client_software_name_has_to_be_well_formed(universe: SimulatedUniverse, name: str) -> None:
    stage = Stage(universe)
    channel = stage.channel()
    request = ApiVersionsRequest(client_software_name=name, client_software_version="1.0")
    assert stage.ask(channel, request, 3).error_code == ErrorCode.INVALID_REQUEST
    assert stage.ask(channel, request, 2).error_code == 0


def test_half_a_request_and_silence_is_closed_when_idle(universe: SimulatedUniverse) -> None:
    stage = Stage(universe)
    raw = stage.raw()
    raw.transport.write(joined(request_frame(beat(), 4, 0, b"c"))[:12])
    universe.run_for(599)
    assert not raw.lost
    universe.run_for(3)
    assert raw.lost
    assert stage.server.connections == {}


def test_a_connection_that_waits_for_its_answer_is_not_idle(universe: SimulatedUniverse) -> None:
    stage = Stage(universe, idle_close_s=10.0)
    channel = stage.channel()
    assert stage.ask(channel, wait(25_000), 12, timeout_s=60).error_code == 0
    universe.run_for(12)
    assert channel.closed


def test_a_large_produce_arrives_whole_and_writable(universe: SimulatedUniverse) -> None:
    stage = Stage(universe)
    channel = stage.channel()
    sizes = [10, 3_000_000, 20_000, 100_000, 1]

    async def scenario() -> None:
        for sent in [channel.submit(records(size), 9) for size in sizes]:
            await sent

    universe.run(scenario(), host="client-1")
    assert [len(data) for data in stage.node.produced] == sizes
    assert all(set(data) == {ord("r")} for data in stage.node.produced)


def test_produce_with_acks_0_has_no_answer(universe: SimulatedUniverse) -> None:
    stage = Stage(universe)
    channel = stage.channel()

    async def scenario() -> Message:
        channel.send(records(100, acks=0), 9)
        return await channel.request(beat(5), 4)

    assert cast("HeartbeatResponse", universe.run(scenario(), host="client-1")).error_code == 5
    assert len(stage.node.produced) == 1


def test_a_handler_can_end_the_connection_in_place_of_an_answer(universe: SimulatedUniverse) -> None:
    stage = Stage(universe)
    channel = stage.channel()
    request = records(1, acks=0)
    request.timeout_ms = -1
    channel.send(request, 9)
    universe.run_for(1)
    assert channel.closed
    assert universe.trace.failures == []


def test_a_client_that_does_not_read_stops_its_own_requests(universe: SimulatedUniverse) -> None:
    stage = Stage(universe)
    raw = stage.raw()
    raw.transport.pause_reading()
    for number in range(200):
        raw.transport.write(joined(request_frame(wait(0, 100_000), 12, number, b"slow")))
    universe.run_for(60)
    begun = len(stage.node.log)
    assert begun < 60  # a few answers fill the socket's buffers
    assert stage.is_well()
    raw.transport.resume_reading()
    universe.run_for(60)
    assert len(raw.data) > 200 * 100_000
    assert len(stage.node.log) > begun


def test_who_sends_thousands_at_once_leaves_others_their_turn(universe: SimulatedUniverse) -> None:
    stage = Stage(universe)
    raw = stage.raw()
    raw.transport.write(b"".join(joined(request_frame(beat(), 4, n, b"c")) for n in range(5000)))
    handled = stage.node.log
    steps = []

    async def scenario() -> None:
        while len(handled) < 5000:
            before = len(handled)
            await asyncio.sleep(0)
            steps.append(len(handled) - before)
            if steps[-1] == 0:
                await asyncio.sleep(0.0001)

    universe.run(scenario(), host="client-1")
    assert max(steps) <= 2 * REQUESTS_A_TURN
    universe.run_for(1)
    assert len(raw.data) == 5000 * int.from_bytes(raw.data[:4], "big") + 5000 * 4, "each has its answer"
    assert stage.is_well()


def test_requests_behind_a_slow_one_stay_in_the_socket(universe: SimulatedUniverse) -> None:
    stage = Stage(universe, max_in_flight=10)
    channel = stage.channel()

    async def scenario() -> int:
        first = channel.submit(wait(5000), 12)
        rest = [channel.submit(records(200_000), 9) for _ in range(50)]
        await asyncio.sleep(1)
        (connection,) = stage.server.connections.values()
        queued = connection._queued_bytes
        for one in (first, *rest):
            await one
        return queued

    assert universe.run(scenario(), host="client-1") < 2_000_000
    assert len(stage.node.produced) == 50


def test_an_api_error_is_answered_by_the_apis_refusal(universe: SimulatedUniverse) -> None:
    stage = Stage(universe)
    answer = stage.ask(stage.channel(), FindCoordinatorRequest(key="g"), 0)
    assert answer.error_code == ErrorCode.COORDINATOR_NOT_AVAILABLE
    assert universe.trace.failures == []


def test_a_handlers_fault_is_answered_and_recorded(universe: SimulatedUniverse) -> None:
    stage = Stage(universe)
    channel = stage.channel()
    for _ in range(2):
        answer = stage.ask(channel, ListGroupsRequest(), 5)
        assert answer.error_code == ErrorCode.UNKNOWN_SERVER_ERROR
    assert universe.trace.failures == []
    assert [type(error) for error in universe.trace.faults] == [KeyError]
    assert stage.is_well()


def test_a_late_answer_is_dropped_and_the_channel_goes_on(universe: SimulatedUniverse) -> None:
    stage = Stage(universe)
    channel = stage.channel()
    with pytest.raises(TimeoutError):
        stage.ask(channel, wait(5000), 12, timeout_s=1.0)
    assert stage.ask(channel, beat(6), 4).error_code == 6
    assert not channel.closed


def test_requests_fail_when_the_server_dies(universe: SimulatedUniverse) -> None:
    stage = Stage(universe)
    channel = stage.channel()

    async def scenario() -> None:
        waiting = channel.submit(wait(5000), 12)
        await asyncio.sleep(1)
        universe.crash("broker-1")
        with pytest.raises(ConnectionError):
            await waiting
        with pytest.raises(ConnectionError):
            await channel.request(beat(), 4)

    universe.run(scenario(), host="client-1")
    assert channel.closed


def test_a_handler_whose_host_dies_before_it_began_is_closed(universe: SimulatedUniverse) -> None:
    stage = Stage(universe)
    channel = stage.channel()
    routes = stage.server.dispatch.routes
    answers: list[Any] = []

    def dying(node: Node, request: FetchRequest, context: RequestContext) -> Any:
        answers.append(fetch(node, request, context))
        universe.crash("broker-1")
        return answers[-1]

    routes[ApiKey.FETCH] = dataclasses.replace(routes[ApiKey.FETCH], handler=dying)
    with pytest.raises(ConnectionError):
        stage.ask(channel, wait(0), 12)
    assert stage.node.log == []
    assert inspect.getcoroutinestate(answers[0]) == inspect.CORO_CLOSED


def test_closing_the_server_ends_its_connections(universe: SimulatedUniverse) -> None:
    stage = Stage(universe)
    channel = stage.channel()
    stage.server.close()
    universe.run_for(1)
    assert channel.closed
    with pytest.raises(OSError):
        stage.channel()


def test_a_server_that_does_not_answer_api_versions_in_a_known_way_is_left(
    universe: SimulatedUniverse,
) -> None:
    class Nonsense(Raw):
        def data_received(self, data: bytes) -> None:
            self.transport.write(b"SSH-2.0-server\r\n" * 10)

    broker = universe.world("broker-9")
    universe.run(broker.network.listen(Nonsense, 1), host="broker-9")
    channel = universe.run(Channel.connect(universe.world("client-1"), "broker-9", 1, None), host="client-1")
    with pytest.raises(ConnectionError):
        universe.run(channel.negotiate(), host="client-1")
    assert channel.closed


def test_message_events_are_told_when_wanted() -> None:
    with SimulatedUniverse(3, message_events=True) as universe:
        stage = Stage(universe)
        stage.ask(stage.channel(), beat(), 4)
        told = [traced for traced in universe.trace.recent if hasattr(traced.event, "correlation_id")]
        assert [(traced.host, traced.event.kind) for traced in told] == [
            ("client-1", "RequestSent"),
            ("broker-1", "RequestReceived"),
            ("broker-1", "ResponseSent"),
            ("client-1", "ResponseReceived"),
        ]
        assert (
            told[0].event.text()
            == "to_host=broker-1 to_port=9092 api=HEARTBEAT version=4 correlation_id=0 size_bytes=33"
        )


def test_two_handlers_for_one_api_are_refused() -> None:
    with pytest.raises(ValueError, match="two handlers for"):
        Dispatch(handlers(), handlers())
