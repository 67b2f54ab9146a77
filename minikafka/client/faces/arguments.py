"""What an application passes to a client, checked, and turned into what the core works with.

Rule: whatever is wrong with an argument is reported here, at once, with confluent_kafka's kind of exception.
Kafka's Java clients leave most of this to the compiler.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from typing import Any

from minikafka.client.values import HeadersArgument, TopicPartition


def keyword_config(config: Mapping[str, Any] | None, more: Mapping[str, Any]) -> dict[str, Any]:
    """`Producer(conf, group_id="g")`: keywords are keys with underscores for dots."""
    if config is None and not more:
        raise TypeError("expected configuration dict")
    if config is not None and not isinstance(config, Mapping):
        raise TypeError("expected configuration dict")
    dotted = {
        name
        if name.endswith("_cb") or name in ("on_delivery", "on_commit")
        else name.replace("_", "."): value
        for name, value in more.items()
    }
    return {**(config or {}), **dotted}


def bytes_of(value: Any) -> bytes | None:
    """A key, a value or a header's value as bytes; text is UTF-8. Raises TypeError, UnicodeEncodeError."""
    if value is None or type(value) is bytes:
        return value
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    raise TypeError(f"a bytes-like object is required, not '{type(value).__name__}'")


def headers_of(headers: HeadersArgument) -> tuple[tuple[str, bytes | None], ...]:
    """Headers given as a list of pairs or as a dict. Raises TypeError, UnicodeEncodeError."""
    if isinstance(headers, Mapping):
        pairs: Any = headers.items()
    elif isinstance(headers, (list, tuple)):
        pairs = headers
    else:
        kind = type(headers).__name__
        raise TypeError(f"expected headers to be dict or list of (key, value) tuples, not {kind}")
    result = []
    for pair in pairs:
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise TypeError("Headers are expected to be a list of (key, value) tuples")
        name, value = pair
        if isinstance(name, bytes):
            name = name.decode()
        if not isinstance(name, str):
            raise TypeError(f"a header's name must be a str, not {type(name).__name__}")
        name.encode()
        if value is not None and not isinstance(value, (str, bytes, bytearray, memoryview)):
            kind = type(value).__name__
            raise TypeError(f"expected header value to be None, binary, or unicode string, not {kind}")
        result.append((name, bytes_of(value)))
    return tuple(result)


def headers_size(headers: tuple[tuple[str, bytes | None], ...]) -> int:
    """Bytes of names and values."""
    return sum(len(name) + len(value or b"") for name, value in headers)


def checked_text(text: Any) -> str:
    """Text that can be sent. Raises TypeError, ValueError. Whether it is a good name is for the broker to say."""
    if not isinstance(text, str):
        raise TypeError(f"argument 1 must be str, not {'None' if text is None else type(text).__name__}")
    if "\0" in text:
        raise ValueError("embedded null character")
    text.encode()
    return text


def checked_number(value: Any, name: str, bits: int) -> int:
    """A whole number of so many bits. Raises TypeError, OverflowError."""
    try:
        number = operator.index(value)
    except TypeError:
        kind = type(value).__name__
        raise TypeError(f"{name}: '{kind}' object cannot be interpreted as an integer") from None
    if not -(1 << (bits - 1)) <= number < 1 << (bits - 1):
        raise OverflowError(f"{name}: {number} is not a whole number of {bits} bits")
    return number


def checked_callback(callback: Any, name: str) -> Any:
    """A callable, or None. Raises TypeError."""
    if callback is not None and not callable(callback):
        raise TypeError(f"{name} expects a callable, not {type(callback).__name__}")
    return callback


def timeout_of(timeout: Any) -> float | None:
    """Seconds; None for a negative number, which is no limit. Raises TypeError, ValueError."""
    if type(timeout) is not float and type(timeout) is not int:
        if isinstance(timeout, (str, bytes)) or not hasattr(type(timeout), "__float__"):
            raise TypeError(f"must be real number, not {type(timeout).__name__}")
        timeout = float(timeout)
    if timeout != timeout:
        raise ValueError("a timeout is a number of seconds, not NaN")
    return None if timeout < 0 or timeout == float("inf") else timeout


def limit_s(timeout: float | None, longest_s: float) -> float:
    """Seconds; `longest_s` where there is no limit."""
    limit = None if timeout is None else timeout_of(timeout)
    return longest_s if limit is None else limit


def checked_partition(tp: Any) -> TopicPartition:
    """One partition. Raises TypeError. By its shape, so that confluent_kafka's own TopicPartition is welcome, too."""
    for name, kind in (("topic", str), ("partition", int), ("offset", int)):
        if not isinstance(getattr(tp, name, None), kind):
            raise TypeError(f"expected TopicPartition, not {type(tp).__name__}")
    checked_text(tp.topic)
    partition: TopicPartition = tp
    return partition


def checked_partitions(partitions: Any) -> Sequence[TopicPartition]:
    """The list itself, if it holds partitions. Raises TypeError."""
    if not isinstance(partitions, (list, tuple)):
        raise TypeError("requires list of TopicPartition")
    for tp in partitions:
        checked_partition(tp)
    return partitions
