"""What a consumer's core has to tell its application: rebalances, finished commits, errors; and who waits for it.

One rule: the core puts in and never waits, except for a rebalance, which goes on only when the application has
handled it. Kafka's newer consumer has the same queue (`BackgroundEventHandler`, KIP-848's threading model).
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from minikafka.client.errors import KafkaError
from minikafka.client.values import Message, TopicPartition

if TYPE_CHECKING:
    from minikafka.client.assignors import Pair

_ERRORS_MAX = 100
"""More than these an application that never polls does not need."""


class Rebalance(NamedTuple):
    """An event for the application: `kind` is "assign", "revoke" or "lost". `done` must be set when it is handled."""

    kind: str
    pairs: list[Pair]
    done: asyncio.Future[None]


class Committed(NamedTuple):
    """An event for the application: an asynchronous commit has ended."""

    error: KafkaError | None
    offsets: list[TopicPartition]


class Mailbox:
    """`events` are for poll(), `errors` for error_cb (kept only if there is one)."""

    def __init__(self, *, wants_errors: bool) -> None:
        self.events: deque[Rebalance | Committed | Message] = deque()
        self.errors: deque[KafkaError] = deque()
        self._wants_errors = wants_errors
        self._waiter: asyncio.Future[None] | None = None

    def put(self, event: Committed | Message) -> None:
        """An event for the next poll."""
        self.events.append(event)
        self.wake()

    def tell(self, error: KafkaError) -> None:
        """An error for the application's next poll; what will be tried again only goes to error_cb."""
        if error.retriable():
            self.complain(error)
            return
        last = self.events[-1] if self.events else None
        if not (isinstance(last, Message) and last.error() == error):
            self.put(Message(error=error))

    def complain(self, error: KafkaError) -> None:
        """An error for error_cb."""
        if self._wants_errors and len(self.errors) < _ERRORS_MAX:
            self.errors.append(error)

    async def tell_rebalance(self, kind: str, pairs: list[Pair]) -> None:
        """Returns when the application has handled it."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        event = Rebalance(kind, pairs, done)
        self.events.append(event)
        self.wake()
        try:
            await done
        finally:
            if not done.done() and event in self.events:
                self.events.remove(event)

    def give_up(self) -> None:
        """Nobody will handle a rebalance any more: those that wait go on."""
        for event in self.events:
            if isinstance(event, Rebalance) and not event.done.done():
                event.done.set_result(None)

    def wake(self) -> None:
        """There is something to look at, here or in the buffer."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def wait(self, timeout_s: float | None) -> None:
        """Returns at the next `wake()`, or after `timeout_s`."""
        waiter = self._waiter = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(timeout_s):
                await waiter
        except TimeoutError:
            pass
