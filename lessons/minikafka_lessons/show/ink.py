"""Colours and small pieces of SVG and HTML.

Rule: text and lines take JupyterLab's own colours (with a fallback outside of it), and the few hues are chosen
so that they read on white and on black; a hue only repeats what a word or a shape says.
"""

from __future__ import annotations

import json
import re
from html import unescape

from minikafka.world.visible import cut, in_html
from minikafka.xray import look

TEXT = "var(--jp-ui-font-color1, currentColor)"
MUTED = "var(--jp-ui-font-color2, #7a828c)"
FAINT = "var(--jp-border-color1, #9aa1aa)"
LINE = "var(--jp-border-color2, #8886)"
PANEL = "var(--jp-layout-color2, #8881)"
PAPER = "var(--jp-layout-color1, transparent)"
FONT = "var(--jp-ui-font-family, system-ui, sans-serif)"
MONO = "var(--jp-code-font-family, ui-monospace, monospace)"

BLUE = look.HUES["blue"].on_both
GREEN = look.HUES["green"].on_both
ORANGE = look.HUES["amber"].on_both
RED = look.HUES["red"].on_both
VIOLET = look.HUES["violet"].on_both
TEAL = look.HUES["teal"].on_both
PINK = look.HUES["pink"].on_both
MOST_CELLS = 300
"""Of a cell of a table: a value may be long, a page not."""
HUES = (BLUE, VIOLET, TEAL, PINK, GREEN, ORANGE)


def hue(index: int) -> str:
    """A colour by number."""
    return HUES[index % len(HUES)]


def svg(width: int, height: int, body: str, label: str) -> str:
    """The frame. It shrinks with the page and never grows."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{in_html(label)}" style="width:100%;max-width:{width}px;height:auto;display:block;'
        f'font-family:{FONT};font-size:13px">{body}</svg>'
    )


def text(
    x: float,
    y: float,
    content: object,
    *,
    fill: str = TEXT,
    anchor: str = "start",
    size: float = 13,
    bold: bool = False,
    mono: bool = False,
    after: str = "",
) -> str:
    """One line of text; y is its baseline. `after` goes on in a quieter voice."""
    style = f"fill:{fill};font-size:{size}px"
    if bold:
        style += ";font-weight:600"
    if mono:
        style += f";font-family:{MONO};font-variant-numeric:tabular-nums"
    quiet = f'<tspan style="fill:{MUTED};font-weight:400">{in_html(after)}</tspan>' if after else ""
    start = f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" style="{style}">'
    return f"{start}{in_html(str(content))}{quiet}</text>"


def box(
    x: float,
    y: float,
    width: float,
    height: float,
    *,
    fill: str = "none",
    stroke: str = "none",
    radius: float = 6,
    opacity: float = 1.0,
    dash: str = "",
    title: str = "",
) -> str:
    """A rectangle with round corners."""
    style = f"fill:{fill};stroke:{stroke};fill-opacity:{opacity}"
    if dash:
        style += f";stroke-dasharray:{dash}"
    place = f'x="{x:.1f}" y="{y:.1f}" width="{max(0, width):.1f}" height="{height:.1f}"'
    shape = f'<rect {place} rx="{radius}" style="{style}"'
    return f"{shape}><title>{in_html(title)}</title></rect>" if title else f"{shape}/>"


def curve(
    x1: float, y1: float, x2: float, y2: float, *, stroke: str, width: float = 1.5, dash: str = ""
) -> str:
    """From left to right, with a soft bend."""
    middle = (x1 + x2) / 2
    style = f"fill:none;stroke:{stroke};stroke-width:{width}"
    if dash:
        style += f";stroke-dasharray:{dash}"
    path = f"M{x1:.1f},{y1:.1f} C{middle:.1f},{y1:.1f} {middle:.1f},{y2:.1f} {x2:.1f},{y2:.1f}"
    return f'<path d="{path}" style="{style}"/>'


def line(
    x1: float, y1: float, x2: float, y2: float, *, stroke: str = FAINT, width: float = 1, dash: str = ""
) -> str:
    """A straight line."""
    style = f"stroke:{stroke};stroke-width:{width}" + (f";stroke-dasharray:{dash}" if dash else "")
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" style="{style}"/>'


def head(x: float, y: float, fill: str) -> str:
    """The point of an arrow to the right."""
    return f'<path d="M{x - 7:.1f},{y - 4:.1f} L{x:.1f},{y:.1f} L{x - 7:.1f},{y + 4:.1f} Z" style="fill:{fill}"/>'


def number(value: int | None) -> str:
    """`1,234`; – for what is unknown."""
    return "–" if value is None else f"{value:,}"


class Code(str):
    """Words of a program, in a cell of a table: the same in every language."""


def table(headers: list[str], rows: list[list[object]], *, left: int = 1, caption: str = "") -> str:
    """A small HTML table; the first `left` columns are words, the others numbers."""
    cell = "padding:3px 12px;border:0;background:none"
    top = "".join(
        f'<th style="{cell};border-bottom:1px solid {LINE};color:{MUTED};font-weight:600;'
        f'text-align:{"left" if i < left else "right"}">{in_html(h)}</th>'
        for i, h in enumerate(headers)
    )
    body = ""
    for row in rows:
        body += '<tr style="background:none">'
        for i, value in enumerate(row):
            side = "left" if i < left else "right"
            shown = (
                number(value)
                if isinstance(value, int) and not isinstance(value, bool)
                else in_html(cut(str(value), MOST_CELLS))
            )
            if isinstance(value, Code):
                shown = f'<code style="background:none;padding:0">{shown}</code>'
            style = f"{cell};text-align:{side};font-family:{MONO};font-variant-numeric:tabular-nums"
            body += f'<td style="{style}">{shown}</td>'
        body += "</tr>"
    foot = f'<div style="color:{MUTED};margin:4px 12px 0">{in_html(caption)}</div>' if caption else ""
    return (
        f'<div style="color:{TEXT};font-family:{FONT};font-size:13px;margin:4px 0">'
        f'<table style="border-collapse:collapse;border:0;margin:0"><thead><tr>{top}</tr></thead>'
        f"<tbody>{body}</tbody></table>{foot}</div>"
    )


def script_json(about: dict[str, object]) -> str:
    """Values for a script that stands in the page: nothing in them ends it."""
    return json.dumps(about, ensure_ascii=False).replace("<", "\\u003c")


def plain(html: str) -> str:
    """What a picture says, without the picture: its descriptions where it has some, else its words."""
    words = re.findall(r"<desc>([^<>]*)</desc>", html)
    if not words:
        words = re.findall(r">([^<>]+)<", re.sub(r"<(style|script)>.*?</\1>", "", html, flags=re.S))
    said = dict.fromkeys(unescape(word).strip() for word in words)
    return " · ".join(word for word in said if word)[:2_000]


class Picture:
    """HTML that a notebook shows."""

    def __init__(self, html: str) -> None:
        self.html = html

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return plain(self.html)
