"""aiokafka (pure Python, asyncio)."""

import asyncio
from collections.abc import Callable, Sequence

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, TopicPartition

NAME = "aiokafka"
TIMEOUT_S = 240


def write(bootstrap: str, topic: str, records: Sequence[tuple[bytes, bytes]], codec: str) -> None:
    asyncio.run(_write(bootstrap, topic, records, codec))


async def _write(bootstrap: str, topic: str, records: Sequence[tuple[bytes, bytes]], codec: str) -> None:
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        acks="all",
        compression_type=None if codec == "none" else codec,
        linger_ms=5,
        max_batch_size=65536,
    )
    await producer.start()
    try:
        sent = [await producer.send(topic, value, key) for key, value in records]
        await asyncio.wait_for(asyncio.gather(*sent), TIMEOUT_S)
    finally:
        await producer.stop()


def read(bootstrap: str, topic: str, count: int) -> list[tuple[int, int, bytes, bytes]]:
    """(partition, offset, key, value) of `count` records, as they came."""
    return asyncio.run(_read(bootstrap, topic, count))


async def _read(bootstrap: str, topic: str, count: int) -> list[tuple[int, int, bytes, bytes]]:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    await consumer.start()
    try:
        await consumer._client.force_metadata_update()
        await consumer._client._wait_on_metadata(topic)
        partitions = [
            TopicPartition(topic, index) for index in sorted(consumer.partitions_for_topic(topic) or ())
        ]
        consumer.assign(partitions)
        await consumer.seek_to_beginning()
        found: list[tuple[int, int, bytes, bytes]] = []
        async with asyncio.timeout(TIMEOUT_S):
            while len(found) < count:
                for records in (await consumer.getmany(timeout_ms=500, max_records=10_000)).values():
                    found += [
                        (record.partition, record.offset, record.key, record.value) for record in records
                    ]
        return found
    finally:
        await consumer.stop()


def follow(
    bootstrap: str,
    group: str,
    topic: str,
    assigned: Callable[[list[int]], None],
    got: Callable[[int, int, bytes], None],
) -> None:
    """Be a member of a group for ever: tell which partitions it has, and each record that it gets."""
    asyncio.run(_follow(bootstrap, group, topic, assigned, got))


async def _follow(
    bootstrap: str,
    group: str,
    topic: str,
    assigned: Callable[[list[int]], None],
    got: Callable[[int, int, bytes], None],
) -> None:
    class Listener(ConsumerRebalanceListener):
        def on_partitions_assigned(self, partitions: set[TopicPartition]) -> None:
            assigned(sorted(one.partition for one in partitions))

        def on_partitions_revoked(self, _: set[TopicPartition]) -> None:
            assigned([])

    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        group_id=group,
        auto_offset_reset="earliest",
        session_timeout_ms=6000,
        heartbeat_interval_ms=500,
        auto_commit_interval_ms=200,
    )
    consumer.subscribe([topic], listener=Listener())
    await consumer.start()
    async for record in consumer:
        got(record.partition, record.offset, record.value)
