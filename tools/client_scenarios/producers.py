"""Scenarios of a producer, mostly without a cluster, as confluent_kafka's own tests use it."""

from __future__ import annotations

import threading
from typing import Any

from client_cases.kit import Case, Kit, tried

from client_scenarios.lonely import (
    after_close,
    in_a_with,
    lonely_producer,
    never_begun,
    raising_callback,
)

_TRANSACTIONS = "missing: this producer has no transactions yet"


def _lonely_calls(kit: Kit) -> Any:
    producer, told = lonely_producer(kit), []
    producer.produce("mytopic")
    producer.produce("mytopic", value="somedata", key="a key")
    producer.produce("mytopic", timestamp=1234567)
    producer.produce(
        topic="other",
        value="v",
        partition=9,
        callback=lambda e, m: told.append((e.name(), m.value(), m.offset())),
    )
    producer.poll(0.001)
    producer.flush(0.002)
    left = producer.flush()
    return left, told, tried(lambda: producer.list_topics(timeout=0.2)), producer.close()


_HEADERS: dict[str, Any] = {
    "text": [("h", "v")],
    "one name twice": [("dup", "a"), ("empty", ""), ("dup", "b")],
    "None": [("h", None)],
    "bytes": [("h", b"\x00\xff")],
    "a name with an umlaut": [("Jämtland", "Härjedalen")],
    "a dict": {"h": "v", "n": None},
    "a tuple of text": ("a", "b"),
    "a list of text": ["malformed"],
    "a number": {"h": 1234},
    "a name of bytes": [(b"h", "v")],
    "an empty list": [],
    "an empty name": [("", b"v")],
    "a huge value": [("h", b"x" * 100_000)],
}


def _headers_read(kit: Kit, headers: Any) -> Any:
    """What is read of the headers that were written."""
    producer = kit.producer()
    end = kit.consumer().get_watermark_offsets(kit.tp(), 10)[1]
    producer.produce(kit.topic, b"v", headers=headers)
    producer.flush(10)
    found = kit.reader(end).poll(10).headers()
    return found if found is None or len(str(found)) < 1000 else [(name, len(value)) for name, value in found]


def _error_text(kit: Kit) -> Any:
    producer, told = lonely_producer(kit), []
    for value in ("the payload", b"\xc2\xc2"):
        producer.produce(
            "t", value, on_delivery=lambda e, m: told.append((e.name(), "payload" in e.str(), m.value()))
        )
    return producer.flush(10), told


def _purged(kit: Kit) -> Any:
    producer, told = lonely_producer(kit, message_timeout_ms=30_000), []
    producer.produce("t", "v", partition=9, callback=lambda error, _message: told.append(error.name()))
    steps: list[Any] = [producer.flush(0.002), list(told)]
    producer.purge(in_queue=False)
    steps += [producer.flush(0.002), list(told)]
    producer.purge()
    steps += [producer.flush(0.5), list(told), producer.close()]
    return steps


_BATCHES: dict[str, list[dict[str, Any]]] = {
    "keys and values of every kind": [
        {"value": b"b", "key": b"k"},
        {"value": "s", "key": "k"},
        {"value": "你好", "key": b"k"},
        {"value": None, "key": None},
        {"value": b"", "key": ""},
        {},
    ],
    "binary": [{"value": b"\x00" * 100}, {"value": bytes(range(256)), "key": b"\xff"}],
    "an entry's own partition": [{"value": b"a"}, {"value": b"b", "partition": 0}],
    "an unknown key in an entry": [{"value": b"a", "foo": 1}],
}
_BAD_BATCHES: dict[str, tuple[Any, ...]] = {
    "no arguments": (),
    "a topic that is a number": (123, [{"value": b"t"}]),
    "topic None": (None, [{"value": b"t"}]),
    "an empty topic": ("", [{"value": b"t"}]),
    "messages None": ("t", None),
    "messages text": ("t", "abc"),
    "a dict": ("t", {"value": b"v"}),
    "entries that are text": ("t", ["a"]),
    "an entry None": ("t", [None]),
    "a value that is a number": ("t", [{"value": 123}]),
    "a value that is a list": ("t", [{"value": [1]}]),
    "a key that is a number": ("t", [{"key": 5}]),
}


def _batched(kit: Kit, entries: list[dict[str, Any]]) -> Any:
    copies, told = [dict(entry) for entry in entries], []
    producer = kit.producer()
    count = producer.produce_batch(
        kit.topic,
        copies,
        on_delivery=lambda error, message: told.append((error, message.key(), message.value())),
    )
    return count, producer.flush(10), told, [sorted(entry) for entry in copies]


def _partly_batched(kit: Kit) -> Any:
    full = lonely_producer(kit, queue_buffering_max_messages=5, message_timeout_ms=30_000)
    for number in range(3):
        full.produce("t", f"filler {number}")
    entries: list[dict[str, Any]] = [{"value": b"x"} for _ in range(6)]
    count = full.produce_batch("t", entries)
    small = lonely_producer(kit, message_max_bytes=1000, message_timeout_ms=30_000)
    mixed: list[dict[str, Any]] = [{"value": b"small"}, {"value": b"x" * 2000}, {"value": b"tiny"}]
    return (
        count,
        [entry["_error"].name() if "_error" in entry else None for entry in entries],
        small.produce_batch("t", mixed),
        [entry["_error"].name() if "_error" in entry else None for entry in mixed],
    )


def _batch_callbacks(kit: Kit) -> Any:
    own: list[Any] = []
    common: list[Any] = []

    def raising(_error: Any, message: Any) -> None:
        own.append(message.value())
        raise ValueError("of the application")

    entries = [
        {"value": b"1", "callback": lambda _e, m: own.append(m.value())},
        {"value": b"2"},
        {"value": b"3", "on_delivery": lambda _e, m: own.append(m.value())},
        {"value": b"4", "callback": raising},
        {"value": b"5"},
    ]
    producer = kit.producer()
    count = producer.produce_batch(kit.topic, entries, on_delivery=lambda _e, m: common.append(m.value()))
    first = tried(lambda: producer.flush(10))
    return count, first, tried(lambda: producer.flush(10)), sorted(own), sorted(common)


def _batch_threads(kit: Kit) -> Any:
    producer, told = kit.producer(), []
    counts: list[int] = []

    def produce() -> None:
        counts.append(
            producer.produce_batch(kit.topic, [{"value": b"v"}] * 20, on_delivery=lambda *_: told.append(1))
        )

    threads = [threading.Thread(target=produce) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    return counts, producer.flush(10), len(told)


def _told_by_with(kit: Kit) -> Any:
    told: list[Any] = []
    with lonely_producer(kit) as producer:
        producer.produce("t", b"v", callback=lambda error, _message: told.append(error.name()))
    return told


PRODUCER: dict[str, Case | str] = {
    "every call without a broker": _lonely_calls,
    "a failed record's error is no part of it": _error_text,
    "purge, what is in the queue and what is not": _purged,
    "true, though nothing waits": lambda k: bool(lonely_producer(k)),
    "partitioner=murmur2": lambda k: type(lonely_producer(k, partitioner="murmur2")).__name__,
    "partitioner=murmur2_random": lambda k: type(lonely_producer(k, partitioner="murmur2_random")).__name__,
    "partitioner=murmur": lambda k: lonely_producer(k, partitioner="murmur"),
    "a setting that nobody knows": lambda k: k.names.Producer({"should.fail": False}),
    "log.thread.name": lambda k: type(k.keep(k.names.Producer({"log.thread.name": True}))).__name__,
    "transactions": _TRANSACTIONS,
    "produce_batch, some fail": _partly_batched,
    "produce_batch, callbacks": _batch_callbacks,
    "produce_batch, four threads": _batch_threads,
    "every call after close()": lambda k: after_close(k, "Producer"),
    "every call without __init__": lambda k: never_begun(k, "Producer"),
    "as a context manager": lambda k: in_a_with(k, "Producer"),
    "a context manager calls the callbacks": _told_by_with,
}
PRODUCER |= {
    f"headers: {name}": lambda k, given=given: _headers_read(k, given) for name, given in _HEADERS.items()
}
PRODUCER |= {
    f"produce_batch, {name}": lambda k, given=given: _batched(k, given) for name, given in _BATCHES.items()
}
PRODUCER |= {
    f"produce_batch, {name}": lambda k, given=given: lonely_producer(k).produce_batch(*given)
    for name, given in _BAD_BATCHES.items()
}
PRODUCER |= {
    f"{which} raises {type(error).__name__}, {call}()": lambda k, which=which, error=error, call=call: (
        raising_callback(k, "Producer", which, error, call)
    )
    for which, error, call in (
        ("error_cb", RuntimeError("x"), "poll"),
        ("error_cb", ValueError("x"), "flush"),
        ("stats_cb", RuntimeError("x"), "poll"),
    )
}
