"""The bus: producers on the left, a topic's partitions in the middle, consumer groups on the right."""

from __future__ import annotations

from typing import Any

from minikafka.world.visible import cut, visible_name
from minikafka.xray.snapshot import Group, Partition, Snapshot
from minikafka_lessons.language import say
from minikafka_lessons.show import ink
from minikafka_lessons.show.live import LiveView, own_name

WIDTH = 860
LEFT, MIDDLE, RIGHT = 168, 250, 590
LANE = 34
CARD = 62


def bus(cluster: Any, topic: str) -> LiveView:
    """A live picture of one topic and all who write to it and read from it."""
    real = own_name(cluster, topic)
    return LiveView(cluster, f"bus {topic}", lambda s: bus_html(s, real, producers_of(cluster)))


def producers_of(cluster: Any) -> list[tuple[str, int, bool]]:
    """(name, sent, gone) of this notebook's producers, one for each name."""
    found: dict[str, tuple[int, bool]] = {}
    for producer in cluster.producers:
        sent, gone = found.get(producer.name, (0, True))
        found[producer.name] = (sent + producer.sent, gone and producer.gone)
    return [(name, sent, gone) for name, (sent, gone) in found.items()]


def bus_html(snapshot: Snapshot, topic: str, producers: list[tuple[str, int, bool]]) -> str:
    """The picture."""
    found = next((t for t in snapshot.topics if t.name == topic), None)
    partitions = found.partitions if found else ()
    groups = [g for g in snapshot.groups or () if any(o.topic == topic for o in g.offsets)]
    lanes = max(1, len(partitions)) * LANE
    height = int(max(lanes + 24, len(producers) * (CARD + 8), len(groups) * (CARD + 8), 120)) + 34
    centre = 28 + (height - 34) / 2
    top = centre - lanes / 2
    body = "".join(
        ink.text(x, 14, word, fill=ink.MUTED, size=11.5, bold=True, anchor=anchor)
        for x, word, anchor in (
            (0, say("PRODUCERS"), "start"),
            (
                (MIDDLE + RIGHT) / 2,
                say("BROKERS: topic {topic}", topic=cut(visible_name(topic), 30)),
                "middle",
            ),
            (WIDTH, say("CONSUMER GROUPS"), "end"),
        )
    )
    body += _producers(producers, centre)
    body += ink.box(
        MIDDLE + 0.5, top - 12, RIGHT - MIDDLE - 1, lanes + 20, fill=ink.PANEL, stroke=ink.LINE, radius=8
    )
    longest = max((p.end or 0 for p in partitions), default=0)
    for i, partition in enumerate(partitions):
        body += _lane(partition, top + i * LANE, longest)
    if not partitions:
        body += ink.text(
            (MIDDLE + RIGHT) / 2, centre + 4, say("no such topic yet"), fill=ink.MUTED, anchor="middle"
        )
    body += _groups(groups, topic, centre)
    label = say("topic {topic} with its producers and groups", topic=cut(visible_name(topic), 60))
    return ink.svg(WIDTH, height, body, label)


def _producers(producers: list[tuple[str, int, bool]], centre: float) -> str:
    body = ""
    y = centre - len(producers) * (CARD + 8) / 2 + 4
    if not producers:
        body += ink.text(0, centre + 4, say("nobody yet"), fill=ink.MUTED)
    for name, sent, gone in producers:
        colour = ink.FAINT if gone else ink.BLUE
        body += ink.curve(LEFT, y + CARD / 2, MIDDLE - 2, centre, stroke=colour, dash="3 4" if gone else "")
        body += ink.box(0.5, y + 4, LEFT - 1, CARD - 8, fill=ink.PAPER, stroke=colour)
        body += ink.text(12, y + 27, cut(visible_name(name), 19), bold=True)
        body += ink.text(
            12,
            y + 45,
            say("{n:,} sent", n=sent) + (" · " + say("gone") if gone else ""),
            fill=ink.MUTED,
            size=12,
        )
        y += CARD + 8
    return body + (ink.head(MIDDLE, centre, ink.BLUE) if producers else "")


def _lane(partition: Partition, y: float, longest: int) -> str:
    x, width = MIDDLE + 122, RIGHT - MIDDLE - 122 - 64
    body = ink.text(MIDDLE + 14, y + 17, say("partition {n}", n=partition.index), size=12.5, bold=True)
    body += ink.text(
        MIDDLE + 14,
        y + 29,
        f"★ {partition.leader}" if partition.leader else "✗ " + say("no leader"),
        fill=ink.MUTED,
        size=10,
    )
    body += ink.box(x, y + 7, width, 16, fill=ink.LINE, radius=3, opacity=0.45)
    if partition.end is not None and longest:
        body += ink.box(x, y + 7, width * partition.end / longest, 16, fill=ink.BLUE, radius=3, opacity=0.9)
    return body + ink.text(RIGHT - 12, y + 20, ink.number(partition.end), anchor="end", mono=True, size=12.5)


def _groups(groups: list[Group], topic: str, centre: float) -> str:
    body = ""
    x = RIGHT + 82
    if not groups:
        return ink.text(WIDTH, centre + 4, say("nobody yet"), fill=ink.MUTED, anchor="end")
    y = centre - len(groups) * (CARD + 8) / 2 + 4
    for group in groups:
        mine = [o for o in group.offsets if o.topic == topic]
        known = [o.lag for o in mine if o.lag is not None]
        readers = len(group.members or ())
        active = readers > 0
        colour = ink.GREEN if active else ink.FAINT
        middle = y + CARD / 2
        body += ink.curve(RIGHT + 2, centre, x - 2, middle, stroke=colour, dash="" if active else "3 4")
        body += ink.head(x, middle, colour)
        body += ink.box(x + 0.5, y + 4, WIDTH - x - 1, CARD - 8, fill=ink.PAPER, stroke=colour)
        body += ink.text(x + 12, y + 27, cut(visible_name(group.id), 21), bold=True)
        lag = sum(known) if known else None
        words = say("nothing committed") if lag is None else "LAG 0 ✓" if lag == 0 else f"LAG {lag:,}"
        who = " · " + (say("{n} reading", n=readers) if active else say("away"))
        body += ink.text(x + 12, y + 45, words + who, fill=ink.ORANGE if lag else ink.MUTED, size=12)
        y += CARD + 8
    return body
