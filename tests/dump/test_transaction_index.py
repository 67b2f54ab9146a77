"""A transaction index in every form of the dump, and verified against its segment."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from oracle.written import folder, write_compacted

from minikafka.dump import find_files, verify_all
from minikafka.log.config import LogConfig
from minikafka.log.log import Log
from minikafka.log.transaction_index import AbortedTransaction
from minikafka.policy import Rules
from minikafka.records.batch import NewRecord, build_batch
from minikafka.records.control import end_transaction_batch
from minikafka.world import LiveUniverse, new_live_loop

START_MS = 1_700_000_000_000
NAMES = ("version", "producer_id", "first_offset", "last_offset", "last_stable_offset")
Written = tuple[Path, list[AbortedTransaction]]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """`orders-0` of several segments, closed, and its aborted transactions; some began a segment earlier."""
    root = tmp_path_factory.mktemp("data")
    loop = new_live_loop()
    with contextlib.closing(loop), LiveUniverse(root) as universe:
        config = LogConfig(segment_bytes=700, index_interval_bytes=100, retention_ms=-1)
        log = Log.open(universe.world("broker-1"), "orders-0", "orders", 0, config, Rules())
        for number in range(10):
            for producer in (5, 1 << 40):
                data = build_batch(
                    [NewRecord(START_MS, b"k", b"v" * 20)],
                    producer_id=producer,
                    producer_epoch=3,
                    base_sequence=number,
                    transactional=True,
                )
                log.append_as_leader(data, 0)
                if (number + producer) % 3 != 1:
                    marker = end_transaction_batch(
                        commit=number % 4 == 0,
                        coordinator_epoch=7,
                        timestamp_ms=START_MS,
                        producer_id=producer,
                        producer_epoch=3,
                    )
                    log.append_as_leader(marker, 0, origin="coordinator")
        aborted = log.aborted_transactions(0, log.log_end_offset)
        log.close()
    return next(root.rglob("orders-0")), aborted


def indexes(directory: Path) -> list[Path]:
    found = sorted(directory.glob("*.txnindex"))
    assert found
    return found


def dump(*args: object) -> str:
    result = subprocess.run(
        [sys.executable, "-m", "minikafka.cli", "dump-log", *map(str, args)],
        capture_output=True, text=True, timeout=60, check=False, env={**os.environ},
    )  # fmt: skip
    assert result.stderr == ""
    return result.stdout


def problems(directory: Path) -> list[tuple[str, str]]:
    return [(path.name, problem.sentence) for path, problem in verify_all(find_files(directory))]


def test_every_form_names_every_field(written: Written) -> None:
    directory, aborted = written
    entries = [json.loads(line) for line in dump("--json", *indexes(directory)).splitlines()]
    assert [tuple(entry[name] for name in NAMES) for entry in entries] == [(0, *a) for a in aborted]
    first = indexes(directory)[0]
    for text in (dump(first), dump("--hex", first)):
        for name in NAMES:
            assert name in text
    assert str(1 << 40) in dump(*indexes(directory))


def test_what_we_wrote_has_nothing_wrong(written: Written) -> None:
    assert problems(written[0]) == []
    assert "txnindex" not in dump("--verify", written[0])


def test_what_compaction_took_is_not_missed(tmp_path: Path) -> None:
    """Also where no checkpoint tells that the cleaner was there."""
    with LiveUniverse(tmp_path) as universe:
        world = universe.world("broker-1")
        write_compacted(world, 7)
        assert indexes(folder(world)) and problems(folder(world)) == []


def test_every_wrong_byte_is_found(written: Written) -> None:
    directory, _ = written
    for path in indexes(directory):
        data = path.read_bytes()
        try:
            for position in range(len(data)):
                damaged = bytearray(data)
                damaged[position] ^= 1 << position % 8
                path.write_bytes(damaged)
                assert path.name in {name for name, _ in problems(directory)}, position
        finally:
            path.write_bytes(data)


@pytest.mark.parametrize("change", ["shorter", "one less", "one more", "zeros"])
def test_a_wrong_number_of_entries_is_found(written: Written, change: str) -> None:
    directory, _ = written
    path = max(indexes(directory), key=lambda each: each.stat().st_size)
    data = path.read_bytes()
    changed = {
        "shorter": data[:-1], "one less": data[:-34], "one more": data + data[-34:], "zeros": data + bytes(34),
    }[change]  # fmt: skip
    path.write_bytes(changed)
    try:
        assert path.name in {name for name, _ in problems(directory)}
    finally:
        path.write_bytes(data)


def test_without_the_snapshot_only_what_the_log_denies_is_wrong(written: Written, tmp_path: Path) -> None:
    directory, _ = written
    copy = tmp_path / "orders-0"
    copy.mkdir()
    for path in directory.iterdir():
        if path.suffix != ".snapshot":
            (copy / path.name).write_bytes(path.read_bytes())
    assert problems(copy) == []
    last = indexes(copy)[-1]
    data = bytearray(last.read_bytes())
    data[3] ^= 1
    last.write_bytes(data)
    assert [name for name, _ in problems(copy)] == [last.name]
