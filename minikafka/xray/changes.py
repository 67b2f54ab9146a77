"""What changed between two snapshots, in words: the events of a cluster that tells none.

Rule: it says what is seen now and was not before; when it happened in between is not known. What happened to
many partitions alike is reported once. A kind of event has the name that our own nodes give it, if only one of several
events of one change: who filters by kind finds the same on every cluster.
"""

from __future__ import annotations

from collections.abc import Iterator

from minikafka.xray.snapshot import Group, Partition, Snapshot
from minikafka.xray.wording import names_of

Change = tuple[str, str, str]
"""Host, kind, text."""


def changes(old: Snapshot | None, new: Snapshot) -> Iterator[Change]:
    """Brokers, controller, topics, leaders, ISRs and groups that are others than before."""
    if old is None:
        return
    yield from _brokers(old, new)
    if old.controller != new.controller and new.controller is not None:
        yield new.controller, "ControllerStarted", f"{new.controller} is the active controller"
    before = {t.name: t for t in old.topics}
    alike: dict[tuple[str, str, str], list[str]] = {}
    for topic in new.topics:
        if topic.name not in before:
            yield "cluster", "TopicCreated", f"{topic.name}: {len(topic.partitions)} partitions"
            continue
        partitions = {p.index: p for p in before[topic.name].partitions}
        for partition in topic.partitions:
            earlier = partitions.get(partition.index)
            if earlier is not None and earlier is not partition:
                for change in _partition(earlier, partition):
                    alike.setdefault(change, []).append(f"{topic.name}-{partition.index}")
    for (host, kind, what), names in alike.items():
        yield host, kind, _of_partitions(names, what)
    there = {t.name for t in new.topics}
    for name in sorted(set(before) - there):
        yield "cluster", "TopicDeleted", f"{name} is gone"
    yield from _groups(old, new)


def _brokers(old: Snapshot, new: Snapshot) -> Iterator[Change]:
    before = {b.name: b.state for b in old.brokers}
    for broker in new.brokers:
        if before.get(broker.name) != broker.state:
            kind = "BrokerUnfenced" if broker.state == "running" else "BrokerFenced"
            yield broker.name, kind, f"{broker.name} is {broker.state}"
    for name in sorted(set(before) - {b.name for b in new.brokers}):
        yield name, "BrokerFenced", f"{name} is gone"


def _partition(old: Partition, new: Partition) -> Iterator[Change]:
    """What is true of it now, without its name."""
    if old.leader != new.leader:
        who = "no leader" if new.leader is None else f"{new.leader} leads"
        yield new.leader or "cluster", "LeaderElected", f"{who}, epoch {new.leader_epoch}"
    if set(old.isr) != set(new.isr):
        ids = ",".join(sorted(b.removeprefix("broker-") for b in new.isr)) or "empty"
        yield new.leader or "cluster", "IsrChanged", f"ISR is now {ids}"


def _of_partitions(names: list[str], what: str) -> str:
    if len(names) == 1:
        return f"{names[0]}: {what}"
    return f"{len(names):,} partitions: {what} {names_of(names)}"


def _groups(old: Snapshot, new: Snapshot) -> Iterator[Change]:
    before: dict[str, Group] = {g.id: g for g in old.groups or ()}
    for group in new.groups or ():
        earlier = before.get(group.id)
        count = None if group.members is None else len(group.members)
        before_count = len(earlier.members or ()) if earlier is not None else None
        if earlier is None or earlier.state != group.state or (count or 0) != before_count:
            members = "members unknown" if count is None else f"{count} members"
            yield (
                group.coordinator or "cluster",
                "GroupStateChanged",
                f"{group.id} is {group.state}, {members}",
            )
