"""A dump byte by byte: each field's bytes, its name, its value and what it means, side by side.

Rule: a field begins a line, so the picture is as clear without colour; a colour only repeats what kind of
thing a name stands for.
"""

from __future__ import annotations

from rich.console import Console

from minikafka.dump.names import about
from minikafka.dump.outline import heading, letters, outline, shown
from minikafka.dump.text import line
from minikafka.dump.value import Block, Field
from minikafka.world.visible import cells, visible

BYTES_A_LINE = 8
MOST_LINES = 8
"""Of one field; the middle of a long value is left out, and said to be."""
_NAME_WIDTH = 24


def show_block(console: Console, block: Block) -> None:
    """All fields of a block, and of what was unpacked from it (whose offsets begin with `+`)."""
    for entry in outline(block):
        field = entry.field
        if field is None:
            line(console, (entry.block.title, "bold"))
        elif entry.is_group:
            name, rest = field.name, heading(field).removeprefix(field.name)
            line(console, f"{'':11}", (f"── {name}", "bold"), rest, (f" {field.note}", "bold red"))
        else:
            _show_field(console, field, entry.block.bytes_of(field), entry.unpacked)


def _show_field(console: Console, field: Field, raw: bytes, unpacked: bool) -> None:
    colour = about(field.name).hue.value.ansi
    told = visible(field.name)
    told += " " * (_NAME_WIDTH - cells(told))
    value = shown(field.value, 60)
    rows = [raw[start : start + BYTES_A_LINE] for start in range(0, len(raw), BYTES_A_LINE)] or [b""]
    left_out = len(rows) - MOST_LINES
    if left_out > 0:
        rows = rows[:MOST_LINES]
    for number, row in enumerate(rows):
        at = field.offset + number * BYTES_A_LINE
        where = f"+{at:<9}" if unpacked else f"{at:>10}"
        parts: list[tuple[str, str] | str] = [
            (where, "dim"),
            " ",
            (f"{row.hex(' '):<{BYTES_A_LINE * 3}}", colour),
            (f"{letters(row):<{BYTES_A_LINE}} ", colour),
        ]
        if number == 0:
            parts += [
                " ",
                (told, f"bold {colour}"),
                f" {value}",
                (f"  {field.note}" if field.note else "", "dim"),
            ]
        line(console, *parts)
    if left_out > 0:
        line(console, f"{'':11}… {len(raw) - MOST_LINES * BYTES_A_LINE} more bytes of {field.name}")
