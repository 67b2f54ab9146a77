"""Figures: matplotlib lays them out, the browser draws their text, with the page's own font and colours.

Rule: a figure looks the same on a machine without any font for its language. A label's room is reckoned with
matplotlib's font and, for what that lacks (Hangul …), with `wide.ttf`, whose one empty glyph is as wide as a syllable.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from minikafka.world.visible import in_html
from minikafka_lessons.show import ink

TEXT, FAINT = "#010203", "#040506"
"""Placeholders: in the notebook they become the page's own colours."""
WIDE_FONT, WIDE = Path(__file__).with_name("wide.ttf"), "Minikafka Wide"


def themed(draw: Callable[[Any], None], size_inches: tuple[float, float], label: str) -> str:
    """A matplotlib figure as SVG whose text takes the page's font and colour."""
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    know_wide_letters()
    with matplotlib.rc_context(settings()):
        figure = Figure(figsize=size_inches, layout="constrained")
        FigureCanvasSVG(figure)
        draw(figure)
        out = io.StringIO()
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None})
    drawing = out.getvalue()
    drawing = drawing[drawing.index("<svg") :].replace(TEXT, ink.TEXT).replace(FAINT, ink.FAINT)
    drawing = re.sub(r"(font: (?:bold )?[\d.]+px) [^;\"]*", rf"\1 {ink.FONT}", drawing)
    drawing = re.sub(r"font-family: [^;\"]*", f"font-family: {ink.FONT}", drawing)
    head = f'<svg role="img" aria-label="{in_html(label)}" style="width:100%;max-width:860px;height:auto" '
    drawing = re.sub(r'<svg ([^>]*?)width="[^"]*"', lambda found: head + found.group(1), drawing, count=1)
    return re.sub(r'(<svg [^>]*?) height="[^"]*"', r"\1", drawing, count=1)


def settings() -> dict[Any, Any]:
    """matplotlib's, for all figures."""
    return {
        "svg.fonttype": "none",
        "svg.hashsalt": "minikafka",
        "font.family": ["DejaVu Sans", WIDE],
        "font.size": 9.5,
        "text.color": TEXT,
        "axes.labelcolor": TEXT,
        "axes.edgecolor": FAINT,
        "xtick.color": TEXT,
        "ytick.color": TEXT,
        "grid.color": FAINT,
        "grid.alpha": 0.35,
        "grid.linewidth": 0.6,
        "axes.axisbelow": True,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.titlesize": 10.5,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "legend.frameon": False,
        "legend.fontsize": 9,
    }


@cache
def know_wide_letters() -> None:
    """Tell matplotlib of the font, for plain and for bold text."""
    from matplotlib import font_manager

    for weight in (400, 700):
        entry = font_manager.FontEntry(fname=str(WIDE_FONT), name=WIDE, weight=weight, size="scalable")
        font_manager.fontManager.ttflist.append(entry)
