"""The top line: what is watched, in which world, at what time, and whether it moves."""

from __future__ import annotations

from rich.table import Table
from textual.reactive import reactive
from textual.widget import Widget

from minikafka.xray.snapshot import Snapshot
from minikafka_tui import format, palette
from minikafka_tui.text import Text


class StatusLine(Widget):
    """Says the same in words and signs, at any width."""

    snapshot: reactive[Snapshot | None] = reactive(None)
    label = reactive("")
    frozen = reactive(False)
    lost: reactive[str | None] = reactive(None)
    read_only = reactive(False)

    def render(self) -> Table:
        """One line: left what, right how."""
        line = Table.grid(expand=True, padding=0)
        line.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
        line.add_column(justify="right", no_wrap=True)
        line.add_row(self._left(), self._right())
        return line

    def _left(self) -> Text:
        text = Text.assemble((" ▞ ", f"bold {palette.ACCENT}"), ("minikafka", f"bold {palette.TEXT}"), "  ")
        snapshot = self.snapshot
        if snapshot is None:
            text.append(self.label, style=palette.MUTED)
            return text
        text.append(snapshot.name, style=f"bold {palette.ACCENT}")
        world = snapshot.world if snapshot.seed is None else f"{snapshot.world}, seed {snapshot.seed}"
        text.append(f"  {world}", style=palette.MUTED)
        if snapshot.coordinator:
            text.append(f" · {snapshot.coordinator}", style=palette.MUTED)
        if snapshot.bootstrap_servers and self.size.width >= 100:
            text.append(f"  {snapshot.bootstrap_servers}", style=palette.FAINT)
        return text

    def _right(self) -> Text:
        text = Text()
        if self.read_only:
            text.append("read-only  ", style=palette.MUTED)
        if self.snapshot is not None:
            # One step of virtual time may be a few microseconds long.
            at = self.snapshot.at
            simulated = self.snapshot.world == "simulated"
            text.append(f"{at:,.6f} s" if simulated else format.clock(at, "live"), style=palette.TEXT)
            text.append("  ")
        sign, word, colour = self._pulse()
        text.append(f"{sign} {word} ", style=f"bold {colour}")
        return text

    def _pulse(self) -> tuple[str, str, str]:
        if self.lost is not None:
            return "○", "disconnected", palette.BAD
        if self.snapshot is None:
            return "◌", "connecting", palette.WARN
        if self.frozen:
            return "❚❚", "frozen", palette.WARN
        if self.snapshot.paused:
            return "❚❚", "paused", palette.WARN
        return "●", "live" if self.snapshot.world != "simulated" else "running", palette.GOOD
