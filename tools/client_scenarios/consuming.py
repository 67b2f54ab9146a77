"""Scenarios of reading and writing on a cluster, as confluent_kafka's own integration tests use them."""

from __future__ import annotations

import struct
import threading
import time
from typing import Any

from client_cases.kit import Case, Kit, partitions, record, tried

_TRANSACTIONS = "missing: this producer has no transactions yet"
_SERIALIZERS = "missing: serializers are not built; a message's value is bytes"
_REGISTRY = "missing: a schema registry's client is no part of this"
_SHARE = "missing: share groups are not built"
_HEADERS: list[tuple[str, Any]] = [
    ("foo1", "bar"),
    ("foo1", "bar2"),
    ("foo2", b"1"),
    ("Jämtland", "Härjedalen"),
    ("nullheader", None),
    ("empty", ""),
    ("foobin", struct.pack("hhl", 10, 20, 30)),
]


def seeded(kit: Kit, topic: str, *values: bytes, partition: int = 0) -> None:
    """Writes these values."""
    producer = kit.producer()
    for value in values:
        producer.produce(topic, value, partition=partition)
    producer.flush(10)


def read(consumer: Any, count: int, limit_s: float = 15.0) -> list[Any]:
    """So many records or events, as far as they come in time."""
    found: list[Any] = []
    until = time.monotonic() + limit_s
    while len(found) < count and time.monotonic() < until:
        message = consumer.poll(0.2)
        if message is not None:
            found.append(record(message))
    return found


def wait_for(condition: Any, *consumers: Any, limit_s: float = 20.0) -> bool:
    """Polls these consumers until `condition()`; what they read is thrown away."""
    until = time.monotonic() + limit_s
    while not condition() and time.monotonic() < until:
        for consumer in consumers:
            consumer.poll(0.1)
    return bool(condition())


class Told:
    """What a consumer's rebalance callbacks were told."""

    def __init__(self) -> None:
        self.events: list[tuple[str, int]] = []

    def on(self, kind: str, then: Any = None) -> Any:
        """A callback that remembers, and then does something."""

        def callback(consumer: Any, found: Any) -> None:
            self.events.append((kind, len(found)))
            if then is not None:
                then(consumer, found)

        return callback

    def callbacks(self, **then: Any) -> dict[str, Any]:
        """All three."""
        return {f"on_{kind}": self.on(kind, then.get(kind)) for kind in ("assign", "revoke", "lost")}


# --- integration_test.py


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
    import json

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


# --- tests/integration/consumer


def _end_as_event(kit: Kit) -> Any:
    consumer = kit.consumer(enable_partition_eof=True)
    consumer.assign([kit.tp(0, kit.names.OFFSET_END)])
    return record(consumer.poll(10))


def _error_committed(kit: Kit, call: str) -> Any:
    """The session's timeout is too short for the broker: the error that poll() gives can't be committed."""
    consumer = kit.consumer(session_timeout_ms=100, enable_auto_offset_store=call != "store_offsets")
    consumer.subscribe([kit.topic])
    message = consumer.poll(5)
    return record(message), tried(lambda: getattr(consumer, call)(message))


def _member_id(kit: Kit) -> Any:
    consumer = kit.consumer()
    before = consumer.memberid()
    consumer.subscribe([kit.topic])
    read(consumer, 1)
    after = consumer.memberid()
    consumer.close()
    return before, type(after).__name__, len(after) > 0, tried(consumer.memberid)


def _metadata_committed(kit: Kit) -> Any:
    consumer, found = kit.consumer(), []
    for metadata in (None, "hello world", "नमस्ते दुनिया", "", "xyz\0abc"):

        def commit(metadata: Any = metadata) -> Any:
            tp = kit.names.TopicPartition(kit.topic, 0, 1, *([] if metadata is None else [metadata]))
            consumer.commit(offsets=[tp], asynchronous=False)
            return consumer.committed([kit.tp()], timeout=10)[0].metadata

        found.append(tried(commit))
    return found


def _cooperative(kit: Kit, **conf: Any) -> Any:
    base = {"partition_assignment_strategy": "cooperative-sticky", "heartbeat_interval_ms": 300, **conf}
    return kit.consumer(session_timeout_ms=6000, max_poll_interval_ms=6000, **base)


def _second_topic(kit: Kit) -> Any:
    """Another topic joins the subscription; then the application stays away for too long."""
    told = Told()
    one, two = kit.new_topic(1), kit.new_topic(1)
    seeded(kit, one, b"a")
    consumer = _cooperative(kit)
    consumer.subscribe([one], **told.callbacks())
    first = read(consumer, 1)
    consumer.subscribe([one, two], **told.callbacks())
    seeded(kit, two, b"b")
    second = read(consumer, 1)
    steps: list[Any] = [first, second, list(told.events), consumer.poll(0.5)]
    time.sleep(7)
    told.events.clear()
    steps.append(read(consumer, 1))
    steps += [sorted(value for _, value in read(consumer, 2)), told.events]
    return steps


def _lost_without_on_lost(kit: Kit) -> Any:
    told = Told()
    consumer = _cooperative(kit)
    consumer.subscribe([kit.topic], on_assign=told.on("assign"), on_revoke=told.on("revoke"))
    first = read(consumer, 1)
    time.sleep(7)
    before = list(told.events)
    event = None
    while event is None or not event.error():
        event = consumer.poll(2)
    wait_for(lambda: len(told.events) > 1, consumer)
    return first, before, record(event), told.events[:2]


def _incrementally(kit: Kit) -> Any:
    one, two, tp = kit.new_topic(1), kit.new_topic(1), kit.names.TopicPartition
    seeded(kit, one, b"a")
    seeded(kit, two, b"b")
    consumer = kit.consumer(auto_offset_reset="error")
    consumer.incremental_assign([tp(one, 0, kit.names.OFFSET_BEGINNING)])
    message = consumer.poll(10)
    consumer.commit(message, asynchronous=False)
    steps = [
        record(message),
        tried(lambda: consumer.incremental_assign([tp(one, 0, kit.names.OFFSET_BEGINNING)])),
        tried(lambda: consumer.incremental_assign([tp(two, 0), tp(two, 0)])),
    ]
    consumer.incremental_assign([tp(two, 0, kit.names.OFFSET_BEGINNING)])
    steps.append(read(consumer, 1))
    consumer.incremental_unassign([tp(one, 0)])
    seeded(kit, one, b"aa")
    steps.append(consumer.poll(0.7))
    seeded(kit, two, b"aaa")
    steps.append(read(consumer, 1))
    consumer.incremental_assign([tp(one, 0)])
    steps.append(read(consumer, 1))
    consumer.incremental_unassign([tp(one, 0)])
    steps.append(tried(lambda: consumer.incremental_unassign([tp(one, 0)])))
    return [*steps, consumer.unassign()]


def _two_members(kit: Kit, strategy: str) -> Any:
    """A second member comes and goes."""
    topic = kit.new_topic(4)
    told, group = Told(), kit.new_name()
    conf = {"group_id": group, "partition_assignment_strategy": strategy, "heartbeat_interval_ms": 300}
    first, second = kit.consumer(**conf), kit.consumer(**conf)
    first.subscribe([topic], **told.callbacks())
    alone = wait_for(lambda: len(first.assignment()) == 4, first)
    second.subscribe([topic])
    shared = wait_for(lambda: len(first.assignment()) == len(second.assignment()) == 2, first, second)
    second.close()
    again = wait_for(lambda: len(first.assignment()) == 4, first)
    return alone, shared, again, told.events


def _static(kit: Kit) -> Any:
    """A static member that comes back within its session keeps what it had; nobody is told of a rebalance."""
    topic, group, told = kit.new_topic(2), kit.new_name(), Told()
    conf = {"group_id": group, "heartbeat_interval_ms": 300}
    stays, goes = kit.consumer(group_instance_id="a", **conf), kit.consumer(group_instance_id="b", **conf)
    stays.subscribe([topic], **told.callbacks())
    goes.subscribe([topic])
    wait_for(lambda: len(stays.assignment()) == len(goes.assignment()) == 1, stays, goes)
    had = goes.assignment()
    goes.close()
    told.events.clear()
    back = kit.consumer(group_instance_id="b", **conf)
    back.subscribe([topic])
    return wait_for(lambda: back.assignment() == had, stays, back), told.events


def _pattern(kit: Kit) -> Any:
    """Topics that match, also one that is made later."""
    prefix = kit.new_name()
    kit.new_topic(1, f"{prefix}-a")
    consumer = kit.consumer(topic_metadata_refresh_interval_ms=500, heartbeat_interval_ms=300)
    consumer.subscribe([f"^{prefix}-.*"])
    one = wait_for(lambda: len(consumer.assignment()) == 1, consumer)
    kit.new_topic(1, f"{prefix}-b")
    two = wait_for(lambda: len(consumer.assignment()) == 2, consumer)
    return one, two


def _nothing_matches(kit: Kit) -> Any:
    consumer = kit.consumer()
    consumer.subscribe([f"^{kit.new_name()}-never.*"])
    return record(consumer.poll(1.5)), consumer.assignment(), consumer.close()


def _raising_on_assign(kit: Kit) -> Any:
    """What on_assign raises reaches poll(), and the partitions are read all the same."""

    def raising(_consumer: Any, _found: Any) -> None:
        raise ValueError("of the application")

    consumer = kit.consumer()
    consumer.subscribe([kit.topic], on_assign=raising)
    raised = 0
    found: list[Any] = []
    until = time.monotonic() + 10
    while len(found) < 2 and time.monotonic() < until:
        try:
            message = consumer.poll(0.5)
        except ValueError:
            raised += 1
        else:
            found += [] if message is None else [record(message)]
    return raised, found


def _changed_subscription(kit: Kit) -> Any:
    """assign() after subscribe(), subscribe() after assign()."""
    consumer = kit.consumer()
    consumer.subscribe([kit.topic])
    read(consumer, 1)
    answer = tried(lambda: consumer.assign([kit.tp(0, 5)]))
    found = read(consumer, 1)
    consumer.unsubscribe()
    consumer.assign([kit.tp(0, 8)])
    return answer, found, read(consumer, 1, 3.0), tried(lambda: consumer.subscribe([kit.topic]))


def _subscribed_again(kit: Kit) -> Any:
    consumer = kit.consumer()
    consumer.subscribe([kit.topic])
    first = read(consumer, 1)
    consumer.unsubscribe()
    gone = consumer.assignment()
    twice = tried(lambda: consumer.subscribe([kit.topic, kit.topic]))
    consumer.subscribe([kit.topic])
    return first, gone, twice, read(consumer, 1), len(consumer.assignment())


def _closed_in_another_thread(kit: Kit) -> Any:
    consumer = kit.consumer()
    consumer.subscribe([kit.topic])
    read(consumer, 10)
    closer = threading.Timer(0.5, lambda: tried(consumer.close))
    closer.start()
    answer = tried(lambda: record(consumer.poll(5)))
    closer.join(10)
    return answer, closer.is_alive()


def _revoked_message(kit: Kit) -> Any:
    """A message of a partition that was given up is committed, and stored."""
    consumer = kit.consumer(enable_auto_offset_store=False)
    consumer.assign([kit.tp(0, 0)])
    message = consumer.poll(10)
    consumer.unassign()
    return (
        tried(lambda: partitions(consumer.commit(message, asynchronous=False))),
        tried(lambda: consumer.store_offsets(message)),
        tried(lambda: consumer.seek(kit.tp(0, 1))),
        partitions(consumer.position([kit.tp()])),
        tried(lambda: consumer.pause([kit.tp()])),
        tried(lambda: consumer.resume([kit.tp()])),
    )


def _waits(kit: Kit) -> Any:
    """consume() waits for as many as it was asked for, or until its time is over."""
    consumer = kit.reader(8)
    began = time.monotonic()
    found = consumer.consume(5, 1.0)
    waited = time.monotonic() - began
    return [record(m) for m in found], 0.7 < waited < 3, consumer.consume(5, 0)


def _positions(kit: Kit) -> Any:
    consumer = kit.reader(3)
    steps = [partitions(consumer.position([kit.tp()]))]
    read(consumer, 2)
    steps.append(partitions(consumer.position([kit.tp()])))
    consumer.seek(kit.tp(0, 1))
    steps.append(partitions(consumer.position([kit.tp()])))
    return [*steps, read(consumer, 1), partitions(consumer.position([kit.tp()]))]


CONSUMING: dict[str, dict[str, Case | str]] = {
    "tests/integration/integration_test.py": INTEGRATION,
    "tests/integration/consumer/test_consumer_error.py": {
        "a partition's end, as an event": _end_as_event,
        "an event is committed": lambda k: _error_committed(k, "commit"),
        "an event is stored": lambda k: _error_committed(k, "store_offsets"),
    },
    "tests/integration/consumer/test_consumer_memberid.py": {"memberid() before, in, and after": _member_id},
    "tests/integration/consumer/test_consumer_topicpartition_metadata.py": {
        "metadata beside an offset": _metadata_committed
    },
    "tests/integration/consumer/test_consumer_upgrade_downgrade.py": {
        "members change the group's protocol": "missing: this consumer speaks the classic group protocol"
    },
    "tests/integration/consumer/test_consumer_wakeable_poll_consume.py": {
        "poll(2) of a record": lambda k: [one := k.consumer(), one.subscribe([k.topic]), read(one, 1)][2],
        "consume(5, 2) of three records": lambda k: [record(m) for m in k.reader(7).consume(5, 2)],
    },
    "tests/integration/consumer/test_cooperative_rebalance_1.py": {
        "a second topic, and an application that stays away": _second_topic
    },
    "tests/integration/consumer/test_cooperative_rebalance_2.py": {
        "lost partitions, without on_lost": _lost_without_on_lost
    },
    "tests/integration/consumer/test_incremental_assign.py": {"incremental_assign and back": _incrementally},
    "tests/ducktape/test_consumer.py": {
        **{
            f"a second member comes and goes, {strategy}": lambda k, strategy=strategy: _two_members(
                k, strategy
            )
            for strategy in ("range", "roundrobin", "cooperative-sticky")
        },
        "static membership": _static,
        "a pattern, and a topic that comes": _pattern,
        "a pattern that matches nothing": _nothing_matches,
        "on_assign raises": _raising_on_assign,
        "assign() after subscribe()": _changed_subscription,
        "subscribe() after unsubscribe(), a name twice": _subscribed_again,
        "close() from another thread": _closed_in_another_thread,
        "a message of a partition that was given up": _revoked_message,
        "consume() waits": _waits,
        "positions": _positions,
    },
    "tests/integration/producer/test_producer_wakeable_poll_flush.py": {
        "poll(1) of a delivery": lambda k: _delivered(k, "poll"),
        "flush(1) of a delivery": lambda k: _delivered(k, "flush"),
    },
    "tests/integration/producer/test_transactions.py, tests/ducktape/test_transactions.py": {
        "transactions": _TRANSACTIONS
    },
    "tests/integration/serialization/*, tests/avro/*, tests/test_serializer_error.py": {
        "serializers": _SERIALIZERS
    },
    "tests/integration/schema_registry/*, tests/schema_registry/*": {"a schema registry": _REGISTRY},
    "tests/integration/share_consumer*/*, tests/test_ShareConsumer*.py": {"share groups": _SHARE},
    "tests/test_oauth_cb.py, tests/oauthbearer/*": {"OAuth": "missing: there is no SASL here"},
    "tests/ducktape/test_producer.py, tests/soak/*": {"how fast, and for how long": "in docs/PERFORMANCE.md"},
    "tests/test_docs.py, tests/test_unasync.py, tests/_util/*": {
        "the package's own": "missing: of its own code"
    },
}


def _delivered(kit: Kit, call: str) -> Any:
    producer, told = kit.producer(), []
    producer.produce(
        kit.topic, b"v", on_delivery=lambda error, message: told.append((error, message.value()))
    )
    for _ in range(10):
        getattr(producer, call)(1.0)
        if told:
            break
    return told
