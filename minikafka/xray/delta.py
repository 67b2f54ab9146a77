"""The difference between two snapshots, so that a push carries what changed and nothing else.

Rule: `apply(old, diff(old, new)) == new`, for any two snapshots. What is the same object in both is not
looked into, so a source that keeps what stayed makes a difference cost what changed. Structs are compared field by
field, tuples of things with a name (topics, partitions, groups, events) by name, other structs by their place.
"""

from __future__ import annotations

import functools
import types
import typing
from collections.abc import Callable, Generator
from typing import Any, cast

import msgspec

from minikafka.xray.numbers import Moved, move
from minikafka.xray.snapshot import Broker, EventLine, Group, Partition, Segment, Snapshot, Topic

WHOLE, PARTS, NAMED = 0, 1, 2
Change = tuple[Any, ...]
"""(WHOLE, value), (PARTS, {field or place: change}) or (NAMED, {name: change}, names in order, None: as before)."""

NAMES: dict[type, Callable[[Any], Any]] = {
    Topic: lambda topic: topic.name,
    Partition: lambda partition: partition.index,
    Segment: lambda segment: segment.base_offset,
    Group: lambda group: group.id,
    Broker: lambda broker: broker.id,
    EventLine: lambda event: event.seq,
}

TOPICS = Snapshot.__struct_fields__.index("topics")


class Delta(msgspec.Struct, frozen=True):
    """What became of the snapshot of `base_version` (`None`: of nothing, and `whole` is the new one): first
    `numbers` moved, then the rest changed."""

    base_version: int | None
    whole: Snapshot | None = None
    change: Any = None
    """A `Change` in plain lists and maps; None: nothing else changed."""
    numbers: bytes | None = None
    """Columns (`xray.numbers`); None: no partition merely moved on."""


def diff(old: Snapshot | None, new: Snapshot) -> Delta:
    """What changed from `old` to `new`."""
    pieces = diff_in_pieces(old, new)
    while True:
        try:
            next(pieces)
        except StopIteration as end:
            return cast("Delta", end.value)


def diff_in_pieces(old: Snapshot | None, new: Snapshot) -> Generator[None, None, Delta]:
    """`diff`, one topic after the other, for who has other things to do as well."""
    if old is None:
        return Delta(None, new)
    before = {topic.name: place for place, topic in enumerate(old.topics)}
    if len(before) < len(old.topics) or len({topic.name for topic in new.topics}) < len(new.topics):
        return Delta(old.version, None, _change(old, new))  # two of one name
    moved = Moved()
    topics = {}
    for topic in new.topics:
        place = before.get(topic.name)
        earlier = None if place is None else old.topics[place]
        if earlier is topic:
            continue
        if place is not None and earlier is not None:
            earlier = moved.take(place, earlier, topic)
        if (change := _change(earlier, topic)) is not None:
            topics[topic.name] = change
        yield
    names = [topic.name for topic in new.topics]
    order = None if names == list(before) else names
    _, parts = _change(msgspec.structs.replace(old, topics=new.topics), new) or (PARTS, {})
    if topics or order is not None:
        parts = {**parts, TOPICS: (NAMED, topics, order)}
    return Delta(old.version, None, (PARTS, parts) if parts else None, moved.packed())


def apply(old: Snapshot | None, delta: Delta) -> Snapshot:
    """The new snapshot. ValueError when the delta starts from another one than `old`, or makes no sense there."""
    if delta.base_version != (old.version if old else None):
        raise ValueError(f"this delta starts at version {delta.base_version}: another picture than this")
    if old is None:
        if delta.whole is None:
            raise ValueError("this delta holds no picture")
        return delta.whole
    try:
        new = old if delta.numbers is None else move(old, delta.numbers)
        new = new if delta.change is None else _changed(new, delta.change, Snapshot)
    except (msgspec.ValidationError, LookupError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"this delta doesn't fit the picture ({type(error).__name__}: {error})") from None
    assert isinstance(new, Snapshot)
    return new


def _change(old: Any, new: Any) -> Change | None:
    if old is new:
        return None
    if type(old) is not type(new):
        return (WHOLE, new)
    if isinstance(new, msgspec.Struct):
        return _parts(msgspec.structs.astuple(old), msgspec.structs.astuple(new))
    if old == new:
        return None
    if type(new) is tuple and old and new and isinstance(new[0], msgspec.Struct):
        name = NAMES.get(type(new[0]))
        if name is not None:
            return _by_name(old, new, name)
        if len(old) == len(new):
            return _parts(old, new)
    return (WHOLE, new)


def _parts(old: tuple[Any, ...], new: tuple[Any, ...]) -> Change | None:
    parts: dict[int, Change] = {}
    for place, (before, after) in enumerate(zip(old, new, strict=True)):
        if before is after:
            continue
        if type(after) is int and type(before) is int:  # offsets and sizes are most of what changes
            if before != after:
                parts[place] = (WHOLE, after)
        elif (change := _change(before, after)) is not None:
            parts[place] = change
    return (PARTS, parts) if parts else None


def _by_name(old: tuple[Any, ...], new: tuple[Any, ...], name: Callable[[Any], Any]) -> Change | None:
    before, after = {name(thing): thing for thing in old}, {name(thing): thing for thing in new}
    if len(before) < len(old) or len(after) < len(new):
        return (WHOLE, new)  # two of one name
    changes = {}
    for key, thing in after.items():
        earlier = before.get(key)
        if earlier is not thing:
            change = _change(earlier, thing)
            if change is not None:
                changes[key] = change
    order = None if list(before) == list(after) else list(after)
    return (NAMED, changes, order) if changes or order is not None else None


def _changed(old: Any, change: Any, kind: Any) -> Any:
    """What becomes of `old`, which stands where a value of the type `kind` belongs."""
    if change[0] == WHOLE:
        return msgspec.convert(change[1], kind)
    if change[0] == NAMED:
        return _renamed(old, change, _element(kind))
    if isinstance(old, msgspec.Struct):
        fields = _fields(type(old))
        new = {}
        for place, part in change[1].items():
            field, its_kind = fields[place]
            new[field] = _changed(getattr(old, field), part, its_kind)
        return msgspec.structs.replace(old, **new)
    things = list(old)
    for place, part in change[1].items():
        things[place] = _changed(things[place], part, _element(kind))
    return tuple(things)


def _renamed(old: tuple[Any, ...], change: Any, kind: type) -> tuple[Any, ...]:
    _, changes, order = change
    name = NAMES[kind]
    things = {name(thing): thing for thing in old}
    for key, part in changes.items():
        things[key] = _changed(things.get(key), part, kind)
    return tuple(things.values()) if order is None else tuple(things[key] for key in order)


@functools.cache
def _fields(kind: type) -> tuple[tuple[str, Any], ...]:
    """Of a struct: name and type of each field, in order."""
    hints = typing.get_type_hints(kind)
    return tuple((name, hints[name]) for name in kind.__struct_fields__)  # type: ignore[attr-defined]


@functools.cache
def _element(kind: Any) -> Any:
    """`tuple[Topic, ...] | None` → `Topic`."""
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        kind = next(one for one in typing.get_args(kind) if typing.get_origin(one) is tuple)
    return typing.get_args(kind)[0]
