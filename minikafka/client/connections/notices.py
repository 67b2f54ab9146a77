"""What a client tells its application beside records: errors, statistics, throttling; each by a callback of its own.

Rule: a notice waits until the application polls, and its callback runs in the thread that does. What a callback
raises reaches that thread, and the notices after it stay. librdkafka has the same queue (`rd_kafka_poll`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from minikafka.client.connections.reach import Reach
    from minikafka.client.errors import KafkaError

_WAITING_MAX = 100
"""More than these an application that never polls does not need."""


class ThrottleEvent:
    """A broker made this client wait, because of a quota; `throttle_time` in seconds."""

    def __init__(self, broker_name: str, broker_id: int, throttle_time: float) -> None:
        self.broker_name = broker_name
        self.broker_id = broker_id
        self.throttle_time = throttle_time

    def __str__(self) -> str:
        return f"{self.broker_name}/{self.broker_id} throttled for {int(self.throttle_time * 1000)} ms"


class Notices:
    """`complain` and `inform` put in, `serve` calls the callbacks. Trouble with metadata and throttling come by
    themselves.
    """

    def __init__(self, reach: Reach) -> None:
        settings = reach.settings
        self._error_cb: Callable[[KafkaError], Any] | None = settings["error_cb"]
        self._stats_cb: Callable[[str], Any] | None = settings["stats_cb"]
        self._throttle_cb: Callable[[ThrottleEvent], Any] | None = settings["throttle_cb"]
        self._news = reach.news
        reach.metadata.on_trouble = self.complain
        reach.connections.on_throttle = self._throttled
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

    def _throttled(self, broker_name: str, broker_id: int, throttled_ms: int) -> None:
        self._put(self._throttle_cb, ThrottleEvent(broker_name, broker_id, throttled_ms / 1000))

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
