"""What both producers are asked."""

from __future__ import annotations

import datetime
from typing import Any

from client_cases.kit import Case, Kit, closed, produced

_ODD_RECORDS: dict[str, dict[str, Any]] = {
    "a value": {},
    "partition=-1": {"partition": -1},
    "partition='0'": {"partition": "0"},
    "partition=None": {"partition": None},
    "partition=1.0": {"partition": 1.0},
    "partition=2**40": {"partition": 2**40},
    "timestamp=1.5": {"timestamp": 1.5},
    "timestamp='1'": {"timestamp": "1"},
    "timestamp=None": {"timestamp": None},
    "timestamp=datetime": {"timestamp": datetime.datetime(2024, 1, 1)},
    "timestamp=2**70": {"timestamp": 2**70},
    "timestamp=-1": {"timestamp": -1},
    "key=5": {"key": 5},
    "key=text": {"key": "k"},
    "key=bytearray": {"key": bytearray(b"k")},
    "key=no text": {"key": "\udc80"},
    "value=5": {"value": 5},
    "value=empty text": {"value": ""},
    "value=None": {"value": None},
    "headers=5": {"headers": 5},
    "headers=text": {"headers": "ab"},
    "headers=False": {"headers": False},
    "headers={}": {"headers": {}},
    "headers=dict": {"headers": {"a": b"1", "b": "x", "c": None}},
    "headers=[('a',)]": {"headers": [("a",)]},
    "headers=[['a', b'x']]": {"headers": [["a", b"x"]]},
    "headers=tuple of pairs": {"headers": (("a", b"x"),)},
    "headers=generator": {"headers": (pair for pair in [("a", b"x")])},
    "headers=[('a', 5)]": {"headers": [("a", 5)]},
    "headers={1: b'a'}": {"headers": {1: b"a"}},
    "on_delivery=5": {"on_delivery": 5},
    "on_delivery=None": {"on_delivery": None},
    "topic=5": {"topic": 5},
    "topic=None": {"topic": None},
    "topic=bytes": {"topic": b"t"},
    "topic=no text": {"topic": "\udc80"},
    "topic=null character": {"topic": "a\0b"},
    "unknown keyword": {"foo": 1},
}


def _produce_case(given: dict[str, Any]) -> Case:
    return lambda kit: produced(kit, **given)


def _raising(kit: Kit, how: str) -> Any:
    producer, told = kit.producer(), []

    def callback(_error: Any, _message: Any) -> None:
        told.append(1)
        raise ValueError("of the application")

    for _ in range(3):
        producer.produce(kit.topic, b"v", on_delivery=callback)
    raised = 0
    for _ in range(8):
        try:
            producer.flush(5) if how == "flush" else producer.poll(0.3)
        except ValueError:
            raised += 1
    return raised, len(told), len(producer)


def _filled(kit: Kit, size: int, **conf: Any) -> Any:
    producer = kit.producer(linger_ms=1000, **conf)
    for _ in range(9):
        producer.produce(kit.topic, b"x" * size)
    return "all accepted"


PRODUCER: dict[str, Case] = {f"produce, {name}": _produce_case(given) for name, given in _ODD_RECORDS.items()}
PRODUCER |= {
    "produce() without a topic": lambda k: k.producer().produce(),
    "produce, a value that is too large": lambda k: produced(k, value=b"x" * 1_000_000),
    "produce, headers that are too large": lambda k: produced(k, headers=[("h", b"x" * 1_000_000)]),
    "produce, the queue is full by number": lambda k: _filled(k, 1, queue_buffering_max_messages=3),
    "produce, the queue is full by size": lambda k: _filled(k, 600, queue_buffering_max_kbytes=1),
    "poll(None)": lambda k: k.producer().poll(None),
    "poll('1')": lambda k: k.producer().poll("1"),
    "poll(0)": lambda k: k.producer().poll(0),
    "poll(timeout=0.01)": lambda k: k.producer().poll(timeout=0.01),
    "flush(None)": lambda k: k.producer().flush(None),
    "flush('1')": lambda k: k.producer().flush("1"),
    "flush()": lambda k: k.producer().flush(),
    "flush(-5)": lambda k: k.producer().flush(-5),
    "purge()": lambda k: k.producer().purge(),
    "purge, by keywords": lambda k: k.producer().purge(in_queue=False, in_flight=False, blocking=False),
    "len and bool": lambda k: (len(k.producer()), bool(k.producer())),
    "list_topics(5)": lambda k: k.producer().list_topics(5),
    "list_topics of an unknown topic": lambda k: [
        bool(t.error) for t in k.consumer().list_topics(k.new_name(), 10).topics.values()
    ],
    "list_topics(timeout='1')": lambda k: k.producer().list_topics(timeout="1"),
    "cluster_id()": lambda k: len(k.producer().cluster_id(10)),
    "init_transactions()": lambda k: k.producer().init_transactions(),
    "begin_transaction()": lambda k: k.producer().begin_transaction(),
    "commit_transaction()": lambda k: k.producer().commit_transaction(),
    "abort_transaction()": lambda k: k.producer().abort_transaction(),
    "set_sasl_credentials": lambda k: k.producer().set_sasl_credentials("u", "p"),
    "set_sasl_credentials(5, …)": lambda k: k.producer().set_sasl_credentials(5, "p"),
    "produce_batch": lambda k: k.producer().produce_batch(k.topic, [{"value": b"a"}, {"key": "k"}]),
    "produce_batch([])": lambda k: k.producer().produce_batch(k.topic, []),
    "produce_batch(5)": lambda k: k.producer().produce_batch(k.topic, 5),
    "produce_batch of a tuple": lambda k: k.producer().produce_batch(k.topic, ({"value": b"a"},)),
    "produce_batch, value=5": lambda k: k.producer().produce_batch(k.topic, [{"value": 5}]),
    "produce_batch, partition='x'": lambda k: k.producer().produce_batch(k.topic, [{"partition": "x"}]),
    "produce_batch, a timestamp": lambda k: k.producer().produce_batch(k.topic, [{"timestamp": 1}]),
    "produce_batch, topic=5": lambda k: k.producer().produce_batch(5, []),
    "produce_batch, a value that is too large": lambda k: k.producer().produce_batch(
        k.topic, [{"value": b"x" * 2_000_000}]
    ),
    "callbacks that raise, polled": lambda k: _raising(k, "poll"),
    "callbacks that raise, flushed": lambda k: _raising(k, "flush")[1:],
    "message.timeout.ms=0": lambda k: _told(k, message_timeout_ms=0),
    "delivery.timeout.ms=0": lambda k: _told(k, delivery_timeout_ms=0),
    "delivery.report.only.error": lambda k: _told(k, delivery_report_only_error=True),
    "on_delivery in the settings": lambda k: _told(k, by_conf=True),
    "close()": lambda k: k.producer().close(),
    "close() twice": lambda k: [one := k.producer(), one.close(), one.close()][1:],
    "close() with records": lambda k: [one := k.producer(), one.produce(k.topic, b"v"), one.close()][2],
    "with …": lambda k: [one := k.producer(), one.__enter__() is one, one.__exit__(None, None, None)][1:],
    "closed: produce": lambda k: closed(k, "produce", k.topic),
    "closed: poll": lambda k: closed(k, "poll", 0),
    "closed: flush": lambda k: closed(k, "flush", 0),
    "closed: purge": lambda k: closed(k, "purge"),
    "closed: list_topics": lambda k: closed(k, "list_topics"),
    "closed: produce_batch([])": lambda k: closed(k, "produce_batch", k.topic, []),
    "closed: init_transactions": lambda k: closed(k, "init_transactions"),
    "closed: len": lambda k: closed(k, "__len__"),
    "Producer()": lambda k: k.names.Producer(),
    "Producer(5)": lambda k: k.names.Producer(5),
    "Producer({})": lambda k: type(k.keep(k.names.Producer({}))).__name__,
    "Producer by keywords": lambda k: type(k.keep(k.names.Producer(**k.boot))).__name__,
}


def _told(kit: Kit, by_conf: bool = False, **conf: Any) -> Any:
    told: list[Any] = []
    if by_conf:
        conf["on_delivery"] = lambda error, _message: told.append(error)
    producer = kit.producer(**conf)
    if by_conf:
        producer.produce(kit.topic, b"v")
    else:
        producer.produce(kit.topic, b"v", on_delivery=lambda error, _message: told.append(error))
    return producer.flush(10), told
