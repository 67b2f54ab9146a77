"""Scenarios of a consumer without a cluster, as confluent_kafka's own tests use it."""

from __future__ import annotations

from typing import Any

from client_cases.kit import Case, Kit, partitions, tried

from client_scenarios.lonely import (
    after_close,
    in_a_with,
    lonely_consumer,
    never_begun,
    raising_callback,
    said,
)


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


CONSUMER: dict[str, Case | str] = {
    "every call without a broker": _without_a_broker,
    "store_offsets, every way": _stored,
    "commit, every way": _committed_ways,
    "on_commit is told once, or not, of nothing to commit": _told_of_nothing,
    "a subclass": _subclass,
    "closing twice": lambda k: [one := lonely_consumer(k), one.subscribe(["t"]), one.close(), one.close()][
        1:
    ],
    "every call after close()": lambda k: after_close(k, "Consumer"),
    "every call without __init__": lambda k: never_begun(k, "Consumer"),
    "no group.id": lambda k: said(lambda: k.names.Consumer(dict(k.boot))),
    "as a context manager": lambda k: in_a_with(k, "Consumer"),
}
CONSUMER |= {
    f"{which} raises {type(error).__name__}, {call}()": lambda k, which=which, error=error, call=call: (
        raising_callback(k, "Consumer", which, error, call)
    )
    for which, error, call in (
        ("error_cb", RuntimeError("x"), "consume"),
        ("error_cb", ValueError("x"), "poll"),
        ("stats_cb", RuntimeError("x"), "consume"),
        ("stats_cb", KeyError("x"), "poll"),
    )
}
