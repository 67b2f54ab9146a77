"""How many threads and tasks wait for one client: its `News`, which wakes all of them, and how it ends.

Rule: news takes nobody's place. Whoever waits looks again for himself, and a client whose background work died
says so to everybody who waits, now and later. Kafka's clients have conditions and `ConsumerNetworkClient.wakeup`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from minikafka.client.errors import KafkaError, KafkaException

if TYPE_CHECKING:
    from minikafka.world import World


class News:
    """Lives on the loop. Any number may wait; `tell` wakes them all."""

    __slots__ = ("_on_death", "_waiters", "closed", "death", "listener")

    def __init__(self) -> None:
        self._waiters: dict[asyncio.Future[None], None] = {}
        self._on_death: list[Callable[[KafkaError], None]] = []
        self.closed = False
        self.death: KafkaError | None = None
        """Why nothing will ever come any more."""
        self.listener: Callable[[], None] | None = None
        """Called at all news, for who can't wait on this loop."""

    def tell(self) -> None:
        """Something changed: everybody who waits looks again."""
        if self.listener is not None:
            self.listener()
        if self._waiters:
            waiters, self._waiters = self._waiters, {}
            for waiter in waiters:
                if not waiter.done():
                    waiter.set_result(None)

    def close(self) -> None:
        """Nobody needs to wait any more."""
        self.closed = True
        self.tell()

    def on_death(self, then: Callable[[KafkaError], None]) -> None:
        """Has `then` called with the reason if the client's background work dies."""
        self._on_death.append(then)

    def die(self, doing: str, cause: BaseException) -> None:
        """Background work ended by an exception that nobody had foreseen."""
        if self.death is None:
            reason = f"the client can't go on: its {doing} ended with {type(cause).__name__}: {cause}"
            self.death = KafkaError(KafkaError._FATAL, reason, fatal=True)
            for then in self._on_death:
                then(self.death)
        self.tell()

    def check(self) -> None:
        """Raises KafkaException(_FATAL) once the background work has died."""
        if self.death is not None:
            raise KafkaException(self.death)

    async def wait(self, timeout_s: float | None) -> None:
        """Returns at the next news, after `timeout_s`, or at once when the client is closed. Raises its death."""
        self.check()
        if self.closed:
            return
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters[waiter] = None
        try:
            async with asyncio.timeout(timeout_s):
                await waiter
        except TimeoutError:
            pass
        finally:
            self._waiters.pop(waiter, None)
        self.check()


class Background:
    """Starts what a client does behind its application's back. What ends by accident is the client's death."""

    __slots__ = ("_news", "_world")

    def __init__(self, world: World, news: News) -> None:
        self._world = world
        self._news = news

    def spawn(self, coro: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """A task of this host."""
        return self._world.spawn(self._watched(coro, name), name=name, inner=coro)

    async def _watched(self, coro: Coroutine[Any, Any, None], name: str) -> None:
        try:
            await coro
        except Exception as cause:
            self._news.die(f"task {name}", cause)
            raise

    def guarded(self, call: Callable[[], None], name: str) -> Callable[[], None]:
        """`call` for the loop's queue or a timer: what it raises is the client's death, too."""

        def watched() -> None:
            try:
                call()
            except Exception as cause:
                self._news.die(name, cause)
                self._world.trace.fail(name, cause)

        return watched
