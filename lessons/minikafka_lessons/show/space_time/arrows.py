"""Messages as arrows: a request and its answer are two, which know each other.

Rule: an arrow says only what is known: without `arrived` it is under way, or it is `lost`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from minikafka.xray.messages import Message
from minikafka_lessons.language import say


@dataclass(frozen=True)
class Arrow:
    """A message between two hosts."""

    at: float
    arrived: float | None
    source: str
    target: str
    api: str
    is_answer: bool = False
    is_lost: bool = False
    exchange: int = 0
    """The request and its answer have the same."""
    says: str = ""
    """What is in it, decoded."""
    error: str = ""
    cause: str = ""
    """Which message or command brought it about."""
    fate: str = ""
    """Why it, or its answer, was lost: a sentence, where it is known."""

    @property
    def until(self) -> float:
        return self.at if self.arrived is None else self.arrived


def arrows_of_messages(messages: Iterable[Message]) -> list[Arrow]:
    """Each message as one arrow, or two: its answer is the second."""
    found: list[Arrow] = []
    for message in messages:
        request = Arrow(
            message.began_s,
            message.received_s,
            message.from_host,
            message.to_host,
            message.api,
            is_lost=bool(message.lost) and message.received_s is None,
            exchange=message.number,
            says=in_short(message.request),
            cause=say("message {n}, caused by {cause}", n=message.number, cause=message.cause),
        )
        if message.answer_sent_s is None:
            found.append(replace(request, fate=message.lost))
            continue
        answer = Arrow(
            message.answer_sent_s,
            message.answer_received_s,
            message.to_host,
            message.from_host,
            message.api,
            is_answer=True,
            is_lost=bool(message.lost),
            exchange=message.number,
            says=in_short(message.answer or {}),
            error=message.error,
            fate=message.lost,
        )
        found += [request, answer]
    return sorted(found, key=lambda arrow: arrow.at)


def in_short(value: Any) -> str:
    """Decoded fields in a line: `max_wait_ms=500 topics=[topic=orders partitions=[…]]`."""
    if isinstance(value, Mapping):
        return " ".join(
            f"{name}={in_short(item)}" if not isinstance(item, Mapping) else f"{name}=({in_short(item)})"
            for name, item in value.items()
        )
    if isinstance(value, list | tuple):
        return "[" + ", ".join(in_short(item) for item in value) + "]"
    return str(value)


def filtered(
    arrows: Iterable[Arrow],
    api: str | Iterable[str] | None = None,
    between: Iterable[str] | None = None,
    since: float | None = None,
    until: float | None = None,
) -> list[Arrow]:
    """Those of these APIs, both of whose ends are among `between`, and which were under way in that time."""
    apis = None if api is None else [_plain(one) for one in ([api] if isinstance(api, str) else api)]
    hosts = None if between is None else list(between)
    return [
        arrow
        for arrow in arrows
        if (apis is None or _plain(arrow.api) in apis)
        and (hosts is None or (arrow.source in hosts and arrow.target in hosts))
        and (since is None or arrow.until >= since)
        and (until is None or arrow.at <= until)
    ]


def spoken(api: str) -> str:
    """`BrokerHeartbeat`, as Kafka's documents call it, for BROKER_HEARTBEAT."""
    return "".join(part.capitalize() for part in api.split("_")) if api.isupper() else api


def _plain(api: str) -> str:
    return api.replace("_", "").lower()


def counted(arrows: Iterable[Arrow]) -> Mapping[str, int]:
    """API → how many requests, the most frequent first."""
    counts: dict[str, int] = {}
    for arrow in arrows:
        if not arrow.is_answer:
            counts[spoken(arrow.api)] = counts.get(spoken(arrow.api), 0) + 1
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
