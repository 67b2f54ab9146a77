"""Who was in sync when: a strip for each replica of a partition, and below them how many were in the ISR.

Rule: the strips are made from the trace, which says each change of leader and ISR when it was committed; before the
first that it remembers nothing is known. Kafka shows the ISR of this moment only, and counts IsrShrinksPerSec.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from minikafka.world import Traced
from minikafka.xray import look
from minikafka_lessons.language import say
from minikafka_lessons.show import frame, ink
from minikafka_lessons.show.live import own_name
from minikafka_lessons.show.tape import say_standing

T = TypeVar("T")

ROW = 30
TOP = 34


@dataclass(frozen=True)
class IsrHistory:
    """What a trace tells of a partition's ISR."""

    name: str
    begin: float
    end: float
    strips: dict[str, tuple[tuple[float, str], ...]]
    """Broker → (since when, where it stands: a word of `look.STANDINGS`)."""
    sizes: tuple[tuple[float, int], ...]
    """(since when, how many are in the ISR)."""
    min_isr: int | None = None


def isr_strip(cluster: Any, topic: str, partition: int = 0) -> ink.Picture:
    """The strips of a cluster's partition up to now."""
    real = own_name(cluster, topic)
    snapshot = cluster.snapshot()
    found = next(
        (p for t in snapshot.topics if t.name == real for p in t.partitions if p.index == partition), None
    )
    history = isr_history(
        cluster.events(), real, partition, snapshot.at, min_isr=found.min_isr if found is not None else None
    )
    return ink.Picture(isr_html(history))


def isr_history(
    events: Iterable[Traced], topic: str, partition: int, end: float, *, min_isr: int | None = None
) -> IsrHistory:
    """Read from a trace."""
    strips: dict[str, list[tuple[float, str]]] = {}
    sizes: list[tuple[float, int]] = []
    isr: tuple[str, ...] = ()
    down: dict[str, bool] = {}
    leader, begin = "", None

    def stand(at: float, broker: str) -> None:
        word = look.OUT_OF_SYNC
        if down.get(broker):
            word = look.DOWN
        elif broker == leader:
            word = look.LEADER
        elif broker in isr:
            word = look.IN_SYNC
        strip = strips.setdefault(broker, [])
        if not strip or strip[-1][1] != word:
            strip.append((at, word))

    for traced in events:
        event: Any = traced.event
        if event.kind in ("LeaderElected", "IsrChanged") and (event.topic, event.partition) == (
            topic,
            partition,
        ):
            begin = traced.at if begin is None else begin
            isr = tuple(f"broker-{one}" for one in event.isr)
            if event.kind == "LeaderElected":
                leader = f"broker-{event.leader}" if event.leader >= 0 else ""
            if not sizes or sizes[-1][1] != len(isr):
                sizes.append((traced.at, len(isr)))
            for broker in [*strips, *isr]:
                stand(traced.at, broker)
        elif event.kind in ("HostCrashed", "PowerLost", "BrokerStopped", "BrokerStarted"):
            down[traced.host] = event.kind != "BrokerStarted"
            if traced.host in strips:
                stand(traced.at, traced.host)
    begin = end if begin is None else begin
    ordered = {broker: tuple(strips[broker]) for broker in sorted(strips, key=_number)}
    return IsrHistory(f"{topic}-{partition}", begin, max(end, begin), ordered, tuple(sizes), min_isr)


def _number(broker: str) -> tuple[int, str]:
    digits = "".join(c for c in broker if c in "0123456789")[:9]
    return int(digits or 0), broker


def isr_html(history: IsrHistory) -> str:
    """The picture, for wide and narrow pages."""
    return frame.both(lambda width: isr_svg(history, width))


def isr_svg(history: IsrHistory, width: int = frame.WIDE) -> str:
    """The picture."""
    called = frame.name(history.name, width - 150)
    if not history.strips:
        return frame.nothing(width, say("The trace tells nothing of the ISR of {name}.", name=called))
    left, right = (92.0 if width > frame.BREAK else 70.0), width - 8.0
    span = max(1e-9, history.end - history.begin)

    def x(moment: float) -> float:
        return left + (right - left) * min(1.0, max(0.0, (moment - history.begin) / span))

    body = ink.text(0, 15, say("Who is in sync: {name}", name=called), bold=True, size=14)
    for row, (broker, strip) in enumerate(history.strips.items()):
        y = TOP + row * ROW
        body += ink.text(
            0, y + 15, frame.name(broker, left - 6, 12.5), bold=True, size=12.5, fill=frame.host(broker)
        )
        for begin, end, word in _seen(strip, history, right - left):
            body += _piece(broker, word, x(begin), x(end), y, f"{begin:.3f} – {end:.3f} s")
    y = TOP + len(history.strips) * ROW + 6
    body += _sizes(history, x, y)
    body += _axis(history, x, y + 30, right - left)
    marks = [
        (_swatch(look.LEADER), f"★ {say_standing(look.LEADER)}"),
        (_swatch(look.IN_SYNC), f"✓ {say_standing(look.IN_SYNC)}"),
        (_swatch(look.OUT_OF_SYNC), f"✗ {say_standing(look.OUT_OF_SYNC)}"),
        (_swatch(look.DOWN), f"○ {say_standing(look.DOWN)}"),
    ]
    legend, bottom = frame.legend(marks, y + 66, width)
    title = say("The ISR of {name} over time", name=called)
    return frame.svg(width, bottom + 8, body + legend, title, _in_words(history))


def _seen(
    turns: Sequence[tuple[float, T]], history: IsrHistory, width: float
) -> list[tuple[float, float, T]]:
    """(from, to, what) of each turn; of several within a hair's breadth the last."""
    hair = (history.end - history.begin) / max(1.0, width) * 2
    kept: list[tuple[float, T]] = []
    for at, what in turns:
        if kept and at - kept[-1][0] < hair and at > history.begin + hair:
            kept[-1] = (kept[-1][0], what)
        else:
            kept.append((at, what))
    ends = [*(at for at, _ in kept[1:]), history.end]
    return [(at, end, what) for (at, what), end in zip(kept, ends, strict=True)]


def _swatch(word: str) -> str:
    return _shape("grey", word, -7, 7, -6)


def _piece(broker: str, word: str, x1: float, x2: float, y: float, when: str) -> str:
    x2 = max(x2, x1 + 1.5)
    shape = _shape(look.host_hue(broker), word, x1, x2, y + 4, 16)
    sign = look.STANDINGS[word][0]
    title = f"<title>{when}: {sign} {say_standing(word)}</title>"
    if x2 - x1 > 16:
        fill = frame.PAPER if word == look.LEADER else ink.TEXT
        shape += ink.text(x1 + 5, y + 16, sign, size=11, fill=fill)
    return f"<g>{title}{shape}</g>"


def _shape(hue: str, word: str, x1: float, x2: float, y: float, height: float = 11) -> str:
    colour = frame.hue(hue)
    if word == look.DOWN:
        middle = y + height / 2
        return ink.line(x1, middle, x2, middle, stroke=frame.hue("red"), width=1.5, dash="2 4")
    if word == look.OUT_OF_SYNC:
        inner = x2 - x1 - 1
        return ink.box(x1 + 0.5, y + 0.5, inner, height - 1, fill="none", stroke=colour, dash="3 2", radius=3)
    return ink.box(x1, y, x2 - x1, height, fill=colour, opacity=0.9 if word == look.LEADER else 0.4, radius=3)


def _sizes(history: IsrHistory, x: Any, y: float) -> str:
    """How many are in the ISR, and when they were too few."""
    body = ink.text(0, y + 13, "ISR", size=12, fill=ink.MUTED)
    for begin, end, size in _seen(history.sizes, history, x(history.end) - x(history.begin)):
        few = history.min_isr is not None and size < history.min_isr
        x1, x2 = x(begin), max(x(end), x(begin) + 1.5)
        colour = frame.hue("red" if few else "green")
        body += ink.box(x1, y, max(1.0, x2 - x1 - 1), 18, fill=colour, opacity=0.2, radius=2)
        words = f"{size} < min.insync {history.min_isr}" if few else str(size)
        for shown in (words, str(size)):
            if frame.wide(shown, 11) < x2 - x1 - 4:
                body += ink.text(
                    (x1 + x2) / 2, y + 13, shown, anchor="middle", size=11, fill=colour, bold=True
                )
                break
    return body


def _axis(history: IsrHistory, x: Any, y: float, width: float) -> str:
    span = max(1e-9, history.end - history.begin)
    step = 10.0**-3
    for factor in (2, 2.5, 2) * 9:
        if span / step <= max(2, width / 80):
            break
        step *= factor
    body, tick = "", (int(history.begin / step) + 1) * step
    while tick <= history.end:
        body += ink.line(x(tick), y - 3, x(tick), y + 2, stroke=ink.FAINT)
        body += ink.text(
            x(tick), y + 14, f"{tick:g} s", anchor="middle", size=10.5, fill=ink.MUTED, mono=True
        )
        tick = round(tick / step + 1) * step
    return body


def _in_words(history: IsrHistory) -> str:
    said = []
    for broker, strip in history.strips.items():
        turns = ", ".join(f"{at:.3f} s {say_standing(word)}" for at, word in strip[:12])
        said.append(f"{broker}: {turns}.")
    if history.min_isr is not None and any(size < history.min_isr for _, size in history.sizes):
        said.append(say("For a while the ISR is smaller than min.insync.replicas: acks=all is refused."))
    return " ".join(said)
