"""`minikafka dump-log` as its user types it."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from minikafka.coordinator.records import (
    GroupMetadataValue,
    MemberMetadata,
    OffsetCommitValue,
    encode_record,
    group_record,
    offset_record,
)
from minikafka.log.checkpoints import format_checkpoint
from minikafka.metadata.records import TopicRecord
from minikafka.metadata.records import encode_record as encode_metadata
from minikafka.protocol.messages.consumer_protocol import (
    ConsumerProtocolAssignment,
    ConsumerProtocolSubscription,
    TopicPartition,
    encode_versioned,
)
from minikafka.protocol.schema import ZERO_UUID
from minikafka.quorum.control_records import VoterNode, leader_change_batch
from minikafka.records.batch import Compression, NewRecord, build_batch

TIME_MS = 1_700_000_000_000


def run(*args: object, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "minikafka.cli", "dump-log", *map(str, args)],
        capture_output=True, text=True, timeout=60, check=False, env={**os.environ, **env},
    )  # fmt: skip


def objects(*args: object) -> list[dict[str, object]]:
    result = run("--json", *args)
    assert result.stderr == ""
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory with a user's topic, a group and a bit of metadata."""
    member = MemberMetadata(
        member_id="m-1",
        subscription=encode_versioned(ConsumerProtocolSubscription(topics=["orders"])),
        assignment=encode_versioned(
            ConsumerProtocolAssignment(assigned_partitions=[TopicPartition(topic="orders", partitions=[0])])
        ),
    )
    group = GroupMetadataValue(protocol_type="consumer", generation=1, members=[member])
    committed = OffsetCommitValue(offset=15, commit_timestamp=TIME_MS)
    offsets = [
        encode_record(group_record("billing", group)),
        encode_record(offset_record("billing", "orders", 0, committed)),
        encode_record(offset_record("billing", "orders", 1, None)),
    ]
    voter = VoterNode(3000, ZERO_UUID, "127.0.0.1", 9093)
    topic = build_batch(
        [NewRecord(TIME_MS, None, encode_metadata(TopicRecord(name="orders", topic_id=ZERO_UUID)))],
        base_offset=3, leader_epoch=1,
    )  # fmt: skip
    orders = [NewRecord(TIME_MS + i, b"k", b"\x1b[31mvalue", (("h", b"x"),)) for i in range(2)]
    contents = {
        "orders-0": build_batch(orders, compression=Compression.GZIP, leader_epoch=0),
        "__consumer_offsets-1": build_batch([NewRecord(TIME_MS, k, v) for k, v in offsets], leader_epoch=0),
        "__cluster_metadata-0": leader_change_batch(voter, [voter], [voter.id], 1, TIME_MS) + topic,
    }
    for name, content in contents.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{0:020}.log").write_bytes(content)
    (tmp_path / "recovery-point-offset-checkpoint").write_bytes(format_checkpoint(["orders 0 2"]))
    return tmp_path


@pytest.mark.slow
def test_a_data_directory_is_dumped_with_all_that_is_in_it_and_left_as_it_was(data: Path) -> None:
    def digest() -> list[tuple[str, str]]:
        files = sorted(path for path in data.rglob("*") if path.is_file())
        return [(str(path), hashlib.sha256(path.read_bytes()).hexdigest()) for path in files]

    before = digest()
    for options in ([], ["--deep"], ["--print-data"], ["--hex"], ["--json"], ["--verify"]):
        result = run(*options, data)
        assert (result.returncode, result.stderr) == (0, ""), options
        assert "\x1b" not in result.stdout, "no colour in a pipe, and no escape from a record"
    assert digest() == before


def test_what_kafkas_own_topics_say_is_told(data: Path) -> None:
    said = [one["decoded"] for one in objects("--deep", data) if one.get("decoded")]
    by_kind = {one["kind"]: one for one in said}
    (member,) = by_kind["group metadata"]["value"]["data"]["members"]
    assert member["subscription"]["topics"] == ["orders"]
    assert member["assignment"]["assignedPartitions"] == [{"topic": "orders", "partitions": [0]}]
    commits = [one for one in said if one["kind"] == "offset commit"]
    assert commits[0]["key"]["data"] == {"group": "billing", "topic": "orders", "partition": 0}
    assert commits[0]["value"]["data"]["offset"] == 15
    assert commits[1]["value"] is None
    assert by_kind["LEADER_CHANGE"]["value"]["leaderId"] == 3000
    assert by_kind["topic"]["value"] == {
        "type": "TOPIC_RECORD", "version": 0, "data": {"name": "orders", "topicId": "A" * 22},
    }  # fmt: skip


def test_bytes_are_legible_without_colour_and_coloured_on_demand(data: Path) -> None:
    plain = run("--hex", data / "orders-0").stdout
    assert "base_offset" in plain
    assert "unpacked from gzip" in plain
    assert "CRC-32C of all that follows" in plain
    assert "\x1b[" in run("--hex", data / "orders-0", FORCE_COLOR="1").stdout
    coloured = run("--hex", data / "orders-0", FORCE_COLOR="1", NO_COLOR="1").stdout
    assert not any(f"\x1b[3{number}m" in coloured for number in range(8))


def test_verify_names_file_and_byte_and_the_status_is_1(data: Path) -> None:
    segment = data / "orders-0" / f"{0:020}.log"
    content = bytearray(segment.read_bytes())
    content[-1] ^= 1
    segment.write_bytes(content)
    result = run("--verify", data)
    assert result.returncode == 1
    first = result.stdout.splitlines()[0]
    assert str(segment) in first
    assert f"bytes 0–{len(content) - 1}: the checksum is wrong" in first
    assert run(data).returncode == 1
    problem, summary = objects("--verify", segment)
    assert (problem["kind"], problem["position"], problem["file"]) == ("problem", 0, str(segment))
    assert (summary["files"], summary["problems"]) == (1, 1)


def test_a_path_that_can_not_be_read_is_one_sentence_and_the_others_are_dumped(data: Path) -> None:
    result = run(data / "nothing", data / "orders-0")
    assert result.returncode == 1
    assert result.stderr == f"minikafka: {data / 'nothing'} does not exist.\n"
    assert "batch at byte 0" in result.stdout


def test_a_closed_pipe_is_no_error(data: Path) -> None:
    record = [NewRecord(TIME_MS, b"k", b"v" * 50) for _ in range(5000)]
    (data / "orders-0" / f"{0:020}.log").write_bytes(build_batch(record, leader_epoch=0))
    for options in (["--print-data"], ["--json", "--deep"]):
        process = subprocess.Popen(
            [sys.executable, "-m", "minikafka.cli", "dump-log", *options, str(data / "orders-0")],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
        process.stderr.close()
        assert process.wait(30) == 0
