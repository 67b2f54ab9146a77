"""`minikafka bench storage`: a log's speed, its memory and its recovery, on this machine's own disk.

Rule: it works in a directory of its own and leaves nothing behind, however it ends.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from minikafka.bench.memory import LongLog, Phase, Sample, growth_bytes
from minikafka.bench.recovery import Recovery, crash_and_recover
from minikafka.bench.throughput import Speeds, measure
from minikafka.world import LiveUniverse
from minikafka.world.visible import in_json, visible

SPARE_BYTES = 512 << 20
"""What must be left on the disk."""
_UNITS = {
    "": 1,
    "K": 10**3,
    "M": 10**6,
    "G": 10**9,
    "T": 10**12,
    "KI": 1 << 10,
    "MI": 1 << 20,
    "GI": 1 << 30,
    "TI": 1 << 40,
}


class TooLittleSpace(ValueError):
    """One sentence: how much is needed, how much there is."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """How much is written: each round of a throughput, the long log, the log that crashes."""

    volume_bytes: int
    rounds: int
    size_bytes: int
    recovery_bytes: int

    @property
    def space_bytes(self) -> int:
        """The most that lies on the disk at a time. A compaction needs a segment's room besides the log's."""
        return (
            max(2 * self.volume_bytes, self.size_bytes * 5 // 4, self.recovery_bytes * 5 // 4) + SPARE_BYTES
        )


def parse_size(text: str) -> int:
    """Bytes: `512MB`, `5GB`, `2GiB`, `1048576`. ValueError with one sentence."""
    digits = text.strip().upper().removesuffix("B")
    unit = digits.lstrip("0123456789.")
    try:
        size = int(float(digits.removesuffix(unit)) * _UNITS[unit.strip()])
    except (KeyError, ValueError, OverflowError):
        raise ValueError(f"{text!r} is not a size; write it as 512MB, 5GB or 2GiB.") from None
    if size <= 0:
        raise ValueError(f"A size must be above 0, not {text!r}.")
    return size


def run_storage(wanted: Wanted, parent: Path | None, *, as_json: bool) -> None:
    """Measure in a new directory below `parent` (default: that of temporary files), and tell as it goes.

    Raises `TooLittleSpace`, and OSError from the disk; KeyboardInterrupt also at SIGTERM.
    """
    with _sigterm_interrupts(), tempfile.TemporaryDirectory(prefix="minikafka-bench-", dir=parent) as name:
        directory = Path(name)
        free = shutil.disk_usage(directory).free
        if free < wanted.space_bytes:
            raise TooLittleSpace(
                f"This needs {_size(wanted.space_bytes)} on the disk of {directory.parent}, where {_size(free)} "
                "are free; choose smaller sizes, or another disk with --data."
            )
        console = Console(stderr=as_json, markup=False, emoji=False)
        report = {"directory": str(directory.parent), **_measure(wanted, directory, console)}
    if as_json:
        print(in_json(json.dumps(report)))


def _measure(wanted: Wanted, directory: Path, console: Console) -> dict[str, Any]:
    console.print(f"On the disk of {visible(str(directory.parent))}; the files are in the page cache.")
    with LiveUniverse(directory / "ours", syncs=True) as universe:
        speeds = []
        for speed in measure(universe.world("bench"), directory, wanted.volume_bytes, wanted.rounds):
            speeds.append(speed)
            console.print(_sentence(speed), highlight=False)
        console.print(_speed_table(speeds))
        world = universe.world("long")
        long_log = LongLog(world, wanted.size_bytes, lambda sample: _tell(sample, console))
        phases = []
        for phase in long_log.run():
            phases.append(phase)
            console.print(_phase_sentence(phase, long_log), highlight=False)
        after_bytes = long_log.log.size_bytes
        long_log.log.delete()
        recovery = crash_and_recover(universe, wanted.recovery_bytes)
        console.print(_recovery_sentence(recovery), highlight=False)
    return {
        "throughput": [
            asdict(speed) | {"best_ratio": speed.best_ratio, "median_ratio": speed.median_ratio}
            for speed in speeds
        ],
        "memory": {
            "log_bytes": phases[0].bytes,
            "compacted_bytes": after_bytes,
            "passes": long_log.passes,
            "phases": [
                asdict(phase) | {"growth_bytes": growth_bytes(long_log.samples, phase.name)}
                for phase in phases
            ],
            "samples": [asdict(sample) for sample in long_log.samples],
        },
        "recovery": asdict(recovery) | {"segments_read": recovery.segments_read},
    }


@contextlib.contextmanager
def _sigterm_interrupts() -> Iterator[None]:
    """SIGTERM ends the run as Ctrl-C does, so that the files go."""
    try:
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    except ValueError:  # not in the main thread
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


# -- what is shown -------------------------------------------------------------------------------------------


def _size(count: float) -> str:
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if abs(count) >= factor:
            return f"{count / factor:,.1f} {unit}"
    return f"{count:,.0f} B"


def _batch(size_bytes: int) -> str:
    return f"{size_bytes >> 20} MiB" if size_bytes >= 1 << 20 else f"{size_bytes >> 10} KiB"


def _sentence(speed: Speeds) -> str:
    return (
        f"  {speed.operation} {_batch(speed.batch_bytes)} batches, {speed.kind}: "
        f"{max(speed.ours):,.0f} of {max(speed.bare):,.0f} MB/s"
    )


def _speed_table(speeds: list[Speeds]) -> Table:
    table = Table(title="a log, as ratios to a bare loop of write() or read(), best and median of the rounds")
    for heading in ("", "batches", "records", "bare MB/s", "ours MB/s", "best", "median"):
        table.add_column(heading, justify="right" if heading not in ("", "records") else "left")
    for s in sorted(speeds, key=lambda s: s.operation):
        table.add_row(
            s.operation,
            _batch(s.batch_bytes),
            s.kind,
            f"{max(s.bare):,.0f}",
            f"{max(s.ours):,.0f}",
            f"{s.best_ratio:.2f}",
            f"{s.median_ratio:.2f}",
        )
    return table


def _tell(sample: Sample, console: Console) -> None:
    console.print(
        f"  {sample.phase} {_size(sample.done_bytes)}: {_size(sample.resident_bytes)} resident, "
        f"at most {_size(sample.peak_bytes)}",
        highlight=False,
    )


def _phase_sentence(phase: Phase, long_log: LongLog) -> str:
    speed = f"{_size(phase.bytes)} in {phase.seconds:.1f} s"
    growth = f"memory grew by {_size(growth_bytes(long_log.samples, phase.name))} after the first interval"
    if phase.name == "write":
        return f"write: {speed}, with the making of the records and the syncs of rolled segments; {growth}"
    if phase.name == "read":
        return f"read: {speed}; {growth}"
    return (
        f"compact: {_size(long_log.size_bytes)} became {_size(long_log.log.size_bytes)} in {phase.seconds:.1f} s "
        f"and {long_log.passes} passes, which read {_size(phase.bytes)}; {growth}"
    )


def _recovery_sentence(recovery: Recovery) -> str:
    return (
        f"recovery of {_size(recovery.log_bytes)} after a crash: {_size(recovery.bytes_read)} read, which is "
        f"{recovery.segments_read:.2f} segments of {_size(recovery.segment_bytes)}, in {recovery.seconds:.2f} s; "
        f"{recovery.torn_bytes:,} torn bytes cut, {recovery.lost_records} records lost"
    )
