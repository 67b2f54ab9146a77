"""A block as it is read from top to bottom: titles, groups of fields, fields; and values as people read them.

Rule: text, HTML and the inspector go through a block in this one way, each with its own ink.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from minikafka.dump.value import Block, Field, Value
from minikafka.world.visible import visible


class Entry(NamedTuple):
    """One line of an outline: a block's title (`field` is None), a group (it has parts), or a field.

    `unpacked`: offsets count from the start of the unpacked bytes, not of the file.
    """

    block: Block
    field: Field | None
    unpacked: bool

    @property
    def is_group(self) -> bool:
        return self.field is not None and bool(self.field.parts)


def outline(block: Block, *, unpacked: bool = False) -> Iterator[Entry]:
    """All of a block, then of what was unpacked from it."""
    yield Entry(block, None, unpacked)
    for field in block.fields:
        yield from _of_field(block, field, unpacked)
    for inner in block.inner:
        yield from outline(inner, unpacked=True)


def _of_field(block: Block, field: Field, unpacked: bool) -> Iterator[Entry]:
    yield Entry(block, field, unpacked)
    for part in field.parts:
        yield from _of_field(block, part, unpacked)


def heading(field: Field) -> str:
    """What a group is: `record 5, 17 bytes: COMMIT …`."""
    said = shown(field.value, 2000)
    return f"{field.name}, {field.size} bytes" + (f": {said}" if said else "")


def shown(value: Value, limit: int = 80) -> str:
    """A value as people read it: bytes as text where they are."""
    if value is None:
        return ""
    if isinstance(value, int):
        return str(value)
    text = visible(value) if isinstance(value, str) else text_of(_beginning(value, 4 * limit))
    return text if len(text) <= limit else f"{text[:limit]}… ({len(value)} bytes)"


def _beginning(value: bytes, most: int) -> bytes:
    """Not more than is looked at, and not half a letter."""
    if len(value) <= most:
        return value
    cut = most
    while cut > most - 4 and value[cut] & 0xC0 == 0x80:
        cut -= 1
    return value[:cut]


def text_of(value: bytes) -> str:
    """Quoted text when the bytes are UTF-8 and most of it can be read, else hex."""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return f"0x{value.hex()}"
    hidden = sum(visible(letter) != letter for letter in text) if visible(text) != text else 0
    return f'"{visible(text)}"' if 2 * hidden <= len(text) else f"0x{value.hex()}"


def letters(row: bytes) -> str:
    """Bytes as ASCII, a dot for what isn't."""
    return "".join(chr(byte) if 32 <= byte < 127 else "·" for byte in row)
