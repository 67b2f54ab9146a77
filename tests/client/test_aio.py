"""The clients for asyncio that confluent_kafka.aio has: futures of records, callbacks that are coroutines."""

import asyncio

import pytest

from minikafka import Cluster, KafkaError, KafkaException, TopicPartition
from minikafka.aio import AIOConsumer, AIOProducer


@pytest.fixture(scope="module")
def cluster():
    with Cluster(brokers=1, announce=False) as one:
        one.create_topic("t", partitions=2)
        one.create_topic("one")
        yield one


@pytest.fixture
def boot(cluster):
    return {"bootstrap.servers": cluster.bootstrap_servers}


def test_a_record_is_a_future(boot):
    async def scenario():
        async with AIOProducer(boot) as producer:
            futures = [await producer.produce("t", b"%d" % n, b"k", headers=[("h", b"x")]) for n in range(50)]
            messages = await asyncio.wait_for(asyncio.gather(*futures), 20)
            assert len(producer) == 0
        with pytest.raises(RuntimeError, match="closed"):
            await producer.produce("t", b"v")
        with pytest.raises(RuntimeError, match="closed"):
            await producer.flush()
        await producer.close()
        return messages

    messages = asyncio.run(scenario())
    assert [int(message.value()) for message in messages] == list(range(50))
    assert len({message.partition() for message in messages}) == 1


def test_a_record_that_fails_and_a_queue_that_is_full(boot):
    async def scenario():
        async with AIOProducer({"bootstrap.servers": "127.0.0.1:1", "message.timeout.ms": 50}) as lonely:
            future = await lonely.produce("t", b"v")
            with pytest.raises(KafkaException) as caught:
                await asyncio.wait_for(future, 20)
            with pytest.raises(TypeError):
                await lonely.produce("t", 5)
        async with AIOProducer({**boot, "queue.buffering.max.messages": 3}) as small:
            futures = [await small.produce("t", b"v") for _ in range(20)]
            await small.flush()
            await asyncio.wait_for(asyncio.gather(*futures), 20)
        return caught.value.args[0]

    assert asyncio.run(scenario()) == KafkaError._MSG_TIMED_OUT


def test_callbacks_are_coroutines_and_may_call_the_consumer(cluster, boot):
    producer = cluster.producer()
    for number in range(10):
        producer.produce("one", b"%d" % number)
    producer.flush()
    told = []

    async def on_assign(consumer, partitions):
        told.append("assign")
        for tp in partitions:
            tp.offset = 4
        await consumer.assign(partitions)

    async def on_commit(error, partitions):
        told.append((error, [tp.offset for tp in partitions]))

    async def scenario():
        conf = {**boot, "group.id": "g", "enable.auto.commit": False, "on_commit": on_commit}
        async with AIOConsumer(conf) as consumer:
            await consumer.subscribe(["one"], on_assign=on_assign)
            messages = []
            while len(messages) < 3:
                messages += await consumer.consume(3, 5)
            await consumer.commit(messages[-1])
            while len(told) < 2:
                await consumer.poll(0.1)
            found = await consumer.committed([TopicPartition("one", 0)])
            with pytest.raises(KafkaException):
                await consumer.seek(TopicPartition("nowhere", 0, 1))
        return [int(m.value()) for m in messages], found[0].offset

    assert asyncio.run(scenario()) == ([4, 5, 6], 7)
    assert told == ["assign", (None, [7])]


def test_a_callback_that_raises_reaches_who_polls_and_calls_run_side_by_side(boot):
    def stats(_text):
        raise ValueError("of the application")

    async def scenario():
        conf = {**boot, "group.id": "h", "stats_cb": stats, "statistics.interval.ms": 50}
        consumer = AIOConsumer(conf)
        try:
            waiting = asyncio.create_task(consumer.poll(5))
            assert await consumer.assignment() == []
            with pytest.raises(ValueError, match="of the application"):
                await waiting
        finally:
            while True:
                try:
                    await consumer.close()
                    break
                except ValueError:
                    continue

    asyncio.run(scenario())


def test_workers():
    async def scenario():
        with pytest.raises(ValueError, match="max_workers"):
            AIOConsumer({"bootstrap.servers": "127.0.0.1:1", "group.id": "g"}, max_workers=0)

    asyncio.run(scenario())
