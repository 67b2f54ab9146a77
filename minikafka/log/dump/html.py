"""A block of bytes for a notebook: each field a colour, its name and value on hover and in a table.

The rule: everything is escaped, colours are repeated by names, and styles stand in the elements, so that a
saved notebook looks the same everywhere.
"""

from __future__ import annotations

from html import escape

from minikafka.log.dump.value import Block, Field, Value

COLOURS = (
    "#cfe8ff", "#ffe0b8", "#d6f5d0", "#f6d0e8", "#e4d8ff", "#fff3a8", "#c9f2ee", "#ffd2cc", "#e2e2e2",
)  # fmt: skip
MOST_ROWS = 400
_HEX = "font-family:monospace;white-space:pre-wrap;word-break:break-word"


def colour_of(index: int) -> str:
    """The background of the field with this index."""
    return COLOURS[index % len(COLOURS)]


def shown(value: Value, limit: int = 80) -> str:
    """A value as people read it: bytes as text where they are."""
    if value is None:
        return ""
    if isinstance(value, int):
        return str(value)
    text = value if isinstance(value, str) else text_of(value)
    return text if len(text) <= limit else f"{text[:limit]}… ({len(value)} bytes)"


def text_of(value: bytes) -> str:
    """Quoted text when the bytes are printable UTF-8, else hex."""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return f"0x{value.hex()}"
    return f'"{text}"' if text.isprintable() else f"0x{value.hex()}"


def block_to_html(block: Block) -> str:
    """A self-contained fragment of HTML."""
    fields = list(block.leaves())[:MOST_ROWS]
    spans, rows = [], []
    for index, field in enumerate(fields):
        raw = block.bytes_of(field)
        style = f"background:{colour_of(index)};color:#000"
        told = f"{field.name} = {shown(field.value)}" + (f" ({field.note})" if field.note else "")
        hexed = raw[:64].hex(" ") + (" …" if len(raw) > 64 else "")
        spans.append(f'<span style="{style}" title="{escape(told, quote=True)}">{hexed}</span>')
        rows.append(_row(field, style))
    inner = "".join(block_to_html(one) for one in block.inner)
    return (
        f"<div><b>{escape(block.title)}</b><div style='{_HEX}'>{' '.join(spans)}</div>"
        f"<details open><summary>fields</summary><table>{''.join(rows)}</table></details>{inner}</div>"
    )


def _row(field: Field, style: str) -> str:
    cells = (str(field.offset), str(field.size), field.name, shown(field.value), field.note)
    first, *rest = (f"<td style='text-align:left'>{escape(cell)}</td>" for cell in cells)
    marked = first.replace("text-align:left", f"text-align:right;{style}")
    return f"<tr>{marked}{''.join(rest)}</tr>"
