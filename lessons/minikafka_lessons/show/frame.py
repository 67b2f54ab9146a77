"""The frame of a picture: its colours in light and dark, its text alternative, its wide and its narrow form.

Rule: a picture is drawn for a width, `draw(width) -> SVG`, and stands in the page twice, for a desk and for a phone;
the page shows the one that fits. Colours are the hues of `minikafka.xray.look`, as variables that follow the page's
theme: JupyterLab's, Visual Studio Code's, Colab's, else the system's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

from minikafka.world.visible import cells, cut, in_html, visible, visible_name
from minikafka.xray import look
from minikafka_lessons.show import ink

WIDE, NARROW = 700, 360
BREAK = 520
"""A page that is narrower gets the narrow form."""
PAPER = "var(--jp-layout-color1, var(--mk-paper))"
SOFT = "var(--mk-soft)"
"""For what is there, and means nothing."""
LETTER = 0.6
"""The width of a letter, of its size: that of a wide font, since nobody knows which one the page has."""
DARK = (
    '[data-jp-theme-light="false"] .mk',
    ".vscode-dark .mk",
    ".vscode-high-contrast .mk",
    'html[theme="dark"] .mk',
)
LIGHT = ('[data-jp-theme-light="true"] .mk', ".vscode-light .mk", 'html[theme="light"] .mk')


def hue(name: str) -> str:
    """A hue of `look.HUES`, in the shade of the page's theme."""
    return f"var(--mk-{name}, {look.HUES[name].on_both})"


def host(name: str) -> str:
    """The colour of a host."""
    return hue(look.host_hue(name))


@cache
def style() -> str:
    """What every picture brings along: it may stand alone."""
    light = ";".join(f"--mk-{name}:{shades.on_light}" for name, shades in look.HUES.items())
    dark = ";".join(f"--mk-{name}:{shades.on_dark}" for name, shades in look.HUES.items())
    light += ";--mk-paper:#fff;--mk-ink:#1c2530;--mk-soft:#8a94a02e"
    dark += ";--mk-paper:#11161d;--mk-ink:#d7dfe9;--mk-soft:#8a9aab33"
    return (
        f"<style>.mk{{{light}}}@media(prefers-color-scheme:dark){{.mk{{{dark}}}}}"
        f"{','.join(LIGHT)}{{{light}}}{','.join(DARK)}{{{dark}}}"
        ".mk-both{container-type:inline-size}.mk-narrow{display:none}"
        f"@container(max-width:{BREAK}px){{.mk-wide{{display:none}}.mk-narrow{{display:block}}}}"
        ".mk [tabindex]{outline:none;cursor:pointer}</style>"
    )


def svg(width: int, height: float, body: str, title: str, describes: str, *, role: str = "img") -> str:
    """A whole picture. `describes` says in sentences what is to be seen."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="mk" viewBox="0 0 {width} {height:.0f}" role="{role}" '
        f'aria-label="{in_html(title)}. {in_html(describes)}" style="width:100%;max-width:{width}px;height:auto;'
        f'display:block;color:var(--jp-ui-font-color1, var(--mk-ink));font-family:{ink.FONT};font-size:13px">'
        f"<desc>{in_html(title)}. {in_html(describes)}</desc>{style()}{body}</svg>"
    )


def both(draw: Callable[[int], str]) -> str:
    """The picture in its two forms."""
    return (
        f'<div class="mk-both"><div class="mk-wide">{draw(WIDE)}</div>'
        f'<div class="mk-narrow">{draw(NARROW)}</div></div>'
    )


def nothing(width: int, sentence: str) -> str:
    """A picture of what isn't there."""
    return svg(width, 34, ink.text(0, 22, cut(sentence, width // 7), fill=ink.MUTED), "", sentence)


def legend(parts: Sequence[tuple[str, str]], y: float, width: int) -> tuple[str, float]:
    """Signs, drawn with their middle at 0,0, each with its words, in as many lines as it takes; and where they end."""
    body, x = "", 0.0
    for sign, words in parts:
        long = 20 + wide(words, 11)
        if x and x + long > width:
            x, y = 0.0, y + 18
        body += f'<g transform="translate({x + 8:.1f},{y - 4:.1f})">{sign}</g>' + ink.text(
            x + 20, y, words, size=11, fill=ink.MUTED
        )
        x += long + 18
    return body, y


def halo(shape: str) -> str:
    """The shape on a rim of paper, so that lines pass behind it."""
    return shape.replace('style="', f'style="paint-order:stroke;stroke:{PAPER};stroke-width:4px;', 1)


def name(text: str, width_px: float, size: float = 13) -> str:
    """A name that somebody chose, at most so wide."""
    return cut(visible_name(text), max(1, int(width_px / (size * LETTER))))


def lines(words: str, width_px: float, size: float = 13, most: int = 2) -> list[str]:
    """The words in at most so many lines of that width; what is too long for the last one is cut."""
    found, room = [""], max(1, int(width_px / (size * LETTER)))
    for word in visible(words).split(" "):
        longer = f"{found[-1]} {word}".strip()
        if len(found) < most and found[-1] and cells(longer) > room:
            found.append(word)
        else:
            found[-1] = longer
    return [cut(line, room) for line in found]


def wide(text: str, size: float = 13) -> float:
    """About how wide a text is drawn."""
    return cells(text) * size * LETTER
