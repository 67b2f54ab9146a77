"""Damage is found, at the byte where it is."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from quorum.snapshots import snapshot_bytes

from minikafka.dump import Problem, find_files, verify_all
from minikafka.dump.batches import read_segment
from minikafka.dump.source import RawFile
from minikafka.metadata.records import NoOpRecord
from minikafka.records.batch import NewRecord, build_batch


def problems(path: Path) -> list[tuple[str, Problem]]:
    return [(file.name, problem) for file, problem in verify_all(find_files(path))]


@contextmanager
def damaged(partition: Path, name: str, position: int, mask: int) -> Iterator[Path]:
    """A copy of the partition in which one byte of one file is changed."""
    with TemporaryDirectory() as root:
        copy = Path(root) / partition.name
        shutil.copytree(partition, copy)
        data = bytearray((copy / name).read_bytes())
        data[position] ^= mask
        (copy / name).write_bytes(data)
        yield copy


def checked_files(partition: Path) -> list[tuple[str, int]]:
    """Those in which every byte counts, with their sizes."""
    suffixes = (".log", ".index", ".timeindex", ".snapshot")
    return [
        (f.name, f.stat().st_size)
        for f in sorted(partition.iterdir())
        if f.suffix in suffixes
        if f.stat().st_size
    ]


def test_what_we_wrote_has_nothing_wrong(partition: Path) -> None:
    assert {Path(name).suffix for name, _ in checked_files(partition)} == {
        ".log",
        ".index",
        ".timeindex",
        ".snapshot",
    }
    assert problems(partition) == []


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_changed_byte_is_found_where_it_is(partition: Path, data: st.DataObject) -> None:
    name, size = data.draw(st.sampled_from(checked_files(partition)))
    position = data.draw(st.integers(0, size - 1))
    with damaged(partition, name, position, data.draw(st.integers(1, 255))) as copy:
        found = [problem for file, problem in problems(copy) if file == name]
        assert found, (name, position)
        first = found[0]
        assert first.position <= position < first.position + first.size, (name, position, first)


@pytest.mark.parametrize("mask", [1, 0x80, 0xFF])
@pytest.mark.slow
def test_every_byte_of_every_batch_header_is_checked(partition: Path, mask: int) -> None:
    segment = partition / f"{0:020}.log"
    with RawFile(segment) as source:
        starts = [batch.position for batch in read_segment(source) if not isinstance(batch, Problem)]
    for start in starts:
        for position in range(start, start + 61):
            with damaged(partition, segment.name, position, mask) as copy:
                found = problems(copy / segment.name)
                assert found, position
                assert found[0][1].position <= position < found[0][1].position + found[0][1].size


@given(cut=st.integers(1, 60))
@settings(max_examples=20, deadline=None)
def test_a_torn_tail_is_told_with_the_byte_where_it_begins(partition: Path, cut: int) -> None:
    segment = partition / f"{0:020}.log"
    with RawFile(segment) as source:
        *_, last = read_segment(source)
        assert not isinstance(last, Problem)
    with TemporaryDirectory() as root:
        torn = Path(root) / segment.name
        torn.write_bytes(segment.read_bytes()[:-cut])
        ((_, problem),) = problems(torn)
        assert problem.position == last.position
        assert "torn tail" in problem.sentence


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_changed_byte_of_a_text_file_never_breaks_the_verifier(
    partition: Path, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(["leader-epoch-checkpoint"]))
    position = data.draw(st.integers(0, (partition / name).stat().st_size - 1))
    with damaged(partition, name, position, data.draw(st.integers(1, 255))) as copy:
        problems(copy)


def test_records_missing_between_two_batches_are_missed(tmp_path: Path) -> None:
    batches = [
        build_batch([NewRecord(5, b"k", b"v")], base_offset=offset, leader_epoch=0) for offset in (0, 3)
    ]
    segment = tmp_path / f"{0:020}.log"
    segment.write_bytes(b"".join(batches))
    ((_, problem),) = problems(segment)
    assert (problem.position, problem.size) == (len(batches[0]), 8)
    assert "jumps from 1 to 3" in problem.sentence


def test_where_the_cleaner_has_been_records_may_be_missing(tmp_path: Path) -> None:
    (tmp_path / "orders-0").mkdir()
    (tmp_path / "cleaner-offset-checkpoint").write_text("0\n1\norders 0 4\n")
    batches = [
        build_batch([NewRecord(5, b"k", b"v")], base_offset=offset, leader_epoch=0) for offset in (0, 3)
    ]
    (tmp_path / "orders-0" / f"{0:020}.log").write_bytes(b"".join(batches))
    assert problems(tmp_path) == []


def test_a_segment_that_is_gone_is_missed(tmp_path: Path) -> None:
    for base in (0, 2):
        batch = build_batch([NewRecord(5, b"k", b"v")], base_offset=base, leader_epoch=0)
        (tmp_path / f"{base:020}.log").write_bytes(batch)
    ((name, problem),) = problems(tmp_path)
    assert name == f"{2:020}.log"
    assert "offsets 1 to 1 are missing" in problem.sentence


def test_a_metadata_log_that_begins_later_needs_a_snapshot(tmp_path: Path) -> None:
    folder = tmp_path / "__cluster_metadata-0"
    folder.mkdir()
    for base in (7, 8):
        batch = build_batch([NewRecord(0, None, b"\x01\x14\x00\x00")], base_offset=base)
        (folder / f"{base:020}.log").write_bytes(batch)
    (folder / f"{0:020}.log.deleted").touch()
    ((name, problem),) = problems(tmp_path)
    assert (name, "begins at offset 7" in problem.sentence) == (f"{7:020}.log", True)
    snapshot = folder / f"{7:020}-{1:010}.checkpoint"
    snapshot.write_bytes(snapshot_bytes([NoOpRecord()]))
    assert problems(tmp_path) == []


@pytest.mark.parametrize("cut", ["header", "footer", "all"])
def test_half_a_metadata_snapshot_is_wrong(cut: str, tmp_path: Path) -> None:
    whole, beginning = snapshot_bytes([NoOpRecord()]), snapshot_bytes([NoOpRecord()], footer=False)
    header = len(snapshot_bytes([], footer=False))
    data = {"header": whole[header:], "footer": beginning, "all": b""}[cut]
    (tmp_path / f"{7:020}-{1:010}.checkpoint").write_bytes(data)
    found = [problem.sentence for _, problem in problems(tmp_path)]
    assert [word for word in ("header", "footer") if any(word in sentence for sentence in found)] == (
        ["header", "footer"] if cut == "all" else [cut]
    )


def test_a_file_of_another_kind_is_wrong(partition: Path, tmp_path: Path) -> None:
    shutil.copy(partition / f"{0:020}.timeindex", tmp_path / f"{0:020}.log")
    assert problems(tmp_path)
