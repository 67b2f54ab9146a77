"""Messages between hosts, each request with its answer, put together from the events of a trace.

Rule: an exchange is known by its two hosts, its API and its correlation id, the newest open one first: a connection
that was given up leaves its own open for ever, and the next one counts from 0 again. What never came, or was never
answered, is there too and says why, if that is known. Kafka has no such view; its request log shows one side.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from minikafka.commands import Command, Run, RunRounds, RunTo, Step
from minikafka.commands.tape import Entry
from minikafka.protocol.api import ApiKey
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.events import RequestReceived, RequestSent, ResponseReceived, ResponseSent
from minikafka.world import Healed, HostCrashed, Partitioned, PowerLost, Traced
from minikafka.world.visible import quoted

LENGTH_BYTES = 4
"""Before a frame: the sender counts them."""
_ONLY_TIME = (Run, RunRounds, RunTo, Step)
_Key = tuple[str, str, str, int, int]


class Message(msgspec.Struct, frozen=True):
    """A request and its answer. Moments are virtual seconds; None: it didn't happen (yet)."""

    number: int
    """Of the event with which it began, unique in a run."""
    api: str
    """Kafka's name: `FETCH`."""
    version: int
    from_host: str
    to_host: str
    correlation_id: int
    sent_s: float | None
    """None: by a client that doesn't tell (aiokafka, kcat)."""
    received_s: float | None = None
    answer_sent_s: float | None = None
    answer_received_s: float | None = None
    request: Mapping[str, Any] = {}
    """Its fields, but those that have their default; bytes are counted, long lists cut (`protocol/content.py`)."""
    answer: Mapping[str, Any] | None = None
    error: str = ""
    """The first error code in the answer by Kafka's name; empty: none."""
    lost: str = ""
    """Why it or its answer will never come, or hasn't come yet, in one sentence; empty: it came, or is on its way."""
    caused_by: int | None = None
    """The number of the message that its sender had received in the very same instant."""
    command: Command | None = None
    """What was being done, when a client of the cluster has sent it."""

    @property
    def began_s(self) -> float:
        """When it was sent, or first heard of."""
        return self.sent_s if self.sent_s is not None else (self.received_s or 0.0)

    @property
    def cause(self) -> str:
        """In words."""
        if self.caused_by is not None:
            return f"message {self.caused_by}"
        return self.command.name if self.command is not None else f"a timer of {self.from_host}"

    def __repr__(self) -> str:
        if self.lost:
            outcome = self.lost
        elif self.answer_received_s is not None:
            outcome = f"answered in {(self.answer_received_s - self.began_s) * 1000:.3f} ms"
        else:
            outcome = "not answered yet"
        error = f" {self.error}" if self.error else ""
        return (
            f"<{self.number}: {self.began_s:.6f} s {self.from_host} → {self.to_host} {self.api} "
            f"v{self.version},{error} {outcome}; caused by {self.cause}>"
        )


def messages_of(events: Iterable[Traced], entries: Sequence[Entry] = ()) -> list[Message]:
    """Oldest first. `entries`: what was done meanwhile."""
    exchanges = _Exchanges(entries)
    for traced in events:
        exchanges.hear(traced)
    return [Message(**fields) for fields in exchanges.finished()]


def api_named(name: str) -> str:
    """`FETCH` for `Fetch`, `fetch` or `FETCH`. Raises ValueError."""
    plain = re.sub("[^a-z0-9]", "", name.lower())
    for key in ApiKey:
        if plain == key.name.replace("_", "").lower():
            return key.name
    raise ValueError(f"There is no API {quoted(name)} in Kafka; one is FETCH, another PRODUCE.")


def chosen(
    messages: Iterable[Message],
    *,
    api: str | None = None,
    between: tuple[str, str] | None = None,
    host: str | None = None,
    since_s: float | None = None,
    until_s: float | None = None,
) -> tuple[Message, ...]:
    """Those that fit. `between`: two hosts, whichever asks. Raises ValueError."""
    name = None if api is None else api_named(api)
    pair: Collection[str] | None = None
    if between is not None:
        if isinstance(between, str) or len(between) != 2:
            raise ValueError('Between two hosts, such as between=("broker-1", "broker-2").')
        pair = {*between}
    return tuple(
        m
        for m in messages
        if (name is None or m.api == name)
        and (pair is None or {m.from_host, m.to_host} == pair)
        and (host is None or host in (m.from_host, m.to_host))
        and (since_s is None or m.began_s >= since_s)
        and (until_s is None or m.began_s <= until_s)
    )


class _Exchanges:
    """Open ones by key, the newest last."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = [entry for entry in entries if not entry.is_inside]
        self._times = [entry.at.at_s for entry in self._entries]
        self._sizes: dict[int, int] = {}
        self._all: list[dict[str, Any]] = []
        self._sent: dict[_Key, deque[dict[str, Any]]] = {}
        self._received: dict[_Key, deque[dict[str, Any]]] = {}
        self._answered: dict[_Key, deque[dict[str, Any]]] = {}
        self._last_heard: dict[str, tuple[float, int]] = {}
        self._deaths: list[tuple[float, str]] = []
        self._cuts: list[tuple[float, Partitioned]] = []

    def hear(self, traced: Traced) -> None:
        event = traced.event
        if isinstance(event, RequestSent):
            self._request_sent(traced, event)
        elif isinstance(event, RequestReceived):
            self._request_received(traced, event)
        elif isinstance(event, ResponseSent):
            key = (event.to_host, traced.host, event.api, event.version, event.correlation_id)
            fields = _newest(self._received, key)
            if fields is not None:
                fields["answer_sent_s"] = traced.at
                self._see_answer(fields, traced)
                self._answered.setdefault(key, deque()).append(fields)
        elif isinstance(event, ResponseReceived):
            self._response_received(traced, event)
        elif isinstance(event, HostCrashed | PowerLost):
            self._deaths.append((traced.at, traced.host))
        elif isinstance(event, Partitioned):
            self._cuts.append((traced.at, event))
        elif isinstance(event, Healed):
            self._cuts.clear()

    def _begin(self, traced: Traced, event: Any, client: str, server: str) -> dict[str, Any]:
        fields = {
            "number": traced.seq,
            "api": event.api,
            "version": event.version,
            "from_host": client,
            "to_host": server,
            "correlation_id": event.correlation_id,
            "sent_s": None,
            "request": traced.content or {},
        }
        self._all.append(fields)
        return fields

    def _request_sent(self, traced: Traced, event: RequestSent) -> None:
        fields = self._begin(traced, event, traced.host, event.to_host)
        fields["sent_s"] = traced.at
        at, number = self._last_heard.get(traced.host, (-1.0, 0))
        if at == traced.at:
            fields["caused_by"] = number
        else:
            place = bisect_right(self._times, traced.at) - 1
            if traced.host.startswith("client-") and place >= 0:
                command = self._entries[place].command
                fields["command"] = None if isinstance(command, _ONLY_TIME) else command
        key = (traced.host, event.to_host, event.api, event.version, event.correlation_id)
        self._sizes[fields["number"]] = event.size_bytes - LENGTH_BYTES
        self._sent.setdefault(key, deque()).append(fields)

    def _request_received(self, traced: Traced, event: RequestReceived) -> None:
        key = (event.from_host, traced.host, event.api, event.version, event.correlation_id)
        waiting = self._sent.get(key, deque())
        # Two connections between the same hosts may each have a request of this number.
        same = next((f for f in reversed(waiting) if self._sizes.get(f["number"]) == event.size_bytes), None)
        if same is None:
            same = self._begin(traced, event, event.from_host, traced.host)
        else:
            self._sent[key].remove(same)
        same["received_s"] = traced.at
        self._last_heard[traced.host] = traced.at, same["number"]
        self._received.setdefault(key, deque()).append(same)

    def _response_received(self, traced: Traced, event: ResponseReceived) -> None:
        key = (traced.host, event.from_host, event.api, event.version, event.correlation_id)
        fields = _newest(self._answered, key) or _newest(self._received, key) or _newest(self._sent, key)
        if fields is not None:
            fields["answer_received_s"] = traced.at
            self._see_answer(fields, traced)
            self._last_heard[traced.host] = traced.at, fields["number"]

    def _see_answer(self, fields: dict[str, Any], traced: Traced) -> None:
        fields["answer"] = traced.content or {}
        fields["error"] = _error_in(fields["answer"])

    def finished(self) -> list[dict[str, Any]]:
        for fields in self._all:
            if fields.get("answer_received_s") is None:
                fields["lost"] = self._why_lost(fields)
        return self._all

    def _why_lost(self, fields: Mapping[str, Any]) -> str:
        began_s = fields["sent_s"] if fields["sent_s"] is not None else fields["received_s"]
        client, server = fields["from_host"], fields["to_host"]
        what = "the answer" if fields.get("answer_sent_s") is not None else "it"
        for at, host in self._deaths:
            if at >= began_s and host in (client, server):
                return f"{what} is lost: {host} died at {at:.6f} s"
        if fields["api"] == "PRODUCE" and not fields["request"].get("acks"):
            return ""  # nobody waits for an answer
        for at, cut in self._cuts:
            a, b = set(cut.group_a), set(cut.group_b)
            ends = (client, server)
            if any(
                one in a and (other in b if b else other not in a) for one, other in (ends, reversed(ends))
            ):
                return f"{what} is held up by the cut of {at:.6f} s"
        return ""


def _newest(open_ones: dict[_Key, deque[dict[str, Any]]], key: _Key) -> dict[str, Any] | None:
    waiting = open_ones.get(key)
    return waiting.pop() if waiting else None


def _error_in(value: Any) -> str:
    """The first error code that isn't 0."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            if name == "error_code" and item:
                known = ErrorCode._value2member_map_.get(item)
                return str(item) if known is None else str(known.name)
        return next((found for item in value.values() if (found := _error_in(item))), "")
    if isinstance(value, list):
        return next((found for item in value if (found := _error_in(item))), "")
    return ""
