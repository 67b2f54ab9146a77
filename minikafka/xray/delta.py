"""The difference between two snapshots, so that a push carries what changed and not ten thousand partitions.

Its one rule: ``apply(old, diff(old, new)) == new``, for any two snapshots. Topics and groups are compared
whole (structs compare in C, and a source that keeps unchanged ones makes that a pointer comparison); of
events, the new ones travel.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import msgspec

from minikafka.xray.snapshot import EventLine, Group, Snapshot, Topic

Named = TypeVar("Named", Topic, Group)


class Delta(msgspec.Struct, frozen=True):
    """What became of the snapshot of ``base_version`` (``None``: of nothing, this is the whole)."""

    base_version: int | None
    head: Snapshot
    """The new snapshot without topics, groups and events."""
    topics: tuple[Topic, ...]
    topic_order: tuple[str, ...] | None
    """All names in order, when the list itself changed."""
    groups: tuple[Group, ...]
    group_order: tuple[str, ...] | None
    groups_known: bool
    events: tuple[EventLine, ...]
    """Those that are new."""
    events_kept: tuple[int, int] | None
    """Of the old ones, those whose seq lies in this range (both ends included) are still in the picture …"""
    events_gone: tuple[int, ...] = ()
    """… but for these."""


def diff(old: Snapshot | None, new: Snapshot) -> Delta:
    """What changed from ``old`` to ``new``."""
    kept = _kept(old.events if old else (), new.events)
    old_topics = {t.name: t for t in old.topics} if old else {}
    old_groups = {g.id: g for g in old.groups or ()} if old else {}
    groups = new.groups or ()
    topic_order = tuple(t.name for t in new.topics)
    group_order = tuple(g.id for g in groups)
    return Delta(
        base_version=old.version if old else None,
        head=msgspec.structs.replace(new, topics=(), groups=None, events=()),
        topics=tuple(t for t in new.topics if old_topics.get(t.name) != t),
        topic_order=None if topic_order == tuple(old_topics) else topic_order,
        groups=tuple(g for g in groups if old_groups.get(g.id) != g),
        group_order=None if group_order == tuple(old_groups) else group_order,
        groups_known=new.groups is not None,
        events=new.events
        if kept is None
        else tuple(e for e in new.events if not kept[0] <= e.seq <= kept[1]),
        events_kept=kept,
        events_gone=_gone(old.events, new.events, kept) if old and kept else (),
    )


def apply(old: Snapshot | None, delta: Delta) -> Snapshot:
    """The new snapshot. ValueError when the delta starts from another one than ``old``."""
    if delta.base_version != (old.version if old else None):
        raise ValueError(f"this delta starts at version {delta.base_version}: another picture than this")
    topics = {t.name: t for t in old.topics} if old else {}
    topics.update((t.name, t) for t in delta.topics)
    groups = {g.id: g for g in old.groups or ()} if old else {}
    groups.update((g.id, g) for g in delta.groups)
    return msgspec.structs.replace(
        delta.head,
        topics=_in_order(topics, delta.topic_order),
        groups=_in_order(groups, delta.group_order) if delta.groups_known else None,
        events=_events(old.events if old else (), delta),
    )


def _in_order(named: dict[str, Named], order: Sequence[str] | None) -> tuple[Named, ...]:
    return tuple(named.values()) if order is None else tuple(named[name] for name in order)


def _kept(old: tuple[EventLine, ...], new: tuple[EventLine, ...]) -> tuple[int, int] | None:
    """The range in which the new picture has old events only, ``None`` when there is no such range."""
    before = {e.seq: e for e in old}
    common = [e.seq for e in new if before.get(e.seq) == e]
    if not common:
        return None
    low, high = min(common), max(common)
    left = frozenset(e.seq for e in new)
    stayed = [e.seq for e in old if low <= e.seq <= high and e.seq in left]
    return (low, high) if stayed == common == [e.seq for e in new if low <= e.seq <= high] else None


def _gone(old: tuple[EventLine, ...], new: tuple[EventLine, ...], kept: tuple[int, int]) -> tuple[int, ...]:
    """The old events of that range that the new picture lacks."""
    left = {e.seq for e in new}
    return tuple(e.seq for e in old if kept[0] <= e.seq <= kept[1] and e.seq not in left)


def _events(old: tuple[EventLine, ...], delta: Delta) -> tuple[EventLine, ...]:
    if delta.events_kept is None:
        return delta.events
    low, high = delta.events_kept
    gone = frozenset(delta.events_gone)
    kept = tuple(e for e in old if low <= e.seq <= high and e.seq not in gone)
    return tuple(sorted(kept + delta.events, key=lambda e: e.seq))
