"""Makes `lessons/minikafka_lessons/show/wide.ttf`: a font of one empty glyph, as wide as a Hangul syllable, for every
character that a figure's layout has to make room for and matplotlib's own font does not have.

Rule: nobody ever sees it. Figures are SVG whose text the browser draws, with fonts of its own; matplotlib only has to
know how wide a label will be, on a machine that may have no font for it.
"""

from __future__ import annotations

from pathlib import Path

from fontTools.fontBuilder import FontBuilder
from fontTools.ttLib.tables._c_m_a_p import cmap_format_13
from fontTools.ttLib.tables._g_l_y_f import Glyph

TARGET = Path(__file__).parents[1] / "lessons/minikafka_lessons/show/wide.ttf"
NAME = "Minikafka Wide"
UNITS, WIDTH = 1000, 920
RANGES = (
    (0x1100, 0x11FF),  # Hangul Jamo
    (0x2E80, 0x303F),  # CJK radicals and punctuation
    (0x3040, 0x30FF),  # kana
    (0x3130, 0x318F),  # Hangul compatibility Jamo
    (0x3400, 0x9FFF),  # Han
    (0xAC00, 0xD7A3),  # Hangul syllables
    (0xF900, 0xFAFF),  # Han, compatibility
    (0xFF01, 0xFF60),  # full-width forms
)


def main() -> None:
    """Write the font."""
    builder = FontBuilder(UNITS, isTTF=True)
    builder.setupGlyphOrder([".notdef", "wide"])
    builder.setupCharacterMap({})
    builder.setupGlyf({".notdef": Glyph(), "wide": Glyph()})
    builder.setupHorizontalMetrics({".notdef": (WIDTH, 0), "wide": (WIDTH, 0)})
    builder.setupHorizontalHeader(ascent=880, descent=-120)
    builder.setupNameTable({"familyName": NAME, "styleName": "Regular"}, mac=False)
    builder.setupOS2(sTypoAscender=880, sTypoDescender=-120, usWinAscent=880, usWinDescent=120)
    builder.setupPost(keepGlyphNames=False)
    for name in ("created", "modified"):
        setattr(builder.font["head"], name, 0)
    builder.font.recalcTimestamp = False
    many = cmap_format_13(13)
    many.platformID, many.platEncID, many.language, many.reserved = 3, 10, 0, 0
    many.cmap = {code: "wide" for first, last in RANGES for code in range(first, last + 1)}
    builder.font["cmap"].tables = [many]
    builder.save(TARGET)
    print(TARGET, TARGET.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
