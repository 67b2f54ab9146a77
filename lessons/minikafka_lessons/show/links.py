"""Why a bus: every producer wired to every consumer, against everybody wired to the bus. Counted.

Rule: the drawing stands in the notebook whole; the sliders move it in the browser, without a kernel.
"""

from __future__ import annotations

import uuid
from functools import cache
from importlib.resources import files

from minikafka_lessons.language import say, sentence
from minikafka_lessons.show import ink
from minikafka_lessons.show.ink import script_json
from minikafka_lessons.show.shown import Shown

WIDTH, HALF, MOST = 860, 410, 12
TOP, ROW, BOTTOM, FIRST, MARGIN, LOW = 40, 26, 12, 30, 34, 28

EVERY = sentence("Everybody to everybody: {p} × {c} = {links} links")
BUS = sentence("Over a bus: {p} + {c} = {links} links")


class Links(Shown):
    """The two drawings with a slider each for producers and consumers; `links_html(p, c)` is the function twin."""

    def __init__(self, producers: int, consumers: int) -> None:
        super().__init__(_with_sliders(producers, consumers))

    def set(self, producers: int, consumers: int) -> None:
        """Turn both sliders."""
        self.redraw(_with_sliders(producers, consumers))


def links(producers: int = 4, consumers: int = 5) -> Links:
    """The drawings with their sliders."""
    return Links(producers, consumers)


def _with_sliders(producers: int, consumers: int) -> str:
    name = f"minikafka-{uuid.uuid4().hex[:12]}"  # noqa: TID251 - one in the whole page, saved outputs too
    rows = "".join(
        f'<label style="display:inline-flex;align-items:center;gap:8px;margin-right:28px">{word}'
        f'<input type="range" min="1" max="{MOST}" value="{value}" style="width:200px">'
        f'<output style="font-family:{ink.MONO};min-width:1.5em">{value}</output></label>'
        for word, value in ((say("producers"), producers), (say("consumers"), consumers))
    )
    about = {
        "id": name, "width": WIDTH, "half": HALF, "shift": WIDTH - HALF, "top": TOP, "row": ROW, "bottom": BOTTOM,
        "first": FIRST, "margin": MARGIN, "low": LOW,
        "every": say(EVERY), "bus": say(BUS),
    }  # fmt: skip
    return (
        f'<div id="{name}" style="color:{ink.TEXT};font-family:{ink.FONT};font-size:13px">'
        f'<div style="margin:4px 0 10px">{rows}</div>'
        f"{links_html(producers, consumers, room=MOST)}</div>"
        f"<script>({_script()})({script_json(about)});</script>"
    )


@cache
def _script() -> str:
    return (files("minikafka_lessons") / "show" / "links.js").read_text(encoding="utf-8").strip()


def links_html(producers: int, consumers: int, *, room: int = 0) -> str:
    """Both drawings. With `room` they hold so many of each kind, those beyond the wanted ones unseen."""
    height = TOP + max(producers, consumers) * ROW + BOTTOM
    ways = producers * consumers
    shift, middle = WIDTH - HALF, (height + LOW) / 2
    left = [(i, _y(i, producers, height), i < producers) for i in range(max(producers, room))]
    right = [(i, _y(i, consumers, height), i < consumers) for i in range(max(consumers, room))]
    body = _title(0, say(EVERY, p=producers, c=consumers, links=ways))
    body += _title(shift, say(BUS, p=producers, c=consumers, links=producers + consumers))
    for p, y, one in left:
        for c, z, other in right:
            wire = ink.curve(62, y, HALF - 62, z, stroke=ink.RED, width=1.2)
            body += _marked(wire, f'data-wire="{p},{c}"', one and other)
    for p, y, seen in left:
        wire = ink.curve(shift + 62, y, shift + HALF / 2 - 34, middle, stroke=ink.BLUE, width=1.6)
        body += _marked(wire, f'data-in="{p}"', seen)
    for c, z, seen in right:
        wire = ink.curve(shift + HALF / 2 + 34, middle, shift + HALF - 62, z, stroke=ink.GREEN, width=1.6)
        body += _marked(wire, f'data-out="{c}"', seen)
    box = ink.box(shift + HALF / 2 - 34, 34, 68, height - 40, fill=ink.PAPER, stroke=ink.FAINT, radius=8)
    body += _marked(box, 'data-broker="1"', True)
    name = ink.text(shift + HALF / 2, middle + 4, say("broker"), anchor="middle", bold=True)
    body += _marked(name, 'data-name="1"', True)
    for base in (0, shift):
        for p, y, seen in left:
            body += _end(base + 0.5, f"P{p + 1}", ink.BLUE, y, f'data-p="{p}"', seen)
        for c, z, seen in right:
            body += _end(base + HALF - 62.5, f"C{c + 1}", ink.GREEN, z, f'data-c="{c}"', seen)
    return ink.svg(
        WIDTH, height, body, say("{ways} links against {few}", ways=ways, few=producers + consumers)
    )


def _y(index: int, count: int, height: int) -> float:
    return FIRST + (height - MARGIN) / max(1, count) * (index + 0.5)


def _title(x: float, words: str) -> str:
    return _marked(ink.text(x, 14, words, bold=True), 'data-title="1"', True)


def _marked(shape: str, data: str, seen: bool) -> str:
    """The shape with what the sliders find it by."""
    first, space, rest = shape.partition(" ")
    hidden = "" if seen else 'display="none" '
    return f"{first}{space}{data} {hidden}{rest}"


def _end(x: float, name: str, colour: str, y: float, data: str, seen: bool) -> str:
    """A producer or a consumer."""
    hidden = "" if seen else ' display="none"'
    shape = ink.box(x, -10, 62, 20, fill=ink.PAPER, stroke=colour, radius=10)
    words = ink.text(x + 30.5, 4, name, anchor="middle", size=11.5)
    return f'<g {data} transform="translate(0,{y:.1f})"{hidden}>{shape}{words}</g>'
