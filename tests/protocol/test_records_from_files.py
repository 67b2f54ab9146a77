"""Answers with records that stand in a file: made when they are sent, in order; a cut file ends the connection."""

from __future__ import annotations

import asyncio
import os
import random
import socket
from types import ModuleType
from typing import cast

import pytest

from minikafka.protocol.api import ApiKey
from minikafka.protocol.channel import Channel
from minikafka.protocol.dispatch import Deferred, RequestContext, handles
from minikafka.protocol.messages.fetch import (
    FetchableTopicResponse,
    FetchRequest,
    FetchResponse,
    PartitionData,
)
from minikafka.protocol.routes import Dispatch
from minikafka.protocol.server import Server
from minikafka.world import (
    LEAST_SLICE_BYTES,
    PAGE_BYTES,
    File,
    FileSlice,
    LiveUniverse,
    SimulatedUniverse,
    World,
    new_live_loop,
)

CONTENT = bytes(range(256)) * 400
V = 12


class Node:
    def __init__(self, world: World) -> None:
        self.file: File = world.disk.open("a.log", create=True)
        self.file.append(CONTENT)
        self.answers_made = 0
        self.server: Server | None = None

    def answer(self, position: int, size: int) -> FetchResponse:
        self.answers_made += 1
        large = size >= LEAST_SLICE_BYTES
        records = cast(
            "bytes", FileSlice(self.file, position, size) if large else self.file.read_at(position, size)
        )
        data = PartitionData(partition_index=0, high_watermark=0, records=records)
        return FetchResponse(responses=[FetchableTopicResponse(topic="t", partitions=[data])])


async def fetch(node: Node, request: FetchRequest, context: RequestContext) -> Deferred:
    """`min_bytes` is where the records begin, `max_bytes` how many there are."""
    await asyncio.sleep(request.max_wait_ms / 1000)
    return lambda: node.answer(request.min_bytes, request.max_bytes)


def server_of(world: World) -> tuple[Server, Node]:
    module = ModuleType("handlers")
    module.__dict__["fetch"] = handles(ApiKey.FETCH, (4, 18))(fetch)
    fetch.__module__ = "handlers"
    node = Node(world)
    node.server = Server(world, node, Dispatch(module))
    return node.server, node


@pytest.fixture
def stage():
    with SimulatedUniverse(3) as universe:
        server, node = server_of(universe.world("broker-1"))
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
    (fault,) = universe.trace.faults
    assert "the file ends before" in str(fault)
    assert universe.trace.failures == []


def test_clients_that_never_read_cost_a_page_each_and_hold_up_nobody(stage):
    universe, node = stage
    size = 3_000_000
    node.file.append(os.urandom(size))
    whole = node.file.read_at(0, size)

    async def scenario():
        world = universe.world("client-1")
        stuck = [await Channel.connect(world, "broker-1", 9092, "c") for _ in range(20)]
        sent = []
        for channel in stuck:
            channel._transport.pause_reading()
            sent += [channel.submit(ask(0, size), V, 100_000) for _ in range(50)]
        await asyncio.sleep(5)
        assert node.answers_made == 20, "one a client"
        served = list(node.server.connections.values())
        assert max(one._transport.get_write_buffer_size() for one in served) <= 2 * PAGE_BYTES
        other = await Channel.connect(world, "broker-1", 9092, "c")
        assert records(await other.request(ask(0, size), V, 10)) == whole
        stuck[0]._transport.resume_reading()
        for answer in sent[:50]:
            assert records(await answer) == whole
        assert node.answers_made == 20 + 1 + 49
        for channel in stuck[1:]:
            channel.close()
        await asyncio.gather(*sent, return_exceptions=True)

    universe.run(scenario())
    assert universe.trace.failures == universe.trace.faults == []


def test_a_client_that_reads_too_late_is_cut_off_where_its_records_are_gone(stage):
    universe, node = stage
    node.file.append(os.urandom(1_000_000))

    async def scenario():
        channel = await Channel.connect(universe.world("client-1"), "broker-1", 9092, "c")
        channel._transport.pause_reading()
        answer = channel.submit(ask(0, 1_000_000), V, 100)
        await asyncio.sleep(1)
        node.file.truncate(500)
        channel._transport.resume_reading()
        with pytest.raises(ConnectionError):
            await answer

    universe.run(scenario())
    assert universe.trace.failures == universe.trace.faults == []


@pytest.mark.parametrize(
    "loop_factory", [new_live_loop, asyncio.new_event_loop], ids=["installed", "asyncio"]
)
@pytest.mark.parametrize("seed", range(4))
def test_many_requests_of_a_slow_reader_at_once(loop_factory, seed):
    """Small buffers on both ends, answers from memory and from files mixed: each byte comes, in order."""
    chance = random.Random(seed)
    asked = []
    for _ in range(chance.choice([3, 40])):
        size = chance.choice([0, 1, chance.randrange(16_384, 17_000), chance.randrange(16_384, 100_000)])
        asked.append((chance.randrange(len(CONTENT) - size), size, chance.choice([0, 0, 0, 3])))

    async def scenario():
        with LiveUniverse() as universe:
            server, _ = server_of(universe.world("broker-1"))
            port = await server.listen(0)
            client = universe.world("client-1")
            channel = await Channel.connect(client, client.network.address, port, "c")
            wire = channel._transport.get_extra_info("socket")
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, chance.choice([2048, 16_384]))
            (served,) = server.connections.values()
            served._transport.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_SNDBUF, chance.choice([2048, 65_536])
            )
            tasks = [asyncio.ensure_future(channel.request(ask(*one), V, 30)) for one in asked]
            channel._transport.pause_reading()
            await asyncio.sleep(0.02)
            channel._transport.resume_reading()
            found = [records(await task) for task in tasks]
            assert universe.trace.failures == []
            channel.close()
            server.close()
            return found

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        found = runner.run(scenario())
    assert found == [CONTENT[position : position + size] for position, size, _ in asked]
