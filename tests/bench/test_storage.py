"""`minikafka bench storage`, small: its figures are there and can be, and nothing is left of it. No time is judged."""

from __future__ import annotations

import json
import math
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from minikafka.bench.memory import LongLog
from minikafka.bench.recovery import crash_and_recover
from minikafka.bench.storage import Wanted, parse_size
from minikafka.records.batch import read_batches
from minikafka.world import LiveUniverse

MIB = 1 << 20
SMALL = ("--size", "8MB", "--recovery-size", "8MiB", "--volume", "1MB", "--rounds", 1)


def command(*args: object) -> list[str]:
    return [sys.executable, "-m", "minikafka.cli", "bench", "storage", *map(str, args)]


def run(*args: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*args), capture_output=True, text=True, timeout=120, check=False)


def test_a_small_run_tells_everything_and_leaves_nothing(tmp_path: Path) -> None:
    result = run(*SMALL, "--data", tmp_path, "--json")
    assert result.returncode == 0, result.stderr
    assert not list(tmp_path.iterdir())
    report = json.loads(result.stdout)

    cases = {(row["operation"], row["batch_bytes"], row["kind"]) for row in report["throughput"]}
    assert len(cases) == len(report["throughput"]) == 18
    for row in report["throughput"]:
        assert len(row["bare"]) == len(row["ours"]) == 1
        for ratio in (row["best_ratio"], row["median_ratio"]):
            assert math.isfinite(ratio) and ratio > 0

    memory = report["memory"]
    assert 8_000_000 <= memory["log_bytes"] > memory["compacted_bytes"] > 0
    assert [phase["name"] for phase in memory["phases"]] == ["write", "read", "compact"]
    assert memory["phases"][1]["bytes"] == memory["log_bytes"], "every byte was read"
    assert {sample["phase"] for sample in memory["samples"]} == {"write", "read", "compact"}
    assert all(sample["peak_bytes"] >= sample["resident_bytes"] > 0 for sample in memory["samples"])

    recovery = report["recovery"]
    assert recovery["lost_records"] == 0 < recovery["torn_bytes"]
    assert 0 < recovery["segments_read"] < 2


def test_people_get_tables(tmp_path: Path) -> None:
    result = run(*SMALL, "--data", tmp_path)
    assert result.returncode == 0, result.stderr
    for words in ("ours MB/s", "compact", "recovery of"):
        assert words in result.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_takes_its_files_away(tmp_path: Path, number: signal.Signals) -> None:
    process = subprocess.Popen(
        command("--data", tmp_path, "--size", "1GB", "--volume", "1MB"),
        # A job in the background has been told to ignore it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        while "append" not in (line := process.stdout.readline()):
            assert line, "it ended by itself"
        assert list(tmp_path.iterdir())
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 1
    assert errors.strip() == "minikafka: Interrupted; its files have been removed."
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--size", "100000TB"), "are free"),
        (("--size", "much"), "is not a size"),
        (("--recovery-size", "0"), "must be above 0"),
        (("--data", "/dev/null/nowhere"), "can't be measured"),
    ],
)
def test_what_can_not_be_done_is_one_sentence(args: tuple[str, ...], words: str) -> None:
    result = run(*args)
    assert result.returncode == 1
    assert words in result.stderr and len(result.stderr.strip().splitlines()) == 1


def test_sizes() -> None:
    assert [parse_size(text) for text in ("512MB", "5GB", "2GiB", "1.5kb", " 77 ", "64 MiB")] == [
        512_000_000, 5_000_000_000, 2 << 30, 1500, 77, 64 * MIB,
    ]  # fmt: skip
    for text in ("", "MB", "1e9", "-1", "nan", "inf", "5 bananas"):
        with pytest.raises(ValueError, match=r"size"):
            parse_size(text)


def test_room_is_asked_for_the_largest_part_only() -> None:
    wanted = Wanted(volume_bytes=100 * MIB, rounds=1, size_bytes=MIB, recovery_bytes=MIB)
    assert wanted.space_bytes == 200 * MIB + (512 << 20)


def test_the_long_log_is_compacted_in_passes_and_keeps_the_newest_of_each_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minikafka.bench.memory.KEYS", 2000)
    with LiveUniverse(tmp_path) as universe:
        long = LongLog(universe.world("long"), 16 * MIB, lambda sample: None)
        phases = long.run()
        next(phases)
        newest = {r.key: r.offset for r in records(long.log)}
        closed_end = long.log.segments.active.base_offset
        assert [phase.name for phase in phases] == ["read", "compact"]
        assert long.passes > 1, "the offset map is smaller than the log's keys"
        kept = [r for r in records(long.log) if r.offset < closed_end]
        assert {r.key for r in records(long.log)} == set(newest)
        assert {r.offset for r in records(long.log)} >= set(newest.values())
        assert len(kept) < closed_end / 2


def records(log):
    offset = log.log_start_offset
    while offset < log.log_end_offset:
        for batch in read_batches(log.read(offset, MIB, at_least_one=True)):
            yield from batch.records()
            offset = batch.header.next_offset


def test_the_crash_is_one(tmp_path: Path) -> None:
    with LiveUniverse(tmp_path) as universe:
        recovery = crash_and_recover(universe, 16 * MIB)
    assert recovery.log_bytes > 14 * MIB and recovery.segment_bytes == 2 * MIB
    assert recovery.lost_records == 0
    assert recovery.torn_bytes < recovery.bytes_read < 2 * recovery.segment_bytes
