"""Any two methods of one client at once, from two threads or tasks: both end, and nothing is lost or told twice.

The model: every pair of methods of a client, each called again and again by its own thread (both worlds) or task
(simulated), while records come and go. What a method may raise stands beside it; a hang fails by the time limit.
"""

import asyncio
import itertools
import threading

import pytest

from minikafka import Cluster
from minikafka.client import (
    AsyncConsumer,
    AsyncProducer,
    ConfigResource,
    KafkaException,
    NewTopic,
    TopicCollection,
    TopicPartition,
)
from minikafka.client.connections.offsets import OffsetToCommit
from minikafka.client.faces.driver import on_host

ROUNDS = 3
LIMIT_S = 20.0
TP = [TopicPartition("t", 0)]

PRODUCER = {
    "produce": lambda c: c.told.accepted(c.produce("t", b"v", on_delivery=c.told) or 1),
    "produce_batch": lambda c: c.told.accepted(
        c.produce_batch("t", [{"value": b"v"}] * 3, on_delivery=c.told)
    ),
    "poll": lambda c: c.poll(0.01),
    "poll now": lambda c: c.poll(0),
    "flush": lambda c: c.flush(),
    "flush briefly": lambda c: c.flush(0.01),
    "purge": lambda c: c.purge(),
    "len": len,
    "list_topics": lambda c: c.list_topics("t", timeout=10),
    "cluster_id": lambda c: c.cluster_id(10),
    "close": lambda c: c.close(),
}
CONSUMER = {
    "subscribe": lambda c: c.subscribe(["t"]),
    "unsubscribe": lambda c: c.unsubscribe(),
    "assign": lambda c: c.assign([TopicPartition("t", 0, 0)]),
    "unassign": lambda c: c.unassign(),
    "incremental_assign": lambda c: c.incremental_assign([TopicPartition("t", 1, 0)]),
    "incremental_unassign": lambda c: c.incremental_unassign([TopicPartition("t", 1)]),
    "assignment": lambda c: c.assignment(),
    "poll": lambda c: c.poll(0.01),
    "consume": lambda c: c.consume(5, 0.01),
    "seek": lambda c: c.seek(TopicPartition("t", 0, 1)),
    "pause": lambda c: c.pause(TP),
    "resume": lambda c: c.resume(TP),
    "position": lambda c: c.position(TP),
    "store_offsets": lambda c: c.store_offsets(offsets=[TopicPartition("t", 0, 1)]),
    "commit": lambda c: c.commit(offsets=[TopicPartition("t", 0, 1)], asynchronous=False),
    "commit later": lambda c: c.commit(),
    "committed": lambda c: c.committed(TP, 10),
    "get_watermark_offsets": lambda c: c.get_watermark_offsets(TP[0], 10),
    "offsets_for_times": lambda c: c.offsets_for_times([TopicPartition("t", 0, 1)], 10),
    "lag": lambda c: c.lag(10),
    "list_topics": lambda c: c.list_topics("t", timeout=10),
    "memberid": lambda c: c.memberid(),
    "consumer_group_metadata": lambda c: c.consumer_group_metadata(),
    "close": lambda c: c.close(),
}
ADMIN = {
    "create_topics": lambda c: c.create_topics([NewTopic("made", 1, 1)])["made"].exception(10),
    "delete_topics": lambda c: c.delete_topics(["made"])["made"].exception(10),
    "describe_topics": lambda c: c.describe_topics(TopicCollection(["t"]))["t"].exception(10),
    "describe_cluster": lambda c: c.describe_cluster().result(10),
    "describe_configs": lambda c: [
        f.result(10) for f in c.describe_configs([ConfigResource("topic", "t")]).values()
    ],
    "list_consumer_groups": lambda c: c.list_consumer_groups().result(10),
    "list_topics": lambda c: c.list_topics(timeout=10),
    "close": lambda c: c.close(),
}
FORESEEN = (KafkaException, RuntimeError)
"""A KafkaException says what is wrong; a RuntimeError, that the client is closed."""


class Told:
    """How many records were accepted, and how many callbacks were called."""

    def __init__(self):
        self.lock = threading.Lock()
        self.difference = 0

    def accepted(self, count):
        with self.lock:
            self.difference += count

    def __call__(self, _error, _message):
        with self.lock:
            self.difference -= 1


def pairs_of(methods):
    return list(itertools.combinations_with_replacement(methods, 2))


def run_pair(client, methods, pair):
    """Both methods, a thread each, ROUNDS times. Returns what was raised that nobody had foreseen."""
    unforeseen = []

    def caller(name):
        for _ in range(ROUNDS):
            try:
                methods[name](client)
            except FORESEEN as error:
                if isinstance(error, RuntimeError) and not any(
                    word in str(error) for word in ("closed", "loop has ended")
                ):
                    unforeseen.append(f"{name}: {error!r}")
            except BaseException as error:
                unforeseen.append(f"{name}: {error!r}")

    threads = [threading.Thread(target=caller, args=(name,), daemon=True) for name in pair]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LIMIT_S)
        if thread.is_alive():
            unforeseen.append(f"{' beside '.join(pair)} hangs")
    return unforeseen


@pytest.fixture(scope="module", params=["live", "simulated"])
def cluster(request):
    with Cluster(
        brokers=1, world=request.param, **({"announce": False} if request.param == "live" else {})
    ) as one:
        one.create_topic("t", partitions=2)
        producer = one.producer()
        for number in range(50):
            producer.produce("t", b"%d" % number, partition=number % 2)
        producer.flush()
        producer.close()
        yield one


@pytest.mark.parametrize("first", PRODUCER)
def test_producer(cluster, first):
    for pair in [pair for pair in pairs_of(PRODUCER) if pair[0] == first]:
        producer = cluster.producer({"linger.ms": 1})
        producer.told = Told()
        assert run_pair(producer, PRODUCER, pair) == [], pair
        if not producer._closed:
            assert producer.flush(10) == 0, pair
        assert (len(producer), producer._waiting_bytes) == (0, 0), pair
        producer.close()
        assert producer.told.difference == 0, pair


@pytest.mark.parametrize("first", CONSUMER)
def test_consumer(cluster, first):
    for number, pair in enumerate(pair for pair in pairs_of(CONSUMER) if pair[0] == first):
        conf = {
            "group.id": f"{first}-{number}",
            "auto.offset.reset": "earliest",
            "enable.auto.offset.store": False,
        }
        consumer = cluster.consumer(conf)
        assert run_pair(consumer, CONSUMER, pair) == [], pair
        consumer.close()


@pytest.mark.parametrize("first", ADMIN)
def test_admin(cluster, first):
    for pair in [pair for pair in pairs_of(ADMIN) if pair[0] == first]:
        admin = cluster.admin()
        assert run_pair(admin, ADMIN, pair) == [], pair
        admin.close()


# --- tasks, in virtual time

ASYNC_PRODUCER = {
    "send": lambda c: c.send("t", b"v"),
    "send to nobody": lambda c: c.send("t", b"v", partition=9),
    "flush": lambda c: c.flush(),
    "flush briefly": lambda c: c.flush(0.001),
    "purge": lambda c: soon(c.purge),
    "close": lambda c: c.close(),
}
ASYNC_CONSUMER = {
    "subscribe": lambda c: c.subscribe(["t"]),
    "unsubscribe": lambda c: c.unsubscribe(),
    "assign": lambda c: c.assign([TopicPartition("t", 0, 0)]),
    "get": lambda c: c.get(0.05),
    "seek": lambda c: soon(c.seek, "t", 0, 1),
    "pause": lambda c: soon(c.pause, [("t", 0)], True),
    "resume": lambda c: soon(c.pause, [("t", 0)], False),
    "commit": lambda c: c.offsets.commit({("t", 0): OffsetToCommit(1)}, 5),
    "committed": lambda c: c.offsets.committed([("t", 0)], 5),
    "lag": lambda c: c.offsets.lag(5),
    "close": lambda c: c.close(),
}
SEEDS = range(3)


async def soon(call, *arguments):
    call(*arguments)


async def run_tasks(client, methods, pair):
    unforeseen = []

    async def caller(name):
        for _ in range(ROUNDS):
            try:
                async with asyncio.timeout(60):
                    await methods[name](client)
            except KafkaException:
                pass
            except BaseException as error:
                unforeseen.append(f"{name}: {error!r}")

    await asyncio.gather(*(caller(name) for name in pair))
    await client.close()
    return unforeseen


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", ["producer", "consumer"])
def test_tasks(kind, seed):
    """AsyncProducer and AsyncConsumer: the cores of the others, used by tasks of one loop."""
    methods = ASYNC_PRODUCER if kind == "producer" else ASYNC_CONSUMER
    with Cluster(brokers=1, world="simulated", seed=seed) as one:
        one.create_topic("t", partitions=2)
        for number, pair in enumerate(pairs_of(methods)):
            world = one._loop.universe.world(f"task-{number}")
            conf = {"bootstrap.servers": one.bootstrap_servers}
            if kind == "producer":
                client = AsyncProducer(world, conf)
            else:
                client = AsyncConsumer(world, {**conf, "group.id": f"g-{number}"})

            async def act(client=client, pair=pair):
                if kind == "consumer":
                    await client.start()
                return await run_tasks(client, methods, pair)

            assert one._loop.run(on_host(world, act())) == [], (pair, seed)


def test_how_many_pairs_there_are():
    """So that nobody takes methods away unseen."""
    sizes = [len(pairs_of(one)) for one in (PRODUCER, CONSUMER, ADMIN, ASYNC_PRODUCER, ASYNC_CONSUMER)]
    assert sizes == [66, 300, 36, 21, 66]
