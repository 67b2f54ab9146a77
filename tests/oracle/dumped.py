"""Kafka's dump tool beside ours: what it says of files, and whether ours says the same, field by field."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from oracle.real import real_kafka

from minikafka.dump import RawFile, Row, decode, find_files, lines
from minikafka.dump.meanings import meaning_of
from minikafka.dump.segment import DumpedBatch

_WORD = re.compile(r"(\w+): (\S+)")
_PAYLOAD = re.compile(
    r"(payload|LeaderChange|KRaftVersion|KRaftVoters|SnapshotHeader|SnapshotFooter):? (\{.*)"
)
_EMPTY = "OptionalLong.empty"
_WRONG = re.compile(r"isvalid: false|mismatch|Found timestamp|out of order|error|exception", re.I)
_NO_ENTRIES = ("snapshot head", "preallocated", "earlier batches", "earlier batch")
"""Rows that Kafka's tool has no line for; the last two stand behind the producers, where Kafka reads no more."""
DECODERS = {
    "__consumer_offsets": "--offsets-decoder",
    "__transaction_state": "--transaction-log-decoder",
    "__cluster_metadata": "--cluster-metadata-decoder",
}


def files(directory: Path, *suffixes: str) -> list[Path]:
    """Those of a partition with one of the suffixes, as far as something is in them."""
    return sorted(p for p in directory.iterdir() if p.suffix in suffixes and p.stat().st_size)


def kafka_says(paths: Iterable[Path], *options: str, has_gaps: bool = False) -> dict[Path, list[str]]:
    """The lines of `kafka-dump-log` of each file; on stderr it must say nothing is wrong. `has_gaps`: offsets are
    missing, which it takes for lost records, in its own files too."""
    paths = list(paths)
    starts = "|".join(str(int(p.stem)) for p in paths if p.stem.isdecimal())
    # It takes every file but the first for one that goes on from offset -1.
    may_say = rf"Non-consecutive offsets in .*|  -1 is followed by ({starts})"
    if has_gaps:
        may_say += r"|  -?\d+ is followed by \d+"
    out = real_kafka(
        "tool", "kafka-dump-log", *options, "--files", ",".join(map(str, paths)), may_say=may_say
    )  # fmt: skip
    said: dict[Path, list[str]] = {}
    for line in out.splitlines():
        if line.startswith("Dumping "):
            said[Path(line.removeprefix("Dumping "))] = []
        else:
            said[next(reversed(said))].append(line)
    assert list(said) == paths
    return said


def finds_no_error(directory: Path, *, has_gaps: bool = False) -> None:
    """Deep iteration of the log; of the indexes the sanity check, and every entry looked up in the log."""
    said = kafka_says(files(directory, ".log"), "--deep-iteration", has_gaps=has_gaps)
    rest = files(directory, ".index", ".timeindex", ".snapshot", ".txnindex")
    sane = kafka_says(rest, "--index-sanity-check")
    indexes = [path for path in rest if path.suffix in (".index", ".timeindex")]
    for path in indexes:
        assert any("passed sanity check" in line for line in sane[path]), path
    looked_up = kafka_says(indexes, "--verify-index-only")
    wrong = [line for part in (said, sane, looked_up) for lines in part.values() for line in lines]
    assert not [line for line in wrong if _WRONG.search(line)]


# -- batches and records ---------------------------------------------------------------------------------------


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
        horizon_ms = entry["delete_horizon_ms"]
        out["delete_horizon_ms"] = _EMPTY if horizon_ms is None else f"OptionalLong[{horizon_ms}]"
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


def compare_logs(paths: Iterable[Path], *options: str, has_gaps: bool = False) -> list[dict[str, Any]]:
    """All batches and records of segments, the headers' names too; our lines of them."""
    compared = []
    for path, said in kafka_says(paths, "--deep-iteration", *options, has_gaps=has_gaps).items():
        theirs = [line for line in said if line.startswith(("baseOffset", "|"))]
        ours = our_lines(path)
        assert len(theirs) == len(ours), path
        for line, entry in zip(theirs, ours, strict=True):
            due, got = of_kafka(line), of_ours(entry)
            assert {name: got.get(name) for name in due} == due
            if entry["kind"] == "record":
                keys = re.search(r"headerKeys: \[(.*?)\]", line)
                assert keys is not None
                assert keys[1] == ",".join(entry["header_keys"])
                if " endTxnMarker: " in line:
                    compare_marker(line, entry)
        compared += ours
    return compared


def compare_marker(line: str, entry: dict[str, Any]) -> None:
    match = re.search(r"endTxnMarker: (\w+) coordinatorEpoch: (-?\d+)", line)
    assert match is not None
    decoded = entry["decoded"]
    assert (match[1], int(match[2])) == (decoded["kind"], decoded["value"]["coordinatorEpoch"]), decoded


def compare_meanings(paths: Iterable[Path], decoder: str, *, has_gaps: bool = False) -> int:
    """What the records of an internal topic say, as JSON; how many they were."""
    compared = 0
    for path, said in kafka_says(paths, "--print-data-log", decoder, has_gaps=has_gaps).items():
        theirs = [line for line in said if line.startswith("| ")]
        ours = [line for line in our_lines(path) if line["kind"] == "record"]
        for line, entry in zip(theirs, ours, strict=True):
            if key := re.search(r" key: (\{.*?\}\})", line):
                assert json.loads(key[1]) == entry["decoded"]["key"]
            if match := _PAYLOAD.search(line):
                due, got = json.loads(match[2]), entry["decoded"]["value"]
                for one in (due, got):
                    for member in (one.get("data") or {}).get("members", []):
                        del member["subscription"], member["assignment"]  # Kafka prints their bytes
                assert got == due, line
                compared += 1
            elif " payload: " in line:
                assert re.search(r" payload: (<DELETE>|null)", line), line
                assert entry["decoded"]["value"] is None
                compared += 1
    return compared


# -- the files beside a log --------------------------------------------------------------------------------------


def compare_rows(paths: Iterable[Path]) -> int:
    """Every entry of indexes and every producer of snapshots; how many they were."""
    compared = 0
    for path, said in kafka_says(paths).items():
        theirs = [of_kafka(line) for line in said if _WORD.match(line)]
        (file,) = find_files(path)
        with RawFile(path) as source:
            rows = [row for row in decode(source, file) if isinstance(row, Row)]
        ours = [of_row(lines.row_line(file, row)) for row in rows if row.kind not in _NO_ENTRIES]
        assert len(theirs) == len(ours), path
        for due, got in zip(theirs, ours, strict=True):
            assert {name: got.get(name) for name in due} == due, path
        compared += len(ours)
    return compared


def of_row(line: dict[str, Any]) -> dict[str, str]:
    out = {name: str(value) for name, value in line.items()}
    if line["kind"] == "producer":
        first = line["current_txn_first_offset"]
        out["current_txn_first_offset"] = _EMPTY if first < 0 else f"OptionalLong[{first}]"
        out["last_timestamp"] = out["timestamp"]
        out["first_sequence"] = str((line["last_sequence"] - line["offset_delta"]) & 0x7FFF_FFFF)
    return out
