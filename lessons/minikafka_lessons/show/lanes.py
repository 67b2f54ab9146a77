"""A topic's partitions as lanes of offsets: what the group has read, what it has still to read (the LAG).

Short logs show each offset as a box; long ones a bar. Below the lane stand the two positions: ▲ next to read
(committed offset), and at the end the next to write (log end offset).
"""

from __future__ import annotations

from typing import Any

from minikafka.world.visible import cut, visible_name
from minikafka.xray.snapshot import GroupOffset, Partition, Snapshot
from minikafka_lessons.language import say
from minikafka_lessons.show import ink
from minikafka_lessons.show.live import LiveView, own_name

WIDTH = 860
X, LANE_WIDTH = 110, 500
HEIGHT = 46
BOXES = 18


def lanes(cluster: Any, topic: str, group: str | None = None) -> LiveView:
    """The lanes, live."""
    real, readers = own_name(cluster, topic), None if group is None else own_name(cluster, group)
    return LiveView(cluster, f"lanes {topic}", lambda s: lanes_html(s, real, readers))


def lanes_html(snapshot: Snapshot, topic: str, group: str | None = None) -> str:
    """The picture."""
    found = next((t for t in snapshot.topics if t.name == topic), None)
    if found is None:
        return ink.svg(
            WIDTH,
            40,
            ink.text(
                0,
                24,
                say("There is no topic {topic} yet.", topic=cut(visible_name(topic), 60)),
                fill=ink.MUTED,
            ),
            say("no topic"),
        )
    mine = next((g for g in snapshot.groups or () if g.id == group), None)
    offsets = {o.partition: o for o in mine.offsets if o.topic == topic} if mine else {}
    names = {m.id: m.client_id for m in mine.members or ()} if mine else {}
    low = min((p.log_start or 0 for p in found.partitions), default=0)
    high = max(
        [*(p.end or 0 for p in found.partitions), *(o.committed or 0 for o in offsets.values()), low + 1]
    )
    columns = (
        (("CURRENT-OFFSET", 706), ("LOG-END-OFFSET", 790), ("LAG", 856))
        if group
        else (("LOG-END-OFFSET", 856),)
    )
    state = cut(mine.state, 24) if mine else say("not seen yet")
    about = " · " + say("group {group}", group=cut(visible_name(group), 32)) + f" · {state}" if group else ""
    body = ink.text(0, 14, say("topic {topic}", topic=cut(visible_name(topic), 32)), bold=True, after=about)
    for word, x in columns:
        first, _, rest = word.partition("-")
        body += ink.text(x, 10, first if rest else "", fill=ink.MUTED, size=9.5, bold=True, anchor="end")
        body += ink.text(x, 21, rest or first, fill=ink.MUTED, size=9.5, bold=True, anchor="end")
    for i, partition in enumerate(found.partitions):
        body += _lane(partition, offsets.get(partition.index), 28 + i * HEIGHT, low, high, bool(group), names)
    height = 28 + len(found.partitions) * HEIGHT
    if group:
        known = [o.lag for o in offsets.values() if o.lag is not None]
        body += ink.line(620, height + 0.5, WIDTH, height + 0.5)
        body += ink.text(790, height + 19, say("total LAG"), fill=ink.MUTED, anchor="end", size=12)
        body += ink.text(
            856, height + 19, ink.number(sum(known) if known else None), anchor="end", mono=True, bold=True
        )
        body += _legend(height + 19)
        height += 26
    return ink.svg(
        WIDTH, height + 4, body, say("partitions of topic {topic}", topic=cut(visible_name(topic), 60))
    )


def _legend(y: float) -> str:
    body = ink.box(X, y - 10, 14, 11, fill=ink.GREEN, radius=2, opacity=0.85) + ink.text(
        X + 20, y, say("read and committed"), size=11.5, fill=ink.MUTED
    )
    body += ink.box(X + 150, y - 10, 14, 11, fill=ink.ORANGE, radius=2, opacity=0.35, stroke=ink.ORANGE)
    body += ink.text(X + 170, y, say("still to read: the LAG"), size=11.5, fill=ink.MUTED)
    return body + ink.text(X + 320, y, "▲ " + say("committed = next to read"), size=11.5, fill=ink.MUTED)


def _lane(
    p: Partition,
    offset: GroupOffset | None,
    y: float,
    low: int,
    high: int,
    grouped: bool,
    names: dict[str, str],
) -> str:
    body = ink.text(0, y + 18, say("partition {n}", n=p.index), bold=True, size=12.5)
    owner = names.get(offset.member or "", "") if offset else ""
    second = (
        cut(f"→ {visible_name(owner)}", 17)
        if owner
        else f"★ {p.leader}"
        if p.leader
        else "✗ " + say("no leader")
    )
    body += ink.text(0, y + 33, second, fill=ink.GREEN if owner else ink.MUTED, size=10.5)
    committed = offset.committed if offset else None
    start, end = p.log_start or 0, p.end or 0
    if high - low <= BOXES:
        body += _boxes(start, end, committed, y, low, high, grouped)
    else:
        body += _bar(start, end, committed, y, low, high, grouped)
    if grouped:
        lag = offset.lag if offset else None
        body += ink.text(706, y + 21, ink.number(committed), anchor="end", mono=True, size=12.5)
        body += ink.text(790, y + 21, ink.number(p.end), anchor="end", mono=True, size=12.5)
        body += ink.text(
            856,
            y + 21,
            ink.number(lag),
            anchor="end",
            mono=True,
            bold=True,
            size=12.5,
            fill=ink.ORANGE if lag else ink.TEXT,
        )
    else:
        body += ink.text(856, y + 21, ink.number(p.end), anchor="end", mono=True, size=12.5)
    return body


def _at(offset: int, low: int, high: int) -> float:
    return X + LANE_WIDTH * (offset - low) / max(1, high - low)


def _boxes(start: int, end: int, committed: int | None, y: float, low: int, high: int, grouped: bool) -> str:
    """Each offset a box, and a dotted one for the next."""
    span = min(40.0, LANE_WIDTH / (high - low + 1))
    body = ""
    for offset in range(start, end + 1):
        x = X + (offset - low) * span
        if offset == end:
            body += ink.box(
                x + 1.5,
                y + 5.5,
                span - 3,
                22,
                stroke=ink.FAINT,
                dash="3 3",
                radius=4,
                title=say("the next to write"),
            )
            body += ink.text(
                x + span / 2, y + 21, offset, anchor="middle", size=11, fill=ink.MUTED, mono=True
            )
            continue
        read = committed is not None and offset < committed
        colour = ink.GREEN if read else ink.ORANGE if grouped and committed is not None else ink.BLUE
        body += ink.box(
            x + 1.5,
            y + 5.5,
            span - 3,
            22,
            fill=colour,
            stroke=colour,
            opacity=0.85 if read or not grouped else 0.35,
            radius=4,
        )
        fill = "#fff" if read or not grouped else ink.TEXT
        body += ink.text(x + span / 2, y + 21, offset, anchor="middle", size=11, fill=fill, mono=True)
    if committed is not None:
        body += ink.text(
            X + (committed - low) * span + span / 2, y + 41, "▲", anchor="middle", size=11, fill=ink.GREEN
        )
    return body


def _bar(start: int, end: int, committed: int | None, y: float, low: int, high: int, grouped: bool) -> str:
    """Start ─ committed ─ end on one scale for all partitions."""
    body = ink.box(X, y + 6, LANE_WIDTH, 20, fill=ink.LINE, opacity=0.45, radius=4)
    left, right = _at(start, low, high), _at(end, low, high)
    if not grouped or committed is None:
        colour, opacity = (ink.BLUE, 0.85) if not grouped else (ink.FAINT, 0.5)
        return body + ink.box(left, y + 6, right - left, 20, fill=colour, opacity=opacity, radius=4)
    middle = min(max(_at(max(committed, start), low, high), left), right)
    if right - middle > 0.5:
        body += ink.box(
            middle, y + 6.5, right - middle, 19, fill=ink.ORANGE, stroke=ink.ORANGE, opacity=0.35, radius=3
        )
    body += ink.box(left, y + 6, middle - left, 20, fill=ink.GREEN, opacity=0.9, radius=4)
    return body + ink.text(middle, y + 38, "▲", anchor="middle", size=11, fill=ink.GREEN)
