"""LAG over time: a recorder that looks at every picture, a live line, and a figure for afterwards."""

from __future__ import annotations

from typing import Any

from minikafka.world.visible import cut, in_html, visible_name
from minikafka.xray.snapshot import Snapshot
from minikafka_lessons.language import say
from minikafka_lessons.show import ink
from minikafka_lessons.show.figure import themed
from minikafka_lessons.show.live import LiveView, own_name

WIDTH, HEIGHT = 860, 220
NAME = "minikafka-group"
"""Stands in the figure until all else is done: matplotlib would read formulas in a name."""


class LagRecorder(LiveView):
    """Samples (seconds, produced, committed, LAG) of one group on one topic, until `stop()`. Shows itself live."""

    def __init__(self, cluster: Any, topic: str, group: str) -> None:
        self.topic, self.group = own_name(cluster, topic), own_name(cluster, group)
        self.samples: list[tuple[float, int, int, int]] = []
        self._cluster = cluster
        self._key = f"lag {topic} {group}"
        self._began: float | None = None  # in the cluster's own time
        super().__init__(cluster, self._key, self.picture)

    def begin(self) -> None:
        """Begin to record anew."""
        self.samples, self._began = [], None
        self._stop = self._cluster.watch(self._key, self.look)

    def picture(self, snapshot: Snapshot) -> str:
        """Take a sample, and draw."""
        self.sample(snapshot)
        return lag_html(self.samples, self.group)

    def sample(self, snapshot: Snapshot) -> None:
        """What the snapshot says, now."""
        topic = next((t for t in snapshot.topics if t.name == self.topic), None)
        group = next((g for g in snapshot.groups or () if g.id == self.group), None)
        if topic is None:
            return
        rows = {o.partition: o for o in group.offsets if o.topic == self.topic} if group else {}
        produced = committed = lag = 0
        for partition in topic.partitions:
            end, start = partition.end or 0, partition.log_start or 0
            row = rows.get(partition.index)
            # For the picture a group that has not committed yet stands at the log's start.
            at = start if row is None or row.committed is None else max(start, row.committed)
            produced, committed, lag = produced + end, committed + at, lag + max(0, end - at)
        if self._began is None:
            self._began = snapshot.at
        self.samples.append((snapshot.at - self._began, produced, committed, lag))

    @property
    def highest(self) -> int:
        """The largest LAG of all samples."""
        return max((sample[3] for sample in self.samples), default=0)

    @property
    def last(self) -> int:
        """The LAG of the last sample."""
        return self.samples[-1][3] if self.samples else 0

    def stop(self) -> None:
        """No more samples after one last."""
        super().stop()
        self.look(self._cluster.snapshot())

    def figure(self) -> ink.Picture:
        """Produced and committed as lines, the LAG as the gap between them and as a curve (matplotlib)."""
        return ink.Picture(lag_figure(self.samples, self.group))


def record_lag(cluster: Any, topic: str, group: str) -> LagRecorder:
    """Begin to record."""
    return LagRecorder(cluster, topic, group)


def lag_html(samples: list[tuple[float, int, int, int]], group: str) -> str:
    """The live line."""
    body = ink.text(0, 14, say("LAG of group {group}", group=cut(visible_name(group), 60)), bold=True)
    left, right, top, bottom = 46, WIDTH - 60, 30, HEIGHT - 26
    last = samples[-1] if samples else (0.0, 0, 0, 0)
    most = nice(max((s[3] for s in samples), default=0))
    until = max(5.0, last[0])
    for part in range(3):
        y = bottom - (bottom - top) * part / 2
        body += ink.line(left, y, right, y, stroke=ink.LINE)
        body += ink.text(
            left - 8, y + 4, f"{most * part // 2:,}", anchor="end", size=11, fill=ink.MUTED, mono=True
        )
    seconds = max(1, round(until / 5))
    for tick in range(0, int(until) + 1, seconds):
        x = left + (right - left) * tick / until
        body += ink.text(
            x, bottom + 17, say("{n} s", n=tick), anchor="middle", size=11, fill=ink.MUTED, mono=True
        )
    if samples:
        step = max(1, len(samples) // 400)
        kept = samples[::step] + ([samples[-1]] if (len(samples) - 1) % step else [])
        points = [(left + (right - left) * s[0] / until, bottom - (bottom - top) * s[3] / most) for s in kept]
        path = " ".join(f"{'L' if i else 'M'}{x:.1f},{y:.1f}" for i, (x, y) in enumerate(points))
        area = f"{path} L{points[-1][0]:.1f},{bottom} L{points[0][0]:.1f},{bottom} Z"
        body += f'<path d="{area}" style="fill:{ink.ORANGE};fill-opacity:.22"/>'
        body += f'<path d="{path}" style="fill:none;stroke:{ink.ORANGE};stroke-width:2"/>'
        x, y = points[-1]
        body += f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" style="fill:{ink.ORANGE}"/>'
        body += ink.text(min(x + 9, WIDTH - 48), y + 4, f"{last[3]:,}", bold=True, mono=True)
    words = say("produced {produced:,} · committed {committed:,}", produced=last[1], committed=last[2])
    body += ink.text(WIDTH, 14, words, anchor="end", fill=ink.MUTED, size=12)
    return ink.svg(
        WIDTH, HEIGHT, body, say("LAG of group {group} over time", group=cut(visible_name(group), 60))
    )


def nice(value: int) -> int:
    """A round, even number at or above `value`."""
    top = 10
    while top < value:
        for factor in (2, 5, 10):
            if top * factor >= value:
                return top * factor
        top *= 10
    return top


def lag_figure(samples: list[tuple[float, int, int, int]], group: str) -> str:
    """The figure as SVG whose text takes the page's colour."""
    title = say("Group {group}", group=cut(visible_name(group), 60))
    label = say("LAG of group {group} over time", group=cut(visible_name(group), 60))
    return themed(lambda figure: draw_lag(figure, samples), (8.9, 4.6), label).replace(NAME, in_html(title))


def draw_lag(figure: Any, samples: list[tuple[float, int, int, int]]) -> None:
    """Produced and committed above, the LAG below."""
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    seconds = [s[0] for s in samples]
    produced, committed, lag = ([s[i] for s in samples] for i in (1, 2, 3))
    above.plot(seconds, produced, color=ink.BLUE, linewidth=2, label=say("latest offsets (produced)"))
    above.plot(seconds, committed, color=ink.GREEN, linewidth=2, label=say("committed offsets (consumed)"))
    above.fill_between(seconds, committed, produced, color=ink.ORANGE, alpha=0.22, linewidth=0, label="LAG")
    above.legend(loc="upper left")
    above.set_ylabel(say("records"))
    above.set_title(NAME)
    below.fill_between(seconds, lag, color=ink.ORANGE, alpha=0.22, linewidth=0)
    below.plot(seconds, lag, color=ink.ORANGE, linewidth=2)
    below.set_ylabel("LAG")
    below.set_xlabel(say("seconds"))
    for axes in (above, below):
        axes.set_ylim(bottom=0)
        axes.grid()
