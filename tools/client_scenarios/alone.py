"""Scenarios of a producer or a consumer, mostly without a cluster, as confluent_kafka's own tests use them."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from io import StringIO
from typing import Any

from client_cases.kit import Case, Kit, partitions, raised, tried

NOWHERE = {"bootstrap.servers": "127.0.0.1:1", "socket.timeout.ms": 100, "session.timeout.ms": 1000}
"""Nobody listens there."""
_TRANSACTIONS = "missing: this producer has no transactions yet"


def lonely_producer(kit: Kit, **conf: Any) -> Any:
    """A producer that reaches nobody; keywords with underscores for dots."""
    return kit.keep(kit.names.Producer({**NOWHERE, "message.timeout.ms": 10, **kit.dotted(conf)}))


def lonely_consumer(kit: Kit, **conf: Any) -> Any:
    """A consumer that reaches nobody."""
    return kit.keep(kit.names.Consumer({**NOWHERE, "group.id": "g", **kit.dotted(conf)}))


def said(step: Callable[[], Any]) -> str:
    """What a step raises, with its sentence."""
    try:
        return repr(step())
    except Exception as error:
        return f"{type(error).__name__}: {error}"


# --- tests/test_Consumer.py


def _without_a_broker(kit: Kit) -> Any:
    consumer, tp = lonely_consumer(kit), kit.names.TopicPartition
    consumer.subscribe(["test"])
    consumer.unsubscribe()
    consumer.subscribe(["test"], on_assign=lambda *_: None, on_revoke=lambda *_: None)
    consumer.unsubscribe()
    wanted = [tp("test", number) for number in range(0, 9, 3)]
    consumer.assign(wanted)
    steps = [
        len(consumer.consume(num_messages=10, timeout=0.001)),
        consumer.assignment() == wanted,
        consumer.pause(wanted),
        consumer.resume(wanted),
        consumer.get_watermark_offsets(wanted[0], cached=True),
        tried(lambda: consumer.get_watermark_offsets(wanted[0], timeout=0.5))[:21],
        consumer.unassign(),
        consumer.commit(asynchronous=True),
        tried(lambda: consumer.commit(asynchronous=False)),
        partitions(consumer.position(wanted)),
        tried(lambda: consumer.committed(wanted, timeout=0.01)),
        tried(lambda: consumer.list_topics(timeout=0.2)),
        tried(lambda: consumer.list_topics(topic="hi", timeout=0.1)),
        tried(lambda: consumer.offsets_for_times([tp("test", 0, 100)], timeout=0.1))[:21],
    ]
    consumer.close()
    return steps


def _stored(kit: Kit) -> Any:
    consumer, tp = lonely_consumer(kit, enable_auto_offset_store=False), kit.names.TopicPartition
    before = tried(lambda: consumer.store_offsets(offsets=[tp("test", 0, 42)]))
    where = tp("test", 0, -1)
    message = kit.names.Message(topic="test", partition=0, offset=3)
    consumer.assign([tp("test", 0)])
    store = consumer.store_offsets
    ways: list[dict[str, Any]] = [
        {"message": message},
        {"offsets": [where]},
        {"message": message, "offsets": None},
        {"message": None, "offsets": [where]},
        {"message": message, "offsets": [where]},
        {},
        {"message": None, "offsets": None},
    ]
    return before, [tried(lambda way=way: store(**way)) for way in ways]


def _committed_ways(kit: Kit) -> Any:
    consumer, tp = kit.reader(), kit.tp()
    message = kit.names.Message(topic=kit.topic, partition=0)
    ways: list[dict[str, Any]] = [
        {"message": None},
        {"offsets": None},
        {"message": None, "offsets": None, "asynchronous": True},
        {"message": None, "offsets": [tp]},
        {"message": message, "offsets": None},
        {"message": message, "offsets": []},
        {"message": kit.names.Message(error=kit.names.KafkaError(3))},
    ]
    return [tried(lambda way=way: consumer.commit(**way)) for way in ways]


def _told_of_nothing(kit: Kit) -> Any:
    told: list[Any] = []
    consumer = lonely_consumer(
        kit, enable_auto_commit=False, on_commit=lambda error, _found: told.append(error and error.name())
    )
    consumer.assign([kit.names.TopicPartition("test", 2)])
    consumer.poll(0.1)
    answer = tried(lambda: consumer.commit(asynchronous=False))
    consumer.poll(0.1)
    consumer.close()
    return answer, set(told) <= {"_NO_OFFSET"}


def _subclass(kit: Kit) -> Any:
    class Mine(kit.names.Consumer):  # type: ignore[name-defined,misc]
        def poll(self, text: str) -> Any:
            return text, super().poll(timeout=0.0001)

    one = kit.keep(Mine({"group.id": "g", "session.timeout.ms": "90"}))
    return one.poll("text")


_CONSUMER_CALLS: dict[str, tuple[Any, ...]] = {
    "subscribe": (["t"],),
    "unsubscribe": (),
    "poll": (),
    "consume": (),
    "assign": ([],),
    "unassign": (),
    "incremental_assign": ([],),
    "incremental_unassign": ([],),
    "assignment": (),
    "pause": ([],),
    "resume": ([],),
    "commit": (),
    "committed": ([],),
    "position": ([],),
    "memberid": (),
    "consumer_group_metadata": (),
    "list_topics": (),
    "set_sasl_credentials": ("a", "b"),
}
_PRODUCER_CALLS: dict[str, tuple[Any, ...]] = {
    "produce": ("t",),
    "produce_batch": ("t", [{"value": b"v"}]),
    "poll": (),
    "flush": (),
    "purge": (),
    "list_topics": (),
    "init_transactions": (),
    "begin_transaction": (),
    "commit_transaction": (),
    "abort_transaction": (),
    "set_sasl_credentials": ("a", "b"),
}


def _sentences(client: Any, calls: dict[str, tuple[Any, ...]]) -> Any:
    found = {}
    for name, given in calls.items():
        how = tried if name in ("list_topics", "set_sasl_credentials") else said
        found[name] = how(lambda name=name, given=given: getattr(client, name)(*given))
    return found


def _after_close(kit: Kit, kind: str) -> Any:
    client = lonely_consumer(kit) if kind == "Consumer" else lonely_producer(kit)
    client.close()
    tp = kit.names.TopicPartition("t", 0, 0)
    found = _sentences(client, _CONSUMER_CALLS if kind == "Consumer" else _PRODUCER_CALLS)
    if kind == "Consumer":
        for name in ("seek", "get_watermark_offsets"):
            found[name] = said(lambda name=name: getattr(client, name)(tp))
        found["offsets_for_times"] = said(lambda: client.offsets_for_times([tp]))
        found["store_offsets"] = said(lambda: client.store_offsets(offsets=[tp]))
    return found


def _never_begun(kit: Kit, kind: str) -> Any:
    """A subclass that forgets its parent's __init__."""

    class Forgetful(getattr(kit.names, kind)):  # type: ignore[misc]
        def __init__(self, _conf: Any) -> None:
            pass

    one = Forgetful({"group.id": "g"})
    found = _sentences(one, _CONSUMER_CALLS if kind == "Consumer" else _PRODUCER_CALLS)
    return found, tried(one.close), len(one) if kind == "Producer" else None


def _raising_callback(kit: Kit, kind: str, which: str, error: BaseException, call: str) -> Any:
    """What error_cb or stats_cb raises reaches the caller as it is."""
    told: list[int] = []

    def callback(_given: Any) -> None:
        told.append(1)
        raise error

    conf: dict[str, Any] = {which: callback, "statistics_interval_ms": 50 if which == "stats_cb" else 0}
    client = lonely_consumer(kit, **conf) if kind == "Consumer" else lonely_producer(kit, **conf)
    if kind == "Consumer":
        client.subscribe(["t"])
    steps = {
        "poll": lambda: client.poll(0.3),
        "consume": lambda: client.consume(1, 0.3),
        "flush": lambda: client.flush(0.3),
    }
    for _ in range(20):
        if call == "flush":
            tried(lambda: client.produce("t", b"v"))
        try:
            steps[call]()
        except type(error) as caught:
            return raised(caught), bool(told), caught is error
    return "never", bool(told)


def _with(kit: Kit, kind: str) -> Any:
    def make() -> Any:
        return lonely_consumer(kit) if kind == "Consumer" else lonely_producer(kit)

    def use(one: Any) -> Any:
        return one.subscribe(["t"]) if kind == "Consumer" else one.produce("t", b"v")

    first = make()
    seen = [first.__enter__() is first]
    seen.append(first.__exit__(None, None, None))
    with make() as one:
        use(one)
    seen.append(tried(lambda: use(one)))
    try:
        with make() as one:
            raise ValueError("of the application")
    except ValueError as error:
        seen.append(str(error))
    seen.append(tried(lambda: use(one)))
    seen += [one.__enter__() is one, tried(lambda: use(one)), one.__exit__(None, None, None), one.close()]
    with make() as outer, make() as inner:
        use(outer)
        use(inner)
        inner.close()
        use(outer)
    return seen, [tried(lambda c=c: use(c)) for c in (outer, inner)]


CONSUMER: dict[str, Case | str] = {
    "every call without a broker": _without_a_broker,
    "store_offsets, every way": _stored,
    "commit, every way": _committed_ways,
    "on_commit is told once, or not, of nothing to commit": _told_of_nothing,
    "a subclass": _subclass,
    "closing twice": lambda k: [one := lonely_consumer(k), one.subscribe(["t"]), one.close(), one.close()][
        1:
    ],
    "every call after close()": lambda k: _after_close(k, "Consumer"),
    "every call without __init__": lambda k: _never_begun(k, "Consumer"),
    "no group.id": lambda k: said(lambda: k.names.Consumer(dict(k.boot))),
    "as a context manager": lambda k: _with(k, "Consumer"),
}
CONSUMER |= {
    f"{which} raises {type(error).__name__}, {call}()": lambda k, which=which, error=error, call=call: (
        _raising_callback(k, "Consumer", which, error, call)
    )
    for which, error, call in (
        ("error_cb", RuntimeError("x"), "consume"),
        ("error_cb", ValueError("x"), "poll"),
        ("stats_cb", RuntimeError("x"), "consume"),
        ("stats_cb", KeyError("x"), "poll"),
    )
}


# --- tests/test_Producer.py


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
    "every call after close()": lambda k: _after_close(k, "Producer"),
    "every call without __init__": lambda k: _never_begun(k, "Producer"),
    "as a context manager": lambda k: _with(k, "Producer"),
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
        _raising_callback(k, "Producer", which, error, call)
    )
    for which, error, call in (
        ("error_cb", RuntimeError("x"), "poll"),
        ("error_cb", ValueError("x"), "flush"),
        ("stats_cb", RuntimeError("x"), "poll"),
    )
}


# --- tests/test_threads.py


def _threads_that_flush(kit: Kit) -> Any:
    """Four threads share a producer; in each the second record's callback raises."""
    producer, done = lonely_producer(kit), []

    class Intended(Exception):
        pass

    def crash(_error: Any, _message: Any) -> None:
        raise Intended

    def run(number: int) -> None:
        for callback in (None, crash):
            producer.produce("t", "hi", callback=callback)
            try:
                producer.flush()
            except Intended:
                continue
        done.append(number)

    threads = [threading.Thread(target=run, args=(number,), daemon=True) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    tried(lambda: producer.flush(5))
    return sorted(done), len(producer)


# --- tests/test_Wakeable.py


def _interrupted(call: Callable[[], Any]) -> Any:
    """KeyboardInterrupt ends a call that waits, within a moment."""
    after_s = 0.3
    timer = threading.Timer(after_s, lambda: os.kill(os.getpid(), signal.SIGINT))
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    began = time.monotonic()
    try:
        timer.start()
        call()
        timer.join()
        time.sleep(0.5)
    except KeyboardInterrupt:
        return "interrupted", time.monotonic() - began < after_s + 1.5
    finally:
        signal.signal(signal.SIGINT, before)
    return "not interrupted"


def _consume_interrupted(kit: Kit, *given: Any) -> Any:
    if not kit.is_ours:
        return "waits until its time is over"
    return _interrupted(lambda: lonely_consumer(kit).consume(*given))


def _usable_after(kit: Kit) -> Any:
    consumer = kit.reader()
    first = consumer.poll(10).offset()
    consumer.consume(9, 10)
    return first, _interrupted(lambda: consumer.poll(5)), tried(lambda: consumer.poll(0)), consumer.close()


def _waiting_producer(kit: Kit) -> Any:
    producer = lonely_producer(kit, message_timeout_ms=30_000)
    producer.produce("t", b"v")
    return producer


def _brief(kit: Kit, kind: str, call: str, timeout: float) -> Any:
    client = lonely_consumer(kit) if kind == "Consumer" else lonely_producer(kit)
    if kind == "Consumer":
        client.subscribe(["t"])
    began = time.monotonic()
    answer = client.consume(1, timeout) if call == "consume" else getattr(client, call)(timeout)
    waited = time.monotonic() - began < timeout + 1
    return (
        waited if call == "poll" and kind == "Producer" else (answer, waited)
    )  # notices of logs are counted there


WAKEABLE: dict[str, Case | str] = {
    "the helpers' own tests": "missing: they are of its C code",
    "poll() of a producer is interrupted": lambda k: _interrupted(lambda: lonely_producer(k).poll()),
    "flush() is interrupted": lambda k: _interrupted(lambda: _waiting_producer(k).flush()),
    "flush(20) is interrupted": lambda k: _interrupted(lambda: _waiting_producer(k).flush(20)),
    "poll() of a consumer is interrupted": lambda k: _interrupted(lambda: lonely_consumer(k).poll()),
    "poll(20) of a consumer is interrupted": lambda k: _interrupted(lambda: lonely_consumer(k).poll(20)),
    "consume() is interrupted": lambda k: _consume_interrupted(k, 5),
    "consume(5, 20) is interrupted": lambda k: _consume_interrupted(k, 5, 20),
    "a consumer is used after an interruption": _usable_after,
    "flush() of nothing": lambda k: lonely_producer(k).flush(),
}
WAKEABLE |= {
    f"{kind}.{call}({timeout})": lambda k, kind=kind, call=call, timeout=timeout: _brief(
        k, kind, call, timeout
    )
    for kind, call in (
        ("Producer", "poll"),
        ("Producer", "flush"),
        ("Consumer", "poll"),
        ("Consumer", "consume"),
    )
    for timeout in (0, 0.05, 0.3)
}


# --- tests/test_misc.py, tests/test_log.py


def _statistics(kit: Kit, kind: str) -> Any:
    told: list[str] = []
    conf: dict[str, Any] = {"statistics_interval_ms": 50, "stats_cb": told.append}
    client = lonely_consumer(kit, **conf) if kind == "Consumer" else lonely_producer(kit, **conf)
    for _ in range(40):
        client.poll(0.1)
        if told:
            break
    return type(told[0]).__name__


def _no_servers(kit: Kit) -> Any:
    import json

    told: list[str] = []
    conf = {"bootstrap.servers": None, "statistics.interval.ms": 10, "stats_cb": told.append}
    producer = kit.keep(kit.names.Producer(conf))
    for _ in range(20):
        producer.poll(0.1)
    return len(json.loads(told[0])["brokers"])


def _topic_settings(kit: Kit) -> Any:
    """default.topic.config, librdkafka's old place for some keys."""
    found = []
    for conf in (
        {"message.timeout.ms": 600_000, "default.topic.config": {"message.timeout.ms": 100}},
        {"default.topic.config": {"message.timeout.ms": 100}},
    ):
        producer, told = kit.keep(kit.names.Producer({"bootstrap.servers": "127.0.0.1:1", **conf})), []
        producer.produce("t", b"v", on_delivery=lambda error, _message, told=told: told.append(error.name()))
        producer.flush(3)
        found.append(told)
    return found


def _throttled(kit: Kit) -> Any:
    event = kit.names.ThrottleEvent("broker", 0, 10.0)
    return event.broker_name, event.broker_id, event.throttle_time, str(event)


def _credentials(kit: Kit) -> Any:
    clients = [kit.admin(), lonely_consumer(kit), lonely_producer(kit)]
    ways = [("u", "p"), (None, "p"), ("u", None), ("u",)]
    return [[tried(lambda c=c, way=way: c.set_sasl_credentials(*way)) for way in ways] for c in clients]


MISC: dict[str, Case | str] = {
    "version(), libversion()": "missing: there is no librdkafka; ours is `minikafka.__version__`",
    "stats_cb of a consumer": lambda k: _statistics(k, "Consumer"),
    "stats_cb of a producer": lambda k: _statistics(k, "Producer"),
    "bootstrap.servers=None": _no_servers,
    "default.topic.config": _topic_settings,
    "throttle_cb=1": lambda k: k.names.Producer({"throttle_cb": 1}),
    "throttle_cb": lambda k: type(lonely_producer(k, throttle_cb=print)).__name__,
    "ThrottleEvent": _throttled,
    "set_sasl_credentials of all three": _credentials,
    "interceptors": "missing: plug-ins in C are not loaded",
}


def _logged(kit: Kit, kind: str, how: str) -> Any:
    """A logger of one's own is told something, once `debug` asks for it."""
    text = StringIO()
    logger = logging.getLogger(f"{kit.topic}-{kind}-{how}")
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    handler = logging.StreamHandler(text)
    handler.setFormatter(logging.Formatter("%(name)s | %(message)s"))
    logger.addHandler(handler)
    make = kit.admin_names.AdminClient if kind == "AdminClient" else getattr(kit.names, kind)
    conf = {**NOWHERE, "group.id": "g", "debug": "all"} if kind == "Consumer" else {**NOWHERE, "debug": "all"}
    if how == "a setting":
        client = make({**conf, "logger": logger})
    elif how == "an argument":
        client = make(conf, logger=logger)
    else:
        client = make(**{**conf, "logger": logger})
    for _ in range(30):
        client.poll(0.1)
        if text.getvalue():
            break
    if hasattr(client, "close"):
        client.close()
    return f"{kit.topic}-{kind}-{how} | INIT" in text.getvalue()


LOG: dict[str, Case | str] = {
    f"logger of a {kind}, as {how}": lambda k, kind=kind, how=how: _logged(k, kind, how)
    for kind in ("Producer", "Consumer", "AdminClient")
    for how in ("a setting", "an argument", "keywords alone")
}

ALONE: dict[str, dict[str, Case | str]] = {
    "tests/test_Consumer.py": CONSUMER,
    "tests/test_Producer.py": PRODUCER,
    "tests/test_threads.py": {"four threads flush, callbacks raise": _threads_that_flush},
    "tests/test_Wakeable.py": WAKEABLE,
    "tests/test_misc.py": MISC,
    "tests/test_log.py": LOG,
}
