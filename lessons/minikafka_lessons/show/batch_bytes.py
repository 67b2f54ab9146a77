"""What is in a partition's files: a segment's batches as a table, a batch byte by byte.

Rule: the bytes are read from the leader's disk as they lie there, and decoded by what `minikafka dump-log` uses.
"""

from __future__ import annotations

from typing import Any

from minikafka.dump import meaning_of
from minikafka.dump.html import block_to_html
from minikafka.dump.value import BadBytes
from minikafka.world.visible import in_html
from minikafka.xray import reading
from minikafka.xray.files import ReplicaPlace, Unseen
from minikafka.xray.reading import BatchLine, Hit
from minikafka_lessons.language import say, sentence
from minikafka_lessons.show import ink
from minikafka_lessons.show.live import own_name


def bytes(cluster: Any, topic: str, partition: int = 0, offset: int = 0, fields: int = 60) -> ink.Picture:
    """The batch that holds this offset: hex and fields, each field in its colour, and how it was found.

    Of a big batch no more than the first `fields` are shown.
    """
    try:
        place = leader_of(cluster, topic, partition)
        hit = reading.read(reading.find_offset(place, offset), cluster.look)
        batch = reading.read(reading.batch(place, hit.file, hit.line.position, meaning_of), cluster.look)
        body = block_to_html(batch.block(), fields)
    except (Unseen, BadBytes) as why:
        return _sentence(str(why))
    return ink.Picture(_caption(f"{told(place)}: {_way(offset, hit)}") + body)


def segment(cluster: Any, topic: str, partition: int = 0, offset: int = 0, limit: int = 20) -> ink.Picture:
    """The batches of the segment that holds this offset, from that batch on; the first `limit` of them."""
    try:
        place = leader_of(cluster, topic, partition)
        hit = reading.read(reading.find_offset(place, offset), cluster.look)
        page = reading.read(reading.page(place, hit.file, hit.line.position), cluster.look)
    except Unseen as why:
        return _sentence(str(why))
    rows = [_row(line) for line in page.lines[:limit]]
    rest = page.file_bytes - page.lines[min(limit, len(page.lines)) - 1].end
    caption = f"{told(place)}, {hit.file}" + ("; " + say("{n:,} more bytes follow", n=rest) if rest else "")
    if page.problem is not None and len(page.lines) <= limit:
        caption += f"; {page.problem}"
    return ink.Picture(ink.table(headers(), rows, left=4, caption=caption))


def headers() -> list[str]:
    """Of the table of batches."""
    return [
        say("OFFSETS"),
        say("CODEC"),
        say("WHAT"),
        "CRC",
        say("RECORDS"),
        say("FIRST BYTE"),
        say("BYTES"),
        say("BYTES A RECORD"),
    ]


def leader_of(cluster: Any, topic: str, partition: int) -> ReplicaPlace:
    """Where this partition's leader keeps it. Raises Unseen."""
    topic = own_name(cluster, topic)
    found = cluster.snapshot()
    for one in next((t.partitions for t in found.topics if t.name == topic), ()):
        if one.index == partition:
            if one.leader is None:
                raise Unseen(say("{partition} has no leader now.", partition=f"{topic}-{partition}"))
            return ReplicaPlace(one.leader, topic, partition)
    raise Unseen(say("There is no partition {partition}.", partition=f"{topic}-{partition}"))


def told(place: ReplicaPlace) -> str:
    """A replica in the reader's language."""
    partition = f"{place.topic}-{place.partition}"
    return say("{partition} on {broker}", partition=partition, broker=place.broker)


def _way(offset: int, hit: Hit) -> str:
    if hit.entry is None:
        start = say("its index has no entry before it, so the search begins at byte 0")
    else:
        start = say(
            "its index says: offset {offset:,} is at byte {byte:,}", offset=hit.entry[0], byte=hit.entry[1]
        )
    way = say("offset {offset:,} is in {file}", offset=offset, file=hit.file) + f"; {start}"
    if not hit.passed:
        return way
    words = sentence("{n:,} batches further, byte {byte:,}")
    if hit.passed == 1:
        words = sentence("1 batch further, byte {byte:,}")
    return f"{way}; {say(words, n=hit.passed, byte=hit.line.position)}"


def _row(line: BatchLine) -> list[object]:
    header = line.header
    first, last = header.base_offset, header.last_offset
    what = [say("control")] * header.is_control + [say("transaction")] * header.is_transactional
    if header.producer_id >= 0 and not header.is_transactional:
        what.append(say("idempotent"))
    crc = {True: "✓ " + say("right"), False: "✗ " + say("WRONG"), None: say("not read")}[line.crc_is_valid]
    each = f"{header.size_bytes / header.record_count:,.1f}" if header.record_count > 0 else "–"
    return [
        f"{first:,}" if first == last else f"{first:,} – {last:,}",
        line.codec,
        ", ".join(what) or "–",
        crc,
        header.record_count,
        line.position,
        header.size_bytes,
        each,
    ]


def _caption(text: str) -> str:
    return f'<div style="color:{ink.MUTED};font-family:{ink.FONT};font-size:13px">{in_html(text)}</div>'


def _sentence(text: str) -> ink.Picture:
    return ink.Picture(_caption(text))
