"""The clients that an answer gets: each lives at the other end of the pipe, and each method is asked for there.

Rule: the names and methods of the real ones, nothing behind them.
"""

from __future__ import annotations

import json
import os
import sys

TYPE_CHECKING = False  # `typing` would be loaded for nothing
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any, BinaryIO

    from minikafka_lessons.grading.inside.wire import encode, plain
else:
    from wire import encode, plain  # the file beside this one


class Pipe:
    """One line of JSON each way."""

    def __init__(self, reads: BinaryIO, writes: BinaryIO) -> None:
        self._reads, self._writes = reads, writes
        self._dumps, self._loads = json.dumps, json.loads

    def send(self, what: dict[str, Any]) -> None:
        self._writes.write(self._dumps(what).encode() + b"\n")
        self._writes.flush()

    def receive(self) -> dict[str, Any]:
        line = self._reads.readline()
        if not line:
            os._exit(0)
        order: dict[str, Any] = self._loads(line)
        return order


class KafkaException(Exception):
    """What the clients raise."""


class KafkaError:
    """The error of a message."""

    def __init__(self, name: str, code: int, text: str) -> None:
        self._name, self._code, self._text = name, code, text

    _PARTITION_EOF = -191

    def name(self) -> str:
        return self._name

    def code(self) -> int:
        return self._code

    def __str__(self) -> str:
        return self._text

    str = __repr__ = __str__


class Message:
    """What `Consumer.poll` returns, with the methods of the real one."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self._fields = fields
        error = fields["error"]
        self._error = None if error is None else KafkaError(*error)

    def topic(self) -> Any:
        return self._fields["topic"]

    def partition(self) -> Any:
        return self._fields["partition"]

    def offset(self) -> Any:
        return self._fields["offset"]

    def key(self) -> Any:
        return self._fields["key"]

    def value(self) -> Any:
        return self._fields["value"]

    def headers(self) -> None:
        return None

    def timestamp(self) -> tuple[int, Any]:
        return (1, self._fields["timestamp"])

    def error(self) -> KafkaError | None:
        return self._error

    def __len__(self) -> int:
        return len(self._fields["value"] or b"")

    def __bool__(self) -> bool:
        return True


class Remote:
    """A client that lives at the other end: each method is asked for there."""

    _pipe: Pipe
    _name: str
    _callbacks: dict[int, Callable[..., Any]]

    def __init__(self, pipe: Pipe, name: str) -> None:
        self.__dict__["_pipe"], self.__dict__["_name"], self.__dict__["_callbacks"] = pipe, name, {}

    def __getattr__(self, method: str) -> Callable[..., Any]:
        if method.startswith("_"):
            raise AttributeError(method)

        def call(*args: Any, **kwargs: Any) -> Any:
            return self._ask(method, args, kwargs)

        call.__name__ = method
        return call

    def __len__(self) -> Any:
        return self._ask("len", (), {})

    def __bool__(self) -> bool:
        return True

    def __enter__(self) -> Remote:
        return self

    def __exit__(self, *_: object) -> None:
        self._ask("flush" if self._name == "producer" else "close", (), {})

    def _ask(self, method: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        kwargs = dict(kwargs)
        for name in ("on_delivery", "callback"):
            callback = kwargs.pop(name, None)
            if callback is not None:
                token = len(self._callbacks)
                self._callbacks[token] = callback
                kwargs["token"] = token
        self._pipe.send(
            {
                "ask": self._name,
                "method": method,
                "args": [encode(a) for a in args],
                "kwargs": {name: encode(v) for name, v in kwargs.items()},
            }
        )
        answer = self._pipe.receive()
        for token, error, message in answer.get("deliveries", ()):
            callback = self._callbacks.get(token)
            if callback is not None:
                callback(error and KafkaError(*error), decode(message, self._pipe))
        if "raise" in answer:
            kind = {"BufferError": BufferError, "TypeError": TypeError, "ValueError": ValueError}.get(
                answer["raise"], KafkaException
            )
            raise kind(answer["text"])
        return decode(answer["result"], self._pipe)


def decode(value: Any, pipe: Pipe) -> Any:
    """What the other end wrote: plain values, messages, remote objects."""

    def special(tag: str, what: Any) -> Any:
        if tag == "m":
            return Message({name: plain(field, special) for name, field in what.items()})
        return Remote(pipe, what)

    return plain(value, special)


def stand_in(name: str) -> ModuleType:
    """A module that an answer may import although it is not there: the real names, nothing behind them."""
    module = type(sys)(name)
    there = {"KafkaException": KafkaException, "KafkaError": KafkaError, "Message": Message, "__path__": []}
    vars(module).update(there)
    return module
