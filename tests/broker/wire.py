"""Requests by hand to one broker of a simulated cluster: as messages, and as bytes that no client would send."""

import asyncio
import struct

from minikafka.protocol.channel import Channel
from minikafka.protocol.messages.fetch import FetchPartition, FetchRequest, FetchTopic, ForgottenTopic
from minikafka.protocol.messages.produce import PartitionProduceData, ProduceRequest, TopicProduceData

MAX_BYTES = 1 << 20


class Client:
    """A host with one connection to one broker. `ask` waits; `submit` doesn't."""

    def __init__(self, s, broker, name="client-by-hand", port=9092):
        self.s = s
        self.host = name
        self.world = s.universe.world(name)
        self.channel = s.universe.run(Channel.connect(self.world, broker, port, name), host=name)

    def submit(self, request, version):
        """A task with the answer."""
        context = self.world.life.context.copy()
        return self.s.universe.loop.create_task(
            self.channel.request(request, version, 120.0), context=context
        )

    def ask(self, request, version):
        task = self.submit(request, version)

        async def answer():
            return await task

        return self.s.universe.run(answer())


class RawConnection(asyncio.Protocol):
    """Bytes out, bytes in."""

    def __init__(self):
        self.received = b""
        self.is_closed = False
        self.transport = None

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.received += data

    def connection_lost(self, error):
        self.is_closed = True


def raw(s, broker, name="client-raw"):
    """A connection that speaks no protocol."""
    world = s.universe.world(name)
    _, connection = s.universe.run(world.network.connect(RawConnection, broker, 9092), host=name)
    return connection


def produce(topic, data, partition=0, acks=-1, timeout_ms=30_000):
    part = PartitionProduceData(index=partition, records=data)
    return ProduceRequest(
        acks=acks, timeout_ms=timeout_ms, topic_data=[TopicProduceData(name=topic, partition_data=[part])]
    )


def produced(response):
    """The answer of the only partition."""
    return (
        response.topic_data[0]
        if hasattr(response, "topic_data")
        else response.responses[0].partition_responses[0]
    )


def fetch(
    topic_id, offsets, *, session=(0, -1), forget=(), max_wait_ms=500, min_bytes=1, max_bytes=MAX_BYTES
):
    """`offsets`: {partition: fetch offset}."""
    parts = [
        FetchPartition(partition=index, fetch_offset=offset, partition_max_bytes=MAX_BYTES)
        for index, offset in offsets.items()
    ]
    return FetchRequest(
        max_wait_ms=max_wait_ms,
        min_bytes=min_bytes,
        max_bytes=max_bytes,
        session_id=session[0],
        session_epoch=session[1],
        topics=[FetchTopic(topic_id=topic_id, partitions=parts)] if parts else [],
        forgotten_topics_data=[ForgottenTopic(topic_id=topic_id, partitions=list(forget))] if forget else [],
    )


def fetched(response):
    """{partition: (error code, bytes, high watermark)} of what the answer names."""
    return {
        data.partition_index: (data.error_code, len(data.records or b""), data.high_watermark)
        for topic in response.responses
        for data in topic.partitions
    }


def frame(payload):
    return struct.pack(">i", len(payload)) + payload
