"""Messages as arrows: a request and its answer are two, which know each other.

Rule: an arrow says only what is known: without `arrived` it is under way, or it is `lost`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from minikafka.world import Traced

GIVEN_UP_S = 5.0
"""What hasn't come after so long, where nothing was cut or killed, is lost all the same."""


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

    @property
    def until(self) -> float:
        return self.at if self.arrived is None else self.arrived


def arrows_of_events(events: Iterable[Traced]) -> list[Arrow]:
    """The messages in a trace, in the order in which they were sent."""
    found: list[Arrow] = []
    waiting: dict[tuple[str, str, str, int, bool], list[int]] = {}
    open_exchanges: dict[tuple[str, str, str, int], list[int]] = {}
    ends: list[tuple[float, str]] = []
    last = 0.0
    for traced in events:
        event, host, last = traced.event, traced.host, traced.at
        match event.kind:
            case "RequestSent" | "ResponseSent":
                told: Any = event
                is_answer = event.kind == "ResponseSent"
                way = (host, told.to_host, told.api, told.correlation_id)
                if is_answer:
                    begun = open_exchanges.get((told.to_host, host, told.api, told.correlation_id))
                    exchange = begun.pop(0) if begun else len(found)
                else:
                    exchange = len(found)
                    open_exchanges.setdefault(way, []).append(exchange)
                size = f"{told.size_bytes:,} bytes · version {told.version} · correlation id {told.correlation_id}"
                waiting.setdefault((*way, is_answer), []).append(len(found))
                found.append(
                    Arrow(traced.at, None, host, told.to_host, told.api, is_answer, False, exchange, size)
                )
            case "RequestReceived" | "ResponseReceived":
                told = event
                key = (told.from_host, host, told.api, told.correlation_id, event.kind == "ResponseReceived")
                if waiting.get(key):
                    index = waiting[key].pop(0)
                    found[index] = replace(found[index], arrived=traced.at)
            case "HostCrashed" | "PowerLost":
                ends.append((traced.at, host))
    for index in (one for left in waiting.values() for one in left):
        found[index] = replace(found[index], is_lost=_is_lost(found[index], ends, last))
    return found


def _is_lost(arrow: Arrow, ends: list[tuple[float, str]], last: float) -> bool:
    """Nobody will get it: an end of it has died since, or it is long overdue."""
    died = any(at >= arrow.at and host in (arrow.source, arrow.target) for at, host in ends)
    return died or last - arrow.at > GIVEN_UP_S


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
