"""Requests whose API lets them overlap: begun while others of their kind wait, answered in their order."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from minikafka.protocol.api import ApiKey
from minikafka.protocol.channel import Channel
from minikafka.protocol.dispatch import CloseConnection, RequestContext, handles
from minikafka.protocol.later import Later
from minikafka.protocol.messages.heartbeat import HeartbeatRequest, HeartbeatResponse
from minikafka.protocol.messages.produce import (
    PartitionProduceData,
    ProduceRequest,
    ProduceResponse,
    TopicProduceData,
)
from minikafka.protocol.routes import Dispatch
from minikafka.protocol.schema import Message
from minikafka.protocol.server import Server
from minikafka.world import SimulatedUniverse

PORT = 9092


class Stage:
    """A server whose Produce is answered when the test says so, and one client."""

    def __init__(self, universe: SimulatedUniverse, **limits: Any) -> None:
        self.universe = universe
        self.begun: list[str] = []
        self.laters: dict[int, Later[ProduceResponse]] = {}
        self.server = Server(universe.world("broker-1"), self, Dispatch(handlers()), **limits)
        universe.run(self.server.listen(PORT), host="broker-1")
        world = universe.world("client-1")
        self.channel = universe.run(Channel.connect(world, "broker-1", PORT, "c"), host="client-1")

    def send(self, *messages: Message) -> list[asyncio.Future[Message]]:
        async def submit() -> list[asyncio.Future[Message]]:
            return [self.channel.submit(m, 9 if isinstance(m, ProduceRequest) else 4) for m in messages]

        sent = self.universe.run(submit(), host="client-1")
        self.universe.run_for(1)
        return sent

    def answer(self, *numbers: int, error: Exception | None = None) -> None:
        for number in numbers:
            if error is None:
                self.laters[number].give(ProduceResponse(responses=[], throttle_time_ms=number))
            else:
                self.laters[number].fail(error)
        for number in numbers:
            self.universe.loop.call_soon(
                self.laters[number].tell, context=self.server.world.life.context.copy()
            )
        self.universe.run_for(1)


def produce(node: Stage, request: ProduceRequest, context: RequestContext) -> Any:
    number = request.timeout_ms
    node.begun.append(f"produce {number}")
    if number < 0:
        raise CloseConnection("a failed write")
    if request.acks == 1:
        return ProduceResponse(responses=[], throttle_time_ms=number)
    node.laters[number] = Later()
    return node.laters[number]


def heartbeat(node: Stage, request: HeartbeatRequest, context: RequestContext) -> HeartbeatResponse:
    node.begun.append(f"heartbeat {request.generation_id}")
    return HeartbeatResponse(error_code=0)


def handlers() -> ModuleType:
    module = ModuleType("handlers")
    module.__dict__.update(
        produce=handles(ApiKey.PRODUCE, (3, 13), overlaps=True)(produce),
        heartbeat=handles(ApiKey.HEARTBEAT, (0, 4))(heartbeat),
    )
    for handler in (produce, heartbeat):
        handler.__module__ = "handlers"
    return module


@pytest.fixture
def universe() -> Iterator[SimulatedUniverse]:
    with SimulatedUniverse(11) as universe:
        yield universe


def write(number: int, acks: int = -1, size_bytes: int = 10) -> ProduceRequest:
    data = PartitionProduceData(index=0, records=b"r" * size_bytes)
    topic = TopicProduceData(name="t", partition_data=[data])
    return ProduceRequest(acks=acks, timeout_ms=number, topic_data=[topic])


def beat(number: int) -> HeartbeatRequest:
    return HeartbeatRequest(group_id="g", generation_id=number, member_id="m")


def told(sent: list[asyncio.Future[Message]]) -> list[int]:
    return [one.result().throttle_time_ms for one in sent if one.done() and not one.exception()]  # type: ignore[attr-defined]


def test_writes_begin_together_and_are_answered_in_their_order(universe: SimulatedUniverse) -> None:
    stage = Stage(universe)
    sent = stage.send(write(1), write(2), write(3, acks=1))
    assert stage.begun == ["produce 1", "produce 2", "produce 3"]
    assert told(sent) == []
    stage.answer(2)
    assert told(sent) == [], "the first is not answered yet"
    stage.answer(1)
    assert told(sent) == [1, 2, 3]


def test_another_kind_of_request_waits_until_all_are_answered(universe: SimulatedUniverse) -> None:
    stage = Stage(universe)
    stage.send(write(1), write(2), beat(1), write(3))
    assert stage.begun == ["produce 1", "produce 2"]
    stage.answer(1)
    assert stage.begun == ["produce 1", "produce 2"]
    stage.answer(2)
    assert stage.begun == ["produce 1", "produce 2", "heartbeat 1", "produce 3"]


def test_a_mebibyte_of_writes_begins_together_and_no_more(universe: SimulatedUniverse) -> None:
    stage = Stage(universe)
    stage.send(*(write(number, size_bytes=400_000) for number in range(4)))
    assert stage.begun == ["produce 0", "produce 1"]
    stage.answer(0)
    assert stage.begun == ["produce 0", "produce 1", "produce 2"]


def test_at_most_so_many_begin_together(universe: SimulatedUniverse) -> None:
    stage = Stage(universe, max_in_flight=3)
    stage.send(*(write(number) for number in range(5)))
    assert len(stage.begun) == 3


def test_a_write_that_ends_the_connection_does_so_in_its_turn(universe: SimulatedUniverse) -> None:
    stage = Stage(universe)
    sent = stage.send(write(1), write(-2), write(3))
    assert stage.begun == ["produce 1", "produce -2"], "nothing begins behind it"
    assert not stage.channel.closed
    stage.answer(1)
    assert told(sent) == [1]
    assert stage.channel.closed


def test_an_answer_that_fails_is_refused_in_its_turn(universe: SimulatedUniverse) -> None:
    stage = Stage(universe)
    sent = stage.send(write(1), write(2), write(3))
    stage.answer(2, error=KeyError("a fault"))
    assert told(sent) == []
    stage.answer(1)
    assert told(sent) == [1, 0], "the refusal, of which nothing was throttled"
    stage.answer(3)
    assert told(sent) == [1, 0, 3]
    assert universe.trace.failures == []
    assert [type(error) for error in universe.trace.faults] == [KeyError]


def test_bad_bytes_behind_a_write_that_waits_end_the_connection_after_its_answer(
    universe: SimulatedUniverse,
) -> None:
    stage = Stage(universe)
    (sent,) = stage.send(write(1))
    assert stage.channel._transport is not None
    stage.channel._transport.write(struct.pack(">ihhih", 20, ApiKey.PRODUCE, 9, 1, -1) + b"\xff" * 10)
    universe.run_for(1)
    assert not stage.channel.closed
    stage.answer(1)
    assert told([sent]) == [1]
    assert stage.channel.closed
    assert universe.trace.failures == []
