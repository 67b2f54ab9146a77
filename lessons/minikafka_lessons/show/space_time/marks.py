"""What happened beside the messages: kills, elections, cuts, and what a message did to its receiver's log.

Rule: a mark stands on its host's line, or across all of them when it concerns the network.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from minikafka.world import Traced
from minikafka.xray.wording import in_words
from minikafka_lessons.language import SOURCE, say, spoken
from minikafka_lessons.show.batches import say_why

DIED, BEGAN, ELECTED, NETWORK, NOTE = "died", "began", "elected", "network", "note"
SIGNS = {DIED: "✗", BEGAN: "↑", ELECTED: "★", NETWORK: "┄", NOTE: "•"}


@dataclass(frozen=True)
class Mark:
    """Something that happened. `host` is "" where it is between hosts."""

    at: float
    host: str
    kind: str
    label: str
    """Short enough to stand beside the line."""
    says: str
    """A sentence."""


def marks_of_events(events: Iterable[Traced]) -> list[Mark]:
    """What a trace tells beside messages."""
    found: list[Mark] = []
    for traced in events:
        made = _mark(traced)
        if made is not None:
            kind, host, label = made
            # What a trace says is English; elsewhere the label stands for it.
            says = in_words(traced.event, traced.host) if spoken() == SOURCE else label
            found.append(Mark(traced.at, host, kind, label, says))
    return found


def _of_the_quorum(traced: Traced) -> tuple[str, str, str] | None:
    """A voter that leads now, or has voted."""
    event: Any = traced.event
    if event.leader == event.node_id:
        return ELECTED, traced.host, say("leads, epoch {epoch}", epoch=event.epoch)
    if event.leader < 0 <= event.voted_for:
        return NOTE, traced.host, say("votes, epoch {epoch}", epoch=event.epoch)
    return None


def _mark(traced: Traced) -> tuple[str, str, str] | None:
    """(kind, host, label) of an event that is drawn."""
    event: Any = traced.event
    match event.kind:
        case "HostCrashed":
            return DIED, traced.host, say("killed")
        case "PowerLost":
            return DIED, traced.host, say("lost power")
        case "BrokerFailed":
            return DIED, traced.host, say("out of service")
        case "BrokerStarted":
            return BEGAN, traced.host, say("starts")
        case "BrokerStopped":
            return DIED, traced.host, say("stopped")
        case "LeaderElected":
            chosen = f"broker-{event.leader}" if event.leader >= 0 else ""
            called = f"{event.topic}-{event.partition}"
            label = say(
                "{partition}: {leader}, epoch {epoch}",
                partition=called,
                leader=chosen,
                epoch=event.leader_epoch,
            )
            return ELECTED, traced.host, label if chosen else say("{partition}: no leader", partition=called)
        case "QuorumStateKept":
            return _of_the_quorum(traced)
        case "IsrChanged":
            return NOTE, traced.host, f"{event.topic}-{event.partition}: ISR {list(event.isr)}"
        case "BrokerFenced":
            return NOTE, traced.host, say("{broker} fenced", broker=f"broker-{event.broker_id}")
        case "RecordsAppended":
            return NOTE, traced.host, f"+{event.count} → LEO {event.first_offset + event.count}"
        case "HighWatermarkAdvanced":
            return NOTE, traced.host, f"HW {event.offset}"
        case "BatchSent":
            return (
                NOTE,
                traced.host,
                f"{event.records} × {event.topic}-{event.partition}: {say_why(event.why)}",
            )
        case "LogTruncated":
            return NOTE, traced.host, say("cut back to {offset}", offset=event.offset)
        case "Partitioned" | "Healed":
            return NETWORK, "", in_words(event, traced.host)
        case "GroupStateChanged":
            return NOTE, traced.host, f"{event.group}: {event.new}"
    return None
