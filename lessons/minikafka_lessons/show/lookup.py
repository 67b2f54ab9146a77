"""How an offset, or a time, is found in a partition's files: which segment, which entry of its index, what is scanned.

Rule: it is read from the leader's disk as it lies there, by the way that a broker goes. Each row is the magnified part
of the one above. Kafka: `LogSegments.floorSegment`, `OffsetIndex.lookup`, `FileRecords.searchForOffsetWithSize`; for a
time, `LogSegment.findOffsetByTimestamp` and `TimeIndex.lookup`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from minikafka.dump.value import Row
from minikafka.xray import reading
from minikafka.xray.files import FileList, Found, Question, ReplicaPlace, Unseen
from minikafka_lessons.language import say
from minikafka_lessons.show import frame, ink
from minikafka_lessons.show.batch_bytes import leader_of, told

MOST_SEGMENTS = 24
MOST_BATCHES = 60
ROW, BAR = 84, 26


@dataclass(frozen=True)
class Batch:
    """Where a batch lies in its file."""

    position: int
    size_bytes: int
    first: int
    last: int


@dataclass(frozen=True)
class Lookup:
    """The way to an offset."""

    place: str
    offset: int
    segments: tuple[tuple[int, int], ...]
    """(base offset, bytes) of each file."""
    base: int
    """Of the file that was chosen."""
    entries: tuple[tuple[int, int], ...]
    """(offset, byte) of its index."""
    entry: tuple[int, int] | None
    """The one that was chosen; None: the scan began at the start of the file."""
    scanned: tuple[Batch, ...]
    """The last one has the offset."""
    after: tuple[Batch, ...] = ()
    """Up to the index's next entry."""
    time_ms: int | None = None
    """What was looked for, where it is a time: `offset` is what the time index gave then."""
    times: tuple[tuple[int, int], ...] = ()
    """(timestamp, offset) of its time index."""

    @property
    def file_bytes(self) -> int:
        return dict(self.segments)[self.base]

    @property
    def scanned_bytes(self) -> int:
        """From where the index led to, up to the batch with the offset."""
        return self.scanned[-1].position - self.scanned[0].position


def lookup(
    cluster: Any, topic: str, partition: int = 0, offset: int = 0, *, time_ms: int | None = None
) -> ink.Picture:
    """The picture of how this offset is found; or the first record that isn't older than `time_ms`."""
    try:
        place = leader_of(cluster, topic, partition)
        found = (
            find(place, offset, cluster.look) if time_ms is None else find_time(place, time_ms, cluster.look)
        )
        return ink.Picture(lookup_html(found))
    except Unseen as why:
        sentence = str(why)
        return ink.Picture(frame.both(lambda width: frame.nothing(width, sentence)))


def find(place: ReplicaPlace, offset: int, look: Callable[[Question], Found]) -> Lookup:
    """Go the way. Raises Unseen: one sentence."""
    listed = reading.read(reading.files(place), look)
    hit = reading.read(reading.find_offset(place, offset), look)
    entries = tuple(reading.read(reading.index_entries(place, hit.file), look))
    begin = hit.entry[1] if hit.entry is not None else 0
    ends = [at for _, at in entries if at > hit.line.position]
    lines = reading.read(reading.page(place, hit.file, begin, ends[0] if ends else None), look).lines
    batches = tuple(
        Batch(one.position, one.header.size_bytes, one.header.base_offset, one.header.last_offset)
        for one in lines
    )
    return Lookup(
        told(place),
        offset,
        _segments(listed),
        int(hit.file[:20]),
        entries,
        hit.entry,
        tuple(one for one in batches if one.position <= hit.line.position),
        tuple(one for one in batches if one.position > hit.line.position),
    )


def find_time(place: ReplicaPlace, time_ms: int, look: Callable[[Question], Found]) -> Lookup:
    """Go the way to the first batch that has a record of this time or later. Raises Unseen: one sentence."""
    listed = reading.read(reading.files(place), look)
    segments = _segments(listed)
    for base, _ in segments:
        file = f"{base:020d}.log"
        times = _times(place, base, look)
        is_last = base == segments[-1][0]
        if not is_last and times and times[-1][0] < time_ms:
            continue
        floor = [offset for at, offset in times if at <= time_ms]
        start = floor[-1] if floor else base
        entries = tuple(reading.read(reading.index_entries(place, file), look))
        below = [entry for entry in entries if entry[0] <= start]
        begin = below[-1][1] if below else 0
        lines = reading.read(reading.page(place, file, begin), look).lines
        at = next((i for i, one in enumerate(lines) if one.header.max_timestamp >= time_ms), None)
        if at is None:
            continue
        batches = [
            Batch(one.position, one.header.size_bytes, one.header.base_offset, one.header.last_offset)
            for one in lines
        ]
        ends = [position for _, position in entries if position > batches[at].position]
        after = tuple(one for one in batches[at + 1 :] if not ends or one.position < ends[0])
        entry = below[-1] if below else None
        return Lookup(
            told(place),
            start,
            segments,
            base,
            entries,
            entry,
            tuple(batches[: at + 1]),
            after,
            time_ms,
            times,
        )
    raise Unseen(
        say("{replica} has no record as young as {time}.", replica=told(place), time=_clock(time_ms))
    )


def _segments(listed: FileList) -> tuple[tuple[int, int], ...]:
    return tuple((int(f.name[:20]), f.size_bytes) for f in listed.files if f.name.endswith(".log"))


def _times(place: ReplicaPlace, base: int, look: Callable[[Question], Found]) -> tuple[tuple[int, int], ...]:
    """(timestamp, offset) of a segment's time index."""
    rows, _ = reading.read(reading.rows(place, f"{base:020d}.timeindex"), look)
    values = [{field.name: field.value for field in row.fields} for row in rows if isinstance(row, Row)]
    return tuple((int(str(v["timestamp"])), base + int(str(v["relative_offset"]))) for v in values)


def _clock(time_ms: int) -> str:
    """`2026-01-01 09:30:01.250`, in UTC; what no calendar has, in milliseconds."""
    seconds, ms = divmod(time_ms, 1000)
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}.{ms:03}".removesuffix(".000")
    except (ValueError, OverflowError, OSError):
        return f"{time_ms} ms"


def lookup_html(found: Lookup) -> str:
    """The picture, for wide and narrow pages."""
    return frame.both(lambda width: lookup_svg(found, width))


def lookup_svg(found: Lookup, width: int = frame.WIDE) -> str:
    """The picture."""
    body = ink.text(0, 15, frame.name(found.place, width - 8, 14), bold=True, size=14)
    row = ROW if width > frame.BREAK else ROW + 14
    y = 58 + row - ROW
    left, right, files = _files(found, y, width)
    body += files + _magnified(left, right, y + BAR, 0, width, y + row)
    y += row
    if found.time_ms is not None:
        body += _time_index(found, found.time_ms, y, width)
        y += row
    left, right, index = _index(found, y, width)
    body += index + _magnified(left, right, y + BAR, 0, width, y + row)
    y += row
    body += _scan(found, y, width)
    share = found.scanned_bytes / max(1, found.file_bytes)
    total = say(
        "{n} bytes scanned of {all} in this file: {share}.",
        n=f"{found.scanned_bytes:,}",
        all=f"{found.file_bytes:,}",
        share=f"{share:.2%}" if 0 < share < 0.1 else f"{share:.0%}",
    )
    for line in frame.lines(total, width, 13):
        body += ink.text(0, y + 52, line, bold=True)
        y += 17
    title = say("How offset {offset} is found", offset=f"{found.offset:,}")
    if found.time_ms is not None:
        title = say("How the first record from {time} on is found", time=_clock(found.time_ms))
    return frame.svg(width, y + 46, body, title, " ".join([*_steps(found), total]))


def _steps(found: Lookup) -> list[str]:
    """A sentence for each row."""
    offset = f"{found.offset:,}"
    steps = [say("Which file? The last whose first offset is not after {offset}", offset=offset)]
    if found.time_ms is not None:
        time = _clock(found.time_ms)
        steps = [
            say("Which file? The first whose last time is not before {time}", time=time),
            say(
                "In its time index, the last entry at or before {time}: offset {offset}",
                time=time,
                offset=offset,
            ),
        ]
    if found.entry is None:
        steps.append(say("The index has no entry at or before {offset}: begin at byte 0", offset=offset))
    else:
        entry, byte = (f"{number:,}" for number in found.entry)
        steps.append(
            say(
                "In its index, the last entry at or before {offset}: {entry} is at byte {byte}",
                offset=offset,
                entry=entry,
                byte=byte,
            )
        )
    if len(found.scanned) == 1:
        steps.append(say("Scan from there: the first batch has it"))
    else:
        steps.append(say("Scan from there: {n} batches, the last has it", n=len(found.scanned)))
    return [f"{number} · {words}" for number, words in enumerate(steps, 1)]


def _heading(words: str, y: float, width: int) -> str:
    lines = frame.lines(words, width, 11.5)
    first = y - 9 - 14 * (len(lines) - 1)
    return "".join(
        ink.text(0, first + 14 * i, line, size=11.5, fill=ink.MUTED) for i, line in enumerate(lines)
    )


def _files(found: Lookup, y: float, width: int) -> tuple[float, float, str]:
    """The files as boxes, each as wide as it is long; and where the chosen one is."""
    shown = found.segments
    if len(shown) > MOST_SEGMENTS:
        at = [base for base, _ in shown].index(found.base)
        first = min(max(0, at - MOST_SEGMENTS // 2), len(shown) - MOST_SEGMENTS)
        shown = shown[first : first + MOST_SEGMENTS]
    total = sum(size for _, size in shown)
    room = width - 4.0 * (len(shown) - 1)
    least = min(14.0, room / len(shown))
    widths = [max(least, room * size / max(1, total)) for _, size in shown]
    widths = [one * room / sum(widths) for one in widths]
    body, x, left, right = _heading(_steps(found)[0], y, width), 0.0, 0.0, float(width)
    for (base, size), one in zip(shown, widths, strict=True):
        chosen = base == found.base
        colour = frame.hue("green") if chosen else frame.hue("grey")
        title = f"{base:020d}.log, {size:,} B"
        body += ink.box(x, y, one, BAR, fill=colour, opacity=0.8 if chosen else 0.28, radius=3, title=title)
        label = f"{base:,}"
        if frame.wide(label, 11) < one - 6:
            body += ink.text(
                x + 6, y + 17, label, size=11, mono=True, fill=frame.PAPER if chosen else ink.TEXT
            )
        if chosen:
            left, right = x, x + one
        x += one + 4
    return left, right, body


def _index(found: Lookup, y: float, width: int) -> tuple[float, float, str]:
    """The chosen file from its first byte to its last, a stroke for each entry; and where the scanned part is."""
    size = max(1, found.file_bytes)
    begin = found.entry[1] if found.entry is not None else 0
    end = (found.after or found.scanned)[-1]
    left, right = width * begin / size, width * min(size, end.position + end.size_bytes) / size
    right = max(right, left + 3)
    body = _heading(_steps(found)[-2], y, width)
    body += ink.box(0, y, width, BAR, fill=frame.SOFT, radius=3)
    body += ink.box(left, y, right - left, BAR, fill=frame.hue("green"), opacity=0.3, radius=2)
    step = max(1, len(found.entries) // 200)
    for offset, at in [*found.entries[::step], *([found.entry] if found.entry is not None else [])]:
        x = width * at / size
        chosen = (offset, at) == found.entry
        colour = frame.hue("green") if chosen else frame.hue("grey")
        body += ink.line(x, y + (0 if chosen else 9), x, y + BAR, stroke=colour, width=2.5 if chosen else 1)
    count = say("{n} entries", n=f"{len(found.entries):,}")
    body += ink.text(0, y + BAR + 13, f"byte 0 · {count}", size=10.5, fill=ink.MUTED, mono=True)
    return (
        left,
        right,
        body + ink.text(width, y + BAR + 13, f"{size:,}", size=10.5, fill=ink.MUTED, mono=True, anchor="end"),
    )


def _time_index(found: Lookup, time_ms: int, y: float, width: int) -> str:
    """The chosen file's times from the first to the last, a stroke for each entry, and the time that is looked for."""
    body = _heading(_steps(found)[1], y, width) + ink.box(0, y, width, BAR, fill=frame.SOFT, radius=3)
    if not found.times:
        return body
    first, last = found.times[0][0], max(found.times[-1][0], found.times[0][0] + 1)
    chosen = [entry for entry in found.times if entry[0] <= time_ms][-1:]
    step = max(1, len(found.times) // 200)
    for entry in [*found.times[::step], *chosen]:
        x = width * (entry[0] - first) / (last - first)
        is_it = entry in chosen
        colour = frame.hue("green") if is_it else frame.hue("grey")
        body += ink.line(x, y + (0 if is_it else 9), x, y + BAR, stroke=colour, width=2.5 if is_it else 1)
    x = width * min(1.0, max(0.0, (time_ms - first) / (last - first)))
    body += ink.line(x, y - 3, x, y + BAR + 3, stroke=frame.hue("violet"), width=1.5, dash="2 2")
    body += ink.text(0, y + BAR + 13, _clock(first), size=10.5, fill=ink.MUTED, mono=True)
    return body + ink.text(
        width, y + BAR + 13, _clock(last), size=10.5, fill=ink.MUTED, mono=True, anchor="end"
    )


def _scan(found: Lookup, y: float, width: int) -> str:
    """The batches between two entries of the index: passed, found, not looked at."""
    batches = [*found.scanned, *found.after]
    at = len(found.scanned) - 1
    first = max(0, min(at - MOST_BATCHES // 2, len(batches) - MOST_BATCHES))
    batches = batches[first : first + MOST_BATCHES]
    begin = batches[0].position
    span = max(1, batches[-1].position + batches[-1].size_bytes - begin)
    body = _heading(_steps(found)[-1], y, width)
    for batch in batches:
        x, wide = width * (batch.position - begin) / span, width * batch.size_bytes / span
        is_it = batch == found.scanned[-1]
        passed = batch.position < found.scanned[-1].position
        colour = frame.hue("green" if is_it else "amber" if passed else "grey")
        offsets = f"{batch.first:,}" if batch.first == batch.last else f"{batch.first:,}–{batch.last:,}"
        title = f"{offsets}: byte {batch.position:,}, {batch.size_bytes:,} B"
        opacity = 0.85 if is_it else 0.45 if passed else 0.22
        body += ink.box(x, y, max(1.5, wide - 1.5), BAR, fill=colour, opacity=opacity, radius=2, title=title)
        if frame.wide(offsets, 10.5) < wide - 6:
            fill = frame.PAPER if is_it else ink.TEXT
            body += ink.text(x + wide / 2, y + 17, offsets, anchor="middle", size=10.5, mono=True, fill=fill)
    return body


def _magnified(left: float, right: float, top: float, to_left: float, to_right: float, bottom: float) -> str:
    """From a part of one row to the whole of the next."""
    path = f"M{left:.1f},{top} L{right:.1f},{top} L{to_right},{bottom - 22} L{to_left},{bottom - 22} Z"
    return f'<path d="{path}" style="fill:{frame.hue("green")};fill-opacity:.09"/>'
