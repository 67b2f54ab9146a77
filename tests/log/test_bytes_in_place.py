"""What appends and reads cost, counted at the disk: one write a batch, and of large batches only headers are read."""

import os
import random

import pytest

from minikafka import Cluster, TopicPartition
from minikafka.log.config import LogConfig
from minikafka.log.log import Log
from minikafka.log.reads import IN_MEMORY_BYTES, SLICED_BATCH_BYTES, in_memory
from minikafka.policy import Rules
from minikafka.protocol.errors import ApiError
from minikafka.records.batch import HEADER_BYTES, NewRecord, build_batch, read_batches
from minikafka.records.errors import CorruptRecords
from minikafka.world import PAGE_BYTES, FileSlice, LiveUniverse


def batch_of(size: int, number: int = 0) -> bytes:
    return build_batch([NewRecord(1_700_000_000_000 + number, None, random.Random(number).randbytes(size))])


def open_log(world, index=0, **config) -> Log:
    return Log.open(world, f"orders-{index}", "orders", index, LogConfig(**config), Rules())


@pytest.mark.parametrize("size", [100, 20_000, 900_000])
def test_an_append_is_one_write_of_the_bytes_as_they_came(tmp_path, size):
    """Index entries come beside it, one in so many bytes."""
    with LiveUniverse(tmp_path) as universe:
        world = universe.world("broker-1")
        counters = world.disk.counters
        leader, follower = (open_log(world, index, index_interval_bytes=1 << 30) for index in (0, 1))
        for number in range(2):  # once a segment, the epoch is noted and the first batch's time looked up
            leader.append_as_leader(batch_of(size, number), 0)
            follower.append_as_follower(bytearray(leader.read(number, 1 << 30)))
        writes, reads, written = counters.writes, counters.reads, counters.bytes_written
        for number in range(5):
            leader.append_as_leader(batch_of(size, number), 0)
        assert (counters.writes - writes, counters.reads - reads) == (5, 0)
        assert counters.bytes_written - written == leader.size_bytes * 5 // 7
        batches = bytearray(leader.read(2, 1 << 30))
        writes, reads = counters.writes, counters.reads
        follower.append_as_follower(batches)
        assert (counters.writes - writes, counters.reads - reads) == (1, 0)
        assert follower.size_bytes == leader.size_bytes


@pytest.mark.parametrize("size", [SLICED_BATCH_BYTES, 100_000, 900_000])
def test_of_large_batches_only_headers_are_read(lab, size):
    log = open_log(lab.world)
    batches = [batch_of(size, number) for number in range(12)]
    for batch in batches:
        log.append_as_leader(batch, 0)
    log.slice(0, 1 << 30)
    counters = lab.world.disk.counters
    for offset, count in ((0, 12), (3, 5), (11, 1)):
        before = counters.bytes_read
        found = log.slice(offset, 1 << 30, up_to_offset=offset + count)
        assert isinstance(found, FileSlice)
        assert counters.bytes_read - before < (count + 2) * 1024 + 8192  # and the search for the offset
        headers = [batch.header for batch in read_batches(in_memory(found))]
        assert [header.base_offset for header in headers] == list(range(offset, offset + count))


@pytest.mark.parametrize("seed", range(30))
def test_slices_and_bytes_are_the_same(lab, seed):
    """Batches of all sizes, limits of all kinds."""
    chance = random.Random(seed)
    log = open_log(lab.world, segment_bytes=300_000)
    whole = {}
    for number in range(60):
        size = chance.choice((1, 500, SLICED_BATCH_BYTES - 75, SLICED_BATCH_BYTES, 40_000))
        log.append_as_leader(batch_of(size, number), chance.choice((0, number // 9)))
    at = 0
    while at < log.log_end_offset:
        for batch in read_batches(log.read(at, 1 << 30, at_least_one=True)):
            whole[batch.header.base_offset] = bytes(batch.data)
            at = batch.header.next_offset
    assert list(whole) == list(range(60))
    for _ in range(100):
        offset, limit = chance.randrange(60), chance.choice((0, 1000, 17_000, 60_000, 200_000, 1 << 30))
        up_to, at_least_one = chance.randint(offset, 60), chance.random() < 0.5
        found = in_memory(log.slice(offset, limit, up_to_offset=up_to, at_least_one=at_least_one))
        assert found == log.read(offset, limit, up_to_offset=up_to, at_least_one=at_least_one)
        got = [batch.header.base_offset for batch in read_batches(found)]
        assert found == b"".join(whole[base] for base in got)
        assert got == list(range(offset, offset + len(got))) and offset + len(got) <= up_to
        assert len(found) <= limit or (at_least_one and len(got) == 1)
        if not got and offset < up_to:
            assert len(whole[offset]) > limit and not at_least_one


def test_a_wrong_header_of_a_large_batch_is_found(lab):
    """As in `test_flipped_bits`, for every byte that no checksum covers and that tells where the batch stands."""
    log = open_log(lab.world)
    batches = [batch_of(20_000, number) for number in range(4)]
    for batch in batches:
        log.append_as_leader(batch, 0)
    log.close()
    disk = lab.world.disk
    files = {f"orders-0/{name}": disk.read_bytes(f"orders-0/{name}") for name in lab.files()}
    path = "orders-0/00000000000000000000.log"
    right = files[path]
    starts = [batch.header.base_offset * len(batches[0]) for batch in read_batches(memoryview(right))]
    refused = 0
    for start in starts:
        for at in range(HEADER_BYTES):
            if 12 <= at < 16:
                continue  # the leader epoch
            damaged = bytearray(right)
            damaged[start + at] ^= 1 << at % 8
            disk.rmtree("orders-0")
            disk.makedirs("orders-0")
            for name, content in (files | {path: bytes(damaged)}).items():
                disk.write_atomic(name, content)
            log = Log.open(
                lab.world,
                "orders-0",
                "orders",
                0,
                LogConfig(),
                Rules(),
                clean_shutdown=True,
                recovery_point=4,
            )
            try:
                offset = 0
                while offset < log.log_end_offset:
                    data = in_memory(log.slice(offset, 50_000, at_least_one=True))
                    assert data, f"nothing is served at {offset}"
                    for batch in read_batches(data):
                        if not batch.crc_is_valid():
                            raise CorruptRecords("the reader's own check")
                        assert batch.header.base_offset == offset
                        offset = batch.header.next_offset
                assert log.log_end_offset < 4, (start, at)
            except (ApiError, CorruptRecords):
                refused += 1
    assert refused


@pytest.mark.skipif(os.name == "nt", reason="the bytes go through memory there")
def test_a_consumer_s_bytes_never_enter_the_broker_s_memory():
    with Cluster(brokers=1) as cluster:
        cluster.create_topic("orders", 1, 1)
        producer = cluster.producer({"linger.ms": 0})
        values = [random.Random(number).randbytes(100_000) for number in range(20)]
        for value in values:
            producer.produce("orders", value)
            assert producer.flush(30) == 0
        broker = cluster._nodes.brokers["broker-1"]
        counters = broker.world.disk.counters
        read, sent = counters.bytes_read, counters.bytes_sent
        consumer = cluster.consumer({"group.id": "g", "auto.offset.reset": "earliest"})
        consumer.assign([TopicPartition("orders", 0, 0)])
        found = []
        while len(found) < len(values):
            message = consumer.poll(30)
            assert message is not None and message.error() is None
            found.append(message.value())
        consumer.close()
        producer.close()
        assert found == values
        total = sum(map(len, values))
        assert counters.bytes_sent - sent >= total
        assert counters.bytes_read - read < total / 10


@pytest.mark.parametrize("size", [30, 500, 5000])
def test_of_many_small_batches_no_more_than_a_window_is_in_memory(lab, size):
    """What stays in the file ends where it would in memory, wherever a window ends in a batch."""
    log = open_log(lab.world, segment_bytes=1 << 30)
    count = 0
    while log.size_bytes < 3 * IN_MEMORY_BYTES:
        log.append_as_leader(batch_of(size, count), 0)
        count += 1
    end = log.segments.active.size_bytes
    everything = log.segments.active.file().read_at(0, end)
    for limit in (IN_MEMORY_BYTES + 1, IN_MEMORY_BYTES * 2 + 77, 1 << 30):
        found = log.slice(0, limit)
        assert isinstance(found, FileSlice)
        assert found.read() == everything[: len(found)]
        assert min(limit, end) - len(found) < size + 200
        assert sum(batch.header.size_bytes for batch in read_batches(found.read())) == len(found)
    found = log.slice(7, 1 << 30, up_to_offset=count - 5)
    assert [batch.header.base_offset for batch in read_batches(in_memory(found))] == [*range(7, count - 5)]
    assert found.data is None
    assert log.slice(0, IN_MEMORY_BYTES).data == everything[: len(log.slice(0, IN_MEMORY_BYTES))]
    assert log.slice(0, IN_MEMORY_BYTES, in_memory_bytes=0).data is None
    assert isinstance(log.slice(0, PAGE_BYTES), memoryview)
    assert isinstance(log.slice(0, 10_000, in_memory_bytes=0), memoryview)
