"""A topic's segment files and how much of each lies in the page cache, live."""

from __future__ import annotations

import time  # noqa: TID251 - the page cache is the machine's
from dataclasses import dataclass
from typing import Any

from minikafka.world.visible import cut, visible_name
from minikafka.xray.snapshot import Replica, Segment, Snapshot
from minikafka_lessons.language import say
from minikafka_lessons.show import ink
from minikafka_lessons.show.live import LiveView, own_name

WIDTH, X, RIBBON, ROW = 860, 170, 560, 40
GAP = 3
LOOK_S = 1.1
"""Brokers look at their files' pages once a second."""


def pages(cluster: Any, topic: str) -> LiveView:
    """The picture, live. The numbers are at most a second old."""
    real = own_name(cluster, topic)
    return LiveView(cluster, f"pages {topic}", lambda s: pages_html(s, real))


@dataclass(frozen=True)
class Share:
    """A share of pages; `of_one` is None where nobody knows."""

    of_one: float | None

    def __str__(self) -> str:
        return say("unknown on this system") if self.of_one is None else f"{self.of_one:.0%}"


def cached_now(cluster: Any, topic: str) -> Share:
    """Of the pages of all the topic's segments, the share in the page cache, a moment from now."""
    time.sleep(LOOK_S)
    return Share(cached_share(cluster.snapshot(), own_name(cluster, topic)))


def cached_share(snapshot: Snapshot, topic: str) -> float | None:
    """Of the pages of all its segments, the share in the page cache; None where nobody knows."""
    found = [s for r in _replicas(snapshot, topic) for s in r.segments or ()]
    if not found or any(s.pages is None or s.resident_pages is None for s in found):
        return None
    total = sum(s.pages or 0 for s in found)
    return sum(s.resident_pages or 0 for s in found) / total if total else None


def _replicas(snapshot: Snapshot, topic: str) -> list[Replica]:
    named = [t for t in snapshot.topics if t.name == topic]
    return [r for t in named for p in t.partitions for r in p.replicas]


def pages_html(snapshot: Snapshot, topic: str) -> str:
    """A row for each replica, a box for each segment, filled as far as it is cached."""
    replicas = [
        (f"{r.broker}", p.index, r)
        for t in snapshot.topics
        if t.name == topic
        for p in t.partitions
        for r in p.replicas
    ]
    if not replicas:
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
    biggest = max((sum(s.size_bytes for s in r.segments or ()) for _, _, r in replicas), default=0)
    body = ink.text(
        0,
        14,
        say("topic {topic}", topic=cut(visible_name(topic), 60)),
        bold=True,
        after=" · " + say("each box is a segment file"),
    )
    body += ink.text(WIDTH, 14, say("in the page cache"), fill=ink.MUTED, anchor="end", size=12)
    for row, (broker, partition, replica) in enumerate(replicas):
        y = 26 + row * ROW
        body += ink.text(0, y + 21, broker, after="  " + say("partition {n}", n=partition))
        body += _ribbon(replica.segments or (), y, biggest)
        known = [s for s in replica.segments or () if s.pages is not None and s.resident_pages is not None]
        total = sum(s.pages or 0 for s in known)
        share = f"{sum(s.resident_pages or 0 for s in known) / total:.0%}" if total else "–"
        body += ink.text(WIDTH, y + 21, share, anchor="end", mono=True, bold=True)
    y = 26 + len(replicas) * ROW + 14
    body += ink.box(X, y - 10, 14, 12, fill=ink.GREEN, stroke=ink.GREEN, radius=2, opacity=0.75)
    body += ink.text(X + 20, y, say("in memory and on disk"), fill=ink.MUTED, size=12)
    body += ink.box(X + 180.5, y - 10, 14, 12, fill=ink.PANEL, stroke=ink.FAINT, radius=2)
    body += ink.text(X + 200, y, say("on disk only (a share, not a place)"), fill=ink.MUTED, size=12)
    return ink.svg(WIDTH, y + 8, body, say("page cache of topic {topic}", topic=cut(visible_name(topic), 60)))


def _ribbon(segments: tuple[Segment, ...], y: float, biggest: int) -> str:
    body, x = "", float(X)
    room = RIBBON - GAP * max(0, len(segments) - 1)
    for segment in segments:
        width = max(6.0, room * segment.size_bytes / max(1, biggest))
        title = f"{segment.base_offset:020d}.log, " + say("{n:,} bytes", n=segment.size_bytes)
        body += ink.box(x, y + 4, width, 26, fill=ink.PANEL, stroke=ink.FAINT, radius=3, title=title)
        if segment.pages and segment.resident_pages:
            share = segment.resident_pages / segment.pages
            body += ink.box(x, y + 4, width * share, 26, fill=ink.GREEN, radius=3, opacity=0.75, title=title)
        x += width + GAP
    return body
