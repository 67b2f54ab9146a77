"""The events of a trace, page by page, for whoever draws them: with numbers, words, and what messages say.

Rule: a page is bounded in events and in bytes, says where the next one begins, and what is forgotten already; a wrong
question is refused in one sentence. Kafka has no such request.
"""

from __future__ import annotations

from typing import Any

import msgspec

from minikafka.world import Trace, Traced
from minikafka.xray.wording import in_words

MOST_EVENTS = 500
"""In one page; who wants more asks again."""
MOST_PAGE_BYTES = 1024 * 1024
LAST_SEQUENCE = (1 << 63) - 1


class WrongPage(ValueError):
    """There is no such page; the text is one sentence."""


class EventsFrom(msgspec.Struct, frozen=True, tag="events-from"):
    """The events whose number is `sequence` or more: at most `limit` of them, and `MOST_EVENTS`."""

    sequence: int = 0
    limit: int = MOST_EVENTS


class EventEntry(msgspec.Struct, frozen=True):
    """One event."""

    sequence: int
    at: float
    host: str
    kind: str
    fields: dict[str, Any]
    """As they were emitted: numbers, texts, lists."""
    text: str
    """The same in words."""
    content: dict[str, Any] | None = None
    """Of a message: what it says (`protocol/content.py`)."""


class EventPage(msgspec.Struct, frozen=True, tag="events"):
    """A piece of the trace."""

    events: tuple[EventEntry, ...]
    next_sequence: int
    """Where the next page begins."""
    oldest_sequence: int
    """What came before it is forgotten."""
    count: int
    """How many events there have been."""


def page_of(trace: Trace, question: EventsFrom) -> EventPage:
    """Raises WrongPage."""
    if not 0 <= question.sequence <= LAST_SEQUENCE:
        raise WrongPage(f"Events are numbered from 1 up; there is no event {question.sequence}.")
    if question.limit < 1:
        raise WrongPage(f"A page of {question.limit} events holds nothing.")
    recent, count = trace.recent, trace.count
    oldest = recent[0].seq if recent else count + 1
    entries: list[EventEntry] = []
    size_bytes = 0
    for traced in trace.events(question.sequence, min(question.limit, MOST_EVENTS)):
        entry = entry_of(traced)
        size_bytes += len(msgspec.msgpack.encode(entry))
        if entries and size_bytes > MOST_PAGE_BYTES:
            break
        entries.append(entry)
    following = entries[-1].sequence + 1 if entries else max(oldest, min(question.sequence, count + 1))
    return EventPage(tuple(entries), following, oldest, count)


def entry_of(traced: Traced) -> EventEntry:
    """One event, as it goes over a socket."""
    event = traced.event
    fields = {name: _sent(getattr(event, name)) for name in event.__struct_fields__}
    content = None if traced.content is None else dict(traced.content)
    return EventEntry(
        *(traced.seq, traced.at, traced.host, event.kind, fields, in_words(event, traced.host), content)
    )


def _sent(value: Any) -> Any:
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if isinstance(value, tuple):
        return [_sent(item) for item in value]
    if isinstance(value, str) and not value.isascii():
        return value.encode("utf-8", "replace").decode()  # a name from a disk may be no UTF-8
    return value
