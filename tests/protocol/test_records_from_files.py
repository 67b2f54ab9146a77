"""Answers with records that stand in a file: made when they are sent, in order; a cut file ends the connection."""

from __future__ import annotations

import asyncio
from types import ModuleType
from typing import cast

import pytest

from minikafka.protocol.api import ApiKey
from minikafka.protocol.channel import Channel
from minikafka.protocol.dispatch import Deferred, Dispatch, RequestContext, handles
from minikafka.protocol.messages.fetch import (
    FetchableTopicResponse,
    FetchRequest,
    FetchResponse,
    PartitionData,
)
from minikafka.protocol.server import Server
from minikafka.world import File, FileSlice, SimulatedUniverse, World

CONTENT = bytes(range(256)) * 400
V = 12


class Node:
    def __init__(self, world: World) -> None:
        self.file: File = world.disk.open("a.log", create=True)
        self.file.append(CONTENT)
        self.answers_made = 0

    def answer(self, position: int, size: int) -> FetchResponse:
        self.answers_made += 1
        records = cast("bytes", FileSlice(self.file, position, size))
        data = PartitionData(partition_index=0, high_watermark=0, records=records)
        return FetchResponse(responses=[FetchableTopicResponse(topic="t", partitions=[data])])


async def fetch(node: Node, request: FetchRequest, context: RequestContext) -> Deferred:
    """`min_bytes` is where the records begin, `max_bytes` how many there are."""
    await asyncio.sleep(request.max_wait_ms / 1000)
    return lambda: node.answer(request.min_bytes, request.max_bytes)


@pytest.fixture
def stage():
    with SimulatedUniverse(3) as universe:
        world = universe.world("broker-1")
        module = ModuleType("handlers")
        module.__dict__["fetch"] = handles(ApiKey.FETCH, (4, 18))(fetch)
        fetch.__module__ = "handlers"
        node = Node(world)
        server = Server(world, node, Dispatch([module]))
        universe.run(server.listen(9092))
        yield universe, node


def ask(position: int, size: int, wait_ms: int = 0) -> FetchRequest:
    return FetchRequest(max_wait_ms=wait_ms, min_bytes=position, max_bytes=size, topics=[])


def records(answer) -> bytes:
    return bytes(answer.responses[0].partitions[0].records)


def test_answers_come_in_order_whether_large_or_small(stage):
    universe, _ = stage
    asked = [(0, 16_384), (5, 50_000), (7, 20_000), (1, 100_000)]

    async def scenario():
        channel = await Channel.connect(universe.world("client-1"), "broker-1", 9092, "c")
        tasks = [asyncio.ensure_future(channel.request(ask(*one), V, 10)) for one in asked]
        return [records(await task) for task in tasks]

    assert universe.run(scenario()) == [CONTENT[position : position + size] for position, size in asked]


def test_an_answer_is_made_of_the_file_as_it_is_when_it_is_sent(stage):
    universe, node = stage

    async def scenario():
        channel = await Channel.connect(universe.world("client-1"), "broker-1", 9092, "c")
        task = asyncio.ensure_future(channel.request(ask(0, 20_000, wait_ms=1000), V, 10))
        await asyncio.sleep(0.5)
        node.file.write_at(0, b"new")
        assert node.answers_made == 0
        return records(await task)

    assert universe.run(scenario()) == b"new" + CONTENT[3:20_000]


def test_nothing_is_made_for_a_client_that_has_gone(stage):
    universe, node = stage

    async def scenario():
        channel = await Channel.connect(universe.world("client-1"), "broker-1", 9092, "c")
        asyncio.ensure_future(channel.request(ask(0, 20_000, wait_ms=1000), V, 10)).add_done_callback(
            lambda done: done.exception()
        )
        await asyncio.sleep(0.5)
        channel.close()
        await asyncio.sleep(2)

    universe.run(scenario())
    assert node.answers_made == 0 and universe.trace.failures == []


def test_a_file_that_somebody_has_cut_ends_that_connection_and_is_told(stage):
    universe, node = stage

    async def scenario():
        client = universe.world("client-1")
        one = await Channel.connect(client, "broker-1", 9092, "c")
        other = await Channel.connect(client, "broker-1", 9092, "c")
        node.file.truncate(30_000)
        with pytest.raises(ConnectionError):
            await one.request(ask(0, 40_000), V, 10)
        return records(await other.request(ask(0, 30_000), V, 10))

    assert universe.run(scenario()) == CONTENT[:30_000]
    (failure,) = universe.trace.failures
    assert "the file ends before" in str(failure)
