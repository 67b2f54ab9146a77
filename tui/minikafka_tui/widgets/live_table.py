"""A table for data that keeps changing: lazy rows, stable cursor, sorting, filtering.

Rule: only what is on the screen is formatted, and only lines that changed are drawn again, so ten
thousand rows cost what twenty do. (Textual's DataTable keeps every cell and measures every column.)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from minikafka.world.visible import cut, visible
from minikafka_tui import palette
from minikafka_tui.text import Drawn, Text
from minikafka_tui.widgets.columns import Column, Row, fit, layout

GUTTER = 2


class LiveTable(ScrollView, Generic[Row], can_focus=True):
    """Rows of any type, known by `key(row)`."""

    BINDINGS = [
        Binding("enter,l,right", "open", "Open", key_display="⏎"),
        Binding("s", "sort", "Sort"),
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup,ctrl+b", "page(-1)", "Page up", show=False),
        Binding("pagedown,ctrl+f", "page(1)", "Page down", show=False),
        Binding("home,g", "edge(0)", "First", show=False),
        Binding("end,G", "edge(1)", "Last", show=False),
        Binding("S", "reverse", "Reverse order", show=False),
    ]

    class Highlighted(Message):
        """The cursor is on another row."""

        def __init__(self, table: LiveTable[Any], row: Any) -> None:
            super().__init__()
            self.table = table
            self.row = row

        @property
        def control(self) -> LiveTable[Any]:
            return self.table

    class Opened(Highlighted):
        """Enter or a double click on a row."""

    def __init__(
        self,
        columns: Sequence[Column[Row]],
        *,
        key: Callable[[Row], str],
        search: Callable[[Row], str] | None = None,
        empty: str = "Nothing here yet.",
        follow: bool = False,
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self.columns = list(columns)
        self.empty = empty
        self.filter_text = ""
        self.sorted_by: int | None = None
        self.reversed = False
        self._key = key
        self._search = search or key
        self._follow = follow
        self._rows: Sequence[Row] = ()
        self._shown: list[Row] = []
        self._cursor = 0
        self._cursor_key: str | None = None
        self._hover: int | None = None
        self._drawn: dict[int, Strip] = {}
        self._fitted_width: int | None = None
        self._columns_fitted: list[tuple[Column[Row], int]] = []

    # What others ask

    @property
    def row(self) -> Row | None:
        """The row under the cursor."""
        return self._shown[self._cursor] if self._shown else None

    def is_under_cursor(self, row: Row) -> bool:
        """This row, or a newer picture of it?"""
        return bool(self._shown) and self._key(row) == self._cursor_key

    @property
    def cursor(self) -> int:
        """Where the cursor is among the rows shown."""
        return self._cursor

    def set_columns(self, columns: Sequence[Column[Row]]) -> None:
        """Other columns from now on."""
        self.columns = list(columns)
        self.sorted_by, self._fitted_width = None, None

    @property
    def shown(self) -> Sequence[Row]:
        """The rows that pass the filter, in the order on the screen."""
        return self._shown

    def plain_row(self) -> str:
        """The row under the cursor as tab-separated text: a shell may be where it is put."""
        row = self.row
        if row is None:
            return ""
        return "\t".join(visible(str(column.cell(row, 40))).strip() for column in self.columns)

    def plain_lines(self) -> list[str]:
        """What is on the screen, as text (for tests and screen readers)."""
        return [self.render_line(y).text.rstrip() for y in range(self.size.height)]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Under a dialog no key is for the table, and the footer must not say so."""
        return self.screen.is_active

    # What others say

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Show these rows; the cursor stays on its row, wherever that went."""
        self._rows = rows
        self._arrange()

    def set_filter(self, text: str) -> None:
        """Show only rows whose search text contains this (any case)."""
        self.filter_text = text
        self._arrange()

    def move_to(self, key: str) -> bool:
        """Put the cursor on the row of this key; False when it isn't shown."""
        for index, row in enumerate(self._shown):
            if self._key(row) == key:
                self._set_cursor(index)
                return True
        return False

    # Order and filter

    def _arrange(self) -> None:
        at_tail = self._follow and self._cursor >= len(self._shown) - 1
        shown = list(self._rows)
        if self.filter_text:
            wanted = self.filter_text.casefold().split()
            shown = [r for r in shown if all(w in visible(self._search(r)).casefold() for w in wanted)]
        if self.sorted_by is not None and (sort := self.columns[self.sorted_by].sort) is not None:
            known = [r for r in shown if sort(r) is not None]
            unknown = [r for r in shown if sort(r) is None]
            shown = sorted(known, key=sort, reverse=self.reversed) + unknown
        self._shown = shown
        before = self._cursor_key
        if at_tail:
            self._cursor = max(0, len(shown) - 1)
        elif before is not None and not self._is_cursor_row(before):
            self._cursor = next((i for i, r in enumerate(shown) if self._key(r) == before), self._cursor)
        self._cursor = min(self._cursor, max(0, len(shown) - 1))
        self._cursor_key = self._key(shown[self._cursor]) if shown else None
        self.virtual_size = Size(self.size.width, len(shown) + 1)
        self._redraw()
        if at_tail:
            self._keep_in_view()
        if self._cursor_key != before and shown:
            self.post_message(self.Highlighted(self, shown[self._cursor]))

    def _is_cursor_row(self, key: str) -> bool:
        return self._cursor < len(self._shown) and self._key(self._shown[self._cursor]) == key

    def sort_by(self, index: int | None, *, reverse: bool = False) -> None:
        """Order by this column (`None`: as they came)."""
        self.sorted_by = index
        self.reversed = reverse
        self._fitted_width = None
        self._arrange()

    def action_sort(self) -> None:
        """The next sortable column; after the last, the order they came in."""
        sortable = [i for i, c in enumerate(self.columns) if c.sort is not None and self._is_visible(c)]
        later = [i for i in sortable if self.sorted_by is None or i > self.sorted_by]
        index = later[0] if later else None
        self.sort_by(index, reverse=index is not None and self.columns[index].reverse_first)

    def action_reverse(self) -> None:
        """The same column, the other way round."""
        if self.sorted_by is not None:
            self.sort_by(self.sorted_by, reverse=not self.reversed)

    def _is_visible(self, column: Column[Row]) -> bool:
        return any(c is column for c, _ in self._columns_now())

    # Cursor

    def action_move(self, by: int) -> None:
        """Up or down."""
        self._set_cursor(self._cursor + by)

    def action_page(self, by: int) -> None:
        """A screenful up or down."""
        self._set_cursor(self._cursor + by * max(1, self.size.height - 2))

    def action_edge(self, last: int) -> None:
        """To the first or the last row."""
        self._set_cursor(len(self._shown) - 1 if last else 0)

    def action_open(self) -> None:
        """Open the row under the cursor."""
        if self.row is not None:
            self.post_message(self.Opened(self, self.row))

    def _set_cursor(self, index: int) -> None:
        index = min(max(0, index), max(0, len(self._shown) - 1))
        if not self._shown:
            return
        moved = index != self._cursor
        self._cursor = index
        self._cursor_key = self._key(self._shown[index])
        self._keep_in_view()
        self._redraw()
        if moved:
            self.post_message(self.Highlighted(self, self._shown[index]))

    def _keep_in_view(self) -> None:
        height = max(1, self.size.height - 1)
        top = self.scroll_offset.y
        if self._cursor < top:
            self.scroll_to(y=self._cursor, animate=False, immediate=True)
        elif self._cursor >= top + height:
            self.scroll_to(y=self._cursor - height + 1, animate=False, immediate=True)

    # Mouse

    def on_click(self, event: events.Click) -> None:
        """A row: cursor there, twice: open. The header: sort."""
        self.focus()
        if event.y == 0:
            self._click_header(event.x)
            return
        index = self.scroll_offset.y + event.y - 1
        if index < len(self._shown):
            self._set_cursor(index)
            if event.chain >= 2:
                self.action_open()

    def _click_header(self, x: int) -> None:
        left = GUTTER
        for column, width in self._columns_now():
            if left <= x < left + width + 1 and column.sort is not None:
                index = self.columns.index(column)
                again = self.sorted_by == index
                self.sort_by(index, reverse=not self.reversed if again else column.reverse_first)
                return
            left += width + 2

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Show what a click would take."""
        hover = self.scroll_offset.y + event.y - 1 if event.y else None
        if hover != self._hover:
            self._hover = hover
            self._redraw()

    def on_leave(self) -> None:
        """The mouse went elsewhere."""
        self._hover = None
        self._redraw()

    # Drawing

    def on_focus(self) -> None:
        """The cursor line tells where keys go."""
        self._redraw()

    def on_blur(self) -> None:
        """Draw the cursor without focus."""
        self._redraw()

    def on_resize(self) -> None:
        """Columns come and go with the width."""
        self.virtual_size = Size(self.size.width, len(self._shown) + 1)
        self._redraw()
        self._keep_in_view()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """All lines are others now."""
        super().watch_scroll_y(old_value, new_value)
        self._drawn.clear()
        self.refresh()

    def _redraw(self) -> None:
        """Draw again the lines that became others."""
        if not self.is_mounted or not self.size.height:
            return
        for y in range(self.size.height):
            fresh = self._line(y)
            if self._drawn.get(y) != fresh:
                self._drawn[y] = fresh
                self.refresh(Region(0, y, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        """One line of the screen (Textual's way to ask for it)."""
        strip = self._line(y)
        self._drawn[y] = strip
        return strip

    def _line(self, y: int) -> Strip:
        width = self.size.width
        background = Style(bgcolor=self.background_colors[1].hex)
        if y == 0:
            return self._header().adjust_cell_length(width, background).apply_style(background)
        index = self.scroll_offset.y + y - 1
        if not self._shown:
            return self._empty_line(y, width).apply_style(background)
        if index >= len(self._shown):
            return Strip.blank(width, background)
        style = self._row_style(index, background)
        line = Text("› " if index == self._cursor else "  ", style=palette.ACCENT)
        for column, column_width in self._columns_now():
            line.append_text(fit(column.cell(self._shown[index], column_width), column_width, column.right))
            line.append("  ")
        return self._strip(line, width, style)

    def _row_style(self, index: int, background: Style) -> Style:
        if index == self._cursor:
            return Style(bgcolor=palette.CURSOR if self.has_focus else palette.CURSOR_UNFOCUSED)
        if index == self._hover:
            return Style(bgcolor=palette.PANEL)
        return background

    def _header(self) -> Strip:
        line = Text("  ")
        for column, width in self._columns_now():
            label = column.label
            sorted_here = self.sorted_by is not None and self.columns[self.sorted_by] is column
            if sorted_here:
                label = f"{label[: width - 1]}{'▼' if self.reversed else '▲'}"
            style = palette.ACCENT if sorted_here else palette.MUTED
            line.append_text(fit(Text(label, style=f"bold {style}"), width, column.right))
            line.append("  ")
        return self._strip(line, self.size.width, Style())

    def _empty_line(self, y: int, width: int) -> Strip:
        text = self.empty
        if self.filter_text and self._rows:
            text = f"Nothing matches “{cut(self.filter_text, 60)}”.\nPress esc to clear the filter."
        paragraphs = [Text(one, style=palette.MUTED) for one in text.split("\n")]
        lines = [line for one in paragraphs for line in one.wrap(self.app.console, max(10, width - 4))]
        if 2 <= y < 2 + len(lines):
            return self._strip(Text("  ") + lines[y - 2], width, Style())
        return Strip.blank(width)

    def _strip(self, line: Drawn, width: int, style: Style) -> Strip:
        line.no_wrap, line.end = True, ""
        segments = [
            Segment(s.text, style + s.style if s.style else style) for s in line.render(self.app.console)
        ]
        return Strip(segments).adjust_cell_length(width, style)

    def _columns_now(self) -> list[tuple[Column[Row], int]]:
        """The columns that fit the width, with their widths."""
        width = self.size.width
        if self._fitted_width != width:
            self._fitted_width = width
            self._columns_fitted = layout(self.columns, width - GUTTER - 1)
        return self._columns_fitted
