"""Files of a log: Kafka's own code reads ours, ours reads Kafka's, and its broker takes over our folder.

Kafka: `FileRecords`, `MemoryRecords`, `DumpLogSegments`, `LogLoader` of 4.3.1, reached by `tools/real_kafka.py`.
"""

from __future__ import annotations

import dataclasses
import json
import shutil

import pytest
from oracle.real import LOG_FILES, real_broker, real_kafka, served_by, topic, topic_id_of
from oracle.told import CODECS, client_view, read_all, told_file
from oracle.written import CONFIG, START_MS, folder, write_something

from minikafka.log.log import Log
from minikafka.policy import Rules
from minikafka.records.batch import LOG_APPEND_TIME, NewRecord, build_batch

pytestmark = [pytest.mark.java, pytest.mark.slow, pytest.mark.usefixtures("kafka")]


# -- Kafka's classes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("timestamps", ["CreateTime", "LogAppendTime"])
def test_kafkas_classes_read_what_we_wrote(world, seed, timestamps):
    kind = LOG_APPEND_TIME if timestamps == "LogAppendTime" else 0
    write_something(world, seed, dataclasses.replace(CONFIG, message_timestamp_type=kind))
    theirs = [json.loads(line) for line in real_kafka("java", LOG_FILES, "read", folder(world)).splitlines()]
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
    theirs = [json.loads(line) for line in real_kafka("java", LOG_FILES, "read", folder(world)).splitlines()]
    assert theirs == [
        line
        for path in sorted(folder(world).glob("*.log"))
        for line in told_file(path.name, path.read_bytes())
    ]


def test_we_read_what_kafkas_classes_wrote(tmp_path, world):
    file = tmp_path / "00000000000000000000.log"
    theirs = [json.loads(line) for line in real_kafka("java", LOG_FILES, "write", file).splitlines()]
    assert told_file(file.name, file.read_bytes()) == theirs
    folder(world).mkdir(parents=True)
    shutil.copy(file, folder(world))
    log = Log.open(world, "orders-0", "orders", 0, CONFIG, Rules())
    assert log.log_end_offset == theirs[-2]["last_offset"] + 1
    assert read_all(log) == [record for line in theirs[:-1] for record in line["records"]]
    log.close()


# -- its broker ----------------------------------------------------------------------------------------------


def test_a_real_broker_serves_our_files_and_ours_opens_its(tmp_path, world):
    from confluent_kafka import Producer

    data = tmp_path / "real"
    with real_broker(data) as where:
        topic(where)
    theirs = data / "broker-1"
    home = theirs / "orders-0"

    # Ours in its folder, as after a crash: the whole log is checked, and its torn end cut.
    write_something(world, 5, topic_id=topic_id_of(home))
    log = Log.open(world, "orders-0", "orders", 0, CONFIG, Rules(), clean_shutdown=True)
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
        log = Log.open(world, "orders-0", "orders", 0, CONFIG, Rules(), clean_shutdown=clean)
        assert client_view(log) == served
        assert log.log_end_offset == end + 100
        assert log.topic_id == topic_id_of(home)
        log.abandon()
