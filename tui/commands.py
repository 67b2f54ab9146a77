"""What can be done to a cluster from the inspector, in words: questions, arguments, places to jump to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from minikafka.world.visible import visible_name
from minikafka.xray.snapshot import Broker, Snapshot
from minikafka_tui import format


@dataclass(frozen=True)
class Spec:
    """A command with arguments in one line of text; ``parse`` raises ValueError with a sentence."""

    name: str
    title: str
    hint: str
    example: str
    parse: Callable[[str], dict[str, Any]]
    simulated: bool = False


def _create_topic(text: str) -> dict[str, Any]:
    words = text.split()
    if not 1 <= len(words) <= 3 or not all(w.isdigit() for w in words[1:]):
        raise ValueError("Say: NAME PARTITIONS REPLICATION-FACTOR, for instance: orders 6 3")
    numbers = [int(w) for w in words[1:]] + [1, 1][len(words) - 1 :]
    return {"name": words[0], "partitions": numbers[0], "replication_factor": numbers[1]}


def _produce(text: str) -> dict[str, Any]:
    topic, _, rest = text.partition(" ")
    if not rest:
        raise ValueError("Say: TOPIC VALUE, or TOPIC KEY:VALUE")
    key, colon, value = rest.partition(":")
    return {"topic": topic, "key": key if colon else None, "value": value if colon else rest}


def _cut(text: str) -> dict[str, Any]:
    groups = [part.split() for part in text.split("|")]
    if len(groups) != 2 or not all(groups):
        raise ValueError("Say the two sides with a bar between: broker-1 | broker-2 broker-3")
    return {"groups": groups}


def _run(text: str) -> dict[str, Any]:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds < 1e6:
        raise ValueError("Say how many seconds of virtual time, for instance: 5")
    return {"seconds": seconds}


SPECS = (
    Spec("create_topic", "Create topic", "name, partitions, replication factor", "orders 6 3", _create_topic),
    Spec("produce", "Produce a record", "topic, then a value or key:value", "orders key:value", _produce),
    Spec("partition", "Cut the network", "hosts | other hosts", "broker-1 | broker-2 broker-3", _cut),
    Spec("run", "Run for some seconds", "seconds of virtual time, then stop", "5", _run, simulated=True),
)


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
            f"It stops at once, as by kill -9: no clean shutdown, data stays on its disk.{leads}",
        )
    if broker.state == "down":
        return f"Start {broker.name} again?", "It recovers its logs, then follows until it is in sync."
    return f"Restart {broker.name}?", "It stops in order, and starts again on its data."


def places(snapshot: Snapshot, tabs: tuple[str, ...]) -> Iterator[str]:
    """All one can jump to, for completion, as it is shown."""
    yield from tabs
    yield from (visible_name(t.name) for t in snapshot.topics)
    yield from (visible_name(b.name) for b in snapshot.brokers)
    yield from (visible_name(g.id) for g in snapshot.groups or ())


def find_place(snapshot: Snapshot, tabs: tuple[str, ...], place: str) -> tuple[str, dict[str, Any]] | None:
    """The tab to open and what to select there; ``None`` when nothing is called so.

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
