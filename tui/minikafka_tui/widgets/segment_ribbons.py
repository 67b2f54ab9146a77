"""A ribbon per replica: its segments side by side, each as wide as it is big, the active one hatched.

Where residency is known, the share of a segment that is not in the page cache is pale.
"""

from __future__ import annotations

from textual.reactive import reactive
from textual.widget import Widget

from minikafka.world.visible import padded
from minikafka.xray.snapshot import Partition, Segment
from minikafka_tui import format, palette
from minikafka_tui.text import Drawn, Text
from minikafka_tui.text import lines as below
from minikafka_tui.widgets.replica_bars import NAME


class SegmentRibbons(Widget):
    """The logs of one partition as they lie on the brokers' disks."""

    partition: reactive[Partition | None] = reactive(None, layout=True)

    def render(self) -> Drawn:
        """A line for each replica, then the legend."""
        partition = self.partition
        if partition is None:
            return Text("")
        width = max(8, self.size.width - NAME - 13)
        biggest = max((sum(s.size_bytes for s in r.segments or ()) for r in partition.replicas), default=0)
        lines = []
        for replica in partition.replicas:
            line = Text(
                "  " + padded(replica.broker, NAME - 2), style=f"bold {palette.host_colour(replica.broker)}"
            )
            if replica.segments is None:
                is_down = replica.alive is False
                line.append(
                    ("○ down: its disk can't be read" if is_down else "unknown")[:width].ljust(width),
                    style=palette.BAD if is_down else palette.MUTED,
                )
                size_bytes = replica.size_bytes
            else:
                line.append_text(ribbon(replica.segments, biggest, width))
                size_bytes = sum(s.size_bytes for s in replica.segments)
            line.append(format.size(size_bytes).rjust(12), style=palette.TEXT)
            lines.append(line)
        legend = "  ▇ a closed segment   ▒ the active one (appends go there)"
        if any(missing_share(s) for r in partition.replicas for s in r.segments or ()):
            legend += "   ░ that share of it is not in the page cache"
        lines.append(Text(legend, style=palette.FAINT))
        return below(lines)


def missing_share(segment: Segment) -> float:
    """How much of it is on the disk only, from 0 to 1; 0 where nobody knows."""
    if not segment.pages or segment.resident_pages is None:
        return 0.0
    return 1 - segment.resident_pages / segment.pages


def ribbon(segments: tuple[Segment, ...], biggest_bytes: int, width: int) -> Drawn:
    """Segments as wide as their share of the biggest log, two shades in turn; oldest ones merge when too many."""
    whole = max(1, biggest_bytes)
    text: Drawn = Text()
    for index, segment in enumerate(segments):
        cells = max(1, round(segment.size_bytes / whole * width)) - (0 if segment.active else 1)
        colour = palette.WARN if segment.active else (palette.ACCENT, palette.BLUE)[index % 2]
        # What share is missing, not where: the kernel tells a number of pages.
        missing = min(max(0, cells), round(cells * missing_share(segment)))
        text.append(("▒" if segment.active else "▇") * (max(0, cells) - missing), style=colour)
        text.append("░" * missing, style=colour)
        if not segment.active:
            text.append("▏", style=colour)
    if len(text) > width:
        text = Text("…", style=palette.MUTED) + text[len(text) - width + 1 :]
    text.append("·" * max(0, width - len(text)), style=palette.FAINT)
    return text
