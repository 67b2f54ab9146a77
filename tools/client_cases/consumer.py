"""What both consumers are asked."""

from __future__ import annotations

import json
import time
from typing import Any

from client_cases.kit import Case, Kit, closed, first, partitions, record


def _committing(kit: Kit, **given: Any) -> Any:
    consumer = kit.reader()
    message = consumer.poll(10)
    if given.get("message") == "its own":
        given["message"] = message
    answer = consumer.commit(**given)
    return None if answer is None else partitions(answer)


def _in_group(kit: Kit, **callbacks: Any) -> Any:
    consumer = kit.consumer()
    consumer.subscribe([kit.topic], **callbacks)
    return consumer


def _first_in_group(kit: Kit) -> Any:
    consumer = _in_group(kit)
    for _ in range(20):
        message = consumer.poll(1)
        if message is not None:
            return record(message)
    return None


_LISTS: dict[str, Any] = {"5": 5, "None": None, "['x']": ["x"]}
CONSUMER: dict[str, Case] = {}
for _name in (
    "assign",
    "incremental_assign",
    "incremental_unassign",
    "pause",
    "resume",
    "position",
    "committed",
):
    for _label, _given in _LISTS.items():
        CONSUMER[f"{_name}({_label})"] = lambda k, name=_name, given=_given: getattr(k.consumer(), name)(
            given
        )
for _offset in (-2003, -2001, -2100, -2000, -3, -999, -1002, -1000, -1001, -1, -2, 100, 5):
    CONSUMER[f"assign at {_offset}"] = lambda k, offset=_offset: first(k, offset)
for _name, _arguments in {
    "poll": (0,),
    "consume": (1, 0),
    "assignment": (),
    "unassign": (),
    "unsubscribe": (),
    "commit": (),
    "memberid": (),
    "consumer_group_metadata": (),
    "list_topics": (),
}.items():
    CONSUMER[f"closed: {_name}"] = lambda k, name=_name, given=_arguments: closed(
        k, name, *given, kind="consumer"
    )
CONSUMER |= {
    "subscribe(text)": lambda k: k.consumer().subscribe(k.topic),
    "subscribe(None)": lambda k: k.consumer().subscribe(None),
    "subscribe([])": lambda k: k.consumer().subscribe([]),
    "subscribe(tuple)": lambda k: k.consumer().subscribe((k.topic,)),
    "subscribe([5])": lambda k: k.consumer().subscribe([5]),
    "subscribe([''])": lambda k: k.consumer().subscribe([""]),
    "subscribe(['^('])": lambda k: k.consumer().subscribe(["^("]),
    "subscribe, on_assign=5": lambda k: k.consumer().subscribe([k.topic], on_assign=5),
    "subscribe, on_assign=None": lambda k: k.consumer().subscribe([k.topic], on_assign=None),
    "subscribe, then poll": _first_in_group,
    "subscribe to an unknown topic, poll(1)": lambda k: [
        one := k.consumer(),
        one.subscribe([k.new_name()]),
        record(one.poll(1)),
    ][2],
    "assign([])": lambda k: [one := k.consumer(), one.assign([]), one.assignment()][2],
    "assign the same twice": lambda k: k.consumer().assign([k.tp(0, 0), k.tp(0, 5)]),
    "assign a tuple": lambda k: k.consumer().assign((k.tp(),)),
    "incremental_unassign what is not assigned": lambda k: k.consumer().incremental_unassign([k.tp(7)]),
    "TopicPartition(offset='0')": lambda k: k.tp(0, "0"),
    "TopicPartition(offset=1.5)": lambda k: k.tp(0, 1.5),
    "TopicPartition(5)": lambda k: k.names.TopicPartition(5),
    "poll(None)": lambda k: k.reader().poll(None),
    "poll('1')": lambda k: k.reader().poll("1"),
    "consume(0)": lambda k: k.reader().consume(0),
    "consume(-1)": lambda k: k.reader().consume(-1),
    "consume(1_000_001)": lambda k: k.reader().consume(1_000_001),
    "consume('1')": lambda k: k.reader().consume("1"),
    "consume(1.5)": lambda k: k.reader().consume(1.5),
    "consume(2, None)": lambda k: k.reader().consume(2, None),
    "consume(3, 10)": lambda k: [record(m) for m in k.reader().consume(3, 10)],
    "consume more than there is": lambda k: len(k.reader().consume(20, 1.5)),
    "seek(5)": lambda k: k.reader().seek(5),
    "seek what is not assigned": lambda k: k.reader().seek(k.tp(9, 1)),
    "seek to OFFSET_STORED": lambda k: [one := k.reader(), one.poll(10), one.seek(k.tp(0, -1000))][2],
    "seek to -2001": lambda k: [
        one := k.reader(),
        one.poll(10),
        one.seek(k.tp(0, -2001)),
        record(one.poll(5)),
    ][3],
    "seek to -3": lambda k: [one := k.reader(), one.poll(10), one.seek(k.tp(0, -3))][2],
    "commit, a message": lambda k: _committing(k, message="its own", asynchronous=False),
    "commit, later": lambda k: _committing(k),
    "commit, what is stored": lambda k: _committing(k, asynchronous=False),
    "commit, message and offsets": lambda k: _committing(k, message="its own", offsets=[k.tp(0, 1)]),
    "commit, message=5": lambda k: _committing(k, message=5),
    "commit, offsets=5": lambda k: _committing(k, offsets=5),
    "commit, offsets=[]": lambda k: _committing(k, offsets=[], asynchronous=False),
    "commit, offset -1001": lambda k: _committing(k, offsets=[k.tp()], asynchronous=False),
    "commit, an unknown partition": lambda k: _committing(k, offsets=[k.tp(9, 1)], asynchronous=False),
    "commit, one of two unknown": lambda k: _committing(
        k, offsets=[k.tp(0, 1), k.tp(9, 1)], asynchronous=False
    ),
    "commit(), nothing stored": lambda k: k.consumer().commit(asynchronous=False),
    "committed": lambda k: partitions(k.consumer().committed([k.tp(), k.tp(9)], 10)),
    "position": lambda k: [one := k.reader(), one.poll(10), partitions(one.position([k.tp(), k.tp(9)]))][2],
    "store_offsets, stored by itself": lambda k: k.reader().store_offsets(offsets=[k.tp(0, 1)]),
    "store_offsets()": lambda k: k.reader().store_offsets(),
    "store_offsets, then commit": lambda k: [
        one := k.reader(enable_auto_offset_store=False),
        one.poll(10),
        one.store_offsets(offsets=[k.tp(0, 4)]),
        partitions(one.commit(asynchronous=False)),
    ][3],
    "get_watermark_offsets": lambda k: k.consumer().get_watermark_offsets(k.tp(), 10),
    "get_watermark_offsets, cached": lambda k: k.consumer().get_watermark_offsets(k.tp(8), cached=True),
    "get_watermark_offsets, an unknown partition": lambda k: k.consumer().get_watermark_offsets(k.tp(8), 3),
    "get_watermark_offsets(5)": lambda k: k.consumer().get_watermark_offsets(5),
    "offsets_for_times": lambda k: partitions(k.consumer().offsets_for_times([k.tp(0, 0)], 10)),
    "offsets_for_times, in the future": lambda k: partitions(
        k.consumer().offsets_for_times([k.tp(0, 2**50)], 10)
    ),
    "offsets_for_times([])": lambda k: k.consumer().offsets_for_times([]),
    "memberid() before joining": lambda k: k.consumer().memberid(),
    "close()": lambda k: k.consumer().close(),
    "close() twice": lambda k: [one := k.consumer(), one.close(), one.close()][1:],
    "Consumer()": lambda k: k.names.Consumer(),
    "Consumer({})": lambda k: k.names.Consumer({}),
    "an event at a partition's end": lambda k: [
        one := k.reader(10, enable_partition_eof=True),
        record(one.poll(5)),
    ][1],
    "on_commit": lambda k: _on_commit(k),
    "stats_cb, what it has": lambda k: _statistics(k),
}


def _on_commit(kit: Kit) -> Any:
    told: list[Any] = []
    consumer = kit.consumer(on_commit=lambda error, found: told.append((error, partitions(found))))
    consumer.assign([kit.tp(0, 0)])
    consumer.commit(consumer.poll(10))
    for _ in range(20):
        if told:
            break
        consumer.poll(0.2)
    return told


def _statistics(kit: Kit) -> Any:
    told: list[str] = []
    consumer = kit.consumer(statistics_interval_ms=100, stats_cb=told.append)
    consumer.subscribe([kit.topic])
    until = time.monotonic() + 20
    document: dict[str, Any] = {}
    while time.monotonic() < until and "0" not in document.get("topics", {}).get(kit.topic, {}).get(
        "partitions", {}
    ):
        consumer.poll(0.1)
        document = json.loads(told[-1]) if told else {}
    [broker, *_] = document["brokers"].values()
    topic = document["topics"][kit.topic]
    parts = (document, broker, topic, topic["partitions"]["0"], document["cgrp"])
    return [sorted(part) for part in parts]
