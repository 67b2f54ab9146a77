"""The tape of a partition: every offset that matters on one scale.

Rule: log start, last stable offset, high watermark and log end are the leader's, and cross all lanes; each replica is
drawn as far as *it* has come, full up to the high watermark that it knows. A group stands at its committed offset, and
its line to the high watermark is its LAG. Kafka shows these numbers in DescribeLogDirs, DumpLogSegments and JMX.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from minikafka.xray import look
from minikafka.xray.snapshot import GroupOffset, Partition, Replica, Snapshot
from minikafka_lessons.language import say
from minikafka_lessons.show import frame, ink
from minikafka_lessons.show.live import LiveView, own_name

LANE, GROUP = 34, 26
MOST_GROUPS = 12
MOST_CELLS = 40
"""So many offsets are drawn as the cells of a tape."""


def tape(cluster: Any, topic: str, partition: int = 0) -> LiveView | ink.Picture:
    """The tape, live; of a snapshot, as it was then."""
    if isinstance(cluster, Snapshot):
        return ink.Picture(tape_html(cluster, topic, partition))
    real = own_name(cluster, topic)
    return LiveView(cluster, f"tape {topic} {partition}", lambda s: tape_html(s, real, partition))


def tape_html(snapshot: Snapshot, topic: str, partition: int = 0) -> str:
    """The picture, for wide and narrow pages."""
    return frame.both(lambda width: tape_svg(snapshot, topic, partition, width))


def tape_svg(snapshot: Snapshot, topic: str, partition: int = 0, width: int = frame.WIDE) -> str:
    """The picture."""
    try:
        found = snapshot.partition(topic, partition)
    except KeyError:
        return frame.nothing(width, say("There is no partition {name} yet.", name=_called(topic, partition)))
    readers = sorted(
        (
            (group.id, offset)
            for group in snapshot.groups or ()
            for offset in group.offsets
            if (offset.topic, offset.partition) == (topic, partition) and offset.committed is not None
        ),
        key=lambda reader: (-(reader[1].lag or 0), reader[0]),
    )
    scale = _scale(found, readers[:MOST_GROUPS], width)
    body = _title(found, topic, width)
    top, marks = _marks(found, scale, width)
    body += marks
    for row, replica in enumerate(found.replicas):
        body += _lane(found, replica, top + row * LANE, scale)
    bottom = top + len(found.replicas) * LANE
    body += _lines(found, scale, top - 6, bottom)
    body += _axis(scale, bottom + 12)
    bottom += 34
    for row, (group, offset) in enumerate(readers[:MOST_GROUPS]):
        body += _reader(group, offset, bottom + row * GROUP, scale, found)
    bottom += min(len(readers), MOST_GROUPS) * GROUP
    if len(readers) > MOST_GROUPS:
        more = say("… and {n} more groups, with less LAG", n=len(readers) - MOST_GROUPS)
        body += ink.text(scale.left, bottom + 12, more, fill=ink.MUTED, size=11.5)
        bottom += 20
    legend, bottom = _legend(bottom + 18, width)
    body += legend
    title = say("The tape of {name}", name=_called(topic, partition))
    return frame.svg(width, bottom + 6, body, title, _in_words(found, readers[:MOST_GROUPS]))


def _called(topic: str, partition: int) -> str:
    return f"{frame.name(topic, 260)}-{partition}"


@dataclass(frozen=True)
class Scale:
    """Where an offset is drawn."""

    low: int
    high: int
    left: float
    right: float

    def x(self, offset: int) -> float:
        """Of the left edge of this offset's cell."""
        part = (offset - self.low) / max(1, self.high - self.low)
        return self.left + (self.right - self.left) * min(1.0, max(0.0, part))

    @property
    def cell(self) -> float:
        return (self.right - self.left) / max(1, self.high - self.low)


def _scale(found: Partition, readers: list[tuple[str, GroupOffset]], width: int) -> Scale:
    known = [found.log_start, found.high_watermark, found.last_stable, found.end]
    for replica in found.replicas:
        known += [replica.log_start, replica.high_watermark, replica.end]
    known += [offset.committed for _, offset in readers]
    offsets = [offset for offset in known if offset is not None] or [0]
    side = 128.0 if width > frame.BREAK else 92.0
    return Scale(
        min(offsets), max(*offsets, min(offsets) + 1), side, width - (108 if width > frame.BREAK else 62)
    )


def _title(found: Partition, topic: str, width: int) -> str:
    about = say(
        "leader {leader}, epoch {epoch}", leader=found.leader or "–", epoch=ink.number(found.leader_epoch)
    )
    if found.leader is None:
        about = say("no leader: nothing can be written or read")
    if width <= frame.BREAK:
        about = f"★ {found.leader}" if found.leader else "✗"
    called = f"{frame.name(topic, width - 330 if width > frame.BREAK else 190)}-{found.index}"
    return ink.text(0, 15, called, bold=True, size=14, after=f"  {about}")


def _marks(found: Partition, scale: Scale, width: int) -> tuple[float, str]:
    """The names of the four positions above the lanes, none over another; and where the lanes begin."""
    marks = [
        (say("log start"), found.log_start, ink.MUTED),
        ("LSO", found.last_stable, frame.hue("violet")),
        ("HW", found.high_watermark, ink.TEXT),
        (say("log end"), found.end, ink.MUTED),
    ]
    body, ends, places = "", [0.0] * 4, []
    known = [(word, offset, colour) for word, offset, colour in marks if offset is not None]
    for offset in sorted({offset: None for _, offset, _ in known}):
        here = [(word, colour) for word, at, colour in known if at == offset]
        colour = ink.TEXT if any(word == "HW" for word, _ in here) else here[0][1]
        label = f"{' = '.join(word for word, _ in here)} {offset:,}"
        half = frame.wide(label, 11.5) / 2 + 4
        x = min(max(scale.x(offset), half), width - half)
        level = next((i for i, end in enumerate(ends) if end <= x - half), 3)
        ends[level] = x + half + 6
        places.append((x, scale.x(offset), level, label, colour))
    levels = 1 + max((place[2] for place in places), default=0)
    top = 34 + levels * 15
    for x, at, level, label, colour in places:
        y = top - 14 - level * 15
        body += ink.line(at, y + 3, at, top - 6, stroke=colour, width=1)
        body += frame.halo(ink.text(x, y, label, anchor="middle", size=11.5, fill=colour, mono=True))
    return top, body


def _lines(found: Partition, scale: Scale, top: float, bottom: float) -> str:
    body = ""
    if found.last_stable is not None and found.last_stable != found.high_watermark:
        x = scale.x(found.last_stable)
        body += ink.line(x, top, x, bottom, stroke=frame.hue("violet"), width=1.5, dash="1.5 3")
    if found.high_watermark is not None:
        x = scale.x(found.high_watermark)
        body += ink.line(x, top, x, bottom, stroke=ink.TEXT, width=1.5, dash="4 3")
    return body


def _lane(found: Partition, replica: Replica, y: float, scale: Scale) -> str:
    stands = look.standing(replica)
    sign, hue = look.STANDINGS[stands]
    colour = frame.host(replica.broker)
    gone = stands == look.DOWN
    narrow = scale.left < 100
    body = ink.text(0, y + 17, frame.name(replica.broker, scale.left - 8), bold=True, fill=colour)
    body += ink.text(0, y + 29, f"{sign} {say_standing(stands)}", size=10.5, fill=frame.hue(hue))
    body += ink.box(scale.left, y + 6, scale.right - scale.left, 18, fill=frame.SOFT, radius=3)
    if replica.end is None or replica.log_start is None:
        return body + ink.text(scale.left + 8, y + 19, say("unknown"), size=11.5, fill=ink.MUTED)
    left, right = scale.x(replica.log_start), scale.x(replica.end)
    sure = scale.x(min(max(replica.high_watermark or replica.log_start, replica.log_start), replica.end))
    dim = 0.4 if gone else 1.0
    body += ink.box(
        sure, y + 6.5, right - sure, 17, fill=colour, stroke=colour, opacity=0.18 * dim, radius=2, dash="3 2"
    )
    body += ink.box(left, y + 6, sure - left, 18, fill=colour, opacity=0.85 * dim, radius=3)
    if scale.high - scale.low <= MOST_CELLS:
        body += _cells(replica, scale, y)
    behind = (found.end or 0) - replica.end
    label = f"{replica.end:,}" if narrow or behind <= 0 else f"{replica.end:,} (−{behind:,})"
    return body + ink.text(
        scale.right + 8, y + 19, label, mono=True, size=12, fill=ink.MUTED if gone else ink.TEXT
    )


def _cells(replica: Replica, scale: Scale, y: float) -> str:
    """The offsets as cells: a gap between each two, a number in each where there is room."""
    assert replica.log_start is not None
    assert replica.end is not None
    body = "".join(
        ink.line(scale.x(o), y + 5.5, scale.x(o), y + 24.5, stroke=frame.PAPER, width=2)
        for o in range(replica.log_start + 1, replica.end)
    )
    if scale.cell < 17:
        return body
    for offset in range(replica.log_start, replica.end):
        sure = offset < (replica.high_watermark or 0)
        middle = scale.x(offset) + scale.cell / 2
        fill = frame.PAPER if sure else ink.TEXT
        body += ink.text(middle, y + 19, offset, anchor="middle", size=10.5, fill=fill, mono=True)
    return body


def _axis(scale: Scale, y: float) -> str:
    body = ink.line(scale.left, y - 6, scale.right, y - 6, stroke=ink.LINE)
    step = _round(scale.high - scale.low, (scale.right - scale.left) / 70)
    first = -(-scale.low // step) * step
    for offset in range(first, scale.high + 1, step):
        x = scale.x(offset)
        body += ink.line(x, y - 9, x, y - 4, stroke=ink.FAINT)
        body += ink.text(x, y + 7, f"{offset:,}", anchor="middle", size=10.5, fill=ink.MUTED, mono=True)
    return body


def _round(span: int, most: float) -> int:
    """A round step that cuts the span into at most so many."""
    step = 1
    for factor in (2, 2.5, 2) * 20:
        if span / step <= max(2, most):
            return step
        step = int(step * factor)
    return step


def _reader(group: str, offset: GroupOffset, y: float, scale: Scale, found: Partition) -> str:
    committed = offset.committed or 0
    x = scale.x(committed)
    high = found.high_watermark if found.high_watermark is not None else offset.end
    to = scale.x(max(committed, high if high is not None else committed))
    behind = frame.hue("amber")
    body = ink.text(0, y + 14, frame.name(group, scale.left - 8, 12), size=12)
    body += ink.line(scale.left, y + 10, x, y + 10, stroke=frame.hue("green"), width=2.5)
    body += ink.line(x, y + 10, to, y + 10, stroke=behind, width=2.5, dash="2 3") if to - x > 0.5 else ""
    body += f'<path d="M{x:.1f},{y + 4:.1f} l5,12 h-10 Z" style="fill:{frame.hue("green")}"/>'
    label = f"LAG {ink.number(offset.lag)}" + (" ✓" if offset.lag == 0 else "")
    return body + ink.text(
        scale.right + 8, y + 14, label, mono=True, size=12, fill=behind if offset.lag else ink.MUTED
    )


def _legend(y: float, width: int) -> tuple[str, float]:
    sure = ink.box(-7, -6, 14, 11, fill=ink.MUTED, opacity=0.85, radius=2)
    unsure = ink.box(-6.5, -5.5, 13, 10, fill=ink.MUTED, stroke=ink.MUTED, opacity=0.18, radius=2, dash="3 2")
    group = f'<path d="M0,-6 l5,11 h-10 Z" style="fill:{frame.hue("green")}"/>'
    parts = [
        (sure, say("committed, as far as it knows")),
        (unsure, say("written, not committed")),
        (group, say("committed offset of a group")),
    ]
    return frame.legend(parts, y, width)


def say_standing(word: str) -> str:
    """A standing of `look.STANDINGS` in the reader's language."""
    return {
        look.LEADER: say("leader"),
        look.IN_SYNC: say("in sync"),
        look.OUT_OF_SYNC: say("out of sync"),
        look.DOWN: say("down"),
        look.UNKNOWN: say("unknown"),
    }[word]


def _in_words(found: Partition, readers: list[tuple[str, GroupOffset]]) -> str:
    said = [
        say(
            "Log start {start}, last stable offset {stable}, high watermark {high}, log end {end}.",
            start=ink.number(found.log_start),
            stable=ink.number(found.last_stable),
            high=ink.number(found.high_watermark),
            end=ink.number(found.end),
        )
    ]
    for replica in found.replicas:
        said.append(
            say(
                "{broker} ({standing}) has up to {end} and knows the high watermark {high}.",
                broker=frame.name(replica.broker, 200),
                standing=say_standing(look.standing(replica)),
                end=ink.number(replica.end),
                high=ink.number(replica.high_watermark),
            )
        )
    for group, offset in readers:
        said.append(
            say(
                "Group {group} has committed {committed}: LAG {lag}.",
                group=frame.name(group, 260),
                committed=ink.number(offset.committed),
                lag=ink.number(offset.lag),
            )
        )
    return " ".join(said)
