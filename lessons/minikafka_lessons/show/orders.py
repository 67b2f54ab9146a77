"""What customers notice: each order as a bar as long as it waited, and what became of it.

Rule: it is drawn from what a producer was told and a reader found, and from nothing inside. Bars share one scale that
begins at 0; an order that nobody confirmed is hollow, one that was confirmed and is gone has a cross.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from minikafka_lessons.language import say
from minikafka_lessons.show import frame, ink

HIGH, TOP = 84.0, 34.0
LEAST = 3.0


@dataclass(frozen=True)
class Order:
    """When it was written, how long it waited (None: it still does), and whether it can be read in the end."""

    at_s: float
    waited_s: float | None
    is_lost: bool = False


def orders_html(orders: Sequence[Order], until_s: float, title: str) -> str:
    """The picture, for wide and narrow pages."""
    return frame.both(lambda width: orders_svg(orders, until_s, title, width))


def orders_svg(orders: Sequence[Order], until_s: float, title: str, width: int = frame.WIDE) -> str:
    """The picture."""
    if not orders:
        return frame.nothing(width, say("Nobody has ordered anything."))
    left, right, floor = 46.0, width - 6.0, TOP + HIGH
    begin = orders[0].at_s
    span = max(1.0, until_s - begin)
    waits = [until_s - one.at_s if one.waited_s is None else one.waited_s for one in orders]
    most = max(1.0, *waits)

    def x(at_s: float) -> float:
        return left + (right - left) * min(1.0, max(0.0, (at_s - begin) / span))

    body = ink.text(0, 14, frame.name(title, width, 14), bold=True, size=14)
    for share in (0.0, 0.5, 1.0):
        y = floor - HIGH * share
        body += ink.line(left - 4, y, right, y, stroke=ink.LINE)
        body += ink.text(left - 8, y + 4, f"{most * share:.3g} s", anchor="end", size=11, fill=ink.MUTED)
    thick = max(1.2, min(5.0, (right - left) / len(orders) * 0.62))
    for one, wait in zip(orders, waits, strict=True):
        body += _bar(one, x(one.at_s), floor, max(LEAST, HIGH * wait / most), thick)
    body += _axis(begin, until_s, x, floor)
    marks, bottom = frame.legend(
        [
            (ink.box(-4, -5, 5, 10, fill=frame.hue("blue"), radius=1), say("confirmed after so long")),
            (_hollow(-4, -5, 5, 10), say("not confirmed yet")),
            (_cross(-2, 0), say("confirmed, and gone")),
        ],
        floor + 44,
        width,
    )
    return frame.svg(width, bottom + 8, body + marks, title, _in_words(orders))


def _bar(one: Order, x: float, floor: float, high: float, thick: float) -> str:
    if one.waited_s is None:
        return _hollow(x - thick / 2, floor - high, thick, high)
    hue = frame.hue("red" if one.is_lost else "blue")
    bar = ink.box(x - thick / 2, floor - high, thick, high, fill=hue, radius=1)
    return bar + _cross(x, floor + 8) if one.is_lost else bar


def _hollow(x: float, y: float, wide: float, high: float) -> str:
    return ink.box(
        x, y, wide, high, stroke=frame.hue("amber"), fill=frame.hue("amber"), opacity=0.15, radius=1
    )


def _cross(x: float, y: float) -> str:
    red = frame.hue("red")
    one = ink.line(x - 2.5, y - 2.5, x + 2.5, y + 2.5, stroke=red, width=1.4)
    return one + ink.line(x - 2.5, y + 2.5, x + 2.5, y - 2.5, stroke=red, width=1.4)


def _axis(begin: float, until_s: float, x: Callable[[float], float], floor: float) -> str:
    body = ""
    step = 10 if until_s - begin <= 100 else 20
    at_s = -(-begin // step) * step
    while at_s <= until_s + 1e-9:
        place = x(at_s)
        body += ink.line(place, floor + 14, place, floor + 18, stroke=ink.FAINT)
        body += ink.text(
            place, floor + 29, f"{at_s:.0f}", anchor="middle", size=11, fill=ink.MUTED, mono=True
        )
        at_s += step
    return body


def _in_words(orders: Sequence[Order]) -> str:
    confirmed = [one for one in orders if one.waited_s is not None]
    slowest = max((one.waited_s or 0.0 for one in confirmed), default=0.0)
    words = say(
        "{n} orders, {confirmed} confirmed, the slowest after {s:.1f} s.",
        n=len(orders),
        confirmed=len(confirmed),
        s=slowest,
    )
    lost = [one for one in confirmed if one.is_lost]
    if lost:
        words += " " + say(
            "{n} of them are gone: written from {begin:.1f} s to {end:.1f} s.",
            n=len(lost),
            begin=lost[0].at_s,
            end=lost[-1].at_s,
        )
    return words


__all__ = ["Order", "orders_html", "orders_svg"]
