"""What users reported of clients that are closed, dropped, copied, shared or lost."""

from __future__ import annotations

import copy
import gc
import pickle
import subprocess
import sys
import threading
import time
from typing import Any

from client_cases.kit import Case, Kit, record, tried

from client_scenarios.reading import read, seeded


def _copied(kit: Kit) -> Any:
    clients = [kit.producer(), kit.consumer(), kit.admin()]
    ways = [copy.copy, copy.deepcopy, pickle.dumps]
    return [[tried(lambda way=way, c=c: type(way(c)).__name__) for way in ways] for c in clients]


def _settings_kept(kit: Kit) -> Any:
    conf = {
        **kit.boot,
        "group.id": "g",
        "error_cb": print,
        "default.topic.config": {"auto.offset.reset": "earliest"},
    }
    before = dict(conf)
    kit.keep(kit.names.Consumer(conf))
    kit.keep(kit.names.Producer({**kit.boot, "group.id": "g"}))
    return conf == before


def _in_a_cycle(kit: Kit) -> Any:
    """A client whose callback is a method of what holds it; both are dropped without close()."""

    class Holder:
        def __init__(self) -> None:
            self.consumer = kit.names.Consumer(
                {**kit.boot, "group.id": kit.new_name(), "error_cb": self.told}
            )
            self.consumer.subscribe([kit.topic], on_assign=self.told)

        def told(self, *_given: Any) -> None:
            pass

    holder = Holder()
    holder.consumer.poll(0.5)
    del holder
    gc.collect()
    return "collected"


_PROGRAM = """
import sys, threading
if sys.argv[1] == "ours":
    from minikafka import Producer, Consumer, KafkaException
    from minikafka.admin import AdminClient, NewTopic
else:
    from confluent_kafka import Producer, Consumer, KafkaException
    from confluent_kafka.admin import AdminClient, NewTopic
boot, topic, group = {"bootstrap.servers": sys.argv[2]}, sys.argv[3], sys.argv[4]
"""
_ENDS = {
    "a producer, a record waits": "p = Producer({**boot, 'linger.ms': 60000})\np.produce(topic, b'v')",
    "a producer, nobody is there": "p = Producer({'bootstrap.servers': '127.0.0.1:1'})\np.produce(topic, b'v')",
    "a consumer that reads": "c = Consumer({**boot, 'group.id': group})\nc.subscribe([topic])\nc.poll(1)",
    "a consumer that raises": "c = Consumer({**boot, 'group.id': group})\nc.subscribe([topic])\nraise ValueError('x')",
    "a consumer in a thread": (
        "c = Consumer({**boot, 'group.id': group})\nc.subscribe([topic])\n"
        "threading.Thread(target=c.poll, args=(60,), daemon=True).start()"
    ),
    "an admin client that waits": (
        "a = AdminClient({'bootstrap.servers': '127.0.0.1:1'})\nf = a.create_topics([NewTopic('t', 1, 1)])"
    ),
    "sys.exit in a callback": (
        "p = Producer(boot)\np.produce(topic, b'v', on_delivery=lambda *_: sys.exit(7))\np.flush()"
    ),
}


def _at_exit(kit: Kit, name: str) -> Any:
    """The interpreter ends, and the client was not closed: (status, within ten seconds)."""
    side = "ours" if kit.is_ours else "theirs"
    command = [sys.executable, "-c", _PROGRAM + _ENDS[name], side, kit.servers, kit.topic, kit.new_name()]
    try:
        done = subprocess.run(command, timeout=20, capture_output=True, check=False)
    except subprocess.TimeoutExpired:
        return "hangs"
    return done.returncode, [
        line for line in done.stderr.decode().splitlines()[-1:] if not line.startswith("%")
    ]


def _read_by_two_threads(kit: Kit) -> Any:
    """Two threads poll one consumer: each record once."""
    topic = kit.new_topic(1)
    seeded(kit, topic, *(b"%d" % n for n in range(200)))
    consumer = kit.consumer()
    consumer.subscribe([topic])
    found: list[Any] = []

    def run() -> None:
        until = time.monotonic() + 12
        while len(found) < 200 and time.monotonic() < until:
            message = consumer.poll(0.2)
            if message is not None:
                found.append(record(message))

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return len(found), len({one[0] for one in found})


def _fenced(kit: Kit) -> Any:
    """A second member of the same group.instance.id takes the first one's place."""
    conf = {"group_id": kit.new_name(), "group_instance_id": "one", "heartbeat_interval_ms": 300}
    first, second = kit.consumer(**conf), kit.consumer(**conf)
    first.subscribe([kit.topic])
    read(first, 1)
    second.subscribe([kit.topic])
    read(second, 1)
    event = None
    until = time.monotonic() + 10
    while (event is None or not event.error()) and time.monotonic() < until:
        event = first.poll(0.3)
        second.poll(0.1)
    return event is not None and (event.error().name(), event.error().fatal())


def _late_statistics(kit: Kit) -> Any:
    """An application that polls seldom gets what it missed, and is not drowned in it."""
    told: list[str] = []
    producer = kit.producer(statistics_interval_ms=50, stats_cb=told.append)
    time.sleep(1.0)
    producer.poll(0)
    return len(told) > 3


def _lost_with_its_answer(kit: Kit) -> Any:
    """The future of a client that nobody holds any more."""
    future = kit.admin_names.AdminClient(kit.boot).describe_cluster()
    gc.collect()
    found = tried(lambda: type(future.result(10)).__name__)
    return found in ("DescribeClusterResult", "raises KafkaException _DESTROY")


def _closed_in(kit: Kit, which: str) -> Any:
    """A consumer's callback closes it."""
    if which in ("on_revoke", "on_commit") and not kit.is_ours:
        return "hangs"
    told: list[Any] = []
    made: list[Any] = []

    def close(*_given: Any) -> None:
        if not told:
            told.append(tried(made[0].close))

    conf: dict[str, Any] = {}
    if which == "on_commit":
        conf["on_commit"] = close
    elif which == "stats_cb":
        conf |= {"stats_cb": close, "statistics_interval_ms": 100}
    consumer = kit.consumer(**conf)
    made.append(consumer)
    consumer.subscribe([kit.topic], **({which: close} if which in ("on_assign", "on_revoke") else {}))
    if which == "on_commit":
        read(consumer, 1)
        consumer.commit(asynchronous=True)
    if which == "on_revoke":
        read(consumer, 1)
        consumer.unsubscribe()
    until = time.monotonic() + 8
    while not told and time.monotonic() < until:
        if isinstance(tried(lambda: consumer.poll(0.2)), str):
            break
    return told, tried(lambda: consumer.poll(0)), tried(consumer.close)


LEAVING: dict[str, Case | str] = {
    "clients are copied": _copied,
    "settings are left as they were": _settings_kept,
    "a client in a cycle": _in_a_cycle,
    "two threads poll": _read_by_two_threads,
    "two members of one group.instance.id": _fenced,
    "statistics of an application that polls seldom": _late_statistics,
    "a future outlives its client": _lost_with_its_answer,
}
LEAVING |= {
    f"close() in {which}": lambda k, which=which: _closed_in(k, which)
    for which in ("on_assign", "on_revoke", "on_commit", "stats_cb")
}
LEAVING |= {f"at exit: {name}": lambda k, name=name: _at_exit(k, name) for name in _ENDS}
