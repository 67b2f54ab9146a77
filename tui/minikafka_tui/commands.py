"""What can be done to a cluster from the inspector, in words: questions, arguments, places to jump to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from minikafka.commands import Command, commands
from minikafka.world.visible import visible_name
from minikafka.xray.snapshot import Broker, Snapshot
from minikafka_tui import format


def with_arguments() -> list[type[Command]]:
    """The commands that are asked for in one line."""
    return [kind for kind in commands().values() if kind.usage and not kind.asks_first]


def is_possible(kind: type[Command], snapshot: Snapshot) -> bool:
    """Can this cluster do it?"""
    return not kind.simulated or snapshot.paused is not None or (kind.signals and bool(snapshot.pids))


def consequence(verb: str, broker: Broker) -> tuple[str, str]:
    """The question and what a yes means."""
    if verb == "kill":
        leads = (
            ""
            if broker.leaders is None
            else f" The {format.plural(broker.leaders, 'partition')} it leads need new leaders."
        )
        return (
            f"Kill {broker.name}?",
            f"It stops at once, as by kill -9: no clean shutdown; its data stays on disk.{leads}",
        )
    if broker.state == "down":
        return f"Start {broker.name} again?", "It recovers its logs, then follows until it is in sync."
    return f"Restart {broker.name}?", "It shuts down cleanly, then starts again on its data."


def places(snapshot: Snapshot, tabs: tuple[str, ...]) -> Iterator[str]:
    """All one can jump to, for completion, as it is shown."""
    yield from tabs
    yield from (visible_name(t.name) for t in snapshot.topics)
    yield from (visible_name(b.name) for b in snapshot.brokers)
    yield from (visible_name(g.id) for g in snapshot.groups or ())


def find_place(snapshot: Snapshot, tabs: tuple[str, ...], place: str) -> tuple[str, dict[str, Any]] | None:
    """The tab to open and what to select there; `None` when nothing is called so.

    Names are typed as they are shown. Exact ones win; then a tab's beginning; then the first that contains the text.
    """
    word, _, rest = place.partition(" ")
    if rest and (tab := next((t for t in tabs if t.startswith(word)), None)):
        return find_place(snapshot, (), rest.strip()) or (tab, {})
    topics = {visible_name(t.name): t for t in snapshot.topics}
    groups = {visible_name(g.id): g.id for g in snapshot.groups or ()}
    if place in tabs:
        return place, {}
    if place in topics:
        return "partitions", {"topic": topics[place].name, "partition": 0}
    name, _, index = place.replace("/", "-").rpartition("-")
    if name in topics and index.isdigit() and int(index) < len(topics[name].partitions):
        return "segments", {"topic": topics[name].name, "partition": int(index)}
    if any(b.name == place for b in snapshot.brokers):
        return "overview", {"broker": place}
    if place in groups:
        return "groups", {"group": groups[place]}
    if tab := next((t for t in tabs if t.startswith(place.lower())), None):
        return tab, {}
    if topic := next((t for t in topics if place.lower() in t.lower()), None):
        return "partitions", {"topic": topics[topic].name, "partition": 0}
    if group := next((g for g in groups if place.lower() in g.lower()), None):
        return "groups", {"group": groups[group]}
    return None
