"""A hundred names that somebody may give to a group, a topic, a client, a key, a path: every surface shows them all.

`SPOKEN` are harmless and must be shown as they are. `unsafe(text)` finds what may reach no screen.
"""

from __future__ import annotations

import re

CONTROLS = (
    "\x1b[2J\x1b[H\x1b[32mfull marks\x1b[0m",
    "bad\x1b]2;TITLE\x07 line\nbreak",
    "\x1b]52;c;cm0gLXJm\x07",
    "\x1b]8;;http://evil\x1b\\click\x1b]8;;\x1b\\",
    "\x1bP+q544e\x1b\\",
    "\x1b(0lqqk",
    "\x1b",
    "\x9b31mred",
    "\x9d2;title\x9c",
    "\x00",
    "nul\x00inside",
    "\x07\x07\x07",
    "abc\x08\x08\x08xyz",
    "a\rb",
    "a\nb",
    "a\r\nminikafka: it is up",
    "a\tb",
    "a\x0bb\x0cc",
    "shift\x0eout\x0fin",
    "del\x7fete",
    "next\x85line",
    "\x1c\x1d\x1e\x1f",
    "line\u2028paragraph\u2029end",
    "\n",
    "\t\t",
)
UNSEEN = (
    "\u202egpj.exe",
    "\u2066isolated\u2069",
    "\u200fright\u200eleft",
    "\u061cmark",
    "zero\u200bwidth",
    "join\u200der",
    "\u200d",
    "\ufeffbom",
    "word\u2060joiner",
    "soft\xadhyphen",
    "\u3164",
    "tag\U000e0041\U000e0042",
    "select\ufe0f\ufe0e",
    "\ufff9note\ufffb",
    "\ud800",
    "half\udfffpair",
    "caf\udce9",
    "\udcff\udcfe/\udc80",
    "\ufffe\uffff",
    "z\u0335\u0321\u0334\u0335\u0321\u0334\u0335\u0321\u0334\u0335\u0321\u0334\u0335\u0321\u0334alg\u0301o",
    "\u0301no letter",
    "\U0001f468\u200d" * 9,
)
MARKUP = (
    "[/",
    "[/]",
    "[",
    "]",
    "[[",
    "[bold]loud[/bold]",
    "[/bold]",
    "[red",
    "[@click=app.quit]x[/]",
    "[@click='app.bell'",
    "[link=http://evil]x[/link]",
    "\\[/",
    "\\",
    ":skull:",
    "<script>alert(1)</script>",
    "</script>",
    "</svg></div></td></table>",
    "<!--",
    "]]>",
    "<img src=x onerror=alert(1)>",
    "\"'><b>",
    "&",
    "&lt;&#27;&nbsp;",
    "$(x)",
    "$\\frac{a$",
    "a_b^{c}$d$",
    "`code`",
    "%s%n%(x)d",
    "{host}{0}{",
    "#010203",
    "=cmd|' /C calc'!A0",
    "@SUM(A1)",
)
LOOKALIKES = (
    "",
    " ",
    "   ",
    " before",
    "after ",
    "two  blanks",
    "\xa0",
    "0",
    "-1",
    "1e9",
    "NaN",
    "None",
    "--help",
    "../../etc/passwd",
    "/",
    "C:\\nul",
    "x" * 10_000,
    "\x1b" * 10_000,
    "\uc774\ub984" * 5_000,
    "e\u0301" * 5_000,
)
SPOKEN = (
    "orders",
    "\ud55c\uad6d\uc5b4 \uadf8\ub8f9",
    "\u1112\u1161\u11ab\u1100\u1173\u11af",  # the same script, letter by letter
    "\u65e5\u672c\u8a9e\u30c8\u30d4\u30c3\u30af",
    "\u0e44\u0e17\u0e22\u0e17\u0e35\u0e48",
    "\u0928\u092e\u0938\u094d\u0924\u0947",
    "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
    "\u05e9\u05dc\u05d5\u05dd",
    "caf\xe9 cafe\u0301",
    "\U0001f469\u200d\U0001f4bb \U0001f1f0\U0001f1f7 \U0001f44d\U0001f3fd",
    "\U0001f469\U0001f3fd\u200d\u2764\ufe0f\u200d\U0001f48b\u200d\U0001f468\U0001f3ff",
    "\u2764\ufe0f 1\ufe0f\u20e3",
)
NAMES = (*CONTROLS, *UNSEEN, *MARKUP, *LOOKALIKES, *SPOKEN)

_UNSAFE = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\ufff9-\ufffb"
    "\ufffe\uffff\ud800-\udfff]"
)


def unsafe(text: str) -> list[str]:
    """What must not be in a text that people are shown; the ends of its lines are its own."""
    return sorted({ascii(found) for found in _UNSAFE.findall(text)})
