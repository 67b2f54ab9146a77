"""Hostile and broken input over the wire: Kafka's error or a closed connection; nobody else notices anything."""

import random
import struct
import zlib

import lz4.frame
import pytest
import snappy
import zstandard
from broker.wire import Client, frame, produce, produced, raw
from oracle.batches import XERIAL, batch
from simulation.story import story

from minikafka.protocol.errors import ErrorCode

TIMES = [1_767_225_600_000] * 3
V = 11


@pytest.fixture
def s():
    """A cluster with a topic of one partition, ten good records in it, and a client that goes on."""
    with story(1) as s:
        s.create_topic("orders")
        s.broker = s.leader("orders")
        s.good = s.writer("orders")
        s.good.write(10)
        s.good.flush()
        s.connections = s.nodes.brokers[s.broker].snapshot().connections
        yield s
        # Whatever it was: nobody else noticed anything, and nothing that was stored is lost.
        s.good.write(10)
        s.good.flush(5)
        assert not s.good.refused
        assert s.nodes.is_up(s.broker)
        s.good.check(s.read_all("orders"))


def refusal(s, data, partition=0):
    """How the leader refuses this batch; it is not appended, and its connection lives."""
    log = s.replica(s.broker, "orders").log
    end = log.log_end_offset
    client = Client(s, s.broker)
    answer = produced(client.ask(produce("orders", data, partition), V))
    assert log.log_end_offset == end
    assert answer.base_offset == -1
    again = produced(client.ask(produce("orders", batch(b"good", timestamps=TIMES[:1]), 0), V))
    assert again.error_code == ErrorCode.NONE
    return ErrorCode(answer.error_code)


def good(**wrong):
    return batch(b"a", b"b", b"c", timestamps=TIMES, **wrong)


def test_a_corrupt_crc(s):
    assert refusal(s, good(crc_off_by=1)) is ErrorCode.CORRUPT_MESSAGE


@pytest.mark.parametrize("codec", ["none", "gzip", "snappy", "lz4", "zstd"])
@pytest.mark.parametrize("count", [0, 2, 4, 2**31 - 1, -1])
def test_a_count_that_lies(s, codec, count):
    code = refusal(s, good(codec=codec, count=count))
    assert code in (ErrorCode.INVALID_RECORD, ErrorCode.CORRUPT_MESSAGE)


@pytest.mark.parametrize("length", [0, 1, 48, 2**31 - 1, -1, -(2**31)])
def test_a_batch_length_that_lies(s, length):
    code = refusal(s, good(length=length))
    assert code in (ErrorCode.CORRUPT_MESSAGE, ErrorCode.INVALID_RECORD, ErrorCode.MESSAGE_TOO_LARGE)


BOMB = bytes(256 << 20)
BOMBS = {
    "gzip": lambda: zlib.compress(BOMB, 1, 31),
    "snappy": lambda: (
        XERIAL + struct.pack(">i", 9) + snappy.compress(b"")[:0] + b"\xff\xff\xff\xff\x0f" + b"\x00aaa"
    ),
    "lz4": lambda: lz4.frame.compress(BOMB[: 128 << 20], block_linked=False),
    "zstd": lambda: zstandard.ZstdCompressor(1).compress(BOMB),
}


@pytest.mark.parametrize("codec", BOMBS)
def test_a_bomb_of_each_codec(s, codec):
    code = refusal(s, good(codec=codec, body=BOMBS[codec]()))
    assert code in (ErrorCode.MESSAGE_TOO_LARGE, ErrorCode.CORRUPT_MESSAGE, ErrorCode.INVALID_RECORD)


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
def test_a_compressed_batch_that_is_no_such_thing(s, codec):
    """Kafka stumbles over it, and says so: UNKNOWN_SERVER_ERROR."""
    code = refusal(s, good(codec=codec, body=random.Random(1).randbytes(200)))
    assert code in (ErrorCode.CORRUPT_MESSAGE, ErrorCode.INVALID_RECORD, ErrorCode.UNKNOWN_SERVER_ERROR)


def test_a_partition_that_is_not_there(s):
    assert refusal(s, good(), partition=7) is ErrorCode.UNKNOWN_TOPIC_OR_PARTITION


def closed(s, *pieces, within=5.0):
    """Send it on a connection of its own; the broker hangs up."""
    connection = raw(s, s.broker)
    for piece in pieces:
        connection.transport.write(piece)
    s.until(lambda: connection.is_closed, within, "the end of the connection")
    return connection


@pytest.mark.parametrize("length", [2**31 - 1, 2**30, -1, -(2**31), 100 * 1024 * 1024 + 1])
def test_a_frame_length_that_nobody_means(s, length):
    closed(s, struct.pack(">i", length) + b"\0" * 50)


@pytest.mark.parametrize("seed", range(20))
def test_garbage(s, seed):
    rng = random.Random(seed)
    closed(s, frame(rng.randbytes(rng.randint(0, 300))))


@pytest.mark.parametrize("key", [-1, 999, 32767])
def test_an_unknown_api(s, key):
    closed(s, frame(struct.pack(">hhi", key, 0, 7) + struct.pack(">h", 1) + b"x"))


def test_a_version_that_is_not_there(s):
    closed(s, frame(struct.pack(">hhi", 0, 99, 7) + struct.pack(">h", 1) + b"x\0"))


@pytest.mark.parametrize("seed", range(20))
def test_a_good_request_with_flipped_bytes(s, seed):
    """Closed, or answered: never silence, and never a crash."""
    rng = random.Random(seed)
    header = struct.pack(">hhi", 0, V, 7) + struct.pack(">h", 1) + b"x" + b"\0"
    body = bytearray(produce("orders", good(), acks=1).encode(V))
    for _ in range(3):
        # Not the batch itself: that has its own tests, and may be right by chance.
        body[rng.randrange(0, 20)] ^= 1 << rng.randrange(8)
    connection = raw(s, s.broker)
    connection.transport.write(frame(header + bytes(body)))
    s.run(40)
    assert connection.is_closed or connection.received or body[1:3] == b"\0\0"


def test_half_a_request_and_then_silence(s):
    connection = raw(s, s.broker)
    connection.transport.write(frame(bytes(100))[:50])
    s.run(300)
    assert not connection.is_closed
    s.until(lambda: connection.is_closed, within=310, what="connections.max.idle.ms")


def test_many_connections_with_half_a_request_keep_nobody_from_working(s):
    held = [raw(s, s.broker, f"client-raw-{n}") for n in range(100)]
    for connection in held:
        connection.transport.write(struct.pack(">i", 90 << 20) + b"\0" * 10)
    s.good.write(20)
    s.good.flush(5)
    for connection in held:
        connection.transport.abort()
    s.run(1)


def test_a_connection_that_vanishes_while_its_write_waits(s):
    s.isolate(s.followers("orders")[0], s.broker)
    client = Client(s, s.broker)
    task = client.submit(produce("orders", batch(b"9/9", timestamps=TIMES[:1])), V)
    s.run(1)
    partition = s.replica(s.broker, "orders")
    pending = s.nodes.brokers[s.broker].replicas.produce_pending
    assert pending.count(("orders", 0)) == 1
    s.universe.crash(client.host)
    s.run(31)
    assert pending.count(("orders", 0)) == 0, "it ends at its deadline, though nobody is there to be answered"
    assert task.done()
    s.heal()
    s.until(lambda: partition.high_watermark == partition.log.log_end_offset)
