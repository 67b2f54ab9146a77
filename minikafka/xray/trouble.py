"""What is wrong in a cluster, in sentences, from its picture alone, and before the controller notices.

Rule: a sentence says what doesn't work now, and until when as far as anybody can tell; what isn't known
doesn't count as well. All viewers say these sentences (TUI, `--once`, notebooks). Kafka tells the same facts by
its metrics (OfflinePartitionsCount, UnderMinIsrPartitionCount, FencedBrokerCount), after its controller knows them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from minikafka.world.visible import in_json, visible
from minikafka.xray.snapshot import (
    DOWN,
    FENCED,
    RUNNING,
    STARTING,
    Broker,
    Group,
    Partition,
    Snapshot,
)

SILENT_SHARE = 1 / 3
"""Of its session's timeout: who is silent longer has missed a heartbeat (Kafka's advice is three or more a session)."""
MOST_NAMED = 3
REBALANCING = frozenset(("PreparingRebalance", "CompletingRebalance", "Assigning", "Reconciling"))


class Trouble(msgspec.Struct, frozen=True):
    """One thing that is wrong."""

    text: str
    """One sentence in one line."""
    broken: bool = True
    """Something doesn't work now; False: there is less than there should be."""


def troubles(snapshot: Snapshot) -> tuple[Trouble, ...]:
    """All that is wrong, what doesn't work first."""
    found = [
        *_controllers(snapshot),
        *_brokers(snapshot),
        *_network(snapshot),
        *_partitions(snapshot),
        *_disks(snapshot),
        *_groups(snapshot),
        *(Trouble(problem) for problem in snapshot.problems),
    ]
    visibly = [Trouble(visible(trouble.text), trouble.broken) for trouble in found]
    return tuple(sorted(visibly, key=lambda trouble: not trouble.broken))


def silent_s(snapshot: Snapshot, broker: Broker) -> float | None:
    """For how long the controller hasn't heard from a broker in its service, when that is longer than usual."""
    timeout_s = snapshot.session_timeout_s
    if broker.heard_at is None or timeout_s is None or broker.fenced is not False:
        return None
    silent = snapshot.at - broker.heard_at
    return silent if silent > timeout_s * SILENT_SHARE else None


def _controllers(snapshot: Snapshot) -> Iterator[Trouble]:
    one_leads = any(controller.is_leader for controller in snapshot.controllers)
    for controller in snapshot.controllers:
        if controller.error:
            yield Trouble(f"{controller.name}: {controller.error}.", broken=not one_leads)
        elif controller.state == DOWN and one_leads:
            yield Trouble(
                f"{controller.name} is down; the other controllers decide without it.", broken=False
            )
        elif controller.state == DOWN:
            yield Trouble(
                f"{controller.name} is down: nobody elects leaders or creates topics until it runs again."
            )


def _brokers(snapshot: Snapshot) -> Iterator[Trouble]:
    leads, awaited = _waiting(snapshot)
    for broker in snapshot.brokers:
        if broker.error:
            yield Trouble(f"{broker.name}: {broker.error}.")
        if broker.is_gone and broker.fenced is False:
            what = _what_waits(leads.get(broker.name, 0), awaited.get(broker.name, 0))
            is_how = "is down" if broker.state == DOWN else "doesn't answer"
            yield Trouble(f"{broker.name} {is_how}: {what}{_until_noticed(snapshot, broker)}.")
        elif broker.is_gone:
            if not broker.error:
                yield Trouble(f"{broker.name} is down; others lead what they can.", broken=False)
        elif broker.state == STARTING:
            yield Trouble(f"{broker.name} is starting.", broken=False)
        elif broker.state == FENCED:
            yield Trouble(
                f"{broker.name} is fenced: it runs, but the controller lets it lead nothing.", broken=False
            )
        elif broker.state == RUNNING and (silent := silent_s(snapshot, broker)) is not None:
            left_s = (snapshot.session_timeout_s or 0) - silent
            yield Trouble(
                f"The controller hasn't heard from {broker.name} for {silent:.0f} s: it is taken out of service "
                f"in up to {_seconds(left_s)}, unless it is heard from.",
                broken=False,
            )


def _waiting(snapshot: Snapshot) -> tuple[dict[str, int], dict[str, int]]:
    """By broker: partitions whose leader on paper it is and that stand still, and those that wait for its copy."""
    leads: dict[str, int] = {}
    awaited: dict[str, int] = {}
    for partition in _all_partitions(snapshot):
        if partition.leader_is_gone:
            assert partition.leader is not None
            leads[partition.leader] = leads.get(partition.leader, 0) + 1
        else:
            for broker in partition.waits_for:
                awaited[broker] = awaited.get(broker, 0) + 1
    return leads, awaited


def _what_waits(leads: int, awaited: int) -> str:
    parts = []
    if leads:
        parts.append(f"writes and reads of the {_count(leads, 'partition')} it leads stall")
    if awaited:
        what = f"{awaited:,} more" if leads else _count(awaited, "partition")
        parts.append(f"acks=all writes to {what} wait")
    return ", ".join(parts) or "nothing waits for it"


def _until_noticed(snapshot: Snapshot, broker: Broker) -> str:
    if snapshot.controllers and all(c.state == DOWN for c in snapshot.controllers):
        return ", until a controller runs again and notices"
    if snapshot.session_timeout_s is None or broker.heard_at is None:
        return ", until the controller notices"
    left_s = broker.heard_at + snapshot.session_timeout_s - snapshot.at
    return f": up to {_seconds(left_s)} until the controller notices"


def _seconds(left_s: float) -> str:
    return f"{max(1, math.ceil(left_s))} s"


def _network(snapshot: Snapshot) -> Iterator[Trouble]:
    sides = [" ".join(side) for side in snapshot.cut if side]
    if sides:
        yield Trouble(
            "The network is cut: "
            + (" ┃ ".join(sides) if len(sides) > 1 else f"{sides[0]} ┃ all others")
            + "."
        )


def _partitions(snapshot: Snapshot) -> Iterator[Trouble]:
    offline: list[str] = []
    refusing: list[str] = []
    short = 0
    errors: dict[str, list[str]] = {}
    for topic in snapshot.topics:
        for partition in topic.partitions:
            if partition.offline:
                offline.append(f"{topic.name}-{partition.index}")
            elif partition.error:
                errors.setdefault(partition.error, []).append(f"{topic.name}-{partition.index}")
            if partition.offline:
                continue
            if partition.under_min_isr:
                refusing.append(f"{topic.name}-{partition.index}")
            elif partition.under_replicated:
                short += 1
    if offline:
        yield Trouble(
            f"{_have(offline)} no leader: nothing can be written or read there ({_named(offline)})."
        )
    for error, names in errors.items():
        yield Trouble(f"{_count(len(names), 'partition')} can't be asked: {error} ({_named(names)}).")
    if refusing:
        yield Trouble(
            f"{_have(refusing)} fewer replicas in sync than min.insync.replicas: acks=all writes are refused "
            f"({_named(refusing)})."
        )
    if short:
        have = "has" if short == 1 else "have"
        yield Trouble(
            f"{_count(short, 'partition')} {have} fewer replicas in sync than assigned.", broken=False
        )


def _disks(snapshot: Snapshot) -> Iterator[Trouble]:
    nearly_full: dict[int, tuple[list[str], int]] = {}
    for broker in snapshot.brokers:
        for directory in broker.log_dirs or ():
            if directory.error:
                yield Trouble(
                    f"{broker.name} has lost the log directory {directory.path}: {directory.error}."
                )
            elif directory.is_nearly_full:
                assert directory.total_bytes is not None
                assert directory.usable_bytes is not None
                names, usable = nearly_full.setdefault(directory.total_bytes, ([], directory.usable_bytes))
                if broker.name not in names:
                    names.append(broker.name)
    for names, usable in nearly_full.values():  # brokers of one machine share a disk
        left = f"{usable // 1_048_576} MiB" if usable else "nothing"
        yield Trouble(f"The disk of {', '.join(names)} is full: {left} is left.", broken=usable < 1_048_576)


def _groups(snapshot: Snapshot) -> Iterator[Trouble]:
    if snapshot.groups is None:
        yield Trouble("Groups can't be listed: no broker that could do it answers.")
        return
    lost = [group.id for group in snapshot.groups if group.as_of is not None]
    if lost:
        one = len(lost) == 1
        yield Trouble(
            f"{_count(len(lost), 'group')} {'is' if one else 'are'} shown as last seen: "
            f"{'its' if one else 'their'} coordinator is gone ({_named(lost)})."
        )
    for group in snapshot.groups:
        if group.as_of is None:
            yield from _group(snapshot, group)


def _group(snapshot: Snapshot, group: Group) -> Iterator[Trouble]:
    if group.error:
        yield Trouble(f"Group {group.id} can't be asked for: {group.error}.")
    elif group.state in REBALANCING:
        yield Trouble(
            f"Group {group.id} is rebalancing: its members read nothing until that is done.", broken=False
        )
    else:
        for member in group.members or ():
            if member.heard_at is None or member.session_timeout_s is None:
                continue
            silent = snapshot.at - member.heard_at
            if silent > member.session_timeout_s * SILENT_SHARE:
                owned = _count(len(member.assignment or ()), "partition")
                left = _seconds(member.session_timeout_s - silent)
                yield Trouble(
                    f"Group {group.id} hasn't heard from {member.client_id or member.id} for {silent:.0f} s: "
                    f"nobody reads its {owned}, up to {left} until the group continues without it.",
                    broken=False,
                )


def _all_partitions(snapshot: Snapshot) -> Iterable[Partition]:
    return (partition for topic in snapshot.topics for partition in topic.partitions)


def _have(names: Sequence[str]) -> str:
    return f"{_count(len(names), 'partition')} {'has' if len(names) == 1 else 'have'}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _named(names: Sequence[str]) -> str:
    return ", ".join(names[:MOST_NAMED]) + (", …" if len(names) > MOST_NAMED else "")


def to_json(snapshot: Snapshot) -> bytes:
    """The snapshot as indented JSON, with its troubles, for programs (`minikafka tui --once --json`)."""
    fields = msgspec.structs.asdict(snapshot)
    encoded = msgspec.json.format(msgspec.json.encode({**fields, "troubles": troubles(snapshot)}), indent=2)
    return in_json(encoded.decode()).encode()
