"""Going through a segment in pages: every batch once, whatever the sizes; the way to an offset; damaged files."""

from __future__ import annotations

import contextlib
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minikafka.records.batch import NewRecord, build_batch
from minikafka.xray import reading
from minikafka.xray.files import (
    MOST_BYTES,
    BytesOf,
    FileBytes,
    FileEntry,
    FileList,
    Found,
    Question,
    ReplicaPlace,
    Unseen,
)

PLACE = ReplicaPlace("broker-1", "orders", 0)
LOG, INDEX = f"{0:020}.log", f"{0:020}.index"


class Files:
    """A directory in memory; counts what is asked."""

    def __init__(self, **_: object) -> None:
        self.data: dict[str, bytes] = {}
        self.bytes_asked = 0

    def ask(self, question: Question) -> Found:
        if not isinstance(question, BytesOf):
            return FileList(tuple(FileEntry(n, len(d)) for n, d in sorted(self.data.items())))
        data = self.data[question.file]
        piece = data[question.position : question.position + min(question.limit, MOST_BYTES)]
        self.bytes_asked += len(piece)
        return FileBytes(question.position, len(data), piece)


def segment(sizes: list[int], *, index_every: int = 1) -> tuple[Files, list[tuple[int, int]]]:
    """A log with batches whose values have these sizes; two records each. Returns (base offset, position)s."""
    files, data, places, index = Files(), bytearray(), [], bytearray()
    for number, size in enumerate(sizes):
        base = 2 * number
        places.append((base, len(data)))
        if number and number % index_every == 0:
            index += struct.pack(">Ii", base + 1, len(data))
        records = [NewRecord(1, b"k", bytes(size)), NewRecord(2, None, b"")]
        data += build_batch(records, base_offset=base)
    files.data = {LOG: bytes(data), INDEX: bytes(index) + bytes(80)}
    return files, places


def all_pages(files: Files) -> list[reading.BatchLine]:
    lines: list[reading.BatchLine] = []
    position = 0
    while True:
        page = reading.read(reading.page(PLACE, LOG, position), files.ask)
        assert page.begin == position
        lines += page.lines
        position = page.end
        if page.is_last:
            return lines
        assert page.lines


@given(st.lists(st.sampled_from([0, 10, 5_000, 70_000, 262_000, 300_000, 1_100_000]), max_size=12))
@settings(max_examples=40, deadline=None)
def test_pages_hold_every_batch_once(sizes: list[int]) -> None:
    files, places = segment(sizes)
    lines = all_pages(files)
    assert [(line.header.base_offset, line.position) for line in lines] == places
    assert all(
        line.crc_is_valid is (True if line.header.size_bytes <= MOST_BYTES else None) for line in lines
    )


def test_a_page_of_small_batches_reads_one_piece_and_a_big_segment_is_not_read_whole() -> None:
    files, places = segment([50] * 10_000)
    page = reading.read(reading.page(PLACE, LOG), files.ask)
    assert len(page.lines) == reading.PAGE_BATCHES
    assert files.bytes_asked <= reading.PIECE_BYTES
    files.bytes_asked = 0
    last = reading.read(reading.last_page(PLACE, LOG), files.ask)
    assert (last.lines[-1].header.base_offset, last.is_last) == (places[-1][0], True)
    assert len(last.lines) == reading.ENTRIES_BACK
    assert files.bytes_asked < len(files.data[LOG]) / 4


def test_pages_backwards_join_the_one_that_follows() -> None:
    files, places = segment([50] * 500, index_every=3)
    last = reading.read(reading.last_page(PLACE, LOG), files.ask)
    begins = [line.position for line in last.lines]
    position = last.begin
    while position:
        page = reading.read(reading.page_before(PLACE, LOG, position), files.ask)
        assert page.end == position
        begins = [line.position for line in page.lines] + begins
        position = page.begin
    assert begins == [at for _, at in places]


@given(st.integers(0, 599))
@settings(max_examples=30, deadline=None)
def test_an_offset_is_found_by_the_index(offset: int) -> None:
    files, places = segment([30] * 300, index_every=7)
    hit = reading.read(reading.find_offset(PLACE, offset), files.ask)
    assert (hit.line.header.base_offset, hit.line.position) == places[offset // 2]
    assert hit.passed <= 7
    assert (hit.entry is None) == (offset < 15)


def test_an_offset_before_and_after_the_log_is_a_sentence() -> None:
    files, _ = segment([30] * 3)
    files.data = {name.replace("0.", "9."): data for name, data in files.data.items()}
    with pytest.raises(Unseen, match="the log begins at 9"):
        reading.read(reading.find_offset(PLACE, 8), files.ask)
    files, _ = segment([30] * 3)
    with pytest.raises(Unseen, match="has not been written yet"):
        reading.read(reading.find_offset(PLACE, 6), files.ask)


@pytest.mark.parametrize("cut", [1, 12, 16, 17, 60, 61, 100])
def test_a_torn_tail_is_a_problem_at_its_byte(cut: int) -> None:
    files, places = segment([30] * 3)
    files.data[LOG] = files.data[LOG][: places[2][1] + cut]
    page = reading.read(reading.page(PLACE, LOG), files.ask)
    assert len(page.lines) == 2
    assert page.problem is not None
    assert page.problem.position == places[2][1]
    with pytest.raises(Unseen, match=r"torn tail|no batch begins"):
        reading.read(reading.batch(PLACE, LOG, places[2][1]), files.ask)


def test_a_batch_is_opened_whole_in_pieces_and_a_wrong_place_is_a_sentence() -> None:
    files, places = segment([10, 3_000_000, 10])
    batch = reading.read(reading.batch(PLACE, LOG, places[1][1]), files.ask)
    assert [len(record.value or b"") for record in batch.records()] == [3_000_000, 0]
    with pytest.raises(Unseen):
        reading.read(reading.batch(PLACE, LOG, places[1][1] + 7), files.ask)
    with pytest.raises(Unseen, match="no batch begins"):
        reading.read(reading.batch(PLACE, LOG, len(files.data[LOG])), files.ask)


def test_a_wrong_checksum_is_seen_in_the_list() -> None:
    files, places = segment([30] * 3)
    data = bytearray(files.data[LOG])
    data[places[1][1] + 80] ^= 1
    files.data[LOG] = bytes(data)
    assert [line.crc_is_valid for line in all_pages(files)] == [True, False, True]


@given(st.binary(max_size=400))
@settings(max_examples=100, deadline=None)
def test_garbage_ends_in_a_page_or_a_sentence(garbage: bytes) -> None:
    files, _ = segment([20])
    files.data[LOG] += garbage
    files.data[INDEX] = garbage
    for again in (
        reading.last_page(PLACE, LOG),
        reading.find_offset(PLACE, 1),
        reading.find_offset(PLACE, 99),
    ):
        with contextlib.suppress(Unseen):
            reading.read(again, files.ask)
    reading.read(reading.rows(PLACE, INDEX), files.ask)


def test_the_kind_of_a_file_is_told_by_its_name() -> None:
    assert reading.is_segment(PLACE, LOG)
    assert not reading.is_segment(PLACE, INDEX)
    assert reading.kind_of(PLACE, "notes.txt") is None
    with pytest.raises(Unseen, match="not a file that a broker"):
        reading.read(reading.rows(PLACE, "notes.txt"), Files().ask)
