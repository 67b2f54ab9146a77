"""Message sets v0 and v1: Kafka's own code reads ours, ours reads Kafka's, and its broker serves a log of them.

Kafka: `MemoryRecordsBuilder`, `FileRecords`, `MemoryRecords.filterTo`, the broker of 4.3.1.
"""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path
from typing import Any

import pytest
from oracle.real import real_broker, real_kafka, served_by, topic, topic_id_of
from oracle.told import told_header
from oracle.written import CONFIG, START_MS

from minikafka.log.log import Log
from minikafka.policy import Rules
from minikafka.records.batch import LOG_APPEND_TIME, Batch, NewRecord, Record, build_batch, read_batches
from minikafka.records.compression import Compression
from minikafka.records.filtering import filtered_batch
from minikafka.records.legacy import message_set
from minikafka.world import LiveUniverse

pytestmark = [pytest.mark.java, pytest.mark.slow, pytest.mark.usefixtures("kafka")]
JAVA = Path(__file__).parent / "java" / "OldFormats.java"
OLD_CODECS = (Compression.NONE, Compression.GZIP, Compression.SNAPPY, Compression.LZ4)


def told(data: bytes) -> list[dict[str, Any]]:
    """What the Java program says, said by our reader."""
    lines, position = [], 0
    for batch in read_batches(data):
        assert batch.crc_is_valid()
        lines.append(told_batch(position, batch))
        position += batch.header.size_bytes
    return [*lines, {"end": position}]


def told_batch(position: int, batch: Batch) -> dict[str, Any]:
    header = batch.header
    times = ["CreateTime", "LogAppendTime"][header.timestamp_type]
    return {
        **told_header(position, header),
        "timestamp_type": times if header.magic else "NoTimestampType",
        "horizon": header.base_timestamp if header.has_delete_horizon else None,
        "records": [
            [r.offset, r.timestamp_ms, *(None if part is None else part.hex() for part in (r.key, r.value))]
            for r in batch.records()
        ],
    }


def kafka_says(*arguments: object) -> list[dict[str, Any]]:
    return [json.loads(line) for line in real_kafka("java", JAVA, *arguments).splitlines()]


def a_mixed_log(seed: int) -> tuple[list[bytes], list[Record]]:
    """Sets of all formats and codecs at consecutive offsets, and the records in them."""
    chance, sets, right, offset = random.Random(seed), [], [], 0
    for number in range(120):
        magic, codec = chance.choice([0, 0, 1, 1, 2]), chance.choice(OLD_CODECS)
        records = [
            Record(
                offset + i,
                -1 if magic == 0 else START_MS + number * 10 + i,
                chance.choice([None, b"", b"key-%d" % chance.randrange(9)]),
                chance.choice([None, b"", b"value %d" % number, chance.randbytes(40), bytes(chance.randrange(900))]),
            )
            for i in range(chance.randrange(1, 6))
        ]  # fmt: skip
        offset += len(records)
        kind = LOG_APPEND_TIME if magic and chance.random() < 0.3 else 0
        if kind:
            records = [record._replace(timestamp_ms=records[-1].timestamp_ms) for record in records]
        if magic == 2:
            new = [NewRecord(*record[1:]) for record in records]
            base = records[0].offset
            sets.append(
                build_batch(new, base_offset=base, compression=codec, leader_epoch=0, timestamp_type=kind)
            )
        else:
            sets.append(message_set(records, magic, compression=codec, timestamp_type=kind))
        right += records
    return sets, right


@pytest.mark.parametrize("seed", [1, 2])
def test_kafkas_classes_read_what_we_wrote(tmp_path, seed):
    sets, right = a_mixed_log(seed)
    file = tmp_path / "ours.log"
    file.write_bytes(b"".join(sets))
    theirs = kafka_says("read", file)
    assert theirs == told(file.read_bytes())
    assert [r[0] for line in theirs[:-1] for r in line["records"]] == [r.offset for r in right]


def test_we_read_what_kafkas_classes_wrote_and_write_the_same(tmp_path):
    file = tmp_path / "theirs.log"
    theirs = kafka_says("write", file)
    assert theirs == told(file.read_bytes())
    rewritten = []
    for batch in read_batches(file.read_bytes()):
        header = batch.header
        if header.compression == Compression.NONE and header.magic < 2:
            rewritten.append((batch, message_set(
                list(batch.records()), header.magic, timestamp_type=header.timestamp_type
            )))  # fmt: skip
    assert len(rewritten) == 16
    assert all(bytes(batch.data) == ours for batch, ours in rewritten)


@pytest.mark.parametrize("third", [0, 1, 3])
def test_compaction_leaves_what_kafkas_leaves(tmp_path, third):
    theirs, kept = tmp_path / "theirs.log", tmp_path / "kept.log"
    kafka_says("write", theirs)
    due = kafka_says("filter", theirs, kept, third)[:-1]
    ours = []
    for batch in read_batches(theirs.read_bytes()):
        some = [record for record in batch.records() if record.offset % 3 != third]
        if some and batch.header.magic < 2:
            horizon_ms = 1500 if any(record.value is None for record in some) else None
            ours.append(filtered_batch(batch.header, some, horizon_ms))
    found = told(b"".join(ours))[:-1]
    del due[len(found) :]  # what was v2 before
    assert found[-1]["last_offset"] in (62, 63)
    for line in found + due:
        del line["position"]
        if line["codec"] != "none":
            del line["size"], line["crc"]  # two compressors needn't agree
    assert found == due


def test_a_real_broker_serves_a_log_of_all_formats_and_ours_does(tmp_path):
    data = tmp_path / "real"
    with real_broker(data) as where:
        topic(where)
    theirs = data / "broker-1"
    home = theirs / "orders-0"
    sets, right = a_mixed_log(3)
    with LiveUniverse(tmp_path / "ours") as universe:
        world = universe.world("broker-1")
        log = Log.open(world, "orders-0", "orders", 0, CONFIG, Rules(), topic_id=topic_id_of(home))
        for one in sets:
            log.append_as_follower(one)
        assert len(log.segments) > 2
        log.close()
        shutil.rmtree(home)
        ours = next((tmp_path / "ours").rglob("orders-0"))
        shutil.copytree(ours, home)
        torn = message_set([Record(right[-1].offset + 1, START_MS, b"key", b"never whole")], 1)
        with max(home.glob("*.log")).open("ab") as file:
            file.write(torn[:-3])
        for checkpoint in theirs.glob("*-checkpoint"):
            checkpoint.unlink()
        (theirs / ".kafka_cleanshutdown").unlink()
        end = right[-1].offset + 1
        with real_broker(data) as where:
            served = served_by(where, end)
        assert served == [(r.offset, max(0, r.timestamp_ms), r.key, r.value, []) for r in right]

        # Its folder in ours, closed cleanly and not.
        for clean in (True, False):
            shutil.rmtree(ours)
            shutil.copytree(home, ours)
            log = Log.open(world, "orders-0", "orders", 0, CONFIG, Rules(), clean_shutdown=clean)
            assert log.log_end_offset == end
            at, found = 0, []
            while at < end:
                for batch in read_batches(log.read(at, 5000, at_least_one=True)):
                    found += batch.records()
                    at = batch.header.next_offset
            assert found == right
            log.abandon()
