"""Numbers and bars as text.

Rule: what is unknown is shown as "–", never as 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from minikafka_tui.palette import ACCENT, BAD, GOOD, LINE, MUTED, TEXT, WARN
from minikafka_tui.text import Text

UNKNOWN = "–"
SPARKS = "▁▂▃▄▅▆▇"


def number(value: int | None) -> str:
    """`1,234,567`; "–" when unknown."""
    return UNKNOWN if value is None else f"{value:,}"


def compact(value: float | None) -> str:
    """At most five characters: `999`, `12.3k`, `4.56M`."""
    if value is None:
        return UNKNOWN
    for limit, unit in ((1e3, ""), (1e6, "k"), (1e9, "M"), (1e12, "G")):
        if abs(value) < limit:
            scaled = value / (limit / 1e3)
            if not unit:
                return f"{scaled:.0f}"
            return (
                f"{scaled:.2f}{unit}"
                if scaled < 10
                else f"{scaled:.1f}{unit}"
                if scaled < 100
                else f"{scaled:.0f}{unit}"
            )
    return f"{value / 1e12:.1f}T"


def size(value_bytes: int | None) -> str:
    """Bytes in binary units: `0 B`, `12.3 KiB`, `1.00 GiB`."""
    if value_bytes is None:
        return UNKNOWN
    if value_bytes < 1024:
        return f"{value_bytes} B"
    scaled = float(value_bytes)
    for unit in ("KiB", "MiB", "GiB", "TiB"):
        scaled /= 1024
        if scaled < 1024 or unit == "TiB":
            break
    return f"{scaled:.1f} {unit}" if scaled < 100 else f"{scaled:,.0f} {unit}"


def clock(at: float, world: str) -> str:
    """A moment: seconds of virtual time in a simulated world, else the time of day (UTC is named where it matters)."""
    if world == "simulated":
        return f"{at:,.3f} s"
    if at < 86_400 * 365:  # a loop's own seconds
        minutes, seconds = divmod(at, 60)
        hours, minutes = divmod(int(minutes), 60)
        return f"{hours:02d}:{minutes:02d}:{seconds:06.3f}"
    day = at % 86_400
    return f"{int(day // 3600):02d}:{int(day % 3600 // 60):02d}:{day % 60:06.3f}"


def age(seconds: float) -> str:
    """`3 s`, `5 min`, `2 h`."""
    for limit, unit in ((60, "s"), (3_600, "min")):
        if seconds < limit:
            return f"{seconds / (limit / 60):.0f} {unit}"
    return f"{seconds / 3_600:.0f} h"


def bar(fraction: float, width: int, colour: str = ACCENT, track: str = LINE) -> Text:
    """A bar of `width` cells in halves of a cell; a share above 0 always shows."""
    fraction = min(1.0, max(0.0, fraction))
    halves = round(fraction * width * 2)
    if fraction > 0:
        halves = max(1, halves)
    text = Text("━" * (halves // 2) + "╸" * (halves % 2), style=colour)
    text.append("─" * max(0, width - len(text)), style=track)
    return text


def spark(values: Sequence[float | None], width: int, colour: str = ACCENT) -> Text:
    """The last `width` values as a sparkline from 0 to their maximum; unknown ones are gaps."""
    recent = list(values)[-width:]
    top = max((v for v in recent if v is not None), default=0)
    signs = []
    for value in recent:
        if value is None:
            signs.append(" ")
        elif top <= 0 or value <= 0:
            signs.append(SPARKS[0])
        else:
            signs.append(SPARKS[1 + min(5, int(value / top * 5.999))])
    return Text("".join(signs).rjust(width), style=colour)


def short(host: str | None) -> str:
    """`broker-2` as `2`: the id that Kafka's own tools print."""
    if host is None:
        return "none"
    return host.removeprefix("broker-")


def ids(hosts: Iterable[str]) -> str:
    """`1,2,3`."""
    return ",".join(short(h) for h in hosts)


def lag(value: int | None) -> Text:
    """LAG, coloured by size; "–" without a commit."""
    colour = MUTED if value is None else GOOD if value == 0 else WARN if value < 10_000 else BAD
    return Text(number(value), style=f"bold {colour}" if value else colour)


def count(value: int, *, bad: str = BAD) -> Text:
    """A number of bad things: quiet when 0."""
    return Text(number(value), style=f"bold {bad}" if value else MUTED)


def plural(value: int, noun: str) -> str:
    """`1 broker`, `3 brokers`."""
    return f"{value:,} {noun}" if value == 1 else f"{value:,} {noun}s"


def muted(text: str) -> Text:
    """Text in the muted colour."""
    return Text(text, style=MUTED)


def plain(text: str) -> Text:
    """Text in the usual colour."""
    return Text(text, style=TEXT)
