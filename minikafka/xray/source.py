"""Where snapshots come from (a `Source`) and how a viewer sees them (a `Feed`).

Rule: a source builds nothing unless somebody asks, and says "something changed" for free. The server
stands between the two; a foreign Kafka is a `Feed` without a server.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import msgspec

from minikafka.xray.files import Found, Question
from minikafka.xray.snapshot import Snapshot


class Answer(msgspec.Struct, frozen=True):
    """What became of a command: `text` is one sentence for a person, `value` for a program."""

    ok: bool
    text: str
    value: Any = None


class Source(Protocol):
    """What the server serves: a cluster's inside. Called in the server's loop."""

    async def snapshot(self) -> Snapshot:
        """The picture now."""
        ...

    async def command(self, name: str, args: Mapping[str, Any]) -> Answer:
        """Do it and say what became of it; a wrong name or argument is an Answer with `ok=False`."""
        ...

    async def look(self, question: Question) -> Found:
        """What a replica's files hold. Raises Unseen (one sentence)."""
        ...

    def subscribe(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Call `changed` (cheap, from any thread) at each change; returns the way to stop it."""
        ...


class Feed(Protocol):
    """What a viewer holds: pictures until it is cancelled, through lost connections, and commands."""

    label: str
    """What is being watched, in a few words ("cluster lab", "localhost:9092")."""
    refusal: str | None
    """Why this feed takes no commands (one sentence), or `None` when it takes them."""

    async def once(self) -> Snapshot:
        """One picture. ConnectionError (one clear sentence) when there is nobody to ask."""
        ...

    async def watch(self, show: Callable[[Snapshot], None], lost: Callable[[str], None]) -> None:
        """Show each new picture; say `lost(sentence)` when the source is gone, and try again for ever."""
        ...

    async def command(self, name: str, args: Mapping[str, Any]) -> Answer:
        """Send a command. Never raises for what can go wrong outside: that is an Answer with `ok=False`."""
        ...

    async def look(self, question: Question) -> Found:
        """What a replica's files hold. Unseen (one sentence) for all that can go wrong."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
