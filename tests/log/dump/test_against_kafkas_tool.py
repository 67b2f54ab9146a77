"""Our dump says the same as `kafka-dump-log`, field by field, of files of ours and of a real Kafka's."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from oracle.brokers import address, free_port, real_kafka_script, why_no_real_kafka

from minikafka.client import AdminClient, Consumer, NewTopic, Producer
from minikafka.dump import lines
from minikafka.dump.meanings import meaning_of
from minikafka.log.dump import FileKind, RawFile, Row, decode, find_files, verify_all
from minikafka.log.dump.segment import DumpedBatch

pytestmark = [
    pytest.mark.java,
    pytest.mark.skipif(why_no_real_kafka() is not None, reason=str(why_no_real_kafka())),
]
_WORD = re.compile(r"(\w+): (\S+)")
_EMPTY = "OptionalLong.empty"


def kafka_says(path: Path, *options: str) -> list[str]:
    command = [str(real_kafka_script()), "tool", "kafka-dump-log", "--files", str(path), *options]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def of_kafka(line: str) -> dict[str, str]:
    """The words of a line that are `name: value`, up to the headers of a record."""
    words = {snake(name): value for name, value in _WORD.findall(line.split(" headerKeys:")[0])}
    if "isvalid" in words:
        words["is_valid"] = words.pop("isvalid")
    for kind in ("create_time", "log_append_time"):
        if kind in words:
            words["timestamp"] = words.pop(kind)
    return words


def of_ours(entry: dict[str, Any]) -> dict[str, str]:
    """The same of one of our objects."""
    out = {
        name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in entry.items()
    }
    if entry["kind"] == "batch":
        out["timestamp"] = out["max_timestamp"]
        if entry["delete_horizon_ms"] is None:
            out["delete_horizon_ms"] = _EMPTY
    return out


def our_lines(path: Path) -> list[dict[str, Any]]:
    (file,) = find_files(path)
    out = []
    with RawFile(path) as source:
        for item in decode(source, file, meaning_of):
            assert isinstance(item, DumpedBatch), item
            out.append(lines.batch_line(file, item))
            out += [lines.record_line(file, item, record, data=True) for record in item.records()]
    return out


def compare_segment(path: Path, *options: str) -> int:
    """All batches and records of a segment; how many they were."""
    theirs = [
        line
        for line in kafka_says(path, "--deep-iteration", *options)
        if line.startswith(("baseOffset", "|"))
    ]
    ours = our_lines(path)
    assert len(theirs) == len(ours)
    for line, entry in zip(theirs, ours, strict=True):
        due, got = of_kafka(line), of_ours(entry)
        assert {name: got.get(name) for name in due} == due
        if entry["kind"] == "record":
            keys = re.search(r"headerKeys: \[(.*?)\]", line)
            assert keys is not None
            assert keys[1] == ",".join(entry["header_keys"])
    return len(ours)


def payloads(path: Path, decoder: str) -> Iterator[tuple[Any, Any]]:
    """(what Kafka's decoder says, what ours says) of each record that has a JSON payload."""
    theirs = [line for line in kafka_says(path, "--print-data-log", decoder) if line.startswith("| offset")]
    ours = [line for line in our_lines(path) if line["kind"] == "record"]
    for line, entry in zip(theirs, ours, strict=True):
        match = re.search(r"(?:payload|LeaderChange|KRaftVersion|KRaftVoters):? (\{.*)", line)
        if match:
            both = json.loads(match[1]), entry["decoded"]["value"]
            for one in both:
                for member in (one.get("data") or {}).get("members", []):
                    del member["subscription"], member["assignment"]  # Kafka prints their bytes
            yield both


def test_a_segment_of_ours_with_all_codecs(partition: Path) -> None:
    assert compare_segment(partition / f"{0:020}.log", "--print-data-log") > 20
    for suffix in (".index", ".timeindex"):
        assert not [
            line
            for line in kafka_says(partition / f"{0:020}{suffix}", "--index-sanity-check")
            if "rror" in line
        ]
    snapshot = next(partition.glob("*.snapshot"))
    theirs = [of_kafka(line) for line in kafka_says(snapshot) if line.startswith("producerId")]
    (file,) = find_files(snapshot)
    with RawFile(snapshot) as source:
        ours = [lines.row_line(file, row) for row in decode(source, file) if isinstance(row, Row)][1:]
    assert len(theirs) == len(ours) == 2
    for line, entry in zip(theirs, ours, strict=True):
        for name in ("producer_id", "producer_epoch", "coordinator_epoch", "last_sequence", "last_offset"):
            if name in line:  # a producer without a remembered batch has no sequence and offset
                assert line[name] == str(entry[name])


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory that a real Kafka wrote: all codecs, headers, nulls, and a group's commits."""
    root = tmp_path_factory.mktemp("real")
    process = subprocess.Popen(
        [real_kafka_script(), "up", "--brokers", "1", "--port", str(free_port()), "--dir", str(root),
         "--set", "offsets.topic.num.partitions=1", "--set", "group.initial.rebalance.delay.ms=0"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        host, port = address(process.stdout.readline())
        servers = f"{host}:{port}"
        for future in (
            AdminClient({"bootstrap.servers": servers}).create_topics([NewTopic("orders", 1, 1)]).values()
        ):
            future.result(30)
        for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
            producer = Producer({"bootstrap.servers": servers, "compression.type": codec, "linger.ms": 50})
            for i in range(10):
                producer.produce(
                    "orders", b"v" * 30 * i, f"k{i}".encode() if i else None, headers=[("h", b"x")]
                )
            producer.flush(30)
        consumer = Consumer(
            {"bootstrap.servers": servers, "group.id": "billing", "auto.offset.reset": "earliest"}
        )
        consumer.subscribe(["orders"])
        count = 0
        for _ in range(100):
            count += len(consumer.consume(100, 0.3))
            if count >= 50:
                break
        consumer.commit(asynchronous=False)
        consumer.close()
    finally:
        process.terminate()
        process.wait(60)
    return root


def test_every_segment_that_a_real_kafka_wrote(theirs: Path) -> None:
    found = [file for file in find_files(theirs) if file.kind == FileKind.LOG and file.path.stat().st_size]
    assert {"orders", "__consumer_offsets", "__cluster_metadata"} <= {file.topic for file in found}
    for file in found:
        assert compare_segment(file.path)


@pytest.mark.parametrize(
    ("topic", "decoder"),
    [("__consumer_offsets", "--offsets-decoder"), ("__cluster_metadata", "--cluster-metadata-decoder")],
)
def test_what_the_records_of_internal_topics_say(theirs: Path, topic: str, decoder: str) -> None:
    segment = next(
        file.path for file in find_files(theirs) if file.topic == topic and file.path.suffix == ".log"
    )
    compared = 0
    for due, got in payloads(segment, decoder):
        assert got == due
        compared += 1
    assert compared


def test_a_real_kafkas_files_have_nothing_wrong(theirs: Path) -> None:
    assert list(verify_all(find_files(theirs), meaning_of)) == []
