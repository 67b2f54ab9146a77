"""The cluster in a few big numbers: one tile for each thing that is good or bad news.

Rule: where there is no room for all of them, those that worry nobody are left out.
"""

from __future__ import annotations

from dataclasses import dataclass

from rich.table import Table
from textual.reactive import reactive
from textual.widget import Widget

from minikafka_tui import palette
from minikafka_tui.text import Text


@dataclass(frozen=True)
class Stat:
    """A tile: what it counts, the number, a note in words, and whether that is bad."""

    label: str
    value: Text | str
    note: Text | str = ""
    colour: str = palette.TEXT
    ratio: int = 10
    """Its share of the width."""
    drop: int = 0
    """The higher, the sooner it is left out; 0: never."""


TILE_CELLS = 11
"""A tile that is narrower can't be read."""


class Stats(Widget):
    """A row of tiles."""

    stats: reactive[tuple[Stat, ...]] = reactive(())

    def render(self) -> Table:
        """Label, number, note: three lines."""
        grid = Table.grid(expand=True, padding=(0, 1))
        stats = list(self.stats)
        while len(stats) * TILE_CELLS > self.size.width and any(stat.drop for stat in stats):
            stats.remove(max(stats, key=lambda stat: stat.drop))
        for stat in stats:
            grid.add_column(ratio=stat.ratio, no_wrap=True, overflow="ellipsis")
        grid.add_row(*(Text(s.label.upper(), style=f"bold {palette.MUTED}") for s in stats))
        grid.add_row(
            *(
                s.value if isinstance(s.value, Text) else Text(s.value, style=f"bold {s.colour}")
                for s in stats
            )
        )
        grid.add_row(
            *(s.note if isinstance(s.note, Text) else Text(s.note, style=palette.MUTED) for s in stats)
        )
        return grid
