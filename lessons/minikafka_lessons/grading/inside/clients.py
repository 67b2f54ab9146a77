"""The clients that an answer gets: each lives at the other end of the pipe, and each method is asked for there.

Rule: the names and methods of the real ones, nothing behind them.
"""

import sys

from wire import encode, plain  # the file beside this one


class KafkaException(Exception):
    """What the clients raise."""


class KafkaError:
    """The error of a message."""

    def __init__(self, name, code, text):
        self._name, self._code, self._text = name, code, text

    _PARTITION_EOF = -191

    def name(self):
        return self._name

    def code(self):
        return self._code

    def str(self):
        return self._text

    def __str__(self):
        return self._text

    __repr__ = __str__


class Message:
    """What `Consumer.poll` returns, with the methods of the real one."""

    def __init__(self, fields):
        self._fields = fields
        error = fields["error"]
        self._error = None if error is None else KafkaError(*error)

    def topic(self):
        return self._fields["topic"]

    def partition(self):
        return self._fields["partition"]

    def offset(self):
        return self._fields["offset"]

    def key(self):
        return self._fields["key"]

    def value(self):
        return self._fields["value"]

    def headers(self):
        return None

    def timestamp(self):
        return (1, self._fields["timestamp"])

    def error(self):
        return self._error

    def __len__(self):
        return len(self._fields["value"] or b"")

    def __bool__(self):
        return True


class Remote:
    """A client that lives at the other end: each method is asked for there."""

    def __init__(self, pipe, name):
        self.__dict__["_pipe"], self.__dict__["_name"], self.__dict__["_callbacks"] = pipe, name, {}

    def __getattr__(self, method):
        if method.startswith("_"):
            raise AttributeError(method)

        def call(*args, **kwargs):
            return self._ask(method, args, kwargs)

        call.__name__ = method
        return call

    def __len__(self):
        return self._ask("len", (), {})

    def __bool__(self):
        return True

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._ask("flush" if self._name == "producer" else "close", (), {})

    def _ask(self, method, args, kwargs):
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


def decode(value, pipe):
    """What the other end wrote: plain values, messages, remote objects."""

    def special(tag, what):
        if tag == "m":
            return Message({name: plain(field, special) for name, field in what.items()})
        return Remote(pipe, what)

    return plain(value, special)


def stand_in(name):
    """A module that an answer may import although it is not there: the real names, nothing behind them."""
    module = type(sys)(name)
    module.KafkaException, module.KafkaError, module.Message = KafkaException, KafkaError, Message
    module.__path__ = []
    return module
