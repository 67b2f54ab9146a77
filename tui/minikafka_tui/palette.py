"""Colours of the inspector.

Rule: a colour only repeats what a word or a sign beside it says.
"""

from __future__ import annotations

from textual.theme import Theme

from minikafka_tui.text import Text

BACKGROUND = "#0e1319"
SURFACE = "#141b23"
PANEL = "#1b242f"
LINE = "#2b3846"
TEXT = "#d7dfe9"
MUTED = "#77879a"
FAINT = "#4a5868"
ACCENT = "#56c8d8"
GOOD = "#7fd88f"
WARN = "#f2c063"
BAD = "#ff6e6e"
VIOLET = "#b6a0f5"
BLUE = "#6fb3ff"
ORANGE = "#f4a26b"
PINK = "#f08cc0"
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

HOST_COLOURS = (BLUE, VIOLET, ORANGE, PINK, GOOD, ACCENT, WARN)

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
    """The same host has the same colour everywhere: by its number, and by its kind."""
    digits = "".join(c for c in host if c.isdigit())
    if host.startswith(("controller", "zookeeper")):
        return ACCENT
    if host.startswith("client"):
        return PINK
    return HOST_COLOURS[(int(digits) - 1) % 4] if digits else MUTED
