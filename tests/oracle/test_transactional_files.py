"""Files with transactions in them: a real broker serves ours, ours tells of its what it tells itself.

Kafka: `TransactionIndex`, `ProducerStateManager`, `LocalLog.addAbortedTransactions` of 4.3.1, reached by the script
`tools/real_kafka.py`.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from oracle import brokers
from oracle.real import real_broker, topic, topic_id_of
from oracle.script import Broker
from oracle.written import CONFIG, folder, open_log, write_transactions

from minikafka.log.checkpoints import (
    CLEAN_SHUTDOWN_FILE,
    HIGH_WATERMARKS,
    RECOVERY_POINTS,
    OffsetCheckpoint,
)
from minikafka.log.config import LogConfig
from minikafka.log.log import Log
from minikafka.log.producer_snapshots import decode_snapshot
from minikafka.records.batch import read_batches
from minikafka.world import LiveUniverse, World

pytestmark = [pytest.mark.java, pytest.mark.slow, pytest.mark.usefixtures("kafka")]


# -- how readers see a log -----------------------------------------------------------------------------------


def shown(where: str, isolation_level: str) -> list[tuple[int, bytes]]:
    """What a consumer of librdkafka's is shown, up to the end for its isolation level."""
    from confluent_kafka import Consumer, TopicPartition

    consumer = Consumer(
        {
            "bootstrap.servers": where,
            "group.id": "reader",
            "isolation.level": isolation_level,
            "enable.auto.commit": False,
            "enable.partition.eof": True,
        }
    )
    consumer.assign([TopicPartition("orders", 0, 0)])
    found = []
    try:
        for _ in range(3000):
            message = consumer.poll(30)
            assert message is not None, "the broker serves nothing for half a minute"
            if message.error():
                assert message.error().name() == "_PARTITION_EOF", message.error()
                return found
            found.append((message.offset(), message.value()))
        raise AssertionError("no end of the partition")
    finally:
        consumer.close()


def batches_in(log: Log) -> Iterator[Any]:
    at = log.log_start_offset
    while at < log.log_end_offset:
        for batch in read_batches(log.read(at, 5000, at_least_one=True)):
            yield batch
            at = batch.header.next_offset


def records_in(log: Log) -> list[tuple[int, bytes]]:
    return [(r.offset, r.value) for b in batches_in(log) if not b.header.is_control for r in b.records()]


def fetched(where: str, offset: int, max_bytes: int, isolation_level: int) -> dict[str, Any]:
    """What the broker itself answers to a fetch of the partition."""
    host, port = brokers.address(where)
    broker = Broker(host, port)
    ask = {"partition": 0, "fetch_offset": offset, "partition_max_bytes": max_bytes}
    try:
        answer = broker.quietly(
            "fetch",
            11,
            max_wait=0,
            min_bytes=0,
            max_bytes=max_bytes,
            session_epoch=-1,
            replica_id=-1,
            isolation_level=isolation_level,
            topics=[{"topic": "orders", "partitions": [ask]}],
        )
    finally:
        broker.close()
    return answer["responses"][0]["partitions"][0]


Told = dict[tuple[int, int], tuple[int, list[tuple[int, int]] | None]]
"""By offset and size of a fetch: the last stable offset, and the aborted transactions as (producer, first offset)."""


def told_by(where: str, offsets: list[int], sizes: list[int]) -> Told:
    told: Told = {}
    for offset in offsets:
        for size in sizes:
            data = fetched(where, offset, size, 1)
            assert data["error_code"] == "NONE"
            aborted = [(a["producer_id"], a["first_offset"]) for a in data["aborted_transactions"]]
            told[offset, size] = data["last_stable_offset"], aborted
    assert fetched(where, 0, sizes[0], 0)["aborted_transactions"] is None
    return told


def told_by_ours(log: Log, offsets: list[int], sizes: list[int]) -> Told:
    told: Told = {}
    stable = log.last_stable_offset
    for offset in offsets:
        for size in sizes:
            records = log.read(offset, size, up_to_offset=stable, at_least_one=True)
            found = log.aborted_in_read(offset, len(records)) if offset < stable else []
            told[offset, size] = stable, [(a.producer_id, a.first_offset) for a in found]
    return told


def check_agree(theirs: Told, ours: Told, middle: int) -> None:
    """A fetch of `middle` bytes brings Kafka's reader a part of one more batch, and perhaps names that concern it."""
    assert theirs.keys() == ours.keys()
    for at, (stable, aborted) in theirs.items():
        assert ours[at][0] == stable
        if at[1] == middle:
            assert set(ours[at][1] or ()) <= set(aborted or ()), at
        else:
            assert ours[at][1] == aborted, at


def indexes(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(directory.glob("*.txnindex"))}


# -- ours under its broker -----------------------------------------------------------------------------------


def test_a_real_broker_serves_our_transactions(tmp_path: Path, world: World) -> None:
    data = tmp_path / "real"
    with real_broker(data) as where:
        topic(where, **{"index.interval.bytes": str(CONFIG.index_interval_bytes)})
    home = data / "broker-1" / "orders-0"
    _, committed = write_transactions(world, topic_id_of(home))
    log = open_log(world, clean=True)
    stable, end, everything = log.last_stable_offset, log.log_end_offset, records_in(log)
    ours = indexes(folder(world))
    assert len(ours) > 3 and stable < end
    offsets, sizes = list(range(0, stable + 1, 3)), [1, 1500, 1 << 20]
    told = told_by_ours(log, offsets, sizes)
    log.close()
    for clean in (True, False):
        shutil.rmtree(home)
        shutil.copytree(folder(world), home)
        with LiveUniverse(data) as universe:
            disk = universe.world("broker-1").disk
            for name in (RECOVERY_POINTS, HIGH_WATERMARKS):
                checkpoint = OffsetCheckpoint(disk, name)
                noted = {k: v for k, v in checkpoint.read().items() if k[0] != "orders"}
                checkpoint.write(noted | ({("orders", 0): end} if clean else {}))
            if not clean:
                disk.remove(CLEAN_SHUTDOWN_FILE)
        with real_broker(data) as where:
            assert shown(where, "read_uncommitted") == everything
            assert shown(where, "read_committed") == [r for r in committed if r[0] < stable]
            theirs = told_by(where, offsets, sizes)
            check_agree(theirs, told, sizes[1])
        assert {name: content for name, content in indexes(home).items() if content} == ours
        assert (data / "broker-1" / CLEAN_SHUTDOWN_FILE).exists()


# -- its under ours --------------------------------------------------------------------------------------------


def produce_transactions(where: str) -> tuple[list[tuple[int, bytes]], Any]:
    """Two transactional producers of librdkafka's take turns, and a plain one. What is committed, and the producers:
    their end would be that of the last transaction, which is left open."""
    from confluent_kafka import Producer

    def producer(name: str | None) -> Any:
        more = {"transactional.id": name, "transaction.timeout.ms": 600_000} if name else {}
        return Producer({"bootstrap.servers": where, "linger.ms": 0, **more})

    chance = random.Random(5)
    writers = {"a": producer("a"), "b": producer("b")}
    plain = producer(None)
    committed: list[tuple[int, bytes]] = []
    unfinished: dict[str, list[tuple[int, bytes]]] = {}
    for writer in writers.values():
        writer.init_transactions(60)

    def write(writer: Any, records: list[tuple[int, bytes]], number: int) -> None:
        def acknowledged(error: Any, message: Any) -> None:
            assert error is None, error
            records.append((message.offset(), message.value()))

        size = chance.choice([20, 30_000, 60_000])
        writer.produce("orders", b"%d " % number + chance.randbytes(size), on_delivery=acknowledged)
        assert writer.flush(30) == 0

    for number in range(90):
        name = chance.choice(["a", "b", "plain"])
        if name == "plain":
            write(plain, committed, number)
            continue
        if name not in unfinished:
            writers[name].begin_transaction()
            unfinished[name] = []
        write(writers[name], unfinished[name], number)
        if chance.random() < 0.5:
            if chance.random() < 0.4:
                writers[name].commit_transaction(60)
                committed += unfinished.pop(name)
            else:
                writers[name].abort_transaction(60)
                del unfinished[name]
    for name in sorted(unfinished):
        writers[name].abort_transaction(60)
    writers["b"].begin_transaction()
    write(writers["b"], [], 1000)
    write(plain, committed, 1001)
    return sorted(committed), writers


def test_our_log_tells_of_a_real_brokers_transactions_what_it_tells(tmp_path: Path, world: World) -> None:
    data = tmp_path / "real"
    with real_broker(data) as where:
        topic(where, **{"segment.bytes": "1048576"})
        committed, _writers = produce_transactions(where)
        whole = shown(where, "read_uncommitted")
        seen = shown(where, "read_committed")
        stable = fetched(where, 0, 1, 1)["last_stable_offset"]
        assert seen == [record for record in committed if record[0] < stable]
        offsets, sizes = list(range(0, stable + 1, 2)), [1, 100_000, 1 << 20]
        told = told_by(where, offsets, sizes)
        assert max(len(aborted or ()) for _, aborted in told.values()) > 3
    home = data / "broker-1" / "orders-0"
    theirs = indexes(home)
    assert theirs and len(list(home.glob("*.log"))) > 1
    for clean in (True, False):
        shutil.rmtree(folder(world), ignore_errors=True)
        shutil.copytree(home, folder(world))
        log = open_log(world, clean=clean, config=LogConfig(segment_bytes=1 << 20, retention_ms=-1))
        assert log.last_stable_offset == stable < log.log_end_offset
        assert records_in(log) == whole
        ours = told_by_ours(log, offsets, sizes)
        check_agree(told, ours, sizes[1])
        assert indexes(folder(world)) == theirs, "made again from the log, and the same"
        assert all(segment.aborted.is_borne_out for segment in log.segments)
        log.close()
        snapshots = [sorted(place.glob("*.snapshot"))[-1] for place in (home, folder(world))]
        known, again = ({s.producer_id: s for s in decode_snapshot(p.read_bytes())} for p in snapshots)
        for state in again.values():
            while len(state.batches) > 1:  # Kafka keeps a producer's last batch only
                state.batches.popleft()
        assert known == again
