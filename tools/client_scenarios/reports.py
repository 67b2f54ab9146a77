"""What users reported of Kafka's clients in public, told again as scenarios."""

from __future__ import annotations

import time
from typing import Any

from client_cases.kit import Case, Kit, partitions, record, tried

from client_scenarios.reading import Told, read, seeded, wait_for

# --- standing still and going on


def _paused_in_on_assign(kit: Kit) -> Any:
    """The first call in on_assign is pause()."""
    consumer = kit.consumer()
    consumer.subscribe([kit.topic], on_assign=lambda c, found: (c.assign(found), c.pause(found)))
    wait_for(lambda: consumer.assignment(), consumer)
    silent = read(consumer, 1, 1.0)
    consumer.resume(consumer.assignment())
    return silent, read(consumer, 2)


def _paused_before_the_first(kit: Kit) -> Any:
    """assign(), pause(), resume() at once, with auto.offset.reset=latest."""
    consumer = kit.consumer(auto_offset_reset="latest")
    consumer.assign([kit.tp(0, kit.names.OFFSET_BEGINNING)])
    consumer.pause([kit.tp()])
    consumer.resume([kit.tp()])
    return read(consumer, 2)


def _sought_then_paused(kit: Kit) -> Any:
    consumer = kit.reader()
    read(consumer, 6)
    consumer.seek(kit.tp(0, 2))
    consumer.pause([kit.tp()])
    silent = read(consumer, 1, 0.7)
    consumer.resume([kit.tp()])
    return silent, read(consumer, 2)


def _paused_at_the_end(kit: Kit) -> Any:
    topic = kit.new_topic(1)
    seeded(kit, topic, b"a", b"b")
    consumer = kit.consumer()
    consumer.assign([kit.names.TopicPartition(topic, 0, 0)])
    first = read(consumer, 2)
    consumer.pause(consumer.assignment())
    consumer.poll(0.3)
    consumer.resume(consumer.assignment())
    seeded(kit, topic, b"c")
    return first, read(consumer, 2, 3.0)


def _resumed_without_pause(kit: Kit) -> Any:
    consumer = kit.reader()
    first = read(consumer, 3)
    consumer.resume([kit.tp()])
    consumer.pause([kit.tp()])
    consumer.pause([kit.tp()])
    consumer.resume([kit.tp()])
    return first, read(consumer, 2)


def _assigned_anew_while_paused(kit: Kit) -> Any:
    """The pause, and the position, are those of the old assignment."""
    consumer = kit.reader()
    read(consumer, 5)
    consumer.commit(offsets=[kit.tp(0, 2)], asynchronous=False)
    consumer.pause([kit.tp()])
    consumer.unassign()
    consumer.assign([kit.tp()])
    return read(consumer, 2, 3.0)


def _sought_in_on_assign(kit: Kit) -> Any:
    told: list[Any] = []
    consumer = kit.consumer()
    consumer.subscribe(
        [kit.topic], on_assign=lambda c, found: told.append(tried(lambda: c.seek(kit.tp(0, 4))))
    )
    read(consumer, 1)
    return told


def _sought_after_assign(kit: Kit) -> Any:
    consumer = kit.reader()
    until = time.monotonic() + 5
    while time.monotonic() < until:
        if tried(lambda: consumer.seek(kit.tp(0, 6))) is None:
            break
        time.sleep(0.1)
    return read(consumer, 2)


def _wrong_way_to_assign(kit: Kit, strategy: str, call: str) -> Any:
    """assign() in a cooperative group, incremental_assign() in an eager one."""
    told: list[Any] = []
    consumer = kit.consumer(partition_assignment_strategy=strategy)
    consumer.subscribe(
        [kit.topic], on_assign=lambda c, found: told.append(tried(lambda: getattr(c, call)(found)))
    )
    found = read(consumer, 1, 8.0)
    return told, found


def _unassigned_in_a_cooperative_group(kit: Kit) -> Any:
    consumer = kit.consumer(partition_assignment_strategy="cooperative-sticky")
    consumer.subscribe([kit.topic])
    found = read(consumer, 1)
    ways = {
        "assign": lambda: consumer.assign([kit.tp()]),
        "assign none": lambda: consumer.assign([]),
        "unassign": lambda: consumer.unassign(),
        "incremental_unassign": lambda: consumer.incremental_unassign([kit.tp()]),
    }
    return found, [tried(way) for way in ways.values()]


def _unassigned_in_an_eager_group(kit: Kit) -> Any:
    consumer = kit.consumer()
    consumer.subscribe([kit.topic])
    found = read(consumer, 1)
    ways = {
        "incremental_assign": lambda: consumer.incremental_assign([kit.tp(1)]),
        "incremental_unassign": lambda: consumer.incremental_unassign([kit.tp()]),
        "assign": lambda: consumer.assign([kit.tp()]),
        "unassign": lambda: consumer.unassign(),
    }
    return found, [tried(way) for way in ways.values()]


def _records_deleted(kit: Kit) -> Any:
    """What is committed was deleted: auto.offset.reset."""
    topic, group = kit.new_topic(1), kit.new_name()
    seeded(kit, topic, b"a", b"b", b"c", b"d")
    tp = kit.names.TopicPartition
    kit.consumer(group_id=group).commit(offsets=[tp(topic, 0, 1)], asynchronous=False)
    for future in kit.admin().delete_records([tp(topic, 0, 3)]).values():
        future.result(10)
    consumer = kit.consumer(group_id=group)
    consumer.subscribe([topic])
    return read(consumer, 1)


def _reset_is_error(kit: Kit) -> Any:
    consumer = kit.consumer(auto_offset_reset="error")
    consumer.subscribe([kit.topic])
    return read(consumer, 1)


# --- lists and times


def _twice_in_lists(kit: Kit) -> Any:
    consumer = kit.reader()
    read(consumer, 2)
    times = [kit.tp(0, 0), kit.tp(0, 2**50)]
    return (
        tried(lambda: len(consumer.offsets_for_times(times, timeout=10))),
        tried(lambda: partitions(consumer.committed([kit.tp(), kit.tp()], timeout=10))),
        tried(lambda: partitions(consumer.position([kit.tp(), kit.tp()]))),
        tried(lambda: consumer.pause([kit.tp(), kit.tp()])),
        tried(lambda: consumer.resume([kit.tp(), kit.tp()])),
        tried(lambda: partitions(consumer.commit(offsets=[kit.tp(0, 1), kit.tp(0, 2)], asynchronous=False))),
    )


def _out_of_order(kit: Kit) -> Any:
    """Calls before there is anything to call them for."""
    consumer = kit.consumer()
    return (
        consumer.unsubscribe(),
        consumer.unsubscribe(),
        consumer.unassign(),
        consumer.assignment(),
        tried(lambda: consumer.pause([kit.tp()])),
        tried(lambda: consumer.resume([kit.tp()])),
        record(consumer.poll(0.2)),
        consumer.consume(5, 0.2),
        consumer.commit(asynchronous=True),
    )


_TIMES: dict[str, Any] = {
    "inf": float("inf"),
    "1e10": 1e10,
    "1e300": 1e300,
    "nan": float("nan"),
    "-0.5": -0.5,
    "2**70": 2**70,
    "True": True,
}


def _timed(kit: Kit, given: Any) -> Any:
    """poll() of what is there, and flush() of little, with odd limits."""
    reader, producer = kit.reader(), kit.producer()
    producer.produce(kit.topic, b"v")
    return tried(lambda: record(reader.poll(given))), tried(lambda: producer.flush(given))


# --- records


def _written_and_read(kit: Kit, **given: Any) -> Any:
    topic = kit.new_topic(1)
    producer = kit.producer()
    producer.produce(topic, **given)
    producer.flush(10)
    consumer = kit.consumer()
    consumer.assign([kit.names.TopicPartition(topic, 0, 0)])
    message = consumer.poll(10)
    return message.key(), message.value(), message.timestamp(), message.headers()


def _odd_topic(kit: Kit, topic: str) -> Any:
    told: list[Any] = []
    producer = kit.producer(message_timeout_ms=5000)
    begun = tried(
        lambda: producer.produce(topic, b"v", on_delivery=lambda e, _m: told.append(e and e.name()))
    )
    producer.flush(8)
    consumer = kit.consumer()
    return begun, told, tried(lambda: consumer.subscribe([topic]))


def _endless(kit: Kit) -> Any:
    """A delivery callback that produces the next one."""
    producer, told = kit.producer(), []

    def note(_error: Any, _message: Any) -> None:
        told.append(1)
        if len(told) < 30:
            producer.produce(kit.topic, b"v", on_delivery=note)

    producer.produce(kit.topic, b"v", on_delivery=note)
    left = [producer.flush(10)]
    return left, len(told), len(producer)


def _in_a_callback(kit: Kit, call: str) -> Any:
    """A delivery callback that flushes, polls, closes."""
    producer, told = kit.producer(), []
    calls = {
        "flush": lambda: producer.flush(1),
        "poll": lambda: producer.poll(0),
        "len": lambda: len(producer),
        "list_topics": lambda: type(producer.list_topics(timeout=5)).__name__,
        "purge": lambda: producer.purge(),
    }

    def note(_error: Any, _message: Any) -> None:
        told.append(tried(calls[call]))

    producer.produce(kit.topic, b"v", on_delivery=note)
    return producer.flush(10), told


def _polled_in_on_assign(kit: Kit) -> Any:
    """Records are asked for in the callback itself."""
    told: list[Any] = []
    consumer = kit.consumer()
    consumer.subscribe(
        [kit.topic], on_assign=lambda c, _found: told.append(tried(lambda: record(c.poll(0.2))))
    )
    found = read(consumer, 2)
    return len(told), found


def _committed_for_others(kit: Kit) -> Any:
    """Offsets of a partition that is not assigned."""
    consumer = kit.consumer()
    return (
        tried(lambda: partitions(consumer.commit(offsets=[kit.tp(0, 3)], asynchronous=False))),
        partitions(consumer.committed([kit.tp()], timeout=10)),
    )


def _told_again(kit: Kit) -> Any:
    """enable.auto.commit: what was read is committed at close(), and nothing of what was not."""
    group = kit.new_name()
    consumer = kit.consumer(group_id=group, enable_auto_commit=True)
    consumer.subscribe([kit.topic])
    found = read(consumer, 4)
    consumer.close()
    again = kit.consumer(group_id=group)
    again.subscribe([kit.topic])
    return found, read(again, 1)


def _rebalances_without_callbacks(kit: Kit) -> Any:
    told = Told()
    consumer = kit.consumer()
    consumer.subscribe([kit.topic], on_revoke=told.on("revoke"))
    read(consumer, 1)
    consumer.unsubscribe()
    consumer.subscribe([kit.topic], on_lost=told.on("lost"))
    read(consumer, 1)
    consumer.close()
    return told.events


REPORTS: dict[str, Case | str] = {
    "pause() in on_assign": _paused_in_on_assign,
    "assign(), pause(), resume() at once": _paused_before_the_first,
    "seek(), then pause()": _sought_then_paused,
    "pause() at the end": _paused_at_the_end,
    "resume() without pause()": _resumed_without_pause,
    "assigned anew while paused": _assigned_anew_while_paused,
    "seek() in on_assign": _sought_in_on_assign,
    "seek() right after assign()": _sought_after_assign,
    "assign() in a cooperative group": lambda k: _wrong_way_to_assign(k, "cooperative-sticky", "assign"),
    "incremental_assign() in a cooperative group": lambda k: _wrong_way_to_assign(
        k, "cooperative-sticky", "incremental_assign"
    ),
    "unassign() in a cooperative group": _unassigned_in_a_cooperative_group,
    "incremental_assign() in an eager group": lambda k: _wrong_way_to_assign(
        k, "range", "incremental_assign"
    ),
    "assign() and the like in an eager group": _unassigned_in_an_eager_group,
    "what is committed was deleted": _records_deleted,
    "auto.offset.reset=error": _reset_is_error,
    "one partition twice in a list": _twice_in_lists,
    "calls before there is anything": _out_of_order,
    "a tombstone": lambda k: _written_and_read(k, key=b"k", value=None, timestamp=5),
    "an empty key": lambda k: _written_and_read(k, key=b"", value=b"", timestamp=5),
    "a time far away": lambda k: _written_and_read(k, value=b"v", timestamp=10**14),
    "a thousand headers": lambda k: len(_written_and_read(k, value=b"v", headers=[("h", b"v")] * 1000)[3]),
    "a topic in Cyrillic": lambda k: _odd_topic(k, "тема"),
    "a topic of 300 letters": lambda k: _odd_topic(k, "a" * 300),
    "a topic called ..": lambda k: _odd_topic(k, ".."),
    "a topic without a name": lambda k: _odd_topic(k, ""),
    "callbacks that produce": _endless,
    "poll() in on_assign": _polled_in_on_assign,
    "offsets of what is not assigned": _committed_for_others,
    "automatic commits at close()": _told_again,
    "one callback of three": _rebalances_without_callbacks,
}
REPORTS |= {f"a limit of {name}": lambda k, given=given: _timed(k, given) for name, given in _TIMES.items()}
REPORTS |= {
    f"{call}() in a delivery callback": lambda k, call=call: _in_a_callback(k, call)
    for call in ("flush", "poll", "len", "list_topics", "purge")
}
