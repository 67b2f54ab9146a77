"""Files of a log: Kafka's own code reads ours, ours reads Kafka's, and its broker takes over our folder.

Kafka: `FileRecords`, `MemoryRecords`, `DumpLogSegments`, `LogLoader` of 4.3.1, reached by the script `real-kafka`.
"""

from __future__ import annotations

import dataclasses
import json
import random
import re
import shutil
import signal
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from oracle import brokers

from minikafka.log.config import LogConfig
from minikafka.log.log import Log
from minikafka.log.partition_metadata import read_partition_metadata
from minikafka.policy import Organs
from minikafka.records.batch import LOG_APPEND_TIME, Batch, NewRecord, build_batch, read_batches
from minikafka.records.compression import Compression
from minikafka.records.control import end_transaction_batch, parse_control_type
from minikafka.world import LiveUniverse, World

pytestmark = pytest.mark.java
JAVA = Path(__file__).parent / "java" / "LogFiles.java"
CONFIG = LogConfig(segment_bytes=6_000, index_interval_bytes=500, retention_ms=-1)
CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
START_MS = 1_700_000_000_000


@pytest.fixture(autouse=True, scope="module")
def kafka() -> None:
    """Needs the script itself, not only the address of a broker."""
    reason = brokers.why_no_real_kafka()
    if reason is None and not brokers.real_kafka_script().exists():
        reason = "no script real-kafka (set REAL_KAFKA to its path)"
    if reason:
        pytest.skip(reason)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with LiveUniverse(tmp_path / "ours") as universe:
        yield universe.world("broker-1")


def real_kafka(*arguments: object, may_say: str = "$") -> str:
    """What the script prints; on stderr, where Kafka's warnings go, it must say nothing but `may_say`."""
    done = subprocess.run(
        [brokers.real_kafka_script(), *map(str, arguments)], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[-3000:]
    said = [line for line in done.stderr.splitlines() if not re.fullmatch(may_say, line)]
    assert not said, said
    return done.stdout


# -- what we write -------------------------------------------------------------------------------------------


def write_something(
    world: World, seed: int, config: LogConfig = CONFIG, topic_id: uuid.UUID | None = None
) -> Log:
    """A log in `orders-0` with every kind of batch, closed."""
    chance = random.Random(seed)
    log = Log.open(world, "orders-0", "orders", 0, config, Organs(), topic_id=topic_id)
    sequences = {-1: -1, 1: 0, 2: 0}
    epoch, open_transaction = 0, False
    for number in range(150):
        epoch += chance.random() < 0.05
        producer = chance.choice([-1, 1, 2])
        records = [a_record(chance, number) for _ in range(chance.randrange(1, 6))]
        batch = build_batch(
            records,
            compression=chance.choice(list(Compression)),
            producer_id=producer,
            producer_epoch=-1 if producer < 0 else 3,
            base_sequence=sequences[producer],
            transactional=producer == 2,
        )
        log.append_as_leader(batch, epoch)
        if producer > 0:
            sequences[producer] += len(records)
        open_transaction |= producer == 2
        if open_transaction and (chance.random() < 0.2 or number == 149):
            marker = end_transaction_batch(
                commit=chance.random() < 0.5,
                coordinator_epoch=5,
                timestamp_ms=START_MS + number,
                producer_id=2,
                producer_epoch=3,
            )
            log.append_as_leader(marker, epoch, origin="coordinator")
            open_transaction = False
    assert len(log.segments) > 2
    log.close()
    return log


def a_record(chance: random.Random, number: int) -> NewRecord:
    headers = tuple(
        (chance.choice(["trace", "", "ключ"]), chance.choice([None, b"", b"\x00\xff" * 20]))
        for _ in range(chance.choice([0, 0, 0, 1, 3]))
    )
    return NewRecord(
        START_MS + number * 10 + chance.randrange(-50, 50),
        chance.choice([None, b"", b"key-%d" % chance.randrange(9)]),
        chance.choice([None, b"", b"value %d" % number, chance.randbytes(40), b"z" * chance.randrange(400)]),
        headers,
    )


# -- how both sides are told ---------------------------------------------------------------------------------


def told(file: str, position: int, batch: Batch) -> dict[str, Any]:
    """Our view of a batch in the words of LogFiles.java."""
    header = batch.header
    assert batch.crc_is_valid()
    return {
        "file": file,
        "position": position,
        "size": header.size_bytes,
        "base_offset": header.base_offset,
        "last_offset": header.last_offset,
        "epoch": header.partition_leader_epoch,
        "magic": header.magic,
        "crc": header.crc,
        "codec": CODECS[header.compression],
        "max_timestamp": header.max_timestamp,
        "timestamp_type": "LogAppendTime" if header.timestamp_type == LOG_APPEND_TIME else "CreateTime",
        "producer_id": header.producer_id,
        "producer_epoch": header.producer_epoch,
        "base_sequence": header.base_sequence,
        "last_sequence": header.last_sequence,
        "count": header.record_count,
        "transactional": header.is_transactional,
        "control": header.is_control,
        "records": [told_record(batch, record) for record in batch.records()],
    }


def told_record(batch: Batch, record: Any) -> list[Any]:
    header = batch.header
    kind = parse_control_type(record.key) if header.is_control else None
    sequence = -1 if header.base_sequence < 0 else header.base_sequence + record.offset - header.base_offset
    return [
        record.offset,
        record.timestamp_ms,
        None if record.key is None else record.key.hex(),
        None if record.value is None else record.value.hex(),
        sequence,
        [[key.encode().hex(), None if value is None else value.hex()] for key, value in record.headers],
        None if kind is None else kind.name,
    ]


def told_file(file: str, data: bytes) -> list[dict[str, Any]]:
    lines, position = [], 0
    for batch in read_batches(data):
        lines.append(told(file, position, batch))
        position += batch.header.size_bytes
    return [*lines, {"file": file, "end": position}]


def folder(world: World) -> Path:
    return Path(world.disk.location) / "orders-0"


# -- Kafka's classes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("timestamps", ["CreateTime", "LogAppendTime"])
def test_kafkas_classes_read_what_we_wrote(world, seed, timestamps):
    kind = LOG_APPEND_TIME if timestamps == "LogAppendTime" else 0
    write_something(world, seed, dataclasses.replace(CONFIG, message_timestamp_type=kind))
    theirs = [json.loads(line) for line in real_kafka("java", JAVA, "read", folder(world)).splitlines()]
    ours = []
    for path in sorted(folder(world).glob("*.log")):
        lines = told_file(path.name, path.read_bytes())
        assert lines[-1]["end"] == path.stat().st_size
        ours += lines
    assert {line["codec"] for line in ours if "codec" in line} == set(CODECS)
    assert theirs == ours


@pytest.mark.parametrize("codec", [c for c in CODECS if c != "none"])
def test_kafkas_classes_read_what_the_topics_codec_made_of_it(world, codec):
    write_something(world, 3, dataclasses.replace(CONFIG, compression_type=codec, segment_bytes=3000))
    theirs = [json.loads(line) for line in real_kafka("java", JAVA, "read", folder(world)).splitlines()]
    assert theirs == [
        line
        for path in sorted(folder(world).glob("*.log"))
        for line in told_file(path.name, path.read_bytes())
    ]


def test_we_read_what_kafkas_classes_wrote(tmp_path, world):
    file = tmp_path / "00000000000000000000.log"
    theirs = [json.loads(line) for line in real_kafka("java", JAVA, "write", file).splitlines()]
    assert told_file(file.name, file.read_bytes()) == theirs
    folder(world).mkdir(parents=True)
    shutil.copy(file, folder(world))
    log = Log.open(world, "orders-0", "orders", 0, CONFIG, Organs())
    assert log.log_end_offset == theirs[-2]["last_offset"] + 1
    assert read_all(log) == [record for line in theirs[:-1] for record in line["records"]]
    log.close()


def read_all(log: Log) -> list[list[Any]]:
    found, at = [], log.log_start_offset
    while at < log.log_end_offset:
        for batch in read_batches(log.read(at, 5000, at_least_one=True)):
            found += [told_record(batch, r) for r in batch.records() if r.offset >= log.log_start_offset]
            at = batch.header.next_offset
    return found


def test_kafkas_dump_log_finds_no_error(world):
    write_something(world, 4)
    files = sorted(
        p for p in folder(world).iterdir() if p.suffix in (".log", ".index", ".timeindex", ".snapshot")
    )
    logs = [p for p in files if p.suffix == ".log"]
    # It takes every file but the first for one that goes on from offset -1, Kafka's own files too.
    starts = "|".join(str(int(p.stem)) for p in logs)
    out = real_kafka(
        "tool",
        "kafka-dump-log",
        "--deep-iteration",
        "--print-data-log",
        "--files",
        ",".join(map(str, logs)),
        may_say=rf"Non-consecutive offsets in .*|  -1 is followed by ({starts})",
    )
    rest = [p for p in files if p not in logs]
    out += real_kafka("tool", "kafka-dump-log", "--index-sanity-check", "--files", ",".join(map(str, rest)))
    # Without the flag each entry is looked up in the log.
    out += real_kafka("tool", "kafka-dump-log", "--files", ",".join(str(p) for p in rest))
    for word in (
        "isvalid: false",
        "Mismatches",
        "mismatch",
        "Found timestamp",
        "out of order",
        "Error",
        "Exception",
    ):
        assert word not in out, out[out.index(word) - 500 :][:1500]
    assert out.count("passed sanity check") == sum(p.suffix in (".index", ".timeindex") for p in rest)
    assert out.count("| offset: ") == sum(
        batch.header.record_count for p in logs for batch in read_batches(p.read_bytes())
    )


# -- its broker ----------------------------------------------------------------------------------------------


@contextmanager
def real_broker(data: Path, *settings: str) -> Iterator[str]:
    """One broker on this folder, with its settings (`key=value`); its bootstrap address."""
    process = subprocess.Popen(
        [
            brokers.real_kafka_script(),
            "up",
            "--brokers",
            "1",
            "--port",
            str(brokers.free_port()),
            "--dir",
            data,
            *(word for setting in settings for word in ("--set", setting)),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        where = process.stdout.readline().strip()
        assert where, "".join(p.read_text(errors="replace")[-2000:] for p in data.glob("*.log"))
        yield where
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        assert process.stdout is not None
        process.stdout.close()


def served_by(where: str, end_offset: int) -> list[tuple[Any, ...]]:
    """Every record of `orders`, markers aside, open and aborted transactions included."""
    from confluent_kafka import Consumer, TopicPartition

    consumer = Consumer(
        {
            "bootstrap.servers": where,
            "group.id": "reader",
            "isolation.level": "read_uncommitted",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "check.crcs": True,
        }
    )
    consumer.assign([TopicPartition("orders", 0, 0)])
    found = []
    try:
        for _ in range(2000):
            message = consumer.poll(30)
            assert message is not None, "the broker serves nothing for half a minute"
            if message.error():
                assert message.error().name() == "_PARTITION_EOF", message.error()
                assert message.offset() == end_offset
                return found
            headers = [[k.encode().hex(), None if v is None else v.hex()] for k, v in message.headers() or []]
            found.append((message.offset(), message.timestamp()[1], message.key(), message.value(), headers))
        raise AssertionError("no end of the partition")
    finally:
        consumer.close()


def client_view(log: Log) -> list[tuple[Any, ...]]:
    def data(text: str | None) -> bytes | None:
        return None if text is None else bytes.fromhex(text)

    return [
        (offset, timestamp, data(key), data(value), headers)
        for offset, timestamp, key, value, _, headers, control in read_all(log)
        if control is None
    ]


def test_a_real_broker_serves_our_files_and_ours_opens_its(tmp_path, world):
    from confluent_kafka import Producer
    from confluent_kafka.admin import AdminClient, NewTopic

    data = tmp_path / "real"
    with real_broker(data) as where:
        admin = AdminClient({"bootstrap.servers": where})
        admin.create_topics([NewTopic("orders", 1, 1, config={"retention.ms": "-1"})])["orders"].result(30)
    theirs = data / "broker-1"
    home = theirs / "orders-0"

    # Ours in its folder, as after a crash: the whole log is checked, and its torn end cut.
    write_something(world, 5, topic_id=topic_id_of(home))
    log = Log.open(world, "orders-0", "orders", 0, CONFIG, Organs(), clean_shutdown=True)
    expected, end = client_view(log), log.log_end_offset
    log.close()
    shutil.rmtree(home)
    shutil.copytree(folder(world), home)
    last = max(home.glob("*.log"))
    torn = max(folder(world).glob("*.log")).read_bytes()[:-1][-500:]
    with last.open("ab") as file:
        file.write(build_batch([NewRecord(START_MS, b"k", torn)], base_offset=end, leader_epoch=99)[:-7])
    for checkpoint in theirs.glob("*-checkpoint"):
        checkpoint.unlink()
    (theirs / ".kafka_cleanshutdown").unlink()
    with real_broker(data) as where:
        assert served_by(where, end) == expected
        for codec in CODECS:
            producer = Producer({"bootstrap.servers": where, "compression.type": codec, "linger.ms": 100})
            for number in range(20):
                producer.produce("orders", b"theirs %d" % number * 9, b"k", headers={"codec": codec})
            assert producer.flush(30) == 0
        served = served_by(where, end + 100)
    assert served[: len(expected)] == expected

    # Its folder in ours, closed cleanly and not.
    for clean in (True, False):
        shutil.rmtree(folder(world))
        shutil.copytree(home, folder(world))
        log = Log.open(world, "orders-0", "orders", 0, CONFIG, Organs(), clean_shutdown=clean)
        assert client_view(log) == served
        assert log.log_end_offset == end + 100
        assert log.topic_id == topic_id_of(home)
        log.abandon()


def topic_id_of(directory: Path) -> uuid.UUID:
    with LiveUniverse(directory.parent) as universe:
        found = read_partition_metadata(universe.world(".").disk, directory.name)
    assert found is not None
    return found
