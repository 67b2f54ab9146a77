"""Message sets v0 and v1 in a dump: every byte has a field, damage is found, and Kafka's tool says the same."""

from __future__ import annotations

import io
import itertools
import json
import re
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle.brokers import REAL_KAFKA, why_no_real_kafka
from rich.console import Console
from typer.testing import CliRunner

from minikafka.cli import app
from minikafka.dump import DumpedBatch, Problem, RawBytes, decode_batch, find_files, hexview, text, verify_all
from minikafka.dump.batches import read_segment
from minikafka.dump.messages import DumpedMessage
from minikafka.records import legacy
from minikafka.records.batch import LOG_APPEND_TIME, Compression, NewRecord, Record, build_batch
from minikafka.records.compression import compress
from minikafka.records.legacy import message_set, records_of

START_MS = 1_700_000_000_000
OLD_CODECS = (Compression.NONE, Compression.GZIP, Compression.SNAPPY, Compression.LZ4)


def all_kinds() -> bytes:
    """Sets of both formats, all codecs and times, and a v2 batch at the end."""
    sets, offset = [], 0
    for magic in (0, 1):
        for codec in OLD_CODECS:
            for kind in (0, LOG_APPEND_TIME):
                records = [
                    Record(offset, START_MS + offset, b"key", None),
                    Record(offset + 1, START_MS + offset + 1, None, b"value %d" % offset),
                    Record(offset + 2, START_MS + offset - 1, b"", b""),
                ]
                offset += len(records)
                sets.append(message_set(records, magic, compression=codec, timestamp_type=kind))
    sets.append(build_batch([NewRecord(START_MS, b"k", b"v")], base_offset=offset, leader_epoch=0))
    return b"".join(sets)


@pytest.fixture
def segment(tmp_path: Path) -> Path:
    (tmp_path / "orders-0").mkdir()
    path = tmp_path / "orders-0" / f"{0:020}.log"
    path.write_bytes(all_kinds())
    return path


CONTENTS = st.lists(
    st.tuples(st.integers(0, 2**40), st.none() | st.binary(max_size=9), st.none() | st.binary(max_size=200)),
    min_size=1,
    max_size=5,
)


@given(CONTENTS, st.sampled_from([0, 1]), st.sampled_from(OLD_CODECS), st.integers(0, 2**40))
@settings(max_examples=60, deadline=None)
def test_records_are_those_of_the_reader_and_fields_cover_every_byte(
    contents: list[tuple[int, bytes | None, bytes | None]], magic: int, codec: Compression, position: int
) -> None:
    some = contents[:1] if codec == Compression.NONE else contents
    data = message_set([Record(7 + i, *one) for i, one in enumerate(some)], magic, compression=codec)
    message = decode_batch(data, position)
    found = [Record(r.offset, r.timestamp_ms, r.key, r.value, r.headers) for r in message.records()]
    assert found == list(records_of(memoryview(data)))
    block = message.block()
    for part in (block, *block.inner):
        assert b"".join(part.bytes_of(leaf) for leaf in part.leaves()) == part.data
    assert message._repr_html_().count("message_size") >= 2
    assert [field.name for field in message.header_fields()][:5] == [
        "offset", "message_size", "crc", "magic", "attributes",
    ]  # fmt: skip


def test_a_whole_log_has_nothing_wrong(segment: Path) -> None:
    assert list(verify_all(find_files(segment))) == []


def test_text_json_and_bytes_tell_them(segment: Path) -> None:
    run = CliRunner()
    plain = run.invoke(app, ["dump-log", str(segment), "--print-data"])
    assert plain.exit_code == 0
    assert "magic 0, crc" in plain.output
    assert "no times in v0" in plain.output
    assert "LogAppendTime up to" in plain.output
    assert plain.output.count('"value ') == 16
    objects = [
        json.loads(one)
        for one in run.invoke(app, ["dump-log", str(segment), "--json", "--deep"]).output.splitlines()
    ]
    assert [o["offset"] for o in objects if o["kind"] == "record"] == list(range(49))
    assert {o["magic"] for o in objects if o["kind"] == "batch"} == {0, 1, 2}
    hexed = run.invoke(app, ["dump-log", str(segment), "--hex"])
    assert hexed.exit_code == 0
    assert "message v0 at byte 0, offset 0, 29 bytes" in hexed.output
    assert "unpacked from lz4" in hexed.output
    assert "relative: offset 31" in hexed.output  # in the first wrapper v1, of offsets 30 to 32


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_changed_byte_is_found_where_it_is(data: st.DataObject) -> None:
    raw = all_kinds()
    *_, last = (batch for batch in read_segment(RawBytes(raw)) if isinstance(batch, DumpedMessage))
    position = data.draw(st.integers(0, last.end - 1))
    wrong = bytearray(raw)
    wrong[position] ^= data.draw(st.integers(1, 255))
    with TemporaryDirectory() as root:
        path = Path(root) / f"{0:020}.log"
        path.write_bytes(wrong)
        found = [problem for _, problem in verify_all(find_files(path))]
    assert found, position
    first = found[0]
    assert first.position <= position < first.position + first.size, first
    for item in read_segment(RawBytes(bytes(wrong))):
        if isinstance(item, DumpedBatch):
            item.block()


def test_a_damaged_message_is_shown() -> None:
    raw = all_kinds()
    for position in range(150):
        wrong = bytearray(raw)
        wrong[position] ^= 1 << position % 8
        console = Console(file=io.StringIO())
        for item in itertools.islice(read_segment(RawBytes(bytes(wrong))), 3):
            if isinstance(item, DumpedBatch):
                text.show_batch(console, item)
                hexview.show_block(console, item.block())


def test_a_torn_message_is_told_with_the_byte_where_it_begins() -> None:
    raw = message_set([Record(0, 5, b"k", b"v" * 50), Record(1, 5, b"k", b"v" * 50)], 1)
    size = len(raw) // 2
    for cut in range(1, size - 7):  # the first seven bytes are zeros
        *_, last = read_segment(RawBytes(raw[:-cut]))
        assert isinstance(last, Problem)
        assert (last.position, last.size) == (size, size - cut)
        assert "torn tail" in last.sentence


def test_a_wrapper_that_makes_no_sense_inside_is_still_shown() -> None:
    good = message_set([Record(0, 5, b"k", b"v"), Record(1, 6, b"k", b"v")], 1)
    damaged = good[:-1] + b"x"
    wrong_crc = legacy._message(5, 1, 1, 6, None, compress(Compression.GZIP, damaged))
    (batch,) = read_segment(RawBytes(wrong_crc))
    assert isinstance(batch, DumpedMessage)
    assert [record.crc_is_valid for record in batch.records()] == [True, False]
    for value in (b"no gzip", compress(Compression.GZIP, good[:-3]), compress(Compression.GZIP, b"")):
        raw = legacy._message(5, 1, 1, 6, None, value)
        (batch,) = read_segment(RawBytes(raw))
        assert isinstance(batch, DumpedMessage)
        assert not batch.base_is_known
        assert batch.header.last_offset == 5
        block = batch.block()
        assert b"".join(block.bytes_of(leaf) for leaf in block.leaves()) == raw


# -- Kafka's own tool ----------------------------------------------------------------------------------------

_WORD = re.compile(r"(\w+): ([^\s}]+)")


@pytest.mark.java
@pytest.mark.skipif(why_no_real_kafka() is not None, reason=str(why_no_real_kafka()))
def test_kafkas_tool_says_the_same(segment: Path) -> None:
    command = [
        *REAL_KAFKA,
        "tool",
        "kafka-dump-log",
        "--files",
        str(segment),
        "--deep-iteration",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    theirs = [line for line in done.stdout.splitlines() if line.startswith(("offset", "baseOffset", "|"))]
    run = CliRunner().invoke(app, ["dump-log", str(segment), "--json", "--deep"])
    ours = [json.loads(line) for line in run.output.splitlines()]
    assert len(theirs) == len(ours) > 49
    names = {"isvalid": "is_valid", "isValid": "is_valid", "keySize": "key_size", "valueSize": "value_size"}
    compared = 0
    for line, entry in zip(theirs, ours, strict=True):
        if "magic: 2" in line or "sequence" in line:
            continue
        for name, value in _WORD.findall(line):
            if name in ("NoTimestampType", "CreateTime", "LogAppendTime"):
                assert entry["timestamp_type"] == name
                name = "max_timestamp" if entry["kind"] == "batch" else "timestamp"
            got = entry[names.get(name, name)]
            assert (str(got).lower() if isinstance(got, bool) else str(got)) == value, (line, name)
            compared += 1
    assert compared > 400
