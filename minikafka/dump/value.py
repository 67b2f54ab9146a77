"""What a decoder hands out: fields with their place, name and value.

Rule: the values are frozen and know nothing of how they are shown; text, JSON, hex and HTML are made
from the same ones.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

Value = int | str | bytes | None


class Field(NamedTuple):
    """A named run of bytes. `offset` counts from the start of the file, or (in unpacked records) from the
    start of the unpacked bytes; `parts` lie inside and cover it."""

    name: str
    offset: int
    size: int
    value: Value
    note: str = ""
    parts: tuple[Field, ...] = ()

    def leaves(self) -> Iterator[Field]:
        """The innermost fields, in order of their bytes."""
        if not self.parts:
            yield self
        for part in self.parts:
            yield from part.leaves()


class Decoded(NamedTuple):
    """What a record of an internal topic or a control record says; key and value as JSON can hold them."""

    kind: str
    key: Any
    value: Any

    def __str__(self) -> str:
        parts = [self.kind]
        if self.key is not None:
            parts.append(f"{json.dumps(self.key, ensure_ascii=False)} →")
        if self.value is not None:
            parts.append(json.dumps(self.value, ensure_ascii=False))
        elif self.key is not None:
            parts.append("removed")
        return " ".join(parts)


Meaning = Callable[[str, bytes | None, bytes | None, bool], Decoded | None]
"""(topic, key, value, is a control record) → what it says, None when the bytes are the user's own.
Raises `ValueError` for bytes that can't be what they should be."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something is wrong among the `size` bytes from `position` of a file. `sentence` says what."""

    position: int
    size: int
    sentence: str

    def __str__(self) -> str:
        last = self.position + self.size - 1
        where = f"byte {self.position}" if self.size <= 1 else f"bytes {self.position}–{last}"
        return f"{where}: {self.sentence}"


class BadBytes(ValueError):
    """Decoding can't continue: carries the problem."""

    def __init__(self, position: int, size: int, sentence: str) -> None:
        super().__init__(sentence)
        self.problem = Problem(position, size, sentence)


@dataclass(frozen=True, slots=True)
class Row:
    """One entry of a file that isn't a segment: an index entry, a line of a checkpoint, a producer."""

    kind: str
    position: int
    data: bytes
    fields: tuple[Field, ...]

    def block(self) -> Block:
        return Block(f"{self.kind} at byte {self.position}", self.position, self.data, self.fields)

    def _repr_html_(self) -> str:
        return self.block()._repr_html_()


@dataclass(frozen=True, slots=True)
class Block:
    """Bytes with their fields, ready to be shown: `data` begins at `origin`. `inner` is what was unpacked."""

    title: str
    origin: int
    data: bytes
    fields: tuple[Field, ...]
    inner: tuple[Block, ...] = ()

    def bytes_of(self, field: Field) -> bytes:
        """The bytes of one of its fields."""
        start = field.offset - self.origin
        return self.data[start : start + field.size]

    def leaves(self) -> Iterator[Field]:
        """All innermost fields, in order."""
        for field in self.fields:
            yield from field.leaves()

    def _repr_html_(self) -> str:
        from minikafka.dump.html import block_to_html

        return block_to_html(self)
