"""A table of shares: in how many runs of each setting something happened, with the theory beside it.

Rule: a share is shown with the counts that it comes from, and with the interval in which the true one lies (Wilson's,
95 %), so that 0 of 20 looks less sure than 0 of 2,000. Colour repeats the number.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from minikafka_lessons.language import say
from minikafka_lessons.show import frame, ink

CELL, HEAD = 46, 62
MOST_ROWS, MOST_COLUMNS = 40, 8
Z = 1.96


@dataclass(frozen=True)
class Share:
    """So many of so many; `theory` is what should come out: a share, or None where nothing is claimed."""

    count: int
    runs: int
    theory: float | None = None

    @property
    def share(self) -> float | None:
        return self.count / self.runs if self.runs else None

    @property
    def interval(self) -> tuple[float, float]:
        """The true share lies here, in 95 of 100 cases."""
        if not self.runs:
            return 0.0, 1.0
        p, n = self.count / self.runs, self.runs
        middle = (p + Z * Z / (2 * n)) / (1 + Z * Z / n)
        half = Z * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n)) / (1 + Z * Z / n)
        return max(0.0, middle - half), min(1.0, middle + half)

    @property
    def agrees(self) -> bool | None:
        """Is the theory within the interval?"""
        if self.theory is None or not self.runs:
            return None
        low, high = self.interval
        return low - 1e-9 <= self.theory <= high + 1e-9


Cells = Mapping[tuple[str, str], Share]


def shares(
    title: str, rows: Sequence[str], columns: Sequence[str], cells: Cells, *, of: str = "", across: str = ""
) -> ink.Picture:
    """The table; `of` says what the rows are, `across` the columns."""
    return ink.Picture(shares_html(title, rows, columns, cells, of=of, across=across))


def shares_html(
    title: str, rows: Sequence[str], columns: Sequence[str], cells: Cells, *, of: str = "", across: str = ""
) -> str:
    """The picture, for wide and narrow pages."""
    return frame.both(lambda width: shares_svg(title, rows, columns, cells, width, of=of, across=across))


def shares_svg(
    title: str,
    rows: Sequence[str],
    columns: Sequence[str],
    cells: Cells,
    width: int = frame.WIDE,
    *,
    of: str = "",
    across: str = "",
) -> str:
    """The picture."""
    if not rows or not columns:
        return frame.nothing(width, say("Nothing has been counted yet."))
    shown_rows, shown = rows[:MOST_ROWS], columns[:MOST_COLUMNS]
    side = 150.0 if width > frame.BREAK else 88.0
    each = min(132.0, (width - side) / len(shown))
    body = ink.text(0, 15, frame.name(title, width, 14), bold=True, size=14)
    above = frame.name(across, each * len(shown), 11.5) if across else ""
    body += ink.text(side + each * len(shown) / 2, 36, above, anchor="middle", size=11.5, fill=ink.MUTED)
    body += ink.text(0, HEAD - 8, frame.name(of, side - 8, 11.5), size=11.5, fill=ink.MUTED) if of else ""
    for i, column in enumerate(shown):
        column = frame.name(column, each - 4, 12)
        body += ink.text(side + each * (i + 0.5), HEAD - 8, column, anchor="middle", size=12, bold=True)
    for row, called in enumerate(shown_rows):
        y = HEAD + row * CELL
        words = frame.lines(called, side - 6, 12)
        for i, line in enumerate(words):
            body += ink.text(0, y + CELL / 2 + 3 + 15 * i - 7.5 * (len(words) - 1), line, size=12)
        for i, column in enumerate(shown):
            body += _cell(cells.get((called, column)), side + each * i, y, each)
    bottom: float = HEAD + len(shown_rows) * CELL
    legend = [(ink.line(-7, 0, 7, 0, stroke=ink.TEXT, width=2), say("where the true share lies (95 %)"))]
    if any(cell.theory is not None for cell in cells.values()):
        legend.append((_theory(0, -6, 12), say("the theory")))
    drawn, bottom = frame.legend(legend, bottom + 20, width)
    rest = max(0, len(rows) - MOST_ROWS), max(0, len(columns) - MOST_COLUMNS)
    if any(rest):
        bottom += 18
        more = say(
            "{rows} more rows and {columns} more columns are not drawn.", rows=rest[0], columns=rest[1]
        )
        body += ink.text(0, bottom, more, size=11.5, fill=ink.MUTED)
    return frame.svg(
        width, bottom + 8, body + drawn, frame.name(title, 600), _in_words(shown_rows, shown, cells)
    )


def _cell(share: Share | None, x: float, y: float, each: float) -> str:
    left, right = x + 3, x + each - 3
    if share is None or share.share is None:
        body = ink.box(left, y + 2, right - left, CELL - 5, fill=frame.SOFT, radius=4)
        return body + ink.text((left + right) / 2, y + CELL / 2 + 4, "–", anchor="middle", fill=ink.MUTED)
    colour = frame.hue("green" if share.count == 0 else "red")
    depth = 0.13 if share.count == 0 else 0.12 + 0.4 * math.sqrt(share.share)
    title = f"{share.count:,} / {share.runs:,}"
    body = ink.box(left, y + 2, right - left, CELL - 5, fill=colour, opacity=depth, radius=4, title=title)
    percent = (
        f"{share.share:.0%}" if share.share in (0.0, 1.0) or share.share >= 0.1 else f"{share.share:.1%}"
    )
    small = each < 60
    middle = (left + right) / 2
    body += ink.text(middle, y + 18, percent, anchor="middle", bold=True, size=12 if small else 14)
    counts = f"{share.count:,}/{share.runs:,}"
    if frame.wide(counts, 9.5) < each - 4:
        body += ink.text(middle, y + 30, counts, anchor="middle", size=9.5, mono=True, fill=ink.MUTED)
    low, high = share.interval
    begin, room = left + 6, right - left - 12
    body += ink.line(begin, y + 37, begin + room, y + 37, stroke=ink.LINE, width=1)
    body += ink.line(
        begin + room * low, y + 37, begin + max(room * high, room * low + 2), y + 37, stroke=ink.TEXT, width=2
    )
    if share.theory is not None:
        body += _theory(begin + room * min(1.0, max(0.0, share.theory)), y + 32, 10)
        if share.agrees is False:
            body += ink.text(
                right - 4, y + 14, "≠", anchor="end", size=12, bold=True, fill=frame.hue("amber")
            )
    return body


def _theory(x: float, y: float, height: float) -> str:
    return ink.line(x, y, x, y + height, stroke=frame.hue("violet"), width=2.5)


def _in_words(rows: Sequence[str], columns: Sequence[str], cells: Cells) -> str:
    said = []
    for row in rows:
        for column in columns:
            share = cells.get((row, column))
            if share is None or share.share is None:
                continue
            theory = ""
            if share.theory is not None:
                theory = ", " + say("in theory {share}", share=f"{share.theory:.0%}")
                theory += "" if share.agrees else " (≠)"
            said.append(
                f"{frame.name(row, 200)}, {frame.name(column, 200)}: {share.count} / {share.runs}{theory}."
            )
    return " ".join(said[:60])
