"""Colours of the inspector: the dark shades of `minikafka.xray.look`, which notebooks draw with, too.

Rule: a colour only repeats what a word or a sign beside it says.
"""

from __future__ import annotations

from textual.theme import Theme

from minikafka.xray import look
from minikafka_tui.text import Text

BACKGROUND = "#0e1319"
SURFACE = "#141b23"
PANEL = "#1b242f"
LINE = "#2b3846"
TEXT = "#d7dfe9"
MUTED = look.HUES["grey"].on_dark
FAINT = "#4a5868"
ACCENT = look.HUES["teal"].on_dark
GOOD = look.HUES["green"].on_dark
WARN = look.HUES["amber"].on_dark
BAD = look.HUES["red"].on_dark
VIOLET = look.HUES["violet"].on_dark
BLUE = look.HUES["blue"].on_dark
ORANGE = look.HUES["orange"].on_dark
PINK = look.HUES["pink"].on_dark
CURSOR = "#24384a"
CURSOR_UNFOCUSED = "#1c2733"

THEME = Theme(
    name="minikafka",
    primary=ACCENT,
    secondary=BLUE,
    accent=ACCENT,
    warning=WARN,
    error=BAD,
    success=GOOD,
    foreground=TEXT,
    background=BACKGROUND,
    surface=SURFACE,
    panel=PANEL,
    dark=True,
    variables={
        "line": LINE,
        "muted": MUTED,
        "faint": FAINT,
        "footer-background": SURFACE,
        "footer-key-foreground": ACCENT,
        "footer-description-foreground": MUTED,
        "input-selection-background": "#56c8d8 30%",
        "border": LINE,
        "scrollbar": "#2b3846",
        "scrollbar-hover": "#3d4f62",
        "scrollbar-active": ACCENT,
        "scrollbar-background": BACKGROUND,
        "scrollbar-background-hover": BACKGROUND,
        "scrollbar-background-active": BACKGROUND,
    },
)

STATES = {
    "running": ("●", GOOD),
    "starting": ("◐", WARN),
    "fenced": ("◐", WARN),
    "stopping": ("◐", WARN),
    "down": ("○", BAD),
    "stable": ("●", GOOD),
    "empty": ("○", MUTED),
    "preparingrebalance": ("◐", WARN),
    "completingrebalance": ("◑", WARN),
    "assigning": ("◐", WARN),
    "reconciling": ("◑", WARN),
    "dead": ("✗", BAD),
}


def state(word: str) -> Text:
    """A state as sign and word: `● running`."""
    sign, colour = STATES.get(word.lower().replace("_", ""), ("?", MUTED))
    return Text.assemble((sign, colour), " ", (word, colour if colour != GOOD else TEXT))


def host_colour(host: str) -> str:
    """The same host has the same colour everywhere."""
    return look.HUES[look.host_hue(host)].on_dark
