r"""Text that others chose, made safe to show: names, keys, values, exceptions, paths.

Rule: what a terminal, a browser or an eye would not take for a letter is shown as an escape (`\x1b`, `\n`,
`\u202e`; `\xff` for a byte that is no UTF-8); all else stays as it is, in any script. Widths are in a terminal's
cells. Kafka's own tools print such texts raw.
"""

from __future__ import annotations

import re
from html import escape
from unicodedata import category, combining

from rich.cells import cell_len, get_character_cell_size, set_cell_size

ELLIPSIS = "…"
MOST_MARKS = 10
"""On one letter or emoji: more, which no script needs, would grow over the lines above and below."""
VIRAMA = 9
"""The combining class of the sign after which Indic scripts may need a joiner."""

_SELECTORS = "\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef"
_JOINERS = "\u200c\u200d"
_CONTROLS = "\x00-\x1f"
_HIDDEN = (
    "\x7f-\x9f\u2028\u2029"  # more control characters, ends of lines
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # turn the direction of what follows
    "\xad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b\u2060-\u2065\u206a-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"  # can't be seen
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"  # no characters at all
)
_TAGS = str.maketrans("abcdefghijklmnopqrstuvwxyz.", "".join(map(chr, [*range(0xE0061, 0xE007B), 0xE007F])))
_FLAGS = "|".join("\U0001f3f4" + region.translate(_TAGS) for region in ("gbeng.", "gbsct.", "gbwls."))
_FOUND = re.compile(f"{_FLAGS}|[{_CONTROLS}{_HIDDEN}{_SELECTORS}{_JOINERS}]")
_ALWAYS = re.compile(f"[{_CONTROLS}{_HIDDEN}]")
_SELECTOR = re.compile(f"[{_SELECTORS}]")
_IN_JSON = re.compile(f"[{_HIDDEN}{_SELECTORS}{_JOINERS}]")
_BLANK = re.compile("^ +| +$|(?<= ) +|[\xa0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000]")
_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
_EMOJI = re.compile("[\u203c-\u3299\U0001f000-\U0001faff]")
_ARABIC = re.compile("[\u0620-\u064a\u066e-\u06d3\u06fa-\u06ff\u0750-\u077f\u08a0-\u08c9]")
_PLAIN = re.compile(
    "[ -~\xa1-\xac\xae-\u02ff\u0370-\u0482\u3041-\u3096\u30a1-\u3163\u3165-\u9fff\uac00-\ud7a3]*"
)
"""Letters that need no second look."""


def visible(text: str) -> str:
    r"""The text in one line, for terminals, with nothing hidden: `a\nb`, `\x1b[31mred`. What it gives, it gives back
    unchanged."""
    if text.isprintable() and (text.isascii() or _PLAIN.fullmatch(text)):
        return text
    return _without_heaps(_FOUND.sub(_escaped, text))


def visible_name(name: str) -> str:
    r"""The same, for what must be told from its like: an empty name, and blanks where one overlooks them, too."""
    return _BLANK.sub(lambda blanks: "".join(map(_escape, blanks[0])), visible(name)) or '""'


def quoted(value: object) -> str:
    """As Python writes it, and visible: for texts of errors."""
    return visible(repr(value))


def visible_bytes(data: bytes) -> str:
    """Bytes that should be UTF-8."""
    return visible(data.decode("utf-8", "surrogateescape"))


def cells(text: str) -> int:
    """How wide a terminal shows a visible text."""
    return cell_len(text)


def cut(text: str, width: int) -> str:
    """Visible, and at most so many cells wide: what is longer ends in an ellipsis."""
    width = max(0, width)
    shown = visible(text[: (width + 1) * (MOST_MARKS + 2)])  # all that could be seen of it
    if cell_len(shown) <= width:
        return shown
    return set_cell_size(shown, width - 1) + ELLIPSIS if width else ""


def cut_before(text: str, width: int) -> str:
    """The same, for what differs at its end, as paths do: the ellipsis comes first."""
    shown = visible(text[-(width + 1) * (MOST_MARKS + 2) :])
    if cell_len(shown) <= width:
        return shown
    while shown and (cell_len(shown) >= width or not get_character_cell_size(shown[0])):
        shown = shown[1:]
    return ELLIPSIS + shown


def padded(text: str, width: int, *, right: bool = False) -> str:
    """Visible, and exactly so many cells wide; `right` puts the blanks before it."""
    shown = cut(text, width)
    blanks = " " * (width - cell_len(shown))
    return blanks + shown if right else shown + blanks


def in_html(text: str) -> str:
    """Visible, as the text of HTML, SVG or an attribute in quotes."""
    seen = visible(text) if text.isascii() else _without_heaps(_FOUND.sub(_escaped_for_a_browser, text))
    return escape(seen, quote=True)


def in_json(encoded: str) -> str:
    """A JSON text that means the same and holds nothing hidden: encoders leave much of it bare."""
    return encoded if encoded.isascii() and "\x7f" not in encoded else _IN_JSON.sub(_escaped_in_json, encoded)


def _escaped(found: re.Match[str]) -> str:
    sign = found[0]
    return sign if len(sign) > 1 or _belongs(sign, found.string, found.start()) else _escape(sign)


def _escaped_for_a_browser(found: re.Match[str]) -> str:
    """It shapes a name as its script wants it; who counts cells (Rich) takes each joiner for the bond of two emoji."""
    if found[0] == "\u200d" and _joins_letters(found.string, found.start()):
        return found[0]
    return _escaped(found)


def _joins_letters(text: str, at: int) -> bool:
    """Does this joiner choose the form of an Indic letter? (RFC 5892, A.2; before the sign where Bengali and Kannada
    have it.) It makes no difference that one can see anywhere else, so there it would hide."""
    before, after = text[at - 1 : at] if at else "", text[at + 1 : at + 2]
    if before and combining(before) == VIRAMA:
        return at > 1 and category(text[at - 2]).startswith(("L", "M"))
    return bool(before and after) and category(before) == "Lo" and combining(after) == VIRAMA


def _belongs(sign: str, text: str, at: int) -> bool:
    """Is this joiner or selector part of how a letter or an emoji is written?"""
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    if not before or _ALWAYS.match(sign):
        return False
    if _SELECTOR.match(sign):
        return (not before.isascii() or before in "0123456789#*") and not _FOUND.match(before)
    if sign == "\u200d":  # Rich takes it for the bond of two emoji wherever it stands
        return bool(_EMOJI.match(before) or before == "\ufe0f") and bool(_EMOJI.match(after))
    return combining(before) == VIRAMA or bool(_ARABIC.match(before) and _ARABIC.match(after))


def _escape(sign: str) -> str:
    if sign in _SHORT:
        return _SHORT[sign]
    code = ord(sign)
    if code < 0x80:
        return f"\\x{code:02x}"
    if 0xDC80 <= code <= 0xDCFF:  # how Python keeps a byte that is no UTF-8
        return f"\\x{code - 0xDC00:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _escaped_in_json(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2))


def _without_heaps(text: str) -> str:
    """Marks are counted on each letter; one too many, or one without a letter, is shown beside it."""
    if text.isascii():
        return text
    out: list[str] = []
    marks, before = MOST_MARKS, ""
    for sign in text:
        is_bound = before == "\u200d" and _EMOJI.match(sign)
        belongs = sign == "\u200d" or is_bound or get_character_cell_size(sign) == 0
        marks = marks + 1 if belongs else MOST_MARKS if sign == " " else 0
        before = sign if marks <= MOST_MARKS else _escape(sign)
        out.append(before)
    return "".join(out)
