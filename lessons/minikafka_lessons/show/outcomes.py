"""Requests against latency: what some loads cost with different settings, a row for each.

Rule: two scales, each from 0, the same for all rows; the numbers stand beside the bars. A thin line goes on from the
latency of half of the records to that of the slowest. Kafka: the metrics
`records-per-request-avg` and `request-latency-avg`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from minikafka_lessons.language import say
from minikafka_lessons.show import frame, ink

ROW, BAR = 40, 13
SIDE, GAP, NUMBERS = 170.0, 16.0, 62.0
MOST_ROWS = 30


class Outcome(Protocol):
    """What is drawn of a load; `traffic.send` gives it."""

    @property
    def requests_a_record(self) -> float: ...

    @property
    def median_ms(self) -> float: ...

    @property
    def slowest_ms(self) -> float: ...


def outcomes(rows: Mapping[str, Outcome]) -> ink.Picture:
    """The picture of some outcomes of `traffic.send`, by what they are called."""
    return ink.Picture(frame.both(lambda width: outcomes_svg(rows, width)))


def outcomes_svg(rows: Mapping[str, Outcome], width: int = frame.WIDE) -> str:
    """The picture."""
    if not rows:
        return frame.nothing(width, say("Nothing has been sent yet."))
    shown = dict(list(rows.items())[:MOST_ROWS])
    is_wide = width > frame.BREAK
    side = SIDE if is_wide else 0.0
    room = (width - side - GAP) / 2
    left = side, side + room + GAP
    scales = (
        (room - NUMBERS) / max(1.0, *(one.requests_a_record for one in shown.values())),
        (room - NUMBERS) / max(1.0, *(one.slowest_ms for one in shown.values())),
    )
    body = "".join(
        ink.text(x, 15, frame.name(words, room, 12), size=12, bold=True)
        for x, words in zip(left, (say("requests a record"), say("latency, ms")), strict=True)
    )
    y = 28.0
    for called, one in shown.items():
        bar = y + (6 if is_wide else 16)
        if is_wide:
            lines = frame.lines(called, side - 10, 12)
            for i, line in enumerate(lines):
                body += ink.text(0, bar + 11 + 14 * i - 7 * (len(lines) - 1), line, size=12)
        else:
            body += ink.text(0, y + 10, frame.name(called, width - 4, 11.5), size=11.5)
        body += _bars(one, bar, left, scales)
        y += ROW if is_wide else ROW + 6
    marks, y = frame.legend(
        [
            (
                ink.box(-7, -5, 14, 10, fill=frame.hue("amber"), opacity=0.6, radius=2),
                say("half of the records"),
            ),
            (ink.line(-7, 0, 7, 0, stroke=frame.hue("amber"), width=2), say("the slowest")),
        ],
        y + 14,
        width,
    )
    if len(rows) > len(shown):
        y += 18
        body += ink.text(0, y, say("… and {n} more", n=len(rows) - len(shown)), size=11, fill=ink.MUTED)
    return frame.svg(width, y + 8, body + marks, say("Requests against latency"), _in_words(shown))


def _bars(one: Outcome, y: float, left: tuple[float, float], scales: tuple[float, float]) -> str:
    """Requests a record; the latency, of half of the records and on to the slowest."""
    long = scales[0] * one.requests_a_record
    body = _bar(left[0], y, long, "blue")
    body += ink.text(left[0] + long + 6, y + 11, f"{one.requests_a_record:.3g}", size=11, mono=True)
    half, last = (left[1] + scales[1] * ms for ms in (one.median_ms, one.slowest_ms))
    body += _bar(left[1], y, half - left[1], "amber")
    body += ink.line(half, y + BAR / 2, last, y + BAR / 2, stroke=frame.hue("amber"), width=2)
    words = f"{one.median_ms:.0f}–{one.slowest_ms:.0f}"
    return body + ink.text(last + 6, y + 11, words, size=11, mono=True)


def _bar(x: float, y: float, long: float, hue: str) -> str:
    return ink.box(x, y, max(2.0, long), BAR, fill=frame.hue(hue), opacity=0.6, radius=2)


def _in_words(rows: Mapping[str, Outcome]) -> str:
    return " ".join(f"{frame.name(called, 300)}: {one!r}." for called, one in rows.items())
