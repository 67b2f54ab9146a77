"""How a result looks: a table with its spread, a figure, words for sizes and speeds.

Rule: a number is never shown without its spread, and a figure shows every round as a dot.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from minikafka.world.visible import in_html
from minikafka_lessons.language import say
from minikafka_lessons.measure.rounds import Spread
from minikafka_lessons.show import ink
from minikafka_lessons.show.figure import TEXT, themed

MIB = 1 << 20


class Unmeasured(RuntimeError):
    """This machine can't measure that; the message says why, in one sentence."""


class Shown:
    """A result that a notebook shows as its table. Subclasses give `headline`, `headers()`, `rows()` and `note`."""

    headline = ""
    """A sentence, in English."""
    words = 1
    """How many columns of the table are words."""

    @property
    def title(self) -> str:
        """Above the table, in the reader's language."""
        return say(self.headline)

    @property
    def note(self) -> str:
        """What to know about the numbers."""
        return ""

    def headers(self) -> list[str]:
        """Of the table."""
        raise NotImplementedError

    def rows(self) -> list[list[object]]:
        """Of the table."""
        raise NotImplementedError

    def draw(self, figure: Any) -> None:
        """Onto a matplotlib figure."""
        raise NotImplementedError

    size_inches = (8.9, 3.6)

    def figure(self) -> ink.Picture:
        """The plot (matplotlib), in the page's colours."""
        return ink.Picture(themed(self.draw, self.size_inches, self.title))

    def _repr_html_(self) -> str:
        style = f"color:{ink.TEXT};font-family:{ink.FONT};font-weight:600;margin-top:4px"
        head = f'<div style="{style}">{in_html(self.title)}</div>'
        table = ink.table(self.headers(), self.rows(), left=self.words, caption=self.note)
        # Headings may take two lines, cells may not.
        table = table.replace("padding:3px 12px", "padding:3px 9px").replace(
            '<td style="', '<td style="white-space:nowrap;'
        )
        return f'<div style="overflow-x:auto">{head}{table}</div>'

    def __repr__(self) -> str:
        lines = [self.title, *("  ".join(str(cell) for cell in row) for row in self.rows())]
        return "\n".join([*lines, self.note] if self.note else lines)


def bars(
    axes: Any,
    names: Sequence[str],
    spreads: Sequence[Spread],
    colours: Sequence[str],
    unit: Callable[[float], str],
    *,
    log: bool = False,
) -> None:
    """Horizontal bars: the median, a whisker from the smallest round to the largest, a dot for each round."""
    highest = max(spread.high for spread in spreads)
    if log:
        axes.set_xscale("log")
        axes.set_xlim(min(spread.low for spread in spreads) / 3, highest * 6)
    else:
        axes.set_xlim(0, highest * 1.22)
    for place, (spread, colour) in enumerate(zip(spreads, colours, strict=True)):
        axes.barh(place, spread.median, height=0.62, color=colour, alpha=0.75, linewidth=0)
        whisker(axes, spread, place)
        axes.annotate(
            unit(spread.median),
            (spread.high, place),
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            fontsize=9.5,
        )
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_formatter(thousands)
    axes.grid(axis="x")


def thousands(value: float, _: int = 0) -> str:
    """An axis' numbers: 1,000."""
    value = round(float(value), 6)
    return f"{value:,.0f}" if value.is_integer() else f"{value:,}"


def whisker(axes: Any, spread: Spread, place: float) -> None:
    """The spread of a horizontal bar."""
    axes.plot([spread.low, spread.high], [place, place], color=TEXT, linewidth=1.2, alpha=0.8)
    for end in (spread.low, spread.high):
        axes.plot([end, end], [place - 0.1, place + 0.1], color=TEXT, linewidth=1.2, alpha=0.8)
    axes.plot(spread.values, [place] * len(spread.values), "o", color=TEXT, markersize=2.6, alpha=0.55)


def three(value: float) -> str:
    """Three figures: 1,230 · 45.6 · 0.789."""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{float(f'{value:.3g}'):,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2g}" if abs(value) < 0.1 else f"{value:.2f}"


def mib_a_second(value: float) -> str:
    """A speed given in bytes a second."""
    return f"{three(value / MIB)} MiB/s"


def size(value: float) -> str:
    """Bytes in words."""
    for unit, name in ((1 << 30, "GiB"), (MIB, "MiB"), (1 << 10, "KiB")):
        if value >= unit:
            return f"{three(value / unit)} {name}"
    return f"{value:.0f} B"


def spread_words(spread: Spread, unit: Callable[[float], str]) -> str:
    """`1.2 – 1.4 MiB/s`."""
    low, high = unit(spread.low), unit(spread.high)
    number, _, word = low.rpartition(" ")
    same = number and high.endswith(f" {word}")
    return f"{number if same else low} – {high}"
