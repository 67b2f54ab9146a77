"""One bar per replica: log start │ high watermark │ log end offset, on one scale for all of them.

Rule: the three kinds of record differ by sign, not only by colour: ▇ at or below the high watermark,
▒ above it (not committed), · what the leader has and this replica doesn't.
"""

from __future__ import annotations

from textual.reactive import reactive
from textual.widget import Widget

from minikafka.world.visible import padded
from minikafka.xray import look
from minikafka.xray.snapshot import Partition, Replica
from minikafka_tui import format, palette
from minikafka_tui.text import Drawn, Text
from minikafka_tui.text import lines as below

LEGEND = "▇ committed (≤ HW)   ▒ not committed yet   · missing (the leader has it)"
NAME, STATE, NUMBERS = 12, 15, 24


class ReplicaBars(Widget):
    """The replicas of one partition."""

    partition: reactive[Partition | None] = reactive(None, layout=True)

    def render(self) -> Drawn:
        """A header, a line for each replica, the legend."""
        partition = self.partition
        if partition is None:
            return Text("")
        if all(r.end is None for r in partition.replicas):
            return self._without_ends(partition)
        width = max(8, self.size.width - NAME - STATE - NUMBERS - 2)
        lines = [self._header(width)]
        lines += [self._line(partition, replica, width) for replica in partition.replicas]
        lines.append(Text("  " + LEGEND, style=palette.FAINT))
        return below(lines)

    def _header(self, width: int) -> Text:
        partition = self.partition
        assert partition is not None
        low, high = scale(partition)
        left, right = format.number(low), format.number(high)
        between = max(1, width - len(left) - len(right))
        return Text.assemble(
            ("  replica".ljust(NAME + STATE), f"bold {palette.MUTED}"),
            (left + " " * between + right, palette.FAINT),
            (f"{'HW':>11} {'LEO':>11}", f"bold {palette.MUTED}"),
        )

    def _line(self, partition: Partition, replica: Replica, width: int) -> Text:
        colour = palette.host_colour(replica.broker)
        return Text.assemble(
            ("  " + padded(replica.broker, NAME - 2), f"bold {colour}"),
            standing(partition, replica, STATE),
            bar(partition, replica, width),
            (f"{format.number(replica.high_watermark):>11} ", palette.MUTED),
            (f"{format.number(replica.end):>11}", palette.TEXT),
        )

    def _without_ends(self, partition: Partition) -> Drawn:
        lines = [Text("  This source doesn't report each replica's offsets.", style=palette.MUTED)]
        for replica in partition.replicas:
            line = Text.assemble(
                ("  " + padded(replica.broker, NAME - 2), f"bold {palette.host_colour(replica.broker)}"),
                standing(partition, replica, STATE),
            )
            if replica.size_bytes is not None:
                line.append(format.size(replica.size_bytes).rjust(12), style=palette.TEXT)
            lines.append(line)
        return below(lines)


def scale(partition: Partition) -> tuple[int, int]:
    """The lowest log start and the highest log end of the replicas."""
    starts = [r.log_start for r in partition.replicas if r.log_start is not None]
    ends = [r.end for r in partition.replicas if r.end is not None]
    low = min(starts, default=partition.log_start or 0)
    return low, max([*ends, partition.end or 0, low])


def standing(partition: Partition, replica: Replica, width: int) -> Text:
    """In words: `★ leader`, `✓ in sync`, `✗ out of sync`, `○ down`."""
    stands = look.standing(replica)
    sign, hue = look.STANDINGS[stands]
    behind = None if partition.end is None or replica.end is None else partition.end - replica.end
    word = f"−{format.compact(behind)}" if stands == look.OUT_OF_SYNC and behind else stands
    return Text(padded(f"{sign} {word}", width), style=look.HUES[hue].on_dark)


def bar(partition: Partition, replica: Replica, width: int) -> Text:
    """start → HW → LEO of one replica on the partition's scale; each kind that exists gets a cell at least."""
    low, high = scale(partition)
    if replica.end is None or replica.log_start is None:
        return Text("unknown".ljust(width), style=palette.MUTED)
    span = max(1, high - low)
    watermark = min(replica.end, max(replica.log_start, replica.high_watermark or replica.log_start))
    start = round((replica.log_start - low) / span * width)
    committed = round((watermark - low) / span * width)
    end = round((replica.end - low) / span * width)
    if replica.end < high:
        end = min(end, width - 1)
    committed = min(committed, end)
    if watermark < replica.end and committed == end:
        committed = max(start, committed - 1)
    if watermark > replica.log_start and committed <= start:
        start = max(0, committed - 1)
    dim = replica.alive is False
    text = Text(" " * start)
    text.append("▇" * (committed - start), style=palette.FAINT if dim else palette.ACCENT)
    text.append("▒" * (end - committed), style=palette.FAINT if dim else palette.WARN)
    text.append("·" * (width - end), style=palette.BAD if replica.end < high else palette.FAINT)
    return text
