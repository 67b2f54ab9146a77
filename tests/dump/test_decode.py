"""What stands in each kind of file is what was written, and every byte belongs to a field."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minikafka.dump import (
    DumpedBatch,
    FileKind,
    Problem,
    RawBytes,
    RawFile,
    Row,
    Unreadable,
    decode,
    decode_batch,
    find_files,
)
from minikafka.dump.found import FoundFile, known
from minikafka.records.batch import Compression, NewRecord, build_batch, read_batches


def read(data: bytes, name: str) -> list[DumpedBatch | Row | Problem]:
    file = known(Path("/data/orders-0") / name)
    assert file is not None
    return list(decode(RawBytes(data), file))


def values(row: object) -> dict[str, object]:
    assert isinstance(row, Row), row
    return {field.name: field.value for field in row.fields}


HEADERS = st.lists(st.tuples(st.text(max_size=4), st.none() | st.binary(max_size=5)), max_size=2)
RECORDS = st.lists(
    st.builds(
        NewRecord,
        st.integers(0, 2**40),
        st.none() | st.binary(max_size=9),
        st.none() | st.binary(max_size=200),
        HEADERS.map(tuple),
    ),
    min_size=1,
    max_size=5,
)


@given(RECORDS, st.sampled_from(Compression), st.integers(0, 2**40))
@settings(max_examples=60, deadline=None)
def test_records_are_those_of_the_reader_and_fields_cover_every_byte(
    records: list[NewRecord], codec: Compression, position: int
) -> None:
    data = build_batch(records, base_offset=7, compression=codec)
    batch = decode_batch(data, position)
    (other,) = read_batches(data)
    assert [(r.offset, r.timestamp_ms, r.key, r.value, r.headers) for r in batch.records()] == list(
        map(tuple, other.records())
    )
    block = batch.block()
    for part in (block, *block.inner):
        assert b"".join(part.bytes_of(leaf) for leaf in part.leaves()) == part.data
    assert batch._repr_html_().count("base_offset") >= 2


def test_a_marker_says_that_its_transaction_is_committed(partition: Path) -> None:
    segment = partition / f"{0:020}.log"
    with RawFile(segment) as source:
        *_, last = decode(source, FoundFile(segment, FileKind.LOG, "orders", 0, 0))
        assert isinstance(last, DumpedBatch)
        (record,) = last.records()
        assert record.decoded is not None
        assert (record.decoded.kind, record.decoded.value) == ("COMMIT", {"coordinatorEpoch": 5})


def test_index_entries_come_with_their_absolute_offset(partition: Path) -> None:
    found = {file.kind: file for file in find_files(partition)}
    with RawFile(found[FileKind.OFFSET_INDEX].path) as source:
        rows = list(decode(source, found[FileKind.OFFSET_INDEX]))
    assert rows
    assert all(isinstance(row, Row) and row.fields[0].note.startswith("offset ") for row in rows)


def test_an_index_preallocated_by_kafka_says_so() -> None:
    entry, zeros = read(b"\0\0\0\x09\0\0\1\0" + bytes(80), f"{5:020}.index")
    assert values(entry) == {"relative_offset": 9, "position": 256}
    assert values(zeros) == {"zeros": 80}


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("leader-epoch-checkpoint", b"0\n1\n3 17\n", {"epoch": 3, "start_offset": 17}),
        ("recovery-point-offset-checkpoint", b"0\n1\na 2 9\n", {"topic": "a", "partition": 2, "offset": 9}),
        ("partition.metadata", b"version: 0\ntopic_id: DaRbNHWhQ4OB1y-PUeihQw\n", {"topic_id": "DaRbNHWhQ4OB1y-PUeihQw"}),  # noqa: E501
        ("meta.properties", b"#\nversion=1\ncluster.id=x\nnode.id=4\n", {"node.id": "4"}),
        ("meta.properties", b"#\n#Sat Mar 04\nversion=0\nbroker.id=4\n", {"broker.id": "4"}),
        ("quorum-state", b'{"leaderId":1,"leaderEpoch":4}', {"leaderId": 1, "leaderEpoch": 4}),
        (".kafka_cleanshutdown", b'{"version":0,"brokerEpoch":13}', {"version": 0, "brokerEpoch": 13}),
        (
            f"{0:020}.txnindex",
            bytes(2) + b"".join(n.to_bytes(8, "big") for n in (4, 10, 19, 20)),
            {"version": 0, "producer_id": 4, "first_offset": 10, "last_offset": 19, "last_stable_offset": 20},
        ),
    ],
)  # fmt: skip
def test_small_files(name: str, data: bytes, expected: dict[str, object]) -> None:
    items = read(data, name)
    assert not [item for item in items if isinstance(item, Problem)]
    assert values(items[-1]) == expected
    for item in items:
        assert isinstance(item, Row)
        for field in item.fields:  # each value's bytes are where it is said to be
            if name[0] != "0" and field.value is not None:
                assert data[field.offset : field.offset + field.size].decode() == str(field.value)


NAMES = (
    f"{0:020}.log",
    f"{0:020}.index",
    f"{0:020}.timeindex",
    f"{0:020}.txnindex",
    f"{0:020}.snapshot",
    "leader-epoch-checkpoint",
    "replication-offset-checkpoint",
    "partition.metadata",
    "meta.properties",
    "quorum-state",
    ".kafka_cleanshutdown",
    f"{3:020}-{1:010}.checkpoint",
)


@given(st.sampled_from(NAMES), st.binary(max_size=300) | st.text(max_size=60).map(str.encode))
@settings(max_examples=300, deadline=None)
def test_garbage_is_read_to_its_end_or_is_a_problem_within_the_file(name: str, data: bytes) -> None:
    for item in read(data, name):
        if isinstance(item, Problem):
            assert 0 <= item.position <= len(data)
            assert item.position + item.size <= len(data)
        elif isinstance(item, DumpedBatch):
            item.block()


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_file_has_nothing_or_is_one_problem(name: str) -> None:
    assert len([item for item in read(b"", name) if isinstance(item, Problem)]) <= 1


def test_a_clean_stop_before_kafka_3_7_left_an_empty_file() -> None:
    assert read(b"", ".kafka_cleanshutdown") == []


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"version=0\nnode.id=1\n", "no broker.id"),
        (b"version=1\ncluster.id=x\nbroker.id=1\n", "no node.id"),
        (b"version=1\nnode.id=1\n", "no cluster.id"),
        (b"version=2\nnode.id=1\n", "the version is '2', not 0 or 1"),
        (b"cluster.id=x\nnode.id=1\n", "no version"),
        (b"version=0\nbroker.id=one\n", "not a number"),
        (b"version=1\ncluster.id=x\nnode.id=1\ndirectory.id=short\n", "not an id"),
    ],
)
def test_each_version_of_meta_properties_has_names_that_it_needs(data: bytes, said: str) -> None:
    problems = [item for item in read(data, "meta.properties") if isinstance(item, Problem)]
    assert [problem for problem in problems if said in problem.sentence], problems


def test_what_can_not_be_dumped_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    for path, words in (
        (tmp_path / "none", "does not exist"),
        (tmp_path / "notes.txt", "by its name"),
        (tmp_path, "no file of a Kafka data directory"),
    ):
        with pytest.raises(Unreadable, match=words):
            list(find_files(path))


def test_a_snapshot_of_metadata_and_a_deleted_segment_are_known_by_name() -> None:
    for name, kind in (
        (f"{3:020}-{1:010}.checkpoint", FileKind.METADATA_SNAPSHOT),
        (f"{3:020}.log.deleted", FileKind.LOG),
        (f"{3:020}.timeindex.swap", FileKind.TIME_INDEX),
    ):
        file = known(Path("/data/a.b-c-12.0123456789abcdef0123456789abcdef-delete") / name)
        assert file is not None
        assert (file.kind, file.topic, file.partition, file.base_offset) == (kind, "a.b-c", 12, 3)
