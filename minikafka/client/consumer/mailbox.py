"""What a consumer's core has to tell its application: rebalances, finished commits, errors.

Rule: the core puts in and never waits, except for a rebalance, which continues only when the application has
handled it. Kafka's newer consumer has the same queue (`BackgroundEventHandler`, KIP-848's threading model).
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from minikafka.client.errors import KafkaError
from minikafka.client.values import Message, TopicPartition

if TYPE_CHECKING:
    from minikafka.client.connections.notices import Notices
    from minikafka.client.connections.waiting import News
    from minikafka.client.values import Pair


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
    """`events` are for poll(); errors that will pass go to error_cb, by `notices`."""

    def __init__(self, news: News, notices: Notices) -> None:
        self.events: deque[Rebalance | Committed | Message] = deque()
        self._handled: list[Rebalance] = []  # those that the application has taken out
        self._news = news
        self._notices = notices

    def put(self, event: Committed | Message) -> None:
        """An event for the next poll."""
        self.events.append(event)
        self._news.tell()

    def take(self) -> Rebalance | Committed | Message | None:
        """The next event, for whichever thread asks first."""
        try:
            event = self.events.popleft()
        except IndexError:
            return None
        if isinstance(event, Rebalance):
            self._handled.append(event)
        return event

    @property
    def is_being_handled(self) -> bool:
        """Is the application at a rebalance?"""
        return bool(self._handled)

    def settle(self, event: Rebalance) -> None:
        """On the loop: the application has handled this rebalance."""
        if event in self._handled:
            self._handled.remove(event)
        if not event.done.done():
            event.done.set_result(None)

    def tell(self, error: KafkaError) -> None:
        """An error for the application's next poll; what will be tried again only goes to error_cb."""
        if error.retriable():
            self._notices.complain(error)
            return
        last = self.events[-1] if self.events else None
        if not (isinstance(last, Message) and last.error() == error):
            self.put(Message(error=error))

    async def tell_rebalance(self, kind: str, pairs: list[Pair]) -> None:
        """Returns when the application has handled it."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        event = Rebalance(kind, pairs, done)
        self.events.append(event)
        self._news.tell()
        try:
            await done
        finally:
            if not done.done():
                try:
                    self.events.remove(event)
                except ValueError:  # the application is at it
                    pass

    def give_up(self) -> None:
        """Nobody will handle a rebalance any more: those that wait continue."""
        for event in [*self.events, *self._handled]:
            if isinstance(event, Rebalance) and not event.done.done():
                event.done.set_result(None)
