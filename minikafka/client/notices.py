"""What a client tells its application beside records: errors, statistics, throttling; each by a callback of its own.

One rule: a notice waits until the application polls, and its callback runs in the thread that does. What a callback
raises reaches that thread, and the notices after it stay. librdkafka has the same queue (`rd_kafka_poll`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from minikafka.client.errors import KafkaError
    from minikafka.client.settings import Settings
    from minikafka.client.waiting import News

_WAITING_MAX = 100
"""More than these an application that never polls does not need."""


class Notices:
    """`complain` and `inform` put in, `serve` calls the callbacks."""

    def __init__(self, settings: Settings, news: News) -> None:
        self._error_cb: Callable[[KafkaError], Any] | None = settings["error_cb"]
        self._stats_cb: Callable[[str], Any] | None = settings["stats_cb"]
        self._news = news
        self.waiting: deque[tuple[Callable[[Any], Any], Any]] = deque()

    @property
    def wants_statistics(self) -> bool:
        """Has the application a stats_cb?"""
        return self._stats_cb is not None

    def complain(self, error: KafkaError) -> None:
        """An error for error_cb."""
        self._put(self._error_cb, error)

    def inform(self, statistics: str) -> None:
        """Statistics for stats_cb."""
        self._put(self._stats_cb, statistics)

    def _put(self, callback: Callable[[Any], Any] | None, notice: Any) -> None:
        if callback is not None and len(self.waiting) < _WAITING_MAX:
            self.waiting.append((callback, notice))
            self._news.tell()

    async def wait(self, timeout_s: float | None) -> None:
        """Returns when there is something to tell, or other news, or after `timeout_s`."""
        if not self.waiting:
            await self._news.wait(timeout_s)

    def serve(self) -> int:
        """Calls the callbacks that are due; returns how many. Raises what one raises."""
        count = 0
        while self.waiting:
            try:
                callback, notice = self.waiting.popleft()
            except IndexError:  # another thread was faster
                break
            callback(notice)
            count += 1
        return count
