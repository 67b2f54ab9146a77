"""The diagram in a notebook: point at a message, or tap it, and read it whole; choose what is drawn.

Rule: what the browser does by itself (point, walk with the arrow keys, hide an API) needs no kernel, and works in a
saved notebook. What draws anew has a function: `show()`, `page()`, `zoom()`.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from minikafka.world.visible import cut, in_html
from minikafka.xray.messages import messages_of
from minikafka_lessons.language import say
from minikafka_lessons.show import frame, ink
from minikafka_lessons.show.shown import Shown
from minikafka_lessons.show.space_time.arrows import Arrow, arrows_of_messages, counted, filtered
from minikafka_lessons.show.space_time.drawing import MOST_TITLE, space_time_svg, title_of
from minikafka_lessons.show.space_time.marks import Mark, marks_of_events

A_PAGE = 60
"""So many messages are drawn at once; the next ones are the next page."""
MOST_SAID = 700
"""Of what is in a message."""
MOST_APIS = 8


class SpaceTime(Shown):
    """A diagram whose filters can be turned: `show(api=…, between=…, since=…, until=…)`, `page(n)`, `zoom(at)`."""

    def __init__(self, arrows: Sequence[Arrow], marks: Sequence[Mark] = (), **wishes: Any) -> None:
        self._arrows, self._marks, self._wishes = list(arrows), list(marks), wishes
        super().__init__(space_time_html(self._arrows, self._marks, **wishes))

    def show(self, **wishes: Any) -> None:
        """Draw anew with these wishes alone."""
        self._wishes = wishes
        self.redraw(space_time_html(self._arrows, self._marks, **wishes))

    def page(self, number: int) -> None:
        """Draw another page of the same messages."""
        self.show(**{**self._wishes, "page": number})

    def zoom(self, at: float, around_s: float = 0.01) -> None:
        """Draw what was under way around this moment."""
        self.show(**{**self._wishes, "since": at - around_s, "until": at + around_s, "page": 1})


def space_time(source: Any, **wishes: Any) -> SpaceTime:
    """The diagram of a simulated cluster's messages, or of those in events that were kept."""
    if hasattr(source, "messages"):
        return SpaceTime(arrows_of_messages(source.messages()), marks_of_events(source.events()), **wishes)
    events = list(source)
    return SpaceTime(arrows_of_messages(messages_of(events)), marks_of_events(events), **wishes)


def space_time_html(
    arrows: Sequence[Arrow],
    marks: Sequence[Mark] = (),
    *,
    api: str | Iterable[str] | None = None,
    between: Iterable[str] | None = None,
    since: float | None = None,
    until: float | None = None,
    page: int = 1,
    a_page: int = A_PAGE,
) -> str:
    """The diagram with what can be read of each message below it."""
    hosts = None if between is None else list(between)
    every = filtered(arrows, api, hosts, since, until)
    pages = max(1, -(-len(every) // a_page))
    page = min(max(1, page), pages)
    drawn = every[(page - 1) * a_page : page * a_page]
    first = since if since is not None and page == 1 else drawn[0].at if drawn else since
    last = every[page * a_page].at if page < pages else until
    seen = [
        mark
        for mark in marks
        if (first is None or (page == 1 and since is None) or mark.at >= first)
        and (last is None or mark.at <= last)
        and (hosts is None or not mark.host or mark.host in hosts)
    ]
    more = len(every) - page * a_page if page < pages else 0
    window = (-math.inf if first is None else first, math.inf if last is None else last)
    picture = frame.both(lambda width: space_time_svg(drawn, seen, width=width, more=more, window=window))
    return _with_panel(picture, drawn, page, pages)


def _with_panel(picture: str, arrows: Sequence[Arrow], page: int, pages: int) -> str:
    said = [[title_of(arrow), cut(arrow.says, MOST_SAID), cut(arrow.cause, MOST_TITLE)] for arrow in arrows]
    # By what it shows: the same picture is the same text, and if it stands twice, the script finds both.
    name = f"minikafka-{hashlib.sha256(f'{picture}{said}'.encode()).hexdigest()[:12]}"
    settings = json.dumps({"id": name, "said": said}, ensure_ascii=False).replace("<", "\\u003c")
    hint = say("Point at a message, or tap it; ↑ and ↓ go from one to the next.")
    if pages > 1:
        hint += " " + say("Page {page} of {pages}: page(n) draws another.", page=page, pages=pages)
    return (
        f'<div id="{name}" class="mk" style="color:{ink.TEXT};font-family:{ink.FONT};font-size:13px;max-width:700px">'
        f"<style>{_style()}</style>{_apis(arrows)}{picture}"
        f'<div data-panel="1" aria-live="polite" style="position:sticky;bottom:0;background:{frame.PAPER};'
        f'border-top:1px solid {ink.LINE};padding:6px 2px;min-height:3.2em;overflow-wrap:anywhere">'
        f'<span style="color:{ink.MUTED}">{in_html(hint)}</span></div></div>'
        f"<script>({_script()})({settings});</script>"
    )


def _apis(arrows: Sequence[Arrow]) -> str:
    """A button for each API: pressed, its messages are drawn."""
    counts = list(counted(arrows).items())
    if len(counts) < 2:
        return ""
    style = (
        f"font:inherit;font-size:11.5px;color:{ink.TEXT};background:none;border:1px solid {ink.LINE};"
        "border-radius:11px;padding:1px 9px;margin:0 5px 5px 0;cursor:pointer"
    )
    return "<div>" + "".join(
        f'<button type="button" aria-pressed="true" data-api="{in_html(api)}" style="{style}">'
        f'{in_html(api)} <span style="color:{ink.MUTED}">{count}</span></button>'
        for api, count in counts[:MOST_APIS]
    ) + "</div>"  # fmt: skip


@cache
def _style() -> str:
    return (
        ".mk .m .s{fill:none;stroke:var(--c);stroke-width:1.7}.mk .m .t{fill:var(--c)}"
        ".mk .m.a .s{stroke-width:1;stroke-dasharray:5 2}.mk .m .h{fill:none;stroke:transparent;stroke-width:9}"
        ".mk .m.w .s{stroke-dasharray:1 3}.mk .m .x{stroke:var(--mk-red);stroke-width:2;fill:none}"
        ".mk .m:hover .s,.mk .m:focus .s,.mk .m.on .s{stroke-width:3.4}"
        ".mk .some .m:not(.on){opacity:.28}.mk .n{pointer-events:none}"
        '.mk [data-api][aria-pressed="false"]{opacity:.45;text-decoration:line-through}'
    )


@cache
def _script() -> str:
    return (
        (files("minikafka_lessons") / "show" / "space_time" / "point.js").read_text(encoding="utf-8").strip()
    )
