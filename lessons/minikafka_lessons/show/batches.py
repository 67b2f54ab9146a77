"""What a producer gathers: which batches wait now, which were sent, and why each was sent when it was.

Rule: a batch is as high as it was full and as long as it waited, and its colour and sign say why it left. What was
sent is in the trace (of a simulated cluster); what waits, the producer says. Kafka: `RecordAccumulator`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from minikafka.client.producer.accumulated import WaitingBatch, accumulated
from minikafka.client.producer.events import AGAIN, FLUSHED, FULL, LINGERED, RULED
from minikafka.world import Traced
from minikafka_lessons.language import say
from minikafka_lessons.show import frame, ink

MOST_SENT, MOST_WAITING, MOST_PARTITIONS = 150, 8, 12
ROW, LANE, TALL = 44, 44, 30
WHY = {
    FULL: ("■", "green"),
    LINGERED: ("◷", "amber"),
    FLUSHED: ("⇥", "grey"),
    RULED: ("✎", "violet"),
    AGAIN: ("↻", "red"),
}


@dataclass(frozen=True)
class Sent:
    """A batch that left."""

    at: float
    topic: str
    partition: int
    records: int
    size_bytes: int
    waited_ms: float
    why: str

    @property
    def begun(self) -> float:
        return self.at - self.waited_ms / 1000


def sent_batches(events: Iterable[Traced], client: str = "") -> list[Sent]:
    """The batches that a trace tells of; of one client's host, or of all."""
    found = []
    for traced in events:
        event: Any = traced.event
        if event.kind == "BatchSent" and client in ("", traced.host):
            found.append(
                Sent(
                    traced.at,
                    event.topic,
                    event.partition,
                    event.records,
                    event.size_bytes,
                    event.waited_ms,
                    event.why,
                )
            )
    return found


def batches(cluster: Any, producer: Any, client: str = "", since: float = 0.0) -> ink.Picture:
    """What waits in this producer of a simulated cluster, and what it (or everybody) has sent since then."""
    # The trace has whole microseconds: what left at that very moment counts.
    sent = [one for one in sent_batches(cluster.events(), client) if one.at >= round(since, 6)]
    return ink.Picture(batches_html(accumulated(producer), sent, cluster.now))


def batches_html(waiting: Sequence[WaitingBatch], sent: Sequence[Sent], now: float) -> str:
    """The picture, for wide and narrow pages."""
    return frame.both(lambda width: batches_svg(waiting, sent, now, width))


def batches_svg(
    waiting: Sequence[WaitingBatch], sent: Sequence[Sent], now: float, width: int = frame.WIDE
) -> str:
    """The picture."""
    body = ink.text(0, 15, say("Waiting in the accumulator"), bold=True, size=14)
    y = 30.0
    for one in waiting[:MOST_WAITING]:
        body += _waits(one, y, width)
        y += ROW
    if not waiting:
        body += ink.text(
            0, y + 8, say("nothing: all that was produced is on its way"), size=12, fill=ink.MUTED
        )
        y += 18
    elif len(waiting) > MOST_WAITING:
        more = say("… and {n} more batches", n=len(waiting) - MOST_WAITING)
        body += ink.text(0, y + 8, more, size=11.5, fill=ink.MUTED)
        y += 18
    y += 28
    body += ink.text(0, y, say("Sent"), bold=True, size=14, after="  " + _total(sent, width))
    drawn, y = _sent(sent, now, y + 14, width)
    legend = [
        (ink.text(0, 4, sign, anchor="middle", fill=frame.hue(hue), bold=True), f"{say_why(why)}: {count}")
        for why, (sign, hue) in WHY.items()
        if (count := sum(one.why == why for one in sent))
    ]
    marks, y = frame.legend(legend, y + 18, width)
    return frame.svg(
        width, y + 10, body + drawn + marks, say("The batches of a producer"), _in_words(waiting, sent)
    )


def _total(sent: Sequence[Sent], width: float) -> str:
    """How many, with how much in each."""
    records = sum(one.records for one in sent)
    if not sent:
        return say("nothing yet")
    total = say(
        "records: {records} · batches: {n} · records a batch: {each}",
        records=f"{records:,}",
        n=f"{len(sent):,}",
        each=f"{records / len(sent):,.1f}",
    )
    return frame.lines(total, width - 40, 14, 1)[0]


def say_why(why: str) -> str:
    """A reason of `BatchSent` in the reader's language."""
    return {
        FULL: say("full"),
        LINGERED: say("lingered"),
        FLUSHED: say("flushed"),
        RULED: say("your rule"),
        AGAIN: say("sent again"),
    }.get(why, why)


def _bytes(size: int) -> str:
    return f"{size:,} B" if size < 10_000 else f"{size / 1024:,.1f} KiB"


def _waits(one: WaitingBatch, y: float, width: int) -> str:
    """Two gauges: how full, how long; whichever is at its end first lets the batch go."""
    left, side = (130.0, width - 8.0) if width > frame.BREAK else (92.0, width - 4.0)
    called = f"{frame.name(one.topic, left - 30, 12)}-{one.partition}"
    room = side - left
    full = min(1.0, one.size_bytes / max(1, one.batch_size_bytes))
    late = min(1.0, one.waited_ms / one.linger_ms) if one.linger_ms else 1.0
    body = ink.text(0, y + 14, called, size=12, bold=True)
    body += ink.box(left, y, room, 18, fill=frame.SOFT, radius=4)
    body += ink.box(left, y, max(2.0, room * full), 18, fill=frame.hue("blue"), opacity=0.5, radius=4)
    words = say(
        "records: {n} · {size} of {most}",
        n=one.records,
        size=_bytes(one.size_bytes),
        most=_bytes(one.batch_size_bytes),
    )
    body += ink.text(left + 7, y + 13, frame.lines(words, room - 10, 11, 1)[0], size=11)
    body += ink.box(left, y + 20, room, 4, fill=frame.SOFT, radius=2)
    body += ink.box(left, y + 20, max(2.0, room * late), 4, fill=frame.hue("amber"), radius=2)
    waited = say("waited {ms} of {linger} ms", ms=f"{one.waited_ms:g}", linger=f"{one.linger_ms:g}")
    return body + ink.text(left, y + 34, waited, size=10, fill=ink.MUTED)


def _sent(sent: Sequence[Sent], now: float, top: float, width: int) -> tuple[str, float]:
    """A lane for each partition, from the first batch that is drawn to now."""
    shown = list(sent)[-MOST_SENT:]
    if not shown:
        return "", top
    lanes: dict[tuple[str, int], float] = {}
    for one in sorted(shown, key=lambda one: (one.topic, one.partition)):
        if len(lanes) < MOST_PARTITIONS:
            lanes.setdefault((one.topic, one.partition), top + len(lanes) * LANE)
    left, right = (92.0 if width > frame.BREAK else 78.0), width - 12.0
    begin = min(one.begun for one in shown)
    span = max(1e-6, now - begin, shown[-1].at - begin)
    largest = max(one.size_bytes for one in shown)
    body, free = "", dict.fromkeys(lanes, 0.0)
    for (topic, partition), y in lanes.items():
        body += ink.text(0, y + TALL - 2, f"{frame.name(topic, left - 26, 11.5)}-{partition}", size=11.5)
        body += ink.line(left, y + TALL, right, y + TALL, stroke=ink.LINE)
    for one in shown:
        key = (one.topic, one.partition)
        if key not in lanes:
            continue
        x1, x2 = (left + (right - left) * (moment - begin) / span for moment in (one.begun, one.at))
        height = 4 + (TALL - 14) * one.size_bytes / max(1, largest)
        sign, hue = WHY.get(one.why, ("•", "grey"))
        title = f"{one.at:.6f} s: {one.records:,} / {one.size_bytes:,} B, {one.waited_ms:g} ms, {say_why(one.why)}"
        wide = max(3.0, x2 - x1)
        y = lanes[key] + TALL - height
        body += ink.box(x2 - wide, y, wide, height, fill=frame.hue(hue), opacity=0.55, radius=2, title=title)
        label = f"{sign}{one.records:,}"
        half = frame.wide(label, 10) / 2
        middle = min(max(x2, left + half), right - half + 8)
        if middle - half >= free[key]:
            body += ink.text(middle, y - 3, label, anchor="middle", size=10, fill=frame.hue(hue), mono=True)
            free[key] = middle + half + 3
    bottom = top + len(lanes) * LANE
    for part in (0.0, 0.5, 1.0):
        anchor = {0.0: "start", 1.0: "end"}.get(part, "middle")
        x = left + (right - left) * part
        body += ink.text(
            x, bottom + 4, f"{begin + span * part:.3f} s", anchor=anchor, size=10.5, fill=ink.MUTED, mono=True
        )
    if len(sent) > len(shown):
        bottom += 16
        body += ink.text(0, bottom + 4, say("The last {n} are drawn.", n=len(shown)), size=11, fill=ink.MUTED)
    return body, bottom + 6


def _in_words(waiting: Sequence[WaitingBatch], sent: Sequence[Sent]) -> str:
    said = []
    for one in waiting[:MOST_WAITING]:
        said.append(
            say(
                "{partition} waits with {n} records, {size} of {most}, for {ms} of {linger} ms.",
                partition=f"{frame.name(one.topic, 200)}-{one.partition}",
                n=one.records,
                size=_bytes(one.size_bytes),
                most=_bytes(one.batch_size_bytes),
                ms=f"{one.waited_ms:g}",
                linger=f"{one.linger_ms:g}",
            )
        )
    counts = [f"{say_why(why)} {count}" for why in WHY if (count := sum(one.why == why for one in sent))]
    said.append(say("Sent: {total}; {why}.", total=_total(sent, 900), why=", ".join(counts) or "–"))
    return " ".join(said)
