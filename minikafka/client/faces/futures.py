"""Futures of two kinds more: one that moves virtual time when it is asked, and one that is a part of another.

Rule: they are `concurrent.futures.Future`, so `wait`, `as_completed` and callbacks work with them.
Kafka: `KafkaFuture`.
"""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")
Future = concurrent.futures.Future


class DrivenFuture(Future[T]):
    """A future of the simulated world: whoever asks for its result advances the virtual time."""

    def __init__(self, drive: Callable[[float | None], None]) -> None:
        super().__init__()
        self._drive = drive

    def result(self, timeout: float | None = None) -> T:
        """Advances virtual time until the result is there, or raises TimeoutError."""
        self._advance(timeout)
        return super().result(0)

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """As `result`, for the exception."""
        self._advance(timeout)
        return super().exception(0)

    def _advance(self, timeout: float | None) -> None:
        if not self.done():
            self._drive(timeout)
        if not self.done():
            raise TimeoutError("no result within the given virtual time")


class PartOfFuture(Future[T]):
    """One key's share of a future that answers for many: what the admin client's dictionaries hold."""

    def __init__(self, whole: Future[dict[Any, Any]], key: Any) -> None:
        super().__init__()
        self._whole = whole
        whole.add_done_callback(lambda done: self._settle(done, key))

    def _settle(self, whole: Future[dict[Any, Any]], key: Any) -> None:
        if whole.cancelled():
            self.cancel()
            return
        error = whole.exception()
        if error is None:
            value = whole.result()[key]
            if not isinstance(value, BaseException):
                self.set_result(value)
                return
            error = value
        self.set_exception(error)

    def result(self, timeout: float | None = None) -> T:
        """Waits for the call that this is a part of."""
        self._wait(timeout)
        return super().result(timeout)

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Waits for the call that this is a part of."""
        self._wait(timeout)
        return super().exception(timeout)

    def _wait(self, timeout: float | None) -> None:
        if not self.done():
            self._whole.exception(timeout)
