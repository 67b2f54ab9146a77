"""Columns of a table: which fit a screen, how wide each is, and a cell cut to its width.

Rule: widths are counted in terminal cells, never in characters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from rich.cells import cell_len

from minikafka_tui import palette
from minikafka_tui.text import Drawn, Text

Row = TypeVar("Row")


@dataclass(frozen=True)
class Column(Generic[Row]):
    """A column: `cell(row, width)` draws it; `sort` makes it sortable; `drop` says how early a narrow
    screen gives it up (0: never); `flex` shares what is left over, up to `max_width`."""

    label: str
    width: int
    cell: Callable[[Any, int], Drawn | str]
    sort: Callable[[Any], Any] | None = None
    right: bool = False
    flex: int = 0
    max_width: int = 200
    drop: int = 0
    reverse_first: bool = False


def layout(columns: Sequence[Column[Any]], width: int) -> list[tuple[Column[Any], int]]:
    """Drop columns until the rest fits, then share out what is left over."""
    kept = list(columns)
    while sum(c.width + 2 for c in kept) - 2 > width:
        droppable = [c for c in kept if c.drop]
        if not droppable:
            break
        kept.remove(max(droppable, key=lambda c: c.drop))
    widths = [c.width for c in kept]
    spare = width - sum(w + 2 for w in widths) + 2
    while spare > 0:
        growing = [i for i, c in enumerate(kept) if c.flex and widths[i] < c.max_width]
        shares = sum(kept[i].flex for i in growing)
        if not shares:
            break
        unit = max(1, spare // shares)
        for i in growing:
            step = min(unit * kept[i].flex, kept[i].max_width - widths[i], spare)
            widths[i] += step
            spare -= step
    return list(zip(kept, widths, strict=True))


def fit(cell: Drawn | str, width: int, right: bool) -> Drawn:
    """Exactly `width` cells: cut with an ellipsis, or padded."""
    text: Drawn = Text(cell, style=palette.TEXT) if isinstance(cell, str) else cell.copy()
    if cell_len(text.plain) > width:
        text.truncate(width, overflow="ellipsis")
    missing = width - cell_len(text.plain)
    if missing > 0:
        text.pad_left(missing) if right else text.pad_right(missing)
    return text
