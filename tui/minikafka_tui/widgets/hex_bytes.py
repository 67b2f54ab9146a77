"""Bytes in hex and as letters, each field in its hue, the chosen one marked.

Rule: only the lines on the screen are made, so a megabyte scrolls as a hundred bytes do. Fields are
told apart by bars between them, the chosen one by brackets and reversed ink: colour only repeats that.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from minikafka.dump.names import about
from minikafka.dump.outline import letters
from minikafka.dump.value import Block, Field
from minikafka.world.visible import cut
from minikafka_tui import palette


class _Part:
    """A block with its innermost fields, ready to be looked up by byte."""

    def __init__(self, block: Block, unpacked: bool) -> None:
        self.block = block
        self.unpacked = unpacked
        self.leaves = [leaf for leaf in block.leaves() if leaf.size]
        self.starts = [leaf.offset - block.origin for leaf in self.leaves]

    def leaf_at(self, byte: int) -> int:
        """The index of the field over a byte; -1 where there is none."""
        index = bisect_right(self.starts, byte) - 1
        if index >= 0 and byte < self.starts[index] + self.leaves[index].size:
            return index
        return -1


class HexBytes(ScrollView, can_focus=False):
    """`open(block)` shows it, `choose(block, field)` marks a field."""

    class Clicked(Message):
        """The mouse chose a field."""

        def __init__(self, block: Block, field: Field) -> None:
            super().__init__()
            self.block = block
            self.field = field

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.bytes_a_line = 16
        self.place = 1
        self._parts: list[_Part] = []
        self._tops: list[int] = []
        self._chosen: tuple[Block, int, int] | None = None

    def open(self, block: Block | None) -> None:
        """Show it from its beginning; what was unpacked from it follows below a title."""
        self._parts = [] if block is None else list(_parts(block, unpacked=False))
        self._chosen = None
        self._measure()
        self.scroll_to(y=0, animate=False, immediate=True)

    def lay_out(self, bytes_a_line: int) -> None:
        """So many bytes in a line."""
        if bytes_a_line != self.bytes_a_line:
            self.bytes_a_line = bytes_a_line
            self._measure()
            self._keep_in_view()

    def choose(self, block: Block, field: Field | None) -> None:
        """Mark a field, a group, or (None) nothing, and bring its first byte into view."""
        start = 0 if field is None else field.offset - block.origin
        self._chosen = (block, start, start + (0 if field is None else field.size))
        self._keep_in_view()
        self.refresh()

    def _measure(self) -> None:
        heights = [self._lines_of(part) + (number > 0) for number, part in enumerate(self._parts)]
        self._tops = [0, *accumulate(heights)]
        ends = [part.block.origin + len(part.block.data) for part in self._parts]
        self.place = len(str(max(ends, default=0)))
        # Position, a separator before and after each byte, letters, the border.
        width = 1 + self.place + 1 + self.bytes_a_line * 3 + 2 + self.bytes_a_line + 1
        self.styles.width = width
        self.virtual_size = Size(width - 1, self._tops[-1])
        self.refresh()

    def _lines_of(self, part: _Part) -> int:
        return -(-len(part.block.data) // self.bytes_a_line)

    def _keep_in_view(self) -> None:
        if self._chosen is None or not self.size.height:
            return
        block, start, end = self._chosen
        for number, part in enumerate(self._parts):
            if part.block is block:
                top = self._tops[number] + (number > 0)
                first, last = top + start // self.bytes_a_line, top + max(start, end - 1) // self.bytes_a_line
                seen = self.scroll_offset.y
                if first < seen or last >= seen + self.size.height:
                    self.scroll_to(y=max(0, first - self.size.height // 3), animate=False, immediate=True)

    # Drawing

    def render_line(self, y: int) -> Strip:
        """One line of the screen (Textual's way to ask for it)."""
        background = Style(bgcolor=self.background_colors[1].hex)
        width, line = self.size.width, self.scroll_offset.y + y
        if not self._parts or line >= self._tops[-1]:
            return Strip.blank(width, background)
        number = bisect_right(self._tops, line) - 1
        part, row = self._parts[number], line - self._tops[number] - (number > 0)
        if row < 0:
            title = Segment(cut(f" {part.block.title}", width), Style(color=palette.ACCENT, bold=True))
            return Strip([title]).adjust_cell_length(width, background).apply_style(background)
        segments = self._row(part, row * self.bytes_a_line)
        return Strip(segments).adjust_cell_length(width, background).apply_style(background)

    def _row(self, part: _Part, start: int) -> list[Segment]:
        data = part.block.data[start : start + self.bytes_a_line]
        where = f"+{start}" if part.unpacked else str(part.block.origin + start)
        line = [Segment(f" {where:>{self.place}} ", Style(color=palette.FAINT))]
        text: list[Segment] = []
        bar = Style(color=palette.LINE)
        before_leaf = part.leaf_at(start - 1) if start else -2
        for number, byte in enumerate(data):
            at = start + number
            leaf = part.leaf_at(at)
            style = self._style(part, at, leaf)
            line.append(self._separator(part, at, leaf != before_leaf, style, bar))
            line.append(Segment(f"{byte:02x}", style))
            text.append(Segment(letters(bytes((byte,))), style))
            before_leaf = leaf
        end = start + len(data)
        after = part.leaf_at(end) != before_leaf if end < len(part.block.data) else True
        closes = self._chosen is not None and self._chosen[0] is part.block and self._chosen[2] == end
        line.append(
            Segment("]", Style(color=palette.TEXT, bold=True))
            if closes
            else Segment("│" if after else " ", bar)
        )
        line.append(Segment("   " * (self.bytes_a_line - len(data)) + " "))
        return line + text

    def _separator(self, part: _Part, at: int, new: bool, style: Style, bar: Style) -> Segment:
        bright = Style(color=palette.TEXT, bold=True)
        if self._chosen is not None and self._chosen[0] is part.block and self._chosen[1] < self._chosen[2]:
            _, start, end = self._chosen
            if at == start:
                return Segment("[", bright)
            if at == end:
                return Segment("]", bright)
            if start < at < end and not new:
                return Segment(" ", style)
        return Segment("│" if new and at % self.bytes_a_line else " ", bar)

    def _style(self, part: _Part, at: int, leaf: int) -> Style:
        colour = palette.MUTED if leaf < 0 else about(part.leaves[leaf].name).hue.value.dark
        if self._chosen is not None:
            block, start, end = self._chosen
            if block is part.block and start <= at < end:
                return Style(color=palette.BACKGROUND, bgcolor=colour, bold=True)
        return Style(color=colour)

    # Mouse

    def on_click(self, event: events.Click) -> None:
        """Which field is under the mouse?"""
        line = self.scroll_offset.y + event.y
        if not self._parts or line >= self._tops[-1]:
            return
        number = bisect_right(self._tops, line) - 1
        part, row = self._parts[number], line - self._tops[number] - (number > 0)
        column = self._byte_at(event.x)
        if row < 0 or column is None:
            return
        leaf = part.leaf_at(row * self.bytes_a_line + column)
        if leaf >= 0:
            self.post_message(self.Clicked(part.block, part.leaves[leaf]))

    def _byte_at(self, x: int) -> int | None:
        """Which byte of its line lies at a column: in the hex, or among the letters."""
        in_hex = x - self.place - 2
        in_letters = in_hex - self.bytes_a_line * 3 - 2
        if 0 <= in_hex < self.bytes_a_line * 3:
            return in_hex // 3
        return in_letters if 0 <= in_letters < self.bytes_a_line else None


def _parts(block: Block, *, unpacked: bool) -> list[_Part]:
    below = [part for inner in block.inner for part in _parts(inner, unpacked=True)]
    return [_Part(block, unpacked), *below]
