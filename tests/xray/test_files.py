"""Raw bytes of a replica's files: what a viewer may see, in pieces, and what is refused in one sentence."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import msgspec
import pytest

from minikafka import Cluster
from minikafka.dump import meaning_of
from minikafka.records.batch import NewRecord, build_batch
from minikafka.world import SimulatedUniverse
from minikafka.xray import files, reading, wire
from minikafka.xray.client import XrayClient
from minikafka.xray.files import BytesOf, FileBytes, FileList, FilesOf, ReplicaPlace, Unseen, answer
from minikafka.xray.remote import RemoteFeed
from minikafka.xray.server import XrayServer

ORDERS = ReplicaPlace("broker-1", "orders", 0)
LOG = f"{0:020}.log"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A simulated cluster with 300 records in 100 batches, and one committed offset."""
    with Cluster(brokers=2, world="simulated", seed=5) as made:
        made.create_topic("orders", 1, 1, {"index.interval.bytes": 1_000})
        producer = made.producer({"batch.num.messages": 3, "linger.ms": 0})
        for n in range(300):
            producer.produce("orders", b"value %d" % n, b"key %d" % n)
        producer.flush()
        consumer = made.consumer({"group.id": "billing", "auto.offset.reset": "earliest"})
        consumer.subscribe(["orders"])
        consumer.consume(10, 5)
        consumer.commit()
        consumer.close()
        yield made


def place_of(cluster: Cluster, topic: str, partition: int = 0) -> ReplicaPlace:
    leader = cluster.snapshot().partition(topic, partition).leader
    assert leader is not None
    return ReplicaPlace(leader, topic, partition)


def test_a_directory_is_listed_with_sizes_and_its_bytes_are_read(cluster: Cluster) -> None:
    place = place_of(cluster, "orders")
    listed = cluster.look(FilesOf(place))
    assert isinstance(listed, FileList)
    sizes = {f.name: f.size_bytes for f in listed.files}
    assert {LOG, LOG.replace(".log", ".index"), "partition.metadata"} <= set(sizes)
    found = cluster.look(BytesOf(place, LOG, 61, 100))
    assert isinstance(found, FileBytes)
    assert (found.position, found.file_bytes, len(found.data)) == (61, sizes[LOG], 100)


def test_looking_changes_nothing_in_a_simulated_world() -> None:
    def run(look: bool) -> str:
        with Cluster(brokers=1, world="simulated", seed=9) as made:
            made.create_topic("orders")
            producer = made.producer()
            for n in range(20):
                producer.produce("orders", b"%d" % n)
                if look:
                    made.look(FilesOf(ORDERS))
                    made.look(BytesOf(ORDERS, LOG))
            producer.flush()
            made.run(5)
            return made.timeline()

    assert run(True) == run(False)


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        (FilesOf(ReplicaPlace("broker-9", "orders", 0)), "no broker called 'broker-9'"),
        (FilesOf(ReplicaPlace("controller-1", "orders", 0)), "it has __cluster_metadata-0 only"),
        (FilesOf(ReplicaPlace("broker-1", "nothing", 0)), "no replica of nothing-0"),
        (FilesOf(ReplicaPlace("broker-1", "orders", 7)), "no replica of orders-7"),
        (FilesOf(ReplicaPlace("broker-1", "..", -1)), "no replica of"),
    ],
)
def test_who_is_not_there_is_said(cluster: Cluster, question: FilesOf, sentence: str) -> None:
    with pytest.raises(Unseen, match=sentence) as refused:
        cluster.look(question)
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize(
    ("file", "position", "limit", "sentence"),
    [
        (f"{999:020}.log", 0, 10, "has no file .*retention"),
        ("../meta.properties", 0, 10, "has no file"),
        ("/etc/passwd", 0, 10, "has no file"),
        ("..", 0, 10, "has no file"),
        ("", 0, 10, "has no file"),
        ("x" * 100_000, 0, 10, "has no file"),
        (LOG, -1, 10, "there is no byte -1"),
        (LOG, 2**62, 10, "there is no byte"),
        (LOG, 0, 0, "holds nothing"),
        (LOG, 0, -5, "holds nothing"),
    ],
)
def test_a_wrong_question_is_answered_in_one_sentence(
    cluster: Cluster, file: str, position: int, limit: int, sentence: str
) -> None:
    with pytest.raises(Unseen, match=sentence) as refused:
        cluster.look(BytesOf(place_of(cluster, "orders"), file, position, limit))
    assert len(str(refused.value)) < 400


def test_an_answer_is_never_longer_than_the_cap_and_the_end_is_empty() -> None:
    disk = SimulatedUniverse(1).world("broker-1").disk
    disk.makedirs("orders-0")
    disk.open(f"orders-0/{LOG}", create=True).append(bytes(files.MOST_BYTES + 10))
    huge = answer(disk, "orders-0", BytesOf(ORDERS, LOG, 0, 2**40))
    last = answer(disk, "orders-0", BytesOf(ORDERS, LOG, files.MOST_BYTES + 10, 5))
    assert isinstance(huge, FileBytes)
    assert isinstance(last, FileBytes)
    assert (len(huge.data), last.data) == (files.MOST_BYTES, b"")


def test_the_disk_of_a_simulated_broker_that_is_down_can_be_read(cluster: Cluster) -> None:
    leader = cluster.snapshot().partition("orders", 0).leader
    other = "broker-2" if leader == "broker-1" else "broker-1"
    cluster.kill(leader)
    (found,) = [
        f for f in cluster.look(FilesOf(ReplicaPlace(leader, "orders", 0))).files if f.name.endswith(".log")
    ]
    assert found.size_bytes > 5_000
    with pytest.raises(Unseen, match=f"{other} has no replica of orders-0"):
        cluster.look(FilesOf(ReplicaPlace(other, "orders", 0)))
    cluster.restart(leader)


def test_a_live_broker_that_is_down_is_said_to_be() -> None:
    with Cluster(brokers=1) as live:
        live.create_topic("orders")
        live.kill("broker-1")
        with pytest.raises(Unseen, match="broker-1 is down"):
            live.look(FilesOf(ReplicaPlace("broker-1", "orders", 0)))


def test_a_disk_that_fails_is_a_sentence() -> None:
    class Broken:
        def listdir(self, path: str) -> list[str]:
            raise OSError(5, "Input/output error")

    with pytest.raises(Unseen, match="The disk of broker-1 fails: Input/output error"):
        answer(Broken(), "orders-0", FilesOf(ORDERS))  # type: ignore[arg-type]


def test_a_foreign_kafka_shows_no_files() -> None:
    feed = RemoteFeed("127.0.0.1:9092")
    with pytest.raises(Unseen, match="dump-log"):
        asyncio.run(feed.look(FilesOf(ORDERS)))


# Over the socket


class DiskSource:
    """A source with one file."""

    def __init__(self) -> None:
        self.disk = SimulatedUniverse(1).world("broker-1").disk
        self.disk.makedirs("orders-0")
        data = build_batch([NewRecord(1, b"k", b"v")])
        self.disk.open(f"orders-0/{LOG}", create=True).append(data)

    async def look(self, question: files.Question) -> files.Found:
        if question.place.broker == "broken":
            raise ZeroDivisionError("on purpose")
        return answer(self.disk, "orders-0", question)


def test_bytes_come_over_the_socket_and_a_failure_is_a_sentence() -> None:
    async def scenario() -> None:
        server = XrayServer(DiskSource(), name="lab", token="t")  # type: ignore[arg-type]
        await server.start()
        client = await XrayClient.open("127.0.0.1", server.port, "t", watch=False)
        reader = asyncio.create_task(client.pictures(lambda _: None))
        page = await reading.read_async(reading.page(ORDERS, LOG), client.look)
        assert [line.crc_is_valid for line in page.lines] == [True]
        with pytest.raises(Unseen, match="has no file"):
            await client.look(BytesOf(ORDERS, "../x"))
        with pytest.raises(Unseen, match="Looking failed: ZeroDivisionError"):
            await client.look(FilesOf(ReplicaPlace("broken", "orders", 0)))
        # Many at once: each gets its own answer.
        asked = [client.look(BytesOf(ORDERS, LOG, n, 1)) for n in range(60)]
        assert [found.position for found in await asyncio.gather(*asked)] == list(range(60))
        client.close()
        await asyncio.gather(reader, return_exceptions=True)
        with pytest.raises(ConnectionError):
            await client.look(FilesOf(ORDERS))
        await server.close()

    asyncio.run(asyncio.wait_for(scenario(), 20))


def test_a_question_that_is_none_ends_the_connection_only() -> None:
    body = msgspec.msgpack.encode({"type": "look", "id": 1, "question": {"type": "bytes-of", "place": 7}})
    with pytest.raises(wire.FrameError):
        wire.decode_from_viewer(body)


def test_commits_are_decoded_as_dump_log_does(cluster: Cluster) -> None:
    topic = next(t for t in cluster.snapshot().topics if t.name == "__consumer_offsets")
    partition = next(p.index for p in topic.partitions if p.end)
    place = place_of(cluster, "__consumer_offsets", partition)
    page = reading.read(reading.page(place, LOG), cluster.look)
    kinds = set()
    for line in page.lines:
        batch = reading.read(reading.batch(place, LOG, line.position, meaning_of), cluster.look)
        kinds |= {record.decoded.kind for record in batch.records() if record.decoded}
    assert any("offset" in kind for kind in kinds), kinds
