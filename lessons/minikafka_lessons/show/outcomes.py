"""Requests against latency: what some loads cost with different settings, a row for each.

Rule: two scales, each from 0, the same for all rows; the numbers stand beside the bars. A thin line goes on from the
latency of half of the records to that of the slowest. Kafka: the metrics `records-per-request-avg`, `request-latency-avg`.
"""

from __future__ import annotations

from collections.abc import Mapping

from minikafka_lessons.language import say
from minikafka_lessons.loads import Outcome
from minikafka_lessons.show import frame, ink

ROW, HEAD, BAR = 40, 44, 13
MOST_ROWS = 30


def outcomes(rows: Mapping[str, Outcome]) -> ink.Picture:
    """The picture of some outcomes of `loads.send`, by what they are called."""
    return ink.Picture(frame.both(lambda width: outcomes_svg(rows, width)))


def outcomes_svg(rows: Mapping[str, Outcome], width: int = frame.WIDE) -> str:
    """The picture."""
    if not rows:
        return frame.nothing(width, say("Nothing has been sent yet."))
    shown = dict(list(rows.items())[:MOST_ROWS])
    is_wide = width > frame.BREAK
    side = 170.0 if is_wide else 0.0
    gap, numbers = 16.0, 62.0
    room = (width - side - gap) / 2
    left = {"requests": side, "latency": side + room + gap}
    most = {
        "requests": max(1.0, *(one.requests_a_record for one in shown.values())),
        "latency": max(1.0, *(one.slowest_ms for one in shown.values())),
    }
    body = ink.text(
        left["requests"], 15, frame.name(say("requests a record"), room, 12), size=12, bold=True
    )
    body += ink.text(left["latency"], 15, frame.name(say("latency, ms"), room, 12), size=12, bold=True)
    y, tall = 28.0, ROW if is_wide else ROW + 6
    for called, one in shown.items():
        bar = y + (6 if is_wide else 16)
        if is_wide:
            lines = frame.lines(called, side - 10, 12)
            for i, line in enumerate(lines):
                body += ink.text(0, bar + 11 + 14 * i - 7 * (len(lines) - 1), line, size=12)
        else:
            body += ink.text(0, y + 10, frame.name(called, width - 4, 11.5), size=11.5)
        long = (room - numbers) * one.requests_a_record / most["requests"]
        body += _bar(left["requests"], bar, long, "blue")
        body += ink.text(
            left["requests"] + long + 6, bar + 11, f"{one.requests_a_record:.3g}", size=11, mono=True
        )
        half = (room - numbers) * one.median_ms / most["latency"]
        last = (room - numbers) * one.slowest_ms / most["latency"]
        middle = bar + BAR / 2
        body += _bar(left["latency"], bar, half, "amber")
        body += ink.line(
            left["latency"] + half, middle, left["latency"] + last, middle, stroke=frame.hue("amber"), width=2
        )
        body += ink.text(
            left["latency"] + last + 6, bar + 11, f"{one.median_ms:.0f}–{one.slowest_ms:.0f}", size=11, mono=True
        )
        y += tall
    marks, y = frame.legend(
        [
            (ink.box(-7, -5, 14, 10, fill=frame.hue("amber"), opacity=0.6, radius=2), say("half of the records")),
            (ink.line(-7, 0, 7, 0, stroke=frame.hue("amber"), width=2), say("the slowest")),
        ],
        y + 14,
        width,
    )
    if len(rows) > len(shown):
        y += 18
        body += ink.text(0, y, say("… and {n} more", n=len(rows) - len(shown)), size=11, fill=ink.MUTED)
    return frame.svg(width, y + 8, body + marks, say("Requests against latency"), _in_words(shown))


def _bar(x: float, y: float, long: float, hue: str) -> str:
    return ink.box(x, y, max(2.0, long), BAR, fill=frame.hue(hue), opacity=0.6, radius=2)


def _in_words(rows: Mapping[str, Outcome]) -> str:
    return " ".join(f"{frame.name(called, 300)}: {one!r}." for called, one in rows.items())
