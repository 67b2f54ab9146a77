"""What travels of partitions that merely moved on: columns of numbers, exact for whatever numbers there are."""

from __future__ import annotations

import zlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikafka.xray import numbers
from minikafka.xray.delta import Delta, apply, diff
from minikafka.xray.snapshot import Partition, Replica, Segment, Snapshot, Topic

offsets = st.one_of(st.none(), st.integers(-1, 3), st.sampled_from([-(2**63), 2**63 - 1]))
certain = st.one_of(st.integers(0, 3), st.sampled_from([-(2**63), 2**63 - 1]))
segments = st.builds(
    Segment,
    base_offset=st.integers(0, 1),
    next_offset=certain,
    size_bytes=certain,
    index_bytes=offsets,
    active=st.booleans(),
    max_timestamp_ms=offsets,
    resident_pages=st.one_of(st.none(), st.integers(0, 3)),
)
replicas = st.builds(
    Replica,
    broker=st.sampled_from(["broker-1", "broker-2"]),
    end=offsets,
    high_watermark=offsets,
    in_sync=st.booleans(),
    size_bytes=offsets,
    segments=st.one_of(st.none(), st.lists(segments, max_size=2).map(tuple)),
)
partitions = st.builds(
    Partition,
    index=st.integers(0, 1),
    leader=st.sampled_from([None, "broker-1"]),
    replicas=st.lists(replicas, max_size=2).map(tuple),
    end=offsets,
)
topics = st.builds(
    Topic, name=st.sampled_from(["a", "b"]), partitions=st.lists(partitions, max_size=3).map(tuple)
)


def picture(version: int, *topics: Topic) -> Snapshot:
    return Snapshot(version, 0.0, "live", "lab", topics=topics)


def travelled(delta: Delta) -> Delta:
    return msgspec.msgpack.decode(msgspec.msgpack.encode(delta), type=Delta)


@given(st.lists(topics, max_size=3), st.lists(topics, max_size=3))
def test_any_picture_comes_of_any_other(old: list[Topic], new: list[Topic]) -> None:
    before, after = picture(1, *old), picture(2, *new)
    assert apply(before, travelled(diff(before, after))) == after


@given(partitions, st.data())
def test_numbers_that_move_are_exact(partition: Partition, data: st.DataObject) -> None:
    """The likely case: the same shape, other numbers."""

    def moved(replica: Replica) -> Replica:
        *rolled, active = replica.segments or [None]
        if active is not None:
            grown = msgspec.structs.replace(
                active, next_offset=data.draw(certain), max_timestamp_ms=data.draw(offsets)
            )
            replica = msgspec.structs.replace(replica, segments=(*rolled, grown))
        return msgspec.structs.replace(replica, end=data.draw(offsets))

    after = msgspec.structs.replace(
        partition, end=data.draw(offsets), replicas=tuple(map(moved, partition.replicas))
    )
    one, other = picture(1, Topic("a", partitions=(partition,))), picture(2, Topic("a", partitions=(after,)))
    assert apply(one, travelled(diff(one, other))) == other


def busy(version: int, records: int) -> Snapshot:
    """A thousand topics, each with so many records."""

    def replica(broker: int, at_ms: int) -> Replica:
        grown = Segment(0, records, 170 * records, 0, 0, True, 1_000, at_ms, 1, 1)
        return Replica(
            f"broker-{broker}", 0, records, records, True, broker == 1, True, 170 * records, (grown,), "/d"
        )

    def topic(number: int) -> Topic:
        at_ms = 1_700_000_000_000 + version * 1_000 + number * 7_919 % 997
        of = Partition(
            0,
            "broker-1",
            0,
            tuple(replica(broker, at_ms) for broker in (1, 2, 3)),
            ("broker-1", "broker-2", "broker-3"),
            1,
            0,
            records,
            records,
            records,
        )
        return Topic(f"topic-of-some-length-{number}", partitions=(of,))

    return picture(version, *map(topic, range(1000)))


def test_a_thousand_partitions_that_moved_alike_are_a_few_thousand_bytes() -> None:
    before, after = busy(1, 5), busy(2, 6)
    frame = msgspec.msgpack.encode(diff(before, after))
    assert len(frame) < 8_000, "eight bytes a partition, of which most are its timestamp"
    assert b"topic-of" not in frame
    assert apply(before, travelled(diff(before, after))) == after


def test_what_else_changed_travels_beside_the_numbers() -> None:
    before, after = busy(1, 5), busy(2, 6)
    changed = msgspec.structs.replace(after.topics[7].partitions[0], leader="broker-2")
    topics = list(after.topics)
    topics[7] = msgspec.structs.replace(topics[7], partitions=(changed,))
    del topics[3]
    after = msgspec.structs.replace(after, topics=tuple(topics), name="another")
    assert apply(before, travelled(diff(before, after))) == after


def packed(*columns: numbers.Columns) -> bytes:
    return zlib.compress(msgspec.msgpack.encode(columns))


@pytest.mark.parametrize(
    "hostile",
    [
        b"",
        b"no columns",
        packed(numbers.Columns([0], [0], [[1]])),
        packed(numbers.Columns([-1], [0], [[1]] * 37)),
        packed(numbers.Columns([0], [-1], [[1]] * 37)),
        packed(numbers.Columns([1000], [0], [[1]] * 37)),
        packed(numbers.Columns([0], [1], [[1]] * 37)),
        packed(numbers.Columns([0, 1], [0], [[1]] * 37)),
        packed(numbers.Columns([0], [0], [[1], [1, 2]] * 18 + [[1]])),
        packed(numbers.Columns([0], [0], [[1]] * 37))[:-3],
        zlib.compress(msgspec.msgpack.encode([["a", "b", "c"]])),
        zlib.compress(bytes(numbers.MAX_BYTES + 1)),
    ],
)
def test_columns_that_do_not_fit_are_refused(hostile: bytes) -> None:
    with pytest.raises(ValueError, match="doesn't fit the picture"):
        apply(busy(1, 5), Delta(1, numbers=hostile))
