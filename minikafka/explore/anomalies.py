"""What must not be found in a history, by name.

Rule: pure functions over a `History`; each anomaly says whether Kafka had promised that client that it won't
happen. The names are Jepsen's, in plain words (lost-write, duplicate, aborted-read, poll-skip, nonmonotonic-poll,
nonmonotonic-send, inconsistent-offsets).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from functools import cached_property
from itertools import pairwise

import msgspec

from minikafka.explore.history import History, Read, Write

LOST_WRITE = "lost write"
DUPLICATE = "duplicate"
ORDER_BROKEN = "order broken"
ABORTED_READ = "aborted read"
UNWRITTEN_READ = "read that nobody wrote"
TWO_VALUES = "two values at one offset"
SKIPPED_POLL = "skipped poll"
REPEATED_POLL = "repeated poll"
LOST_COMMIT = "lost commit"
LOST_CHANGE = "lost change"

Place = tuple[str, int, int]
"""Topic, partition, offset."""


class Anomaly(msgspec.Struct, frozen=True):
    """One thing that must not be, with the moment at which it showed."""

    name: str
    sentence: str
    at_s: float
    is_promised: bool = True
    """Did Kafka promise that it won't happen? With acks=1 a write may be lost, without idempotence come twice."""

    def __str__(self) -> str:
        return f"{self.name}: {self.sentence} (at {self.at_s:.6f} s)"


def anomalies(history: History) -> tuple[Anomaly, ...]:
    """All there are, in the order in which they showed."""
    seen = _Seen(history)
    found = [anomaly for look in _LOOKS for anomaly in look(seen)]
    return tuple(sorted(found, key=lambda one: one.at_s))


class _Seen:
    """A history, looked up by place, by value and by reader."""

    def __init__(self, history: History) -> None:
        self.history = history

    @cached_property
    def first(self) -> dict[Place, Read]:
        """The first read of each place."""
        found: dict[Place, Read] = {}
        for read in self.history.reads:
            found.setdefault((read.topic, read.partition, read.offset), read)
        return found

    @cached_property
    def writes(self) -> dict[tuple[str, bytes], Write]:
        """By topic and value."""
        return {(write.topic, write.value): write for write in self.history.writes}

    @cached_property
    def places(self) -> dict[tuple[str, bytes | None], list[Read]]:
        """Where each value was read: one read for each place."""
        found: dict[tuple[str, bytes | None], list[Read]] = {}
        for read in self.first.values():
            found.setdefault((read.topic, read.value), []).append(read)
        return found

    @cached_property
    def known(self) -> dict[tuple[str, int], list[int]]:
        """By topic and partition, the offsets at which there is a record for sure, in order."""
        found: dict[tuple[str, int], set[int]] = {}
        for topic, partition, offset in self.first:
            found.setdefault((topic, partition), set()).add(offset)
        for write in self.history.writes:
            if write.outcome == "acknowledged" and write.acks_all and write.offset >= 0:
                found.setdefault((write.topic, write.partition), set()).add(write.offset)
        return {where: sorted(offsets) for where, offsets in found.items()}

    def between(self, topic: str, partition: int, after: int, before: int) -> int | None:
        """The first offset with a record, where one lies between these two."""
        offsets = self.known.get((topic, partition), [])
        place = bisect_right(offsets, after)
        return offsets[place] if place < len(offsets) and offsets[place] < before else None

    @cached_property
    def turns(self) -> list[list[Read]]:
        """What a consumer read of a partition in one go, from when it was given it."""
        found: dict[tuple[str, str, int, int], list[Read]] = {}
        for read in self.history.reads:
            found.setdefault((read.client, read.topic, read.partition, read.turn), []).append(read)
        return list(found.values())


def _named(topic: str, partition: int, offset: int) -> str:
    return f"{topic}-{partition} at {offset}"


def _lost_writes(seen: _Seen) -> Iterator[Anomaly]:
    """Acknowledged, and then not where it was said to be, for somebody who read all of the partition."""
    for reading in seen.history.readings:
        found = {
            read.offset: read.value
            for read in seen.history.reads
            if (read.client, read.topic, read.partition) == (reading.client, reading.topic, reading.partition)
        }
        for write in seen.history.writes:
            if (write.topic, write.partition) != (reading.topic, reading.partition):
                continue
            if write.outcome != "acknowledged" or write.offset < reading.start:
                continue
            if write.ended_s > reading.began_s or found.get(write.offset) == write.value:
                continue
            instead = f"{found[write.offset]!r}" if write.offset in found else "nothing"
            where = _named(write.topic, write.partition, write.offset)
            yield Anomaly(
                LOST_WRITE,
                f"{write.client} was told that {write.value!r} is in {where}; {reading.client} found {instead} there",
                reading.at_s,
                write.acks_all,
            )


def _duplicates(seen: _Seen) -> Iterator[Anomaly]:
    for (topic, value), reads in seen.places.items():
        write = seen.writes.get((topic, value)) if value is not None else None
        if write is not None and len(reads) > 1:
            places = ", ".join(_named(topic, r.partition, r.offset) for r in reads[:3])
            sentence = f"{value!r}, written once by {write.client}, is in {places}"
            yield Anomaly(DUPLICATE, sentence, reads[1].at_s, write.idempotent)


def _broken_order(seen: _Seen) -> Iterator[Anomaly]:
    """A later write of a client is before an earlier one in a partition."""
    newest: dict[tuple[str, str, int], Write] = {}
    for place in sorted(seen.first):
        read = seen.first[place]
        write = seen.writes.get((read.topic, read.value)) if read.value is not None else None
        if write is None:
            continue
        where = (write.client, read.topic, read.partition)
        before = newest.get(where)
        if before is not None and before.number > write.number:
            yield Anomaly(
                ORDER_BROKEN,
                f"{write.client} wrote {write.value!r} before {before.value!r}, which comes before it "
                f"in {_named(*place)}",
                read.at_s,
                write.idempotent,
            )
        newest[where] = write if before is None or before.number < write.number else before


def _aborted_reads(seen: _Seen) -> Iterator[Anomaly]:
    for (topic, value), reads in seen.places.items():
        write = seen.writes.get((topic, value)) if value is not None else None
        if write is not None and write.outcome == "refused":
            where = _named(topic, reads[0].partition, reads[0].offset)
            sentence = f"{write.client} was told {write.error} for {value!r}, and {reads[0].client} read it in {where}"
            yield Anomaly(ABORTED_READ, sentence, reads[0].at_s)


def _unwritten_reads(seen: _Seen) -> Iterator[Anomaly]:
    topics = {write.topic for write in seen.history.writes}
    for read in seen.first.values():
        if read.topic in topics and (read.value is None or (read.topic, read.value) not in seen.writes):
            where = _named(read.topic, read.partition, read.offset)
            yield Anomaly(UNWRITTEN_READ, f"{read.client} read {read.value!r} in {where}", read.at_s)


def _two_values(seen: _Seen) -> Iterator[Anomaly]:
    for read in seen.history.reads:
        first = seen.first[(read.topic, read.partition, read.offset)]
        if first.value != read.value:
            where = _named(read.topic, read.partition, read.offset)
            sentence = (
                f"{first.client} read {first.value!r} in {where}, and {read.client} then {read.value!r}"
            )
            yield Anomaly(TWO_VALUES, sentence, read.at_s)


def _polls(seen: _Seen) -> Iterator[Anomaly]:
    """Offsets go up, and nothing is left out."""
    for turn in seen.turns:
        for one, other in pairwise(turn):
            where = _named(other.topic, other.partition, other.offset)
            if other.offset <= one.offset:
                sentence = f"{other.client} read {where}, after {one.offset}"
                yield Anomaly(REPEATED_POLL, sentence, other.at_s)
                continue
            skipped = seen.between(one.topic, one.partition, one.offset, other.offset)
            if skipped is not None:
                sentence = f"{other.client} read {where} after {one.offset}, and was never shown {skipped}"
                yield Anomaly(SKIPPED_POLL, sentence, other.at_s)


def _groups(seen: _Seen) -> Iterator[Anomaly]:
    """Its members together leave nothing out, and none begins before what is committed."""
    shown: dict[tuple[str, str, int], dict[int, Read]] = {}
    for read in seen.history.reads:
        if read.group:
            shown.setdefault((read.group, read.topic, read.partition), {}).setdefault(read.offset, read)
    for (group, topic, partition), reads in shown.items():
        last = max(reads)
        for offset in seen.known.get((topic, partition), ()):
            if min(reads) < offset < last and offset not in reads:
                sentence = (
                    f"group {group} read {topic}-{partition} up to {last}, and no member was shown {offset}"
                )
                yield Anomaly(SKIPPED_POLL, sentence, reads[last].at_s)
    for turn in seen.turns:
        first = turn[0]
        committed = max(
            (
                commit.offset
                for commit in seen.history.commits
                if (commit.group, commit.topic, commit.partition)
                == (first.group, first.topic, first.partition)
                and commit.at_s < first.at_s
            ),
            default=-1,
        )
        if first.group and first.offset < committed:
            where = f"{first.topic}-{first.partition}"
            sentence = f"{first.client} took up {where} at {first.offset}, but {committed} was committed"
            yield Anomaly(LOST_COMMIT, sentence, first.at_s)


def _lost_changes(seen: _Seen) -> Iterator[Anomaly]:
    """A change of a topic's settings was acknowledged, and isn't there in the end."""
    for topic, values, at_s in seen.history.settled:
        for change in seen.history.changes:
            if change.topic == topic and change.outcome == "acknowledged" and change.value not in values:
                sentence = f"{change.client} was told that {topic} has {change.value} in its list, and it isn't there"
                yield Anomaly(LOST_CHANGE, sentence, at_s)


_LOOKS: tuple[Callable[[_Seen], Iterator[Anomaly]], ...] = (
    _lost_writes,
    _duplicates,
    _broken_order,
    _aborted_reads,
    _unwritten_reads,
    _two_values,
    _polls,
    _groups,
    _lost_changes,
)
