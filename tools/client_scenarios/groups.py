"""Scenarios of members of groups and what they read, as confluent_kafka's own integration tests use them."""

from __future__ import annotations

import threading
import time
from typing import Any

from client_cases.kit import Case, Kit, partitions, record, tried

from client_scenarios.reading import Told, read, seeded, wait_for


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
    twice = tried(lambda: consumer.subscribe([kit.topic, kit.topic]))
    consumer.subscribe([kit.topic])
    return first, twice, read(consumer, 1), len(consumer.assignment())


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


GROUPS: dict[str, dict[str, Case | str]] = {
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
}
