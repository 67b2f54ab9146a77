"""A dump for people: batches as blocks, the entries of small files as tables.

Rule: the same words with and without colour, one record a line, nothing wrapped, and nothing of a file's that
isn't seen (`world/visible.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache

from rich.color import ColorSystem
from rich.console import Console
from rich.style import Style
from rich.table import Table
from rich.text import Text

from minikafka.dump.found import FoundFile
from minikafka.dump.outline import shown
from minikafka.dump.record import DumpedRecord
from minikafka.dump.segment import DumpedBatch
from minikafka.dump.value import Problem, Row
from minikafka.records.header import MAGIC_V2
from minikafka.world.visible import visible

_SYSTEMS = {
    "standard": ColorSystem.STANDARD,
    "256": ColorSystem.EIGHT_BIT,
    "truecolor": ColorSystem.TRUECOLOR,
    "windows": ColorSystem.WINDOWS,
}
ROWS_A_TABLE = 500
LONGEST_DATA = 2000


def time_text(timestamp_ms: int) -> str:
    """A time in UTC with its number; only the number where there is no such date."""
    if timestamp_ms < 0:
        return f"no time ({timestamp_ms})"
    second = _second(timestamp_ms // 1000)
    return f"{second}.{timestamp_ms % 1000:03} ({timestamp_ms})" if second else str(timestamp_ms)


@lru_cache(maxsize=256)
def _second(seconds: int) -> str:
    """Date and time of a second, or nothing; neighbours in a log share it."""
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}"
    except (ValueError, OverflowError, OSError):
        return ""


def line(console: Console, *parts: tuple[str, str] | str) -> None:
    """One line, never wrapped; a part may have a style. Written as it is: a dump has many, and Rich thinks long."""
    if console.legacy_windows:
        text = Text.assemble(*(visible(p) if isinstance(p, str) else (visible(p[0]), p[1]) for p in parts))
        console.print(text, soft_wrap=True, highlight=False)
        return
    system, no_color = console.color_system, console.no_color
    out = []
    for part in parts:
        if isinstance(part, str):
            out.append(visible(part))
        else:
            before, after = _ink(part[1], system, no_color)
            out.append(f"{before}{visible(part[0])}{after}" if part[0] else "")
    out.append("\n")
    console.file.write("".join(out))


@lru_cache(maxsize=256)
def _ink(style: str, system: str | None, no_color: bool) -> tuple[str, str]:
    """What a terminal is told before and after a text of that style."""
    if system is None:
        return "", ""
    parsed = Style.parse(style)
    if no_color:
        parsed = parsed.without_color
    before, _, after = parsed.render("|", color_system=_SYSTEMS[system]).partition("|")
    return before, after


def show_title(console: Console, file: FoundFile, size_bytes: int) -> None:
    """The file whose content follows."""
    line(console, (str(file.path), "bold underline"), f"  {file.kind}, {size_bytes} bytes")


def show_problem(console: Console, problem: Problem, path: object = "") -> None:
    """What is wrong, and where."""
    line(console, ("WRONG ", "bold red"), f"{path} " if path else "", f"{problem}")


def span(first: int, last: int) -> str:
    """`3` or `3–5`."""
    return str(first) if first == last else f"{first}–{last}"


def show_batch(console: Console, batch: DumpedBatch) -> None:
    """A batch's header in three lines."""
    header = batch.header
    marks = ["transactional"] * header.is_transactional + ["control"] * header.is_control
    if header.has_delete_horizon:
        marks.append(f"tombstones may go after {time_text(header.base_timestamp)}")
    line(
        console,
        (f"batch at byte {batch.position}", "bold cyan"),
        f"  offsets {span(header.base_offset, header.last_offset)}, {header.record_count} "
        f"{'record' if header.record_count == 1 else 'records'}, {header.size_bytes} bytes, {batch.codec_name()}",
        ("  " + ", ".join(marks) if marks else "", "bold magenta"),
    )
    right = batch.computed_crc() == header.crc
    epoch = f"leader epoch {header.partition_leader_epoch}, " if header.magic >= MAGIC_V2 else ""
    times = (
        f"{batch.time_name()} up to {time_text(header.max_timestamp)}" if header.magic else "no times in v0"
    )
    line(
        console,
        f"      {epoch}magic {header.magic}, crc {header.crc} ",
        ("right", "green") if right else ("WRONG", "bold red"),
        f", {times}",
    )
    if header.producer_id >= 0:
        sequences = span(header.base_sequence, header.last_sequence)
        line(
            console,
            f"      producer {header.producer_id}, epoch {header.producer_epoch}, sequences {sequences}",
        )


def show_record(console: Console, record: DumpedRecord, *, data: bool) -> None:
    """One record in a line."""
    sizes = f"key {_size(record.key)}, value {_size(record.value)}"
    parts: list[tuple[str, str] | str] = [
        (f"    {record.offset:>8}", "yellow"),
        f"  {time_text(record.timestamp_ms)}  {sizes}",
    ]
    if record.headers and not data:
        parts.append(f", headers {', '.join(name for name, _ in record.headers)}")
    if record.decoded is not None:
        parts.append((f"  {record.decoded}", "magenta"))
    elif data:
        parts.append((f"  {_data(record.key)}", "cyan"))
        parts.append((f"  {_data(record.value)}", "green"))
        parts += [f"  {name}={_data(value)}" for name, value in record.headers]
    if not record.crc_is_valid:
        parts.append(("  crc WRONG", "bold red"))
    if record.note:
        parts.append((f"  {record.note}", "bold red"))
    line(console, *parts)


def _size(data: bytes | None) -> str:
    return "null" if data is None else f"{len(data)} bytes"


def _data(data: bytes | None) -> str:
    return "null" if data is None else shown(data, LONGEST_DATA) or '""'


def show_rows(console: Console, rows: Sequence[Row]) -> None:
    """Rows of one kind as a table."""
    if all(len(row.fields) == 1 for row in rows):
        _show_pairs(console, rows)
        return
    table = Table(box=None, pad_edge=False, header_style="bold cyan")
    table.add_column("byte", justify="right", style="dim", no_wrap=True)
    for field in rows[0].fields:
        table.add_column(
            field.name, justify="right" if isinstance(field.value, int) else "left", no_wrap=True
        )
    has_notes = any(field.note for row in rows for field in row.fields)
    if has_notes:
        table.add_column("", style="dim", no_wrap=True)
    for row in rows:
        cells = [Text(visible(shown(field.value, 400))) for field in row.fields]
        if has_notes:
            cells.append(
                Text(visible("; ".join(_note(field.name, field.note) for field in row.fields if field.note)))
            )
        table.add_row(Text(str(row.position)), *cells)
    print_wide(console, table)


def print_wide(console: Console, table: Table) -> None:
    """Print a table as wide as it must be: a pipe has no width, and cells cut short would be no dump."""
    width = console.width
    console.width = max(width, console.measure(table, options=console.options.update(width=4000)).maximum)
    try:
        console.print(table)
    finally:
        console.width = width


def _show_pairs(console: Console, rows: Sequence[Row]) -> None:
    """Rows of one field each: a name and a value in a line."""
    table = Table(box=None, pad_edge=False, header_style="bold cyan")
    table.add_column("byte", justify="right", style="dim", no_wrap=True)
    for name in ("name", "value", ""):
        table.add_column(name, no_wrap=True)
    for row in rows:
        field = row.fields[0]
        cells = (str(field.offset), field.name, shown(field.value, 400), field.note)
        table.add_row(*(Text(visible(cell)) for cell in cells))
    print_wide(console, table)


def _note(name: str, note: str) -> str:
    return note if name in ("relative_offset", "zeros", "size") else f"{name}: {note}"
