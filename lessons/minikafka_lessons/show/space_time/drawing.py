"""The diagram as SVG.

Rule: an arrow has its sender's colour. A request is a full line, its answer a thin one; what nobody got ends in a
cross. A dead host's line is broken.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from minikafka.world.visible import cut, in_html, visible
from minikafka_lessons.language import say
from minikafka_lessons.show import frame, ink
from minikafka_lessons.show.space_time.arrows import Arrow, counted, spoken
from minikafka_lessons.show.space_time.layout import Labels, Moments, columns
from minikafka_lessons.show.space_time.marks import BEGAN, DIED, ELECTED, NETWORK, SIGNS, Mark

TOP = 52
GUTTER = 56
MOST_HOSTS = 7
MOST_HOSTS_NARROW = 6
LOUD = (DIED, BEGAN, ELECTED)
MOST_TITLE = 160
"""Of the words that stand in each arrow for who points at it."""


@dataclass(frozen=True)
class _Page:
    """Where everything is."""

    width: int
    hosts: tuple[str, ...]
    moments: Moments
    labels: Labels
    window: tuple[float, float]

    @property
    def is_wide(self) -> bool:
        return self.width > frame.BREAK

    @property
    def gutter(self) -> float:
        return GUTTER if self.is_wide else 46.0

    @property
    def each(self) -> float:
        return (self.width - self.gutter) / max(1, len(self.hosts))

    def x(self, host: str) -> float:
        return self.gutter + self.each * (self.hosts.index(host) + 0.5)

    def y(self, moment: float) -> float:
        """Down the page; above and below all else what is out of the window."""
        if moment < self.window[0]:
            return TOP - 4.0
        return self.moments(moment) if moment <= self.window[1] else self.moments.bottom + 14


def space_time_svg(
    arrows: Sequence[Arrow],
    marks: Sequence[Mark] = (),
    *,
    width: int = frame.WIDE,
    more: int = 0,
    window: tuple[float, float] = (-math.inf, math.inf),
) -> str:
    """The picture of these messages; `more` are not among them. What goes over the edges of `window` is cut there."""
    if not arrows and not marks:
        return frame.nothing(width, say("No message was sent here."))
    most = MOST_HOSTS if width > frame.BREAK else MOST_HOSTS_NARROW
    named = [mark.host for mark in marks if mark.host and (mark.kind in LOUD or not arrows)]
    hosts, left_out = columns(arrows, named, most)
    drawn = [arrow for arrow in arrows if arrow.source in hosts and arrow.target in hosts]
    seen = [mark for mark in marks if not mark.host or mark.host in hosts]
    times = [arrow.at for arrow in drawn] + [arrow.until for arrow in drawn] + [mark.at for mark in seen]
    inside = [moment for moment in times if window[0] <= moment <= window[1]]
    page = _Page(width, tuple(hosts), Moments(inside, TOP + 14), Labels(), window)
    bottom = page.moments.bottom + 16
    body = _lifelines(page, seen, bottom) + _times(page)
    body += "".join(_network(page, mark) for mark in seen if mark.kind == NETWORK)
    body += "".join(_arrow(page, number, arrow) for number, arrow in enumerate(drawn))
    body += "".join(_mark(page, mark) for mark in seen if mark.kind != NETWORK)
    body += "".join(_label(page, arrow) for arrow in drawn if not arrow.is_answer or arrow.error)
    body += _heads(page, 18)
    if bottom > 700:
        body += _heads(page, bottom + 18)
        bottom += 30
    for note in _notes(left_out, more):
        bottom += 18
        body += ink.text(0, bottom, cut(note, width // 6), size=11.5, fill=ink.MUTED)
    title = say("Messages between {n} hosts", n=len(hosts))
    return frame.svg(width, bottom + 10, body, title, in_words(drawn, seen, more), role="group")


def _notes(left_out: int, more: int) -> list[str]:
    notes = []
    if left_out:
        notes.append(say("{n} more hosts are not drawn: choose with between=[…].", n=left_out))
    if more:
        notes.append(say("{n} later messages are not drawn yet: page=2, or since=…", n=f"{more:,}"))
    return notes


def _heads(page: _Page, y: float) -> str:
    body = ""
    for host in page.hosts:
        x = page.x(host)
        fits = frame.wide(host, 12.5) <= page.each
        shown = frame.name(host if fits else _short(host), page.each - 6, 12.5)
        body += ink.box(
            x - page.each / 2 + 3, y - 14, page.each - 6, 22, fill=frame.host(host), opacity=0.14, radius=11
        )
        body += ink.text(x, y + 1.5, shown, anchor="middle", bold=True, size=12.5, fill=frame.host(host))
    return body


def _short(host: str) -> str:
    """`b-2` for `broker-2`, where there is little room."""
    kind, dash, number = host.rpartition("-")
    known = {"broker": "b", "client": "cl", "controller": "ctl", "zookeeper": "zk"}
    return f"{known[kind]}-{number}" if dash and kind in known else host


def _lifelines(page: _Page, marks: Sequence[Mark], bottom: float) -> str:
    """A line a host: full while it lives, broken while it doesn't."""
    body = ""
    for host in page.hosts:
        x, y, lives = page.x(host), float(TOP - 22), True
        colour = frame.host(host)
        turns = [mark for mark in marks if mark.host == host and mark.kind in (DIED, BEGAN)]
        if turns and turns[0].kind == BEGAN:
            lives = False
        for mark in turns:
            to = page.y(mark.at)
            body += _life(x, y, to, lives, colour)
            y, lives = to, mark.kind == BEGAN
        body += _life(x, y, bottom, lives, colour)
    return body


def _life(x: float, y: float, to: float, lives: bool, colour: str) -> str:
    if lives:
        return ink.line(x, y, x, to, stroke=colour, width=2)
    return ink.line(x, y, x, to, stroke=frame.hue("red"), width=1.2, dash="2 5")


def _times(page: _Page) -> str:
    """Moments down the left side, as many as there is room for; waits in between."""
    body, free = "", 0.0
    for y, seconds in page.moments.pauses:
        words = f"{seconds:.1f} s" if seconds >= 0.95 else f"{seconds * 1000:.0f} ms"
        body += ink.box(page.gutter, y - 8, page.width - page.gutter, 16, fill=frame.SOFT, radius=3)
        body += ink.text(page.gutter - 6, y + 3.5, f"⋮ {words}", anchor="end", size=10, fill=ink.MUTED)
    pauses = [y for y, _ in page.moments.pauses]
    for moment, y in zip(page.moments.at, page.moments.y, strict=True):
        if y < free or any(abs(y - pause) < 14 for pause in pauses):
            continue
        shown = f"{moment:.4f}" if page.is_wide else f"{moment:.3f}"
        body += ink.text(page.gutter - 6, y + 3.5, shown, anchor="end", size=10, fill=ink.MUTED, mono=True)
        free = y + 24
    return body


def _network(page: _Page, mark: Mark) -> str:
    y = page.y(mark.at)
    words = frame.name(mark.label, page.width - page.gutter - 20, 11)
    body = ink.line(page.gutter, y, page.width, y, stroke=frame.hue("amber"), width=1.5, dash="6 3")
    page.labels.take(page.gutter, y - 4, frame.wide(words, 11))
    return body + frame.halo(ink.text(page.gutter + 4, y - 4, words, size=11, fill=frame.hue("amber")))


def _arrow(page: _Page, number: int, arrow: Arrow) -> str:
    x1, y1 = page.x(arrow.source), page.y(arrow.at)
    x2, y2 = page.x(arrow.target), page.y(arrow.until)
    side = 1 if x2 >= x1 else -1
    end, tip = "", ""
    if arrow.source == arrow.target:
        x1, x2, side = x1, x1 + 14, 1
    if arrow.arrived is None:
        part = 0.55 if arrow.is_lost else 0.35
        x2, y2 = x1 + (x2 - x1) * part, y1 + 9
        if arrow.is_lost:
            end = f'<path d="M{x2 - 4:.0f},{y2 - 4:.0f}l8,8m0,-8l-8,8" class="x"/>'
    elif arrow.arrived <= page.window[1]:
        x2 -= side * 1.5
        tip = f'<path d="M{x2:.0f},{y2:.0f}l{-side * 7},{-4 if y2 <= y1 else -5}v8z" class="t"/>'
    kind = "a" if arrow.is_answer else "q"
    kind += " l" if arrow.is_lost else "" if arrow.arrived is not None else " w"
    data = f'data-m="{number}" data-e="{arrow.exchange}" data-of="{in_html(spoken(arrow.api))}"'
    return (
        f'<g tabindex="0" class="m {kind}" {data} '
        f'style="--c:{frame.host(arrow.source)}"><title>{in_html(cut(title_of(arrow), MOST_TITLE))}</title>'
        f'<path d="M{x1:.0f},{y1:.0f}L{x2:.0f},{y2:.0f}" class="h"/>'
        f'<path d="M{x1:.0f},{y1:.0f}L{x2:.0f},{y2:.0f}" class="s"/>{tip}{end}</g>'
    )


def _label(page: _Page, arrow: Arrow) -> str:
    """The API's name over the first third of the arrow, where there is room."""
    x1, y1 = page.x(arrow.source), page.y(arrow.at)
    x2, y2 = page.x(arrow.target), page.y(arrow.until)
    words = cut(arrow.error or spoken(arrow.api), 28)
    size = 10.5 if page.is_wide else 9
    width = frame.wide(words, size)
    for part in (0.5, 0.3, 0.7):
        x, y = x1 + (x2 - x1) * part - width / 2, y1 + (y2 - y1) * part - 3
        x = min(max(x, page.gutter), page.width - width)
        if page.labels.take(x, y, width):
            colour = frame.hue("red") if arrow.error or arrow.is_lost else ink.TEXT
            return frame.halo(ink.text(x, y, words, size=size, fill=colour)).replace(
                "<text", f'<text class="n" data-of="{in_html(spoken(arrow.api))}"', 1
            )
    return ""


def _mark(page: _Page, mark: Mark) -> str:
    """A sign on the host's line, and its words to the right of it or, at the edge, to the left."""
    x, y = page.x(mark.host), page.y(mark.at)
    loud = mark.kind in LOUD
    colour = frame.hue({DIED: "red", BEGAN: "green", ELECTED: "amber"}.get(mark.kind, "grey"))
    if loud:
        sign = frame.halo(
            ink.text(x, y + 5, SIGNS[mark.kind], anchor="middle", size=15, fill=colour, bold=True)
        )
    else:
        style = f"fill:{frame.PAPER};stroke:{frame.host(mark.host)};stroke-width:1.5"
        sign = f'<circle cx="{x:.0f}" cy="{y:.1f}" r="3" style="{style}"/>'
    size = 10.5 if loud or page.is_wide else 9
    words = frame.name(mark.label, page.each * (1.6 if loud else 1.1), size)
    width = frame.wide(words, size)
    left = x + 9 if x + 9 + width <= page.width else x - 9 - width
    title = f"<title>{in_html(f'{mark.at:.6f} s: {mark.says}')}</title>"
    if loud or page.labels.take(left, y + 3.5, width):
        if loud:
            page.labels.take(left, y + 3.5, width)
        sign += frame.halo(
            ink.text(left, y + 3.5, words, size=size, fill=colour if loud else ink.MUTED, bold=loud)
        )
    return f"<g>{title}{sign}</g>"


def title_of(arrow: Arrow) -> str:
    """One message in a line."""
    what = say("answer to {api}", api=spoken(arrow.api)) if arrow.is_answer else spoken(arrow.api)
    when = f"{arrow.at:.6f} s"
    if arrow.arrived is not None:
        when += f" + {(arrow.arrived - arrow.at) * 1000:.2f} ms"
    elif not arrow.fate:
        when += ", " + (say("nobody got it") if arrow.is_lost else say("under way"))
    if arrow.fate:
        when += f", {arrow.fate}"
    error = f" · {arrow.error}" if arrow.error else ""
    return visible(f"{what}: {arrow.source} → {arrow.target} · {when}{error}")


def in_words(arrows: Sequence[Arrow], marks: Sequence[Mark], more: int = 0) -> str:
    """What is to be seen."""
    said = []
    if arrows:
        first, last = min(a.at for a in arrows), max(a.until for a in arrows)
        apis = ", ".join(f"{n} {api}" for api, n in list(counted(arrows).items())[:6])
        lost = sum(arrow.is_lost for arrow in arrows)
        said.append(
            say(
                "{n} messages from {first} s to {last} s: requests {apis}.",
                n=f"{len(arrows):,}",
                first=f"{first:.3f}",
                last=f"{last:.3f}",
                apis=apis or "–",
            )
        )
        if lost:
            said.append(say("{n} were lost.", n=lost))
        if more:
            said.append(say("{n} later ones are not drawn.", n=f"{more:,}"))
    loud = [mark for mark in marks if mark.kind in (*LOUD, NETWORK)]
    said += [f"{mark.at:.3f} s: {cut(mark.says, 120)}." for mark in loud[:8]]
    return " ".join(said)
