"""Unmodified aiokafka, a producer and a group of consumers, as hosts of the simulated cluster."""

import asyncio

import pytest
from simulation.story import story

from minikafka.explore import Read
from minikafka.protocol.channel import Channel
from minikafka.protocol.events import BadRequestClosed, RequestReceived
from minikafka.protocol.messages.elect_leaders import ElectLeadersRequest
from minikafka.world import virtual_time

aiokafka = pytest.importorskip("aiokafka")

START_MS = 1_767_225_600_000
RECORDS = 200


def on_host(s, host, coro):
    """A task of that host: whatever aiokafka opens there belongs to it."""
    return s.universe.loop.create_task(coro, context=s.universe.world(host).life.context.copy())


async def produce(bootstrap, kill):
    producer = aiokafka.AIOKafkaProducer(
        bootstrap_servers=bootstrap, acks="all", enable_idempotence=True, linger_ms=5, retry_backoff_ms=50
    )
    try:
        await producer.start()
        sent = []
        for number in range(RECORDS):
            if number == RECORDS // 2:
                kill()
            sent.append(
                await producer.send(
                    "orders", b"%d" % number, key=b"k%d" % (number % 7), timestamp_ms=START_MS + number
                )
            )
            await asyncio.sleep(0.01)
        places = [await future for future in sent]
        return [(place.partition, place.offset) for place in places]
    finally:
        await producer.stop()


async def consume(name, bootstrap, seen, shares, progress):
    """Reads and commits until it is cancelled; `shares` says how many partitions each member has."""
    consumer = aiokafka.AIOKafkaConsumer(
        "orders",
        bootstrap_servers=bootstrap,
        group_id="readers",
        client_id=name,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        session_timeout_ms=6000,
        heartbeat_interval_ms=1000,
    )
    try:
        await consumer.start()
        while True:
            batch = await consumer.getmany(timeout_ms=200)
            shares[name] = len(consumer.assignment())
            for records in batch.values():
                for record in records:
                    seen.append((name, record.partition, record.offset, record.timestamp, record.value))
            progress.set()
            if batch:
                try:
                    await consumer.commit()
                except aiokafka.errors.KafkaError:
                    pass  # the coordinator moves; the next commit says it all again
    finally:
        await consumer.stop()


def run(seed):
    """Everything that happened: what was sent where, what each consumer saw, and the timeline."""
    with story(seed) as s, virtual_time(s.universe):
        s.create_topic("orders", partitions=4)
        bootstrap = s.cluster.bootstrap_servers.split(",")
        seen = []

        async def play():
            progress, shares = asyncio.Event(), {}

            async def until(holds):
                async with asyncio.timeout(120):
                    while not holds():
                        progress.clear()
                        await progress.wait()

            readers = [
                on_host(s, f"reader-{n}", consume(f"reader-{n}", bootstrap, seen, shares, progress))
                for n in (1, 2)
            ]
            await until(lambda: list(shares.values()) == [2, 2])
            killed = s.leader("orders")
            places = await on_host(s, "writer-1", produce(bootstrap, lambda: s.nodes.kill(killed)))
            await until(lambda: len({row[4] for row in seen}) == RECORDS)
            for reader in readers:
                reader.cancel()
            await asyncio.gather(*readers, return_exceptions=True)
            return places

        places = s.universe.run(play())
        for _, partition, offset, _, value in seen:
            s.notebook.reads.append(Read("aiokafka", "orders", partition, offset, value, s.now))
        return places, seen, s.cluster.timeline()


@pytest.mark.slow
def test_it_writes_and_reads_in_a_group_while_a_leader_dies():
    places, seen, _ = run(seed=5)
    assert len(set(places)) == RECORDS
    assert all(timestamp == START_MS + int(value) for _, _, _, timestamp, value in seen)
    assert {value for *_, value in seen} == {b"%d" % number for number in range(RECORDS)}
    for partition in range(4):
        stored = sorted({(offset, int(value)) for _, p, offset, _, value in seen if p == partition})
        assert stored == sorted(stored, key=lambda pair: pair[1]), "the order of writing is kept"
        assert [offset for offset, _ in stored] == list(range(len(stored))), "exactly once"
    assert {name for name, *_ in seen} == {"reader-1", "reader-2"}


@pytest.mark.slow
def test_it_replays_identically():
    (*one, first), (*two, second) = run(seed=6), run(seed=6)
    for a, b in zip(first.splitlines(), second.splitlines(), strict=False):
        assert a == b
    assert first == second
    assert one == two


def test_leaders_change_under_it_and_no_connection_is_closed():
    """It speaks Produce v7, which has no word for the new leader: it is told to look, over the connection it has."""
    with story(7) as s, virtual_time(s.universe):
        s.create_topic("orders", partitions=6)
        for host in ("broker-1", "broker-2"):
            s.kill(host)
            s.run(15)
            s.restart(host)
            s.until_whole("orders")
        bootstrap = s.cluster.bootstrap_servers.split(",")
        led = [s.leader("orders", index) for index in range(6)]
        asked, closed = [], []
        trace = s.universe.world("story").trace
        trace.messages = True

        def note(traced):
            event = traced.event
            if isinstance(event, RequestReceived) and event.client_id.startswith("aiokafka"):
                asked.append((event.api, event.version))
            if isinstance(event, BadRequestClosed):
                closed.append(event)

        trace.subscribe(note)

        def lead_from_the_preferred_replicas():
            s.universe.loop.create_task(elect())

        async def elect():
            world = s.universe.world("operator")
            channel = await Channel.connect(world, "broker-3", 9092, "operator")
            answer = await channel.request(ElectLeadersRequest(topic_partitions=None), 2, 30)
            assert answer.error_code == 0

        writing = on_host(s, "writer-1", produce(bootstrap, lead_from_the_preferred_replicas))

        async def written():
            return await writing

        places = s.universe.run(written())
        assert [s.leader("orders", index) for index in range(6)] != led
        assert len(set(places)) == RECORDS
        assert ("PRODUCE", 7) in asked
        assert closed == []
        assert trace.faults == []
