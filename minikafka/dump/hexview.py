"""A dump byte by byte: each field's bytes, its name, its value and what it means, side by side.

The rule: a field begins a line, so the picture is as clear without colour; a colour only repeats which bytes
belong to which name.
"""

from __future__ import annotations

from rich.console import Console

from minikafka.dump.text import line
from minikafka.log.dump.html import shown
from minikafka.log.dump.value import Block, Field

BYTES_A_LINE = 8
MOST_LINES = 8
"""Of one field; the middle of a long value is left out, and said to be."""
COLOURS = (
    "cyan",
    "yellow",
    "green",
    "magenta",
    "bright_blue",
    "bright_red",
    "bright_green",
    "bright_magenta",
)
_NAME_WIDTH = 24


def show_block(console: Console, block: Block, *, unpacked: bool = False) -> None:
    """All fields of a block, and of what was unpacked from it (whose offsets begin with `+`)."""
    line(console, (block.title, "bold"))
    colour = 0
    for field in block.fields:
        if field.parts:
            said = shown(field.value, 2000)
            head = f", {field.size} bytes" + (f": {said}" if said else "")
            line(console, f"{'':11}", (f"── {field.name}", "bold"), head, (f" {field.note}", "bold red"))
        for leaf in field.leaves():
            _show_field(console, leaf, block.bytes_of(leaf), COLOURS[colour % len(COLOURS)], unpacked)
            colour += 1
    for inner in block.inner:
        show_block(console, inner, unpacked=True)


def _show_field(console: Console, field: Field, raw: bytes, colour: str, unpacked: bool) -> None:
    told = f"{field.name:<{_NAME_WIDTH}}"
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
            (f"{_letters(row):<{BYTES_A_LINE}} ", colour),
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


def _letters(row: bytes) -> str:
    return "".join(chr(byte) if 32 <= byte < 127 else "·" for byte in row)
