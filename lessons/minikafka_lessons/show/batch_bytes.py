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
from minikafka_lessons.show import ink
from minikafka_lessons.show.live import own_name

HEADERS = ["OFFSETS", "CODEC", "WHAT", "CRC", "RECORDS", "FIRST BYTE", "BYTES", "BYTES A RECORD"]


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
    return ink.Picture(_caption(f"{place}: {_way(offset, hit)}") + body)


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
    caption = f"{place}, {hit.file}" + (f"; {rest:,} more bytes follow" if rest else "")
    if page.problem is not None and len(page.lines) <= limit:
        caption += f"; {page.problem}"
    return ink.Picture(ink.table(HEADERS, rows, left=4, caption=caption))


def leader_of(cluster: Any, topic: str, partition: int) -> ReplicaPlace:
    """Where this partition's leader keeps it. Raises Unseen."""
    topic = own_name(cluster, topic)
    found = cluster.snapshot()
    for one in next((t.partitions for t in found.topics if t.name == topic), ()):
        if one.index == partition:
            if one.leader is None:
                raise Unseen(f"{topic}-{partition} has no leader now.")
            return ReplicaPlace(one.leader, topic, partition)
    raise Unseen(f"There is no partition {topic}-{partition}.")


def _way(offset: int, hit: Hit) -> str:
    if hit.entry is None:
        start = "its index has no entry before it, so the search begins at byte 0"
    else:
        start = f"its index says: offset {hit.entry[0]:,} is at byte {hit.entry[1]:,}"
    way = f"offset {offset:,} is in {hit.file}; {start}"
    if not hit.passed:
        return way
    batches = f"{hit.passed:,} batches" if hit.passed > 1 else "1 batch"
    return f"{way}; {batches} further, byte {hit.line.position:,}"


def _row(line: BatchLine) -> list[object]:
    header = line.header
    first, last = header.base_offset, header.last_offset
    what = ["control"] * header.is_control + ["transaction"] * header.is_transactional
    if header.producer_id >= 0 and not header.is_transactional:
        what.append("idempotent")
    crc = {True: "✓ right", False: "✗ WRONG", None: "not read"}[line.crc_is_valid]
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
