"""Scenarios of writing and reading on a cluster, as confluent_kafka's own integration tests use them."""

from __future__ import annotations

import json
import struct
import time
from typing import Any

from client_cases.kit import Case, Kit, partitions, tried

from client_scenarios.reading import Told, read, seeded, wait_for

_REGISTRY = "missing: a schema registry's client is no part of this"
_HEADERS: list[tuple[str, Any]] = [
    ("foo1", "bar"),
    ("foo1", "bar2"),
    ("foo2", b"1"),
    ("Jämtland", "Härjedalen"),
    ("nullheader", None),
    ("empty", ""),
    ("foobin", struct.pack("hhl", 10, 20, 30)),
]


def _producer_of_all_kinds(kit: Kit) -> Any:
    topic = kit.new_topic(2)
    producer, told = kit.producer(), []

    def note(error: Any, message: Any) -> None:
        told.append(
            (error, message.partition(), message.key(), message.value(), message.latency() is not None)
        )

    producer.produce(topic, "Hello!", headers=_HEADERS, partition=0, on_delivery=note)
    producer.produce(topic, key="Just a key and headers", headers=_HEADERS, partition=0, callback=note)
    producer.produce(topic, key="Just a key", partition=0, callback=note)
    producer.produce(topic, partition=1, value="Strictly", key="mykey", headers=_HEADERS, on_delivery=note)
    producer.produce(topic, value="with a timestamp", timestamp=123456789000, partition=1, on_delivery=note)
    for number in range(10):
        producer.produce(topic, value=f"Message {number}", key=str(number), callback=note)
        producer.poll(0)
    return producer.flush(10), sorted(told[:4], key=str), len(told)


def _headers_and_all(kit: Kit) -> Any:
    topic = kit.new_topic(1)
    producer = kit.producer()
    producer.produce(topic, "v", "k", headers=_HEADERS, timestamp=123456789000)
    producer.flush(10)
    consumer = kit.consumer()
    consumer.subscribe([topic])
    message = None
    while message is None or message.error():
        message = consumer.poll(1)
    message_headers, timestamp = message.headers(), message.timestamp()
    message.set_headers([("foo", "bar")])
    return (
        message_headers,
        timestamp,
        message.headers(),
        message.leader_epoch(),
        message.latency(),
        len(message),
    )


def _only_errors(kit: Kit) -> Any:
    told: list[Any] = []
    producer = kit.producer(delivery_report_only_error=True)

    def note(error: Any, _message: Any) -> None:
        told.append(error.name())

    bad = tried(lambda: producer.produce(kit.topic, b"bad", partition=99, on_delivery=note))
    producer.produce(kit.topic, b"good", on_delivery=lambda *_: told.append("good"))
    left = producer.flush(10)
    return (bad, told) in (
        (None, ["_UNKNOWN_PARTITION"]),
        ("raises KafkaException _UNKNOWN_PARTITION", []),
    ), left


def _paused(kit: Kit) -> Any:
    consumer = kit.consumer()
    consumer.subscribe([kit.topic])
    first = read(consumer, 3)
    consumer.pause(consumer.assignment())
    silent = consumer.poll(1.0)
    consumer.resume(consumer.assignment())
    return first, silent, read(consumer, 2)


def _commits_now_and_later(kit: Kit) -> Any:
    told: list[Any] = []
    consumer = kit.consumer(on_commit=lambda error, found: told.append((error, partitions(found))))
    consumer.subscribe([kit.topic])
    found = []
    for number in range(6):
        message = None
        while message is None:
            message = consumer.poll(1)
        if number % 2:
            found.append(partitions(consumer.commit(message, asynchronous=False)))
        else:
            found.append(consumer.commit(message, asynchronous=True))
    wait_for(lambda: len(told) >= 3, consumer, limit_s=5)
    return (
        found,
        [one for one in told if one[1][0][1] in (1, 3, 5)],
        partitions(consumer.committed([kit.tp()], 10)),
    )


def _sought(kit: Kit) -> Any:
    consumer = kit.consumer()
    consumer.subscribe([kit.topic])
    first = None
    while first is None:
        first = consumer.poll(1)
    read(consumer, 4)
    where = kit.names.TopicPartition(kit.topic, 0, first.offset(), leader_epoch=first.leader_epoch())
    consumer.seek(where)
    again = consumer.poll(10)
    return again.offset() == first.offset(), again.leader_epoch() == first.leader_epoch(), read(consumer, 2)


def _batches(kit: Kit) -> Any:
    topic = kit.new_topic(1)
    seeded(kit, topic, *(b"%d" % n for n in range(250)))
    consumer = kit.consumer()
    consumer.subscribe([topic])
    sizes, values = [], []
    for _ in range(3):
        found = consumer.consume(100, 4.0 if len(values) == 200 else 20.0)
        sizes.append(len(found))
        values += [int(m.value()) for m in found]
    return sizes, values == list(range(250))


def _ends(kit: Kit) -> Any:
    topic = kit.new_topic(3)
    for number in range(3):
        seeded(kit, topic, b"v", partition=number)
    consumer = kit.consumer(enable_partition_eof=True)
    consumer.subscribe([topic])
    ends, records = {}, 0
    until = time.monotonic() + 15
    while len(ends) < 3 and time.monotonic() < until:
        message = consumer.poll(1)
        if message is not None and message.error():
            ends[message.partition()] = (message.error().name(), message.offset(), message.topic() == topic)
        elif message is not None:
            records += 1
    return sorted(ends.items()), records


def _watermarks_in_the_callback(kit: Kit) -> Any:
    told: list[Any] = []
    consumer = kit.consumer()
    consumer.subscribe(
        [kit.topic],
        on_assign=lambda c, found: told.append([c.get_watermark_offsets(tp, timeout=10) for tp in found]),
    )
    wait_for(lambda: told, consumer)
    consumer.poll(5)
    [tp] = consumer.assignment()
    return (
        told,
        consumer.get_watermark_offsets(tp, cached=True)[1],
        consumer.get_watermark_offsets(tp, timeout=5),
    )


def _times(kit: Kit) -> Any:
    topic = kit.new_topic(2)
    producer = kit.producer()
    for at in (1000, 3000, 2000):
        producer.produce(topic, b"v", partition=0, timestamp=at)
    producer.flush(10)
    tp = kit.names.TopicPartition
    asked = [tp(topic, 0, 1500), tp(topic, 1, 1500), tp(topic, 0, 9000), tp(topic, 7, 1)]
    consumer = kit.consumer()
    return (
        tried(lambda: partitions(consumer.offsets_for_times(asked[:2], timeout=10))),
        tried(lambda: partitions(consumer.offsets_for_times(asked[2:3], timeout=10))),
        tried(lambda: partitions(consumer.offsets_for_times(asked[3:], timeout=5))),
    )


def _callbacks_that_assign(kit: Kit) -> Any:
    """on_assign assigns by itself, on_revoke unassigns: the old way."""
    told = Told()
    consumer = kit.consumer()
    then = {"assign": lambda c, found: c.assign(found), "revoke": lambda c, _found: c.unassign()}
    consumer.subscribe([kit.topic], **told.callbacks(**then))
    found = read(consumer, 3)
    consumer.close()
    return found, told.events


def _callbacks_that_move(kit: Kit) -> Any:
    """on_assign begins elsewhere."""

    def assign(consumer: Any, found: Any) -> None:
        for tp in found:
            tp.offset = 7
        consumer.assign(found)

    consumer = kit.consumer()
    consumer.subscribe([kit.topic], on_assign=assign)
    return read(consumer, 2)


def _unassigned_in_on_revoke(kit: Kit) -> Any:
    """With automatic commits: what was read is committed, though on_revoke gives the partitions up by itself."""
    group = kit.new_name()
    consumer = kit.consumer(group_id=group, enable_auto_commit=True)
    consumer.subscribe([kit.topic], on_revoke=lambda c, _found: c.unassign())
    found = read(consumer, 4)
    consumer.close()
    return found, partitions(kit.consumer(group_id=group).committed([kit.tp()], 10))


def _statistics(kit: Kit) -> Any:
    told: list[str] = []
    consumer = kit.consumer(statistics_interval_ms=100, stats_cb=told.append, enable_partition_eof=True)
    consumer.subscribe([kit.topic])
    read(consumer, 11)
    wait_for(lambda: len(told) > 3, consumer)
    document = json.loads(told[-1])
    return (
        len(document["name"]) > 0,
        document["type"],
        document["topics"][kit.topic]["partitions"]["0"]["app_offset"],
    )


INTEGRATION: dict[str, Case | str] = {
    "a producer's records of every kind": _producer_of_all_kinds,
    "delivery.report.only.error": _only_errors,
    "what a consumer reads: headers, times, epochs": _headers_and_all,
    "pause and resume": _paused,
    "commit now and later": _commits_now_and_later,
    "seek back to a message": _sought,
    "consume() in batches": _batches,
    "the ends of three partitions": _ends,
    "watermarks, asked for in on_assign": _watermarks_in_the_callback,
    "offsets_for_times of a few": _times,
    "callbacks that assign and unassign": _callbacks_that_assign,
    "a callback that begins elsewhere": _callbacks_that_move,
    "automatic commits, on_revoke unassigns": _unassigned_in_on_revoke,
    "statistics of a consumer that reads": _statistics,
    "throttle_cb": "missing: there are no quotas in the cluster, and throttling is not told",
    "avro, https, basic auth": _REGISTRY,
    "a million records": "in docs/PERFORMANCE.md",
}
