"""The clients that an answer reaches through its pipe: real ones of a simulated cluster, one call at a time.

Rule: every call is written down here, in the grader's process, and a run is cut off after a number of calls,
never by the clock, so that the same seed ends at the same call.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minikafka_lessons.grading.sandbox import AnswerFailed, Fields, Raised, to_wire
from minikafka_lessons.language import say

MAX_CALLS = 20_000
MAX_EMPTY_POLLS = 300
LONGEST_WAIT_S = 60.0
"""Of the simulated clock: every second of it is work for the grader."""


class Desk:
    """Serves one client. `calls`: the method names, in order."""

    methods: tuple[str, ...] = ()

    def __init__(self, client: Any) -> None:
        self.client = client
        self.calls: list[str] = []
        self._reports: list[tuple[int, Any, Fields]] = []

    def __call__(self, name: str, method: str, args: list[Any], kwargs: dict[str, Any]) -> dict[str, Any]:
        """The answer to one request from the other end. Raises AnswerFailed to end the run."""
        self.calls.append(method)
        if len(self.calls) > MAX_CALLS:
            raise AnswerFailed(
                say(
                    "Your code made {n} calls on the {client} and was still not done.",
                    n=MAX_CALLS,
                    client=name,
                )
            )
        try:
            if method not in self.methods:
                known = ", ".join(m for m in self.methods if m != "len")
                raise AttributeErrorOverThere(f"this {name} has no method {method}; it has: {known}")
            result = {"result": to_wire(self.do(method, args, kwargs))}
        except AnswerFailed:
            raise
        except Exception as error:
            result = {"raise": type(error).__name__, "text": str(error)[:300]}
        deliveries, self._reports = self._reports, []
        return {**result, "deliveries": [[t, e, to_wire(m)] for t, e, m in deliveries]}

    def do(self, method: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """The call itself."""
        raise NotImplementedError

    def report(self, token: int) -> Callable[[Any, Any], None]:
        """A delivery callback that is passed on with the next answer."""

        def delivered(error: Any, message: Any) -> None:
            self._reports.append((token, error_fields(error), fields(message)))

        return delivered


class AttributeErrorOverThere(Exception):
    """A method that a client does not have."""


class ProducerDesk(Desk):
    """A producer. `before_produce(n)` is called before the n-th record: a schedule may kill a broker there."""

    methods = ("produce", "poll", "flush", "len")

    def __init__(self, client: Any, before_produce: Callable[[int], None] | None = None) -> None:
        super().__init__(client)
        self._before = before_produce
        self.refused = 0

    def do(self, method: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        if method == "len":
            return len(self.client)
        if method == "produce":
            if self._before is not None:
                self._before(self.calls.count("produce"))
            token = kwargs.pop("token", None)
            if token is not None:
                kwargs["on_delivery"] = self.report(token)
            try:
                return self.client.produce(*args, **kwargs)
            except BufferError:
                self.refused += 1
                raise
        timeout = kwargs.pop("timeout", args[0] if args else LONGEST_WAIT_S)
        return getattr(self.client, method)(timeout if 0 <= timeout < LONGEST_WAIT_S else LONGEST_WAIT_S)


class ConsumerDesk(Desk):
    """A consumer. `before_poll(n)` is called before the n-th poll: records may arrive late."""

    methods = (
        "subscribe",
        "poll",
        "consume",
        "commit",
        "close",
        "assignment",
        "position",
        "committed",
        "unsubscribe",
    )

    def __init__(self, client: Any, before_poll: Callable[[int], None] | None = None) -> None:
        super().__init__(client)
        self._before = before_poll
        self._empty = 0
        self.polled = 0
        self.closed = False

    def do(self, method: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        if method == "poll":
            return self._poll(*args, **kwargs)
        if method == "consume":
            count = int(kwargs.pop("num_messages", args[0] if args else 1))
            timeout = float(kwargs.pop("timeout", args[1] if len(args) > 1 else 1.0))
            found: list[Any] = []
            while len(found) < count:
                message = self._poll(timeout)
                if message is None:
                    break
                found.append(message)
            return found
        if method == "commit":
            return self._commit(args, kwargs)
        if method == "close":
            self.closed = True
            return self.client.close()
        if method in ("assignment", "position", "committed"):
            raise AttributeErrorOverThere(f"{method} is not needed here")
        return getattr(self.client, method)(*args, **kwargs)

    def _poll(self, timeout: float = 1.0) -> Fields | None:
        if self._before is not None:
            self._before(self.calls.count("poll") + self.calls.count("consume"))
        # An endless wait is a second here: nobody would ever wake it.
        message = self.client.poll(min(timeout, 1.0) if timeout >= 0 else 1.0)
        if message is None:
            self._empty += 1
            if self._empty > MAX_EMPTY_POLLS:
                raise AnswerFailed(
                    say(
                        "read_all polled {n} times in vain and never returned: "
                        "does it stop when it has `count` records?",
                        n=MAX_EMPTY_POLLS,
                    )
                )
            return None
        if message.error() is None:
            self._empty = 0
            self.polled += 1
        else:
            self._empty += 1
        return fields(message)

    def _commit(self, args: list[Any], kwargs: dict[str, Any]) -> None:
        kwargs.pop("asynchronous", None)
        if "message" in kwargs or args:
            raise AttributeErrorOverThere("commit without arguments: it commits what was polled")
        self.client.commit(asynchronous=False)


def fields(message: Any) -> Fields:
    """A message as plain data."""
    return Fields(
        topic=message.topic(),
        partition=message.partition(),
        offset=message.offset(),
        key=message.key(),
        value=message.value(),
        timestamp=message.timestamp()[1],
        error=error_fields(message.error()),
    )


def error_fields(error: Any) -> Any:
    """A KafkaError as (name, code, text); None stays None."""
    return None if error is None else (error.name(), error.code(), error.str())


__all__ = ["ConsumerDesk", "Desk", "ProducerDesk", "Raised"]
