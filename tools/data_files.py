"""Write the walk through a segment into docs/DATA_FILES.md, and its picture: `python tools/data_files.py`.

Rule: the text comes from the command itself, run on a segment that a log of ours has just written; the
picture needs Chromium (`--no-picture` leaves it as it is).
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from minikafka.dump.command import Dump, Wanted
from minikafka.log.config import LogConfig
from minikafka.log.log import Log
from minikafka.policy import Rules
from minikafka.records.batch import Compression, NewRecord, build_batch
from minikafka.records.control import end_transaction_batch
from minikafka.world import SimulatedUniverse

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "DATA_FILES.md"
BEGIN, END = "<!-- walk: made by tools/data_files.py -->", "<!-- end of walk -->"
TIME_MS = 1_700_000_000_000
MOST_LINES = 200


def write_segment(root: Path) -> Path:
    """`orders-0`: a plain batch, a compressed one, a transaction of one record and its marker."""
    world = SimulatedUniverse(1).world("broker-1")
    log = Log.open(
        world, "orders-0", "orders", 0, LogConfig(), Rules(), clean_shutdown=True, recovery_point=0
    )
    plain = [
        NewRecord(TIME_MS, b"seoul", b"2 coffees", (("shop", b"7"),)),
        NewRecord(TIME_MS + 250, None, b"1 tea"),
    ]
    log.append_as_leader(
        memoryview(build_batch(plain, producer_id=4000, producer_epoch=0, base_sequence=0)), 0
    )
    packed = [NewRecord(TIME_MS + 900 + i, b"busan", b"3 buns") for i in range(2)]
    log.append_as_leader(memoryview(build_batch(packed, compression=Compression.GZIP)), 0)
    paid = [NewRecord(TIME_MS + 1500, b"seoul", b"paid")]
    batch = build_batch(paid, producer_id=4001, producer_epoch=2, base_sequence=0, transactional=True)
    log.append_as_leader(memoryview(batch), 1)
    marker = end_transaction_batch(
        commit=True, coordinator_epoch=5, timestamp_ms=TIME_MS + 1600, producer_id=4001, producer_epoch=2
    )
    log.append_as_leader(memoryview(marker), 1, origin="coordinator")
    log.close()
    (root / "orders-0").mkdir()
    for name in world.disk.listdir("orders-0"):
        (root / "orders-0" / name).write_bytes(world.disk.read_bytes(f"orders-0/{name}"))
    return root / "orders-0"


def hex_of(segment: Path, *, record: bool = False) -> Console:
    """The command's console after `dump-log --hex` of the segment."""
    console = Console(file=io.StringIO(), width=128, record=record, force_terminal=record, highlight=False)
    Dump(Wanted(hex=True), console).run([segment])
    return console


def walk(segment: Path) -> str:
    """The text between the two marks of the page."""
    file = hex_of(segment).file
    assert isinstance(file, io.StringIO)
    lines = [line.rstrip() for line in file.getvalue().splitlines()[1:]]
    assert len(lines) <= MOST_LINES, len(lines)
    return "\n".join([BEGIN, "```text", *lines, "```", END])


def picture(segment: Path) -> None:
    """The first batch as a terminal shows it."""
    from pictures import PICTURES, to_png

    with tempfile.TemporaryDirectory() as root:
        first = Path(root) / segment.name
        data = segment.read_bytes()
        first.write_bytes(data[: 12 + int.from_bytes(data[8:12], "big")])
        console = hex_of(first, record=True)
    svg = console.export_svg(title="minikafka dump-log --hex")
    (PICTURES / "dump-log.svg").write_text(svg.replace(f"{root}/", "orders-0/"))
    to_png(["dump-log"])


def main() -> None:
    """Everything."""
    with tempfile.TemporaryDirectory() as root:
        segment = write_segment(Path(root)) / f"{0:020}.log"
        text = PAGE.read_text()
        begin, end = text.index(BEGIN), text.index(END) + len(END)
        PAGE.write_text(text[:begin] + walk(segment) + text[end:])
        if "--no-picture" not in sys.argv:
            picture(segment)


if __name__ == "__main__":
    sys.exit(main())
