"""Our dump says the same as `kafka-dump-log`, field by field, of files of ours and of a real Kafka's; and Kafka's tool
finds no error in ours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from oracle.brokers import why_no_real_kafka
from oracle.dumped import DECODERS, compare_logs, compare_meanings, compare_rows, files, finds_no_error
from oracle.real import real_broker
from oracle.written import COMPACTED, compact, folder, write_compacted, write_something, write_transactions

from minikafka import Cluster
from minikafka.client import AdminClient, Consumer, NewTopic, Producer
from minikafka.dump import find_files, verify_all
from minikafka.dump.meanings import meaning_of
from minikafka.log.log import Log
from minikafka.policy import Rules
from minikafka.records.batch import NewRecord, build_batch, read_batches
from minikafka.world import LiveUniverse

pytestmark = [
    pytest.mark.java,
    pytest.mark.slow,
    pytest.mark.skipif(why_no_real_kafka() is not None, reason=str(why_no_real_kafka())),
]
ONE_EACH = {
    "offsets.topic.num.partitions": "1",
    "transaction.state.log.num.partitions": "1",
    "group.initial.rebalance.delay.ms": "0",
}
BESIDE = (".index", ".timeindex", ".txnindex", ".snapshot")


def use(servers: str) -> None:
    """A topic with all codecs, headers and nulls, and a group that reads it and commits, several times."""
    admin = AdminClient({"bootstrap.servers": servers})
    for future in admin.create_topics([NewTopic("orders", 1, 1)]).values():
        future.result(30)
    for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
        producer = Producer({"bootstrap.servers": servers, "compression.type": codec, "linger.ms": 50})
        for i in range(10):
            producer.produce("orders", b"v" * 30 * i, f"k{i}".encode() if i else None, headers=[("h", b"x")])
        producer.flush(30)
    consumer = Consumer(
        {"bootstrap.servers": servers, "group.id": "billing", "auto.offset.reset": "earliest"}
    )
    consumer.subscribe(["orders"])
    count = 0
    for _ in range(100):
        if read := len(consumer.consume(20, 0.3)):
            consumer.commit(asynchronous=False)
        count += read
        if count >= 50:
            break
    consumer.close()


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory that a real Kafka wrote, with transactions too."""
    from confluent_kafka import Producer as Librdkafkas

    root = tmp_path_factory.mktemp("real")
    with real_broker(root, *(f"{name}={value}" for name, value in ONE_EACH.items())) as servers:
        use(servers)
        for name in ("a", "b"):
            producer = Librdkafkas({"bootstrap.servers": servers, "transactional.id": name})
            producer.init_transactions(60)
            for number in range(4):
                producer.begin_transaction()
                producer.produce("orders", b"%d" % number)
                assert producer.flush(30) == 0
                (producer.commit_transaction if number % 2 else producer.abort_transaction)(60)
    return root


def partition_of(root: Path, topic: str) -> Path:
    return next(root.rglob(f"{topic}-0"))


# -- ours ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    """Partitions that logs of ours wrote, by what is special about them."""
    found: dict[str, Path] = {}
    with LiveUniverse(tmp_path_factory.mktemp("ours")) as universe:
        for name, write in (
            ("rolled", write_something),
            ("compacted", write_compacted),
        ):
            world = universe.world(name)
            write(world, 7)
            found[name] = folder(world)
        world = universe.world("transactional")
        write_transactions(world)
        found["transactional"] = folder(world)
        yield found


@pytest.mark.parametrize("kind", ["rolled", "compacted", "transactional"])
def test_of_partitions_that_we_wrote_both_say_the_same(written: dict[str, Path], kind: str) -> None:
    directory, has_gaps = written[kind], kind == "compacted"
    compared = compare_logs(files(directory, ".log"), "--print-data-log", has_gaps=has_gaps)
    batches = [line for line in compared if line["kind"] == "batch"]
    assert len(files(directory, ".log")) > 2
    assert any(batch["is_control"] for batch in batches)
    assert len({batch["compresscodec"] for batch in batches}) == 5
    if has_gaps:
        assert any(batch["delete_horizon_ms"] is not None for batch in batches)
        assert any(not batch["count"] for batch in batches)
    if kind == "transactional":
        markers = {line["decoded"]["kind"] for line in compared if "decoded" in line}
        assert markers == {"COMMIT", "ABORT"}
        assert len(files(directory, ".txnindex")) > 2
    assert compare_rows(files(directory, *BESIDE)) > 20
    finds_no_error(directory, has_gaps=has_gaps)
    assert list(verify_all(find_files(directory), meaning_of)) == []


def test_a_segment_of_ours_with_all_codecs(partition: Path) -> None:
    assert len(compare_logs(files(partition, ".log"), "--print-data-log")) > 20
    assert compare_rows(files(partition, *BESIDE)) > 2
    finds_no_error(partition)


@pytest.fixture(scope="module")
def internal(
    theirs: Path, written: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """Partitions of the internal topics, written by our brokers and controllers, and compacted.

    Our brokers keep no transactions yet: of `__transaction_state` the log is ours, and the records are a real Kafka's.
    """
    root = tmp_path_factory.mktemp("cluster")
    with Cluster(brokers=1, data=root, configs=ONE_EACH, announce=False) as cluster:
        use(cluster.bootstrap_servers)
    found = {"__cluster_metadata": partition_of(root, "__cluster_metadata")}
    offsets = partition_of(root, "__consumer_offsets")
    found["__consumer_offsets"] = compacted(offsets, "__consumer_offsets")
    state = partition_of(theirs, "__transaction_state")
    target = root / "transactions" / "__transaction_state-0"
    with LiveUniverse(target.parent.parent) as universe:
        log = Log.open(
            universe.world("transactions"), target.name, "__transaction_state", 0, COMPACTED, Rules()
        )
        for path in files(state, ".log"):
            for batch in read_batches(path.read_bytes()):
                log.append_as_leader(bytes(batch.data), 0, origin="coordinator")
                key = next(batch.records()).key
        forgotten = build_batch([NewRecord(log.world.clock.time_ms(), key, None)])
        log.append_as_leader(forgotten, 1, origin="coordinator")
        log.close()
    found["__transaction_state"] = compacted(target, "__transaction_state")
    return found


def compacted(directory: Path, topic: str) -> Path:
    """After a pass over all but what is written after it."""
    with LiveUniverse(directory.parent.parent) as universe:
        world = universe.world(directory.parent.name)
        log = Log.open(world, directory.name, topic, 0, COMPACTED, Rules(), clean_shutdown=True)
        before = log.size_bytes
        last = list(read_batches(log.read(log.log_start_offset, 1 << 20)))[-1]
        log.roll()
        compact(log)
        assert log.size_bytes < before
        log.append_as_leader(bytes(last.data), 2, origin="coordinator")
        log.close()
    return directory


@pytest.mark.parametrize("topic", list(DECODERS))
def test_of_internal_topics_of_ours_both_say_the_same(internal: dict[str, Path], topic: str) -> None:
    directory, has_gaps = internal[topic], topic != "__cluster_metadata"
    logs = files(directory, ".log")
    assert compare_logs(logs, "--print-data-log", has_gaps=has_gaps)
    assert compare_meanings(logs, DECODERS[topic], has_gaps=has_gaps) > 2
    finds_no_error(directory, has_gaps=has_gaps)
    beside = files(directory, *BESIDE)
    if beside:
        compare_rows(beside)
    assert list(verify_all(find_files(directory), meaning_of)) == []


# -- a real Kafka's ------------------------------------------------------------------------------------------


def test_every_segment_that_a_real_kafka_wrote(theirs: Path) -> None:
    for topic in ("orders", *DECODERS):
        assert compare_logs(files(partition_of(theirs, topic), ".log"))


def test_what_a_real_kafka_keeps_beside_its_segments(theirs: Path) -> None:
    beside = [path for topic in ("orders", *DECODERS) for path in files(partition_of(theirs, topic), *BESIDE)]
    assert {path.suffix for path in beside} > {".snapshot", ".txnindex"}
    assert compare_rows(beside) > 4


@pytest.mark.parametrize("topic", list(DECODERS))
def test_what_the_records_of_internal_topics_say(theirs: Path, topic: str) -> None:
    compared: Any = compare_meanings(files(partition_of(theirs, topic), ".log"), DECODERS[topic])
    assert compared > (20 if topic == "__transaction_state" else 2)


def test_a_real_kafkas_files_have_nothing_wrong(theirs: Path) -> None:
    assert list(verify_all(find_files(theirs), meaning_of)) == []
