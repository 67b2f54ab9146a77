"""One bit of one byte of a log's files is wrong: all of them in turn, and what must be true of the log that is opened.

Its rule: what is read is right, or an error says that it isn't; what was cut is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pytest

from minikafka.log.log import Log
from minikafka.log.partition_metadata import InconsistentTopicId
from minikafka.protocol.errors import ApiError
from minikafka.records.batch import Record, read_batches
from minikafka.records.errors import CorruptRecords

TURNS = [0, *(pytest.param(turn, marks=pytest.mark.slow) for turn in range(1, 8, 2))]
"""Each flips one bit of each byte; `range(8)` flips all bits, in a few minutes more."""
Files = Mapping[str, bytes]
Right = Mapping[int, Record]


def files_of(lab) -> Files:
    return {name: lab.world.disk.read_bytes(f"orders-0/{name}") for name in lab.files()}


def every_flip(lab, files: Files, turn: int = 0, suffix: str = "") -> Iterator[str]:
    """The directory with one bit flipped, for each byte of each file with that suffix in turn."""
    disk = lab.world.disk
    for name, data in files.items():
        for position in range(len(data) if name.endswith(suffix) else 0):
            damaged = bytearray(data)
            damaged[position] ^= 1 << (position * 5 + position // 61 + turn) % 8
            for folder in disk.listdir(""):  # the log's, and what a recovery has set aside
                if folder.startswith("orders-0"):
                    disk.rmtree(folder)
            disk.makedirs("orders-0")
            for other, content in files.items():
                file = disk.open(f"orders-0/{other}", create=True)
                file.append(damaged if other == name else content)
                file.close()
            yield f"{name} at {position}"


def read_all(log: Log, max_bytes: int) -> dict[int, Record]:
    found, at = {}, log.log_start_offset
    while at < log.log_end_offset:
        data = log.read(at, max_bytes, at_least_one=True)
        assert len(data), f"nothing is served at {at} of {log}"
        for batch in read_batches(data):
            if not batch.crc_is_valid():
                raise CorruptRecords("the reader's own check")
            assert batch.header.next_offset > at, "a reader would go round in circles"
            found.update((r.offset, r) for r in batch.records() if r.offset >= at)
            at = batch.header.next_offset
    return found


def check_clean_end(
    lab, open_log: Callable[[], Log], flips: Iterator[str], right: Right, max_bytes: int
) -> None:
    """What a clean end promised and the last segment doesn't hold is cut, and the cut is told."""
    refused, cuts = 0, cuts_of(lab)
    for where in flips:
        cuts.clear()
        try:
            found = read_all(open_log(), max_bytes)
        except (ApiError, CorruptRecords, InconsistentTopicId):
            refused += 1
            continue
        check_beginning(found, right, cuts, where)
    assert refused


def check_recovery(lab, open_log: Callable[[], Log], flips: Iterator[str], right: Right) -> None:
    cuts = cuts_of(lab)
    for where in flips:
        cuts.clear()
        try:
            log = open_log()
        except InconsistentTopicId:
            continue
        check_beginning(read_all(log, 500), right, cuts, where)


def cuts_of(lab) -> list[int]:
    """Bytes that were cut, as it is told."""
    cuts: list[int] = []
    lab.world.trace.subscribe(lambda traced: cuts.append(getattr(traced.event, "truncated_bytes", 0)))
    return cuts


def check_beginning(found: Right, right: Right, cuts: list[int], where: str) -> None:
    assert found == {offset: right[offset] for offset in range(len(found))}, where
    assert len(found) == len(right) or any(cuts), where
