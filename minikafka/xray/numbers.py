"""What most of a busy cluster's changes are, numbers of partitions that moved on, as columns of small numbers.

Rule: a partition goes into columns only where all else about it is as it was; what came of it is then the same,
field by field. A replica's LEO, its HW and the end of its active segment move together and alike in many partitions:
written column by column they are nearly nothing once they are compressed.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from operator import add, sub
from typing import Any

import msgspec

from minikafka.xray.snapshot import Partition, Replica, Segment, Snapshot, Topic

LIMIT = 2**63
"""What a number may have moved by, to fit into msgpack."""
MAX_BYTES = 64 * 1024 * 1024
"""Of all columns, uncompressed: a million partitions."""
LEVEL = 1
"""Of compression: the quickest is good enough, as the columns are very regular."""
UNSEEN = -1
"""For pages of the page cache: they are looked at now and then (`log.residency`), and first unknown."""
OF_PARTITION, OF_REPLICA, OF_SEGMENT = 4, 4, 7

Numbers = tuple[int | None, ...]


class Columns(msgspec.Struct, array_like=True):
    """Partitions with equally many numbers. `topics`: each one's topic by its place in the old picture, as the distance
    from the one before; `partitions`: its place there; `columns`: by how much each number moved."""

    topics: list[int]
    partitions: list[int]
    columns: list[list[int]]


class Moved:
    """Collects the partitions of which only numbers moved."""

    def __init__(self) -> None:
        self._places: dict[int, list[tuple[int, int]]] = {}
        self._rows: dict[int, list[tuple[int, ...]]] = {}

    def take(self, place: int, old: Topic, new: Topic) -> Topic:
        """What becomes of `old`, at this place of its picture, by numbers alone. `new` itself where that is all."""
        if len(old.partitions) != len(new.partitions):
            return old
        between, is_all = [], True
        for number, (before, after) in enumerate(zip(old.partitions, new.partitions, strict=True)):
            row = None if before is after else _difference(before, after)
            if row is not None:
                self._places.setdefault(len(row), []).append((place, number))
                self._rows.setdefault(len(row), []).append(row)
                between.append(after)
            else:
                between.append(before)
                is_all &= before is after
        moved = tuple(between)
        return new if is_all and _is_same_topic(old, new) else msgspec.structs.replace(old, partitions=moved)

    def packed(self) -> bytes | None:
        """All of them as bytes; None: there are none."""
        if not self._places:
            return None
        columns = []
        for width, places in self._places.items():
            topics = [place for place, _ in places]
            steps = list(map(sub, topics, [0, *topics]))
            columns.append(
                Columns(steps, [p for _, p in places], list(map(list, zip(*self._rows[width], strict=True))))
            )
        return zlib.compress(msgspec.msgpack.encode(columns), LEVEL)


def move(old: Snapshot, packed: bytes) -> Snapshot:
    """The picture after these numbers moved. ValueError, LookupError, TypeError when they don't fit it."""
    topics: dict[int, list[Partition]] = {}
    for columns in _unpacked(packed):
        place = 0
        rows = zip(*columns.columns, strict=True)
        for step, number, row in zip(columns.topics, columns.partitions, rows, strict=True):
            place += step
            if place < 0 or number < 0:
                raise ValueError("a place before the first")
            partitions = topics.get(place)
            if partitions is None:
                partitions = topics[place] = list(old.topics[place].partitions)
            partitions[number] = _moved(partitions[number], row)
    new = list(old.topics)
    for place, partitions in topics.items():
        new[place] = msgspec.structs.replace(new[place], partitions=tuple(partitions))
    return msgspec.structs.replace(old, topics=tuple(new))


def _unpacked(packed: bytes) -> list[Columns]:
    inflating = zlib.decompressobj()
    try:
        data = inflating.decompress(packed, MAX_BYTES)
    except zlib.error as error:
        raise ValueError(str(error)) from None
    if inflating.unconsumed_tail or not inflating.eof:
        raise ValueError("more numbers than there can be, or not all of them")
    return msgspec.msgpack.decode(data, type=list[Columns])


def _is_same_topic(old: Topic, new: Topic) -> bool:
    """But for its partitions."""
    return (old.name, old.id, old.internal, old.error) == (new.name, new.id, new.internal, new.error) and (
        old.configs is new.configs or old.configs == new.configs
    )


def _difference(old: Partition, new: Partition) -> tuple[int, ...] | None:
    """By how much each number moved; None: there is more to it than that."""
    before, after = numbers_of(old), numbers_of(new)
    if len(before) != len(after) or not _is_same_else(old, new):
        return None
    try:
        row = tuple(map(sub, after, before))
    except TypeError:  # some aren't known
        if any((a is None) != (b is None) for a, b in zip(before, after, strict=True)):
            return None
        row = tuple(0 if a is None or b is None else b - a for a, b in zip(before, after, strict=True))
    return row if min(row) > -LIMIT and max(row) < LIMIT else None


def _is_same_else(old: Partition, new: Partition) -> bool:
    """Is all the same but for the numbers?"""
    if (
        old.leader != new.leader
        or old.leader_epoch != new.leader_epoch
        or old.index != new.index
        or old.isr != new.isr
        or old.min_isr != new.min_isr
        or old.adding != new.adding
        or old.removing != new.removing
        or old.error != new.error
        or len(old.replicas) != len(new.replicas)
    ):
        return False
    for a, b in zip(old.replicas, new.replicas, strict=True):
        if a is b:
            continue
        if (
            a.broker != b.broker
            or a.in_sync is not b.in_sync
            or a.is_leader is not b.is_leader
            or a.alive is not b.alive
            or a.directory != b.directory
            or not _is_same_shape(a.segments, b.segments)
        ):
            return False
    return True


def _is_same_shape(old: Sequence[Segment] | None, new: Sequence[Segment] | None) -> bool:
    """The same segments, of which the last may have grown?"""
    if not old or not new:
        return old == new
    a, b = old[-1], new[-1]
    return (
        a.base_offset == b.base_offset
        and a.active is b.active
        and a.created_ms == b.created_ms
        and (len(old) == len(new) == 1 or old[:-1] == new[:-1])
    )


def numbers_of(p: Partition) -> Numbers:
    """Of a partition, then of each of its replicas, each with its last segment where that is known."""
    numbers = [p.log_start, p.high_watermark, p.last_stable, p.end]
    for r in p.replicas:
        numbers += (r.log_start, r.end, r.high_watermark, r.size_bytes)
        if r.segments:
            s = r.segments[-1]
            numbers += (
                s.next_offset,
                s.size_bytes,
                s.index_bytes,
                s.timeindex_bytes,
                s.max_timestamp_ms,
                UNSEEN if s.resident_pages is None else s.resident_pages,
                UNSEEN if s.pages is None else s.pages,
            )
    return tuple(numbers)


def _moved(old: Partition, row: Sequence[int]) -> Partition:
    before = numbers_of(old)
    if len(before) != len(row):
        raise ValueError(f"{len(row)} numbers for a partition that has {len(before)}")
    if None in before:
        after = iter([None if a is None else a + by for a, by in zip(before, row, strict=True)])
    else:
        after = map(add, before, row)
    log_start, high_watermark, last_stable, end = _next(after, OF_PARTITION)
    return Partition(
        index=old.index,
        leader=old.leader,
        leader_epoch=old.leader_epoch,
        replicas=tuple([_moved_replica(r, after) for r in old.replicas]),
        isr=old.isr,
        min_isr=old.min_isr,
        log_start=log_start,
        high_watermark=high_watermark,
        last_stable=last_stable,
        end=end,
        adding=old.adding,
        removing=old.removing,
        error=old.error,
    )


def _moved_replica(old: Replica, after: Iterator[Any]) -> Replica:
    log_start, end, high_watermark, size_bytes = _next(after, OF_REPLICA)
    return Replica(
        broker=old.broker,
        log_start=log_start,
        end=end,
        high_watermark=high_watermark,
        in_sync=old.in_sync,
        is_leader=old.is_leader,
        alive=old.alive,
        size_bytes=size_bytes,
        segments=(*old.segments[:-1], _moved_segment(old.segments[-1], after))
        if old.segments
        else old.segments,
        directory=old.directory,
    )


def _moved_segment(old: Segment, after: Iterator[Any]) -> Segment:
    next_offset, size_bytes, index_bytes, timeindex_bytes, max_timestamp_ms, resident, pages = _next(
        after, OF_SEGMENT
    )
    return Segment(
        base_offset=old.base_offset,
        next_offset=next_offset,
        size_bytes=size_bytes,
        index_bytes=index_bytes,
        timeindex_bytes=timeindex_bytes,
        active=old.active,
        created_ms=old.created_ms,
        max_timestamp_ms=max_timestamp_ms,
        resident_pages=None if resident == UNSEEN else resident,
        pages=None if pages == UNSEEN else pages,
    )


def _next(numbers: Iterator[Any], count: int) -> list[Any]:
    return [next(numbers) for _ in range(count)]
