"""Records in the order in which a consumer got them, with the place of each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from minikafka.world.visible import visible_bytes
from minikafka_lessons.language import say
from minikafka_lessons.show import ink


def records(messages: Iterable[Any], limit: int = 8) -> ink.Picture:
    """A table of the first `limit` messages."""
    every = list(messages)
    rows: list[list[object]] = [
        [str(m.partition()), str(m.offset()), _text(m.key()), _text(m.value())] for m in every[:limit]
    ]
    more = len(every) - limit
    caption = say("… and {n:,} more", n=more) if more > 0 else ""
    html = ink.table(["PARTITION", "OFFSET", "KEY", "VALUE"], rows, left=4, caption=caption)
    return ink.Picture(html)


def _text(data: bytes | None) -> str:
    return "–" if data is None else visible_bytes(data)
