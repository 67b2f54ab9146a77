"""A block of bytes for a notebook: hex on the left, each field's name, value and meaning on the right.

Rule: everything is escaped, colours are repeated by names, and styles are in the elements, so that a
saved notebook looks the same everywhere, in light and in dark.
"""

from __future__ import annotations

from itertools import islice

from minikafka.dump.names import about
from minikafka.dump.outline import Entry, heading, outline, shown
from minikafka.dump.value import Block, Field
from minikafka.world.visible import in_html

MOST_FIELDS = 60
"""Shown at first; a notebook's page stays readable."""
MOST_BYTES = 256
"""Of one field; the rest is said to be there."""
BYTES_A_LINE = 8
MOST_WHOLE = 20
"""A value of so many characters is never broken: the longest number has them."""
_MONO = "font-family:var(--jp-code-font-family, ui-monospace, monospace);font-size:12px;line-height:1.5"
_TEXT = (
    "color:var(--jp-ui-font-color1, inherit);font-family:var(--jp-ui-font-family, sans-serif);font-size:13px"
)
_QUIET = "color:var(--jp-ui-font-color2, #7a828c)"
_WORDS = "font-family:var(--jp-ui-font-family, sans-serif)"
_LINE = "var(--jp-border-color2, #8886)"
_CELL = (
    "border:0;padding:0 8px 0 0;text-align:left;vertical-align:top;background:none;max-width:none;"
    "white-space:normal;overflow-wrap:anywhere"
)


def block_to_html(block: Block, most_fields: int = MOST_FIELDS) -> str:
    """A self-contained fragment of HTML, with no more than the first `most_fields` fields."""
    entries = list(islice(outline(block), most_fields + 1))
    cut = len(entries) > most_fields
    entries = entries[:most_fields]
    blocks = [entry.block for entry in entries if entry.field is None]
    parts = "".join(_part(one, [entry for entry in entries if entry.block is one]) for one in blocks)
    more = f'<div style="{_QUIET}">… only the first {most_fields} fields are shown</div>' if cut else ""
    return f'<div style="{_TEXT};overflow-x:auto">{parts}{more}</div>'


def _part(block: Block, entries: list[Entry]) -> str:
    leaves = [e.field for e in entries if e.field is not None and not e.is_group]
    unpacked = entries[0].unpacked
    rows = "".join(_row(entry) for entry in entries if entry.field is not None)
    return (
        f'<div style="margin:8px 0 4px;font-weight:600">{in_html(block.title)}</div>'
        '<div style="display:flex;gap:16px;align-items:flex-start">'
        f'<div style="{_MONO};white-space:pre;flex:none">{_hex(block, leaves, unpacked)}</div>'
        f'<div style="flex:1;min-width:0;border-left:1px solid {_LINE};padding-left:16px">'
        f'<table style="border-collapse:collapse;border:0;margin:0;{_MONO}"><tbody>{rows}</tbody></table></div></div>'
    )


def _hex(block: Block, leaves: list[Field], unpacked: bool) -> str:
    """Lines of hex; a field's bytes share a background, and its name is told on hover."""
    lines: list[str] = []
    marked, column = "", 0
    for field in leaves:
        raw = block.bytes_of(field)
        style = f"background:{about(field.name).hue.value.paper};color:#000"
        told = in_html(_told(field))
        at, end = 0, min(len(raw), MOST_BYTES)
        while at < end:
            if not column:
                position = field.offset + at
                where = f"+{position}" if unpacked else str(position)
                marked = f'<span style="{_QUIET}">{where:>7}</span> '
            piece = raw[at : min(end, at + BYTES_A_LINE - column)]
            # A gap between two fields stays white: they differ without colour, too.
            marked += f'<span style="{style}" title="{told}">{piece.hex(" ")}</span> '
            column += len(piece)
            at += len(piece)
            if column == BYTES_A_LINE:
                lines.append(marked)
                column = 0
        if len(raw) > end:
            lines += [marked] * bool(column)
            lines.append(
                f'<span style="{_QUIET}">        … {len(raw) - end:,} more bytes of {in_html(field.name)}</span>'
            )
            column = 0
    if column:
        lines.append(marked)
    return "\n".join(lines)


def _told(field: Field) -> str:
    said = f"{field.name} = {shown(field.value)}" + (f" ({field.note})" if field.note else "")
    meaning = about(field.name).meaning
    return f"{said}: {meaning}" if meaning else said


def _row(entry: Entry) -> str:
    field = entry.field
    assert field is not None
    if entry.is_group:
        said = in_html(f"{heading(field)} {field.note}".rstrip())
        cell = f'<td colspan="4" style="{_CELL};padding-top:4px;font-weight:600">{said}</td>'
        return f'<tr style="background:none">{cell}</tr>'
    hue = about(field.name).hue.value.paper
    named = f'<span style="background:{hue};color:#000;padding:0 4px">{in_html(field.name)}</span>'
    where = f"+{field.offset}" if entry.unpacked else str(field.offset)
    value = shown(field.value, 32)
    whole = ";white-space:nowrap" * (len(value) <= MOST_WHOLE)
    cells = (
        f'<td style="{_CELL};text-align:right;white-space:nowrap;{_QUIET}">{where}</td>',
        f'<td style="{_CELL};white-space:nowrap">{named}</td>',
        f'<td style="{_CELL}{whole}">{in_html(value)}</td>',
        f'<td style="{_CELL};{_QUIET};{_WORDS}">{in_html(field.note or about(field.name).meaning)}</td>',
    )
    return f'<tr style="background:none">{"".join(cells)}</tr>'
