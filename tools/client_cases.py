"""What both clients are asked for docs/CLIENTS.md: calls of ordinary, odd and repeated use, a name each.

One rule: a case is a function of a `Kit` (one side's names and a topic of its own) and returns a plain value; what it
raises is an answer, too. A case that would end librdkafka's process is marked, and asked of ours alone.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Case = Callable[["Kit"], Any]


@dataclass
class Kit:
    """One side: its module, its admin module, and a cluster with a topic of 10 records."""

    names: Any
    admin_names: Any
    servers: str
    topic: str
    made: list[Any] = field(default_factory=list)
    counter: int = 0
    only_admin: Any = None

    @property
    def boot(self) -> dict[str, Any]:
        """The least settings."""
        return {"bootstrap.servers": self.servers}

    def new_name(self) -> str:
        """A topic or group that is not there."""
        self.counter += 1
        return f"{self.topic}-{self.counter}"

    def producer(self, **conf: Any) -> Any:
        """A producer; keywords with underscores for dots."""
        return self._keep(self.names.Producer({**self.boot, "linger.ms": 0, **_dotted(conf)}))

    def consumer(self, **conf: Any) -> Any:
        """A consumer of a group of its own, from the beginning, without automatic commits."""
        base = {"group.id": self.new_name(), "auto.offset.reset": "earliest", "enable.auto.commit": False}
        return self._keep(self.names.Consumer({**self.boot, **base, **_dotted(conf)}))

    def reader(self, offset: int = 0, **conf: Any) -> Any:
        """A consumer that reads the topic from `offset`."""
        consumer = self.consumer(**conf)
        consumer.assign([self.tp(0, offset)])
        return consumer

    def admin(self) -> Any:
        """An admin client, one for all: confluent_kafka's futures die with theirs."""
        if self.only_admin is None:
            self.only_admin = self.admin_names.AdminClient(self.boot)
        return self.only_admin

    def tp(self, partition: int = 0, offset: int | None = None) -> Any:
        """A partition of the topic."""
        where = (self.topic, partition)
        return (
            self.names.TopicPartition(*where) if offset is None else self.names.TopicPartition(*where, offset)
        )

    def nowhere(self, offset: int = 0) -> Any:
        """A partition of a topic that is not there."""
        return self.names.TopicPartition(self.new_name(), 0, offset)

    def _keep(self, client: Any) -> Any:
        self.made.append(client)
        return client

    def close(self) -> None:
        """Closes what the case made."""
        while self.made:
            client = self.made.pop()
            try:
                if hasattr(client, "purge"):
                    client.purge()
                client.close()
            except RuntimeError:
                pass


def _dotted(conf: dict[str, Any]) -> dict[str, Any]:
    return {
        key if key.endswith("_cb") or key.startswith("on_") else key.replace("_", "."): v
        for key, v in conf.items()
    }


def produced(kit: Kit, **given: Any) -> Any:
    """What the callback of one record tells: error, partition, key, value, headers, and whether the time is now."""
    producer, told = kit.producer(), []
    topic = given.pop("topic", kit.topic)
    value = given.pop("value", b"v")
    given.setdefault("on_delivery", lambda error, message: told.append((error, message)))
    producer.produce(topic, value, **given)
    left = producer.flush(10)
    return left, [
        (error and error.name(), m.partition(), m.key(), m.value(), m.timestamp()[0]) for error, m in told
    ]


def first(kit: Kit, offset: Any) -> Any:
    """The first record that a consumer reads from there, within a second and a half."""
    return record(kit.reader(offset).poll(1.5))


def record(message: Any) -> Any:
    """A message, or an event, as a plain value."""
    if message is None:
        return None
    return message.error().name() if message.error() else (message.offset(), message.value())


def partitions(found: Any) -> Any:
    """Partitions as plain values."""
    return [(tp.partition, tp.offset, tp.error and tp.error.name(), tp.metadata) for tp in found]


def futures(answers: Any) -> Any:
    """The kinds of results of a dictionary of futures, or of one."""
    if not isinstance(answers, dict):
        return type(answers.result(10)).__name__
    return [type(answer.result(10)).__name__ for answer in answers.values()]


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


def _closed(kit: Kit, name: str, *arguments: Any, kind: str = "producer") -> Any:
    client = kit.producer() if kind == "producer" else kit.consumer()
    client.close()
    return getattr(client, name)(*arguments)


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
    "closed: produce": lambda k: _closed(k, "produce", k.topic),
    "closed: poll": lambda k: _closed(k, "poll", 0),
    "closed: flush": lambda k: _closed(k, "flush", 0),
    "closed: purge": lambda k: _closed(k, "purge"),
    "closed: list_topics": lambda k: _closed(k, "list_topics"),
    "closed: produce_batch([])": lambda k: _closed(k, "produce_batch", k.topic, []),
    "closed: init_transactions": lambda k: _closed(k, "init_transactions"),
    "closed: len": lambda k: _closed(k, "__len__"),
    "Producer()": lambda k: k.names.Producer(),
    "Producer(5)": lambda k: k.names.Producer(5),
    "Producer({})": lambda k: type(k._keep(k.names.Producer({}))).__name__,
    "Producer by keywords": lambda k: type(k._keep(k.names.Producer(**k.boot))).__name__,
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
    CONSUMER[f"closed: {_name}"] = lambda k, name=_name, given=_arguments: _closed(
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
    import json

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


ADMIN: dict[str, Case] = {
    "create_topics": lambda k: futures(k.admin().create_topics([k.admin_names.NewTopic(k.new_name(), 1, 1)])),
    "create_topics, one that is there": lambda k: futures(
        k.admin().create_topics([k.admin_names.NewTopic(k.topic, 1, 1)])
    ),
    "create_topics, only validated": lambda k: futures(
        k.admin().create_topics([k.admin_names.NewTopic(k.new_name(), 1, 1)], validate_only=True)
    ),
    "create_topics, validate_only='x'": lambda k: k.admin().create_topics(
        [k.admin_names.NewTopic(k.new_name(), 1, 1)], validate_only="x"
    ),
    "create_topics, too many replicas": lambda k: futures(
        k.admin().create_topics([k.admin_names.NewTopic(k.new_name(), 1, 9)])
    ),
    "create_topics, a bad name": lambda k: futures(
        k.admin().create_topics([k.admin_names.NewTopic("a b", 1, 1)])
    ),
    "create_topics([])": lambda k: k.admin().create_topics([]),
    "create_topics(5)": lambda k: k.admin().create_topics(5),
    "NewTopic(5)": lambda k: k.admin_names.NewTopic(5),
    "NewTopic('t', '1')": lambda k: k.admin_names.NewTopic("t", "1"),
    "delete_topics, unknown": lambda k: futures(k.admin().delete_topics([k.new_name()])),
    "delete_topics([])": lambda k: k.admin().delete_topics([]),
    "delete_topics(text)": lambda k: k.admin().delete_topics("t"),
    "create_partitions, fewer": lambda k: futures(
        k.admin().create_partitions([k.admin_names.NewPartitions(k.topic, 1)])
    ),
    "create_partitions, 0": lambda k: k.admin().create_partitions([k.admin_names.NewPartitions(k.topic, 0)]),
    "describe_topics": lambda k: futures(k.admin().describe_topics(k.names.TopicCollection([k.topic]))),
    "describe_topics, unknown": lambda k: futures(
        k.admin().describe_topics(k.names.TopicCollection([k.new_name()]))
    ),
    "describe_topics(list)": lambda k: futures(k.admin().describe_topics([k.topic])),
    "describe_cluster": lambda k: futures(k.admin().describe_cluster()),
    "describe_cluster, an unknown option": lambda k: k.admin().describe_cluster(foo=1),
    "describe_cluster, request_timeout='1'": lambda k: k.admin().describe_cluster(request_timeout="1"),
    "describe_cluster, request_timeout=-1": lambda k: k.admin().describe_cluster(request_timeout=-1),
    "describe_configs": lambda k: futures(
        k.admin().describe_configs([k.admin_names.ConfigResource("topic", k.topic)])
    ),
    "describe_configs([])": lambda k: k.admin().describe_configs([]),
    "alter_configs": lambda k: futures(
        k.admin().alter_configs(
            [k.admin_names.ConfigResource("topic", k.topic, set_config={"retention.ms": "-1"})]
        )
    ),
    "incremental_alter_configs, nothing to alter": lambda k: k.admin().incremental_alter_configs(
        [k.admin_names.ConfigResource("topic", k.topic)]
    ),
    "ConfigResource of an unknown kind": lambda k: k.admin_names.ConfigResource("nope", "x"),
    "elect_leaders": lambda k: [
        error and error.name()
        for error in k.admin().elect_leaders(k.names.ElectionType.PREFERRED, [k.tp()]).result(10).values()
    ],
    "elect_leaders, all": lambda k: futures(k.admin().elect_leaders(k.names.ElectionType.PREFERRED)),
    "elect_leaders(5)": lambda k: k.admin().elect_leaders(5),
    "list_groups": lambda k: k.admin().list_groups(k.new_name(), 10),
    "list_consumer_groups": lambda k: futures(k.admin().list_consumer_groups()),
    "list_consumer_groups, states={5}": lambda k: k.admin().list_consumer_groups(states={5}),
    "delete_consumer_groups, unknown": lambda k: futures(k.admin().delete_consumer_groups([k.new_name()])),
    "describe_consumer_groups([])": lambda k: k.admin().describe_consumer_groups([]),
    "describe_consumer_groups, twice the same": lambda k: futures(
        k.admin().describe_consumer_groups(["a", "a"])
    ),
    "list_consumer_group_offsets": lambda k: futures(
        k.admin().list_consumer_group_offsets([k.names.ConsumerGroupTopicPartitions(k.new_name())])
    ),
    "list_consumer_group_offsets, no group": lambda k: k.admin().list_consumer_group_offsets(
        [k.names.ConsumerGroupTopicPartitions("")]
    ),
    "list_consumer_group_offsets, two groups": lambda k: futures(
        k.admin().list_consumer_group_offsets(
            [k.names.ConsumerGroupTopicPartitions(name) for name in ("a", "b")]
        )
    ),
    "alter_consumer_group_offsets, none": lambda k: k.admin().alter_consumer_group_offsets(
        [k.names.ConsumerGroupTopicPartitions(k.new_name())]
    ),
    "alter_consumer_group_offsets": lambda k: futures(
        k.admin().alter_consumer_group_offsets(
            [k.names.ConsumerGroupTopicPartitions(k.new_name(), [k.tp(0, 1)])]
        )
    ),
    "list_offsets": lambda k: futures(k.admin().list_offsets({k.tp(): k.admin_names.OffsetSpec.latest()})),
    "list_offsets, unknown": lambda k: futures(
        k.admin().list_offsets({k.nowhere(): k.admin_names.OffsetSpec.latest()}, request_timeout=3)
    ),
    "list_offsets({})": lambda k: k.admin().list_offsets({}),
    "list_offsets, 5 for a spec": lambda k: k.admin().list_offsets({k.tp(): 5}),
    "list_offsets, isolation_level=1": lambda k: k.admin().list_offsets(
        {k.tp(): k.admin_names.OffsetSpec.latest()}, isolation_level=1
    ),
    "delete_records, beyond the end": lambda k: futures(k.admin().delete_records([k.tp(0, 100)])),
    "delete_records([])": lambda k: k.admin().delete_records([]),
    "delete_records, partition -1": lambda k: k.admin().delete_records([k.tp(-1, 0)]),
    "describe_acls": lambda k: futures(k.admin().describe_acls(_any_acl(k))),
    "describe_acls(5)": lambda k: k.admin().describe_acls(5),
    "create_acls": lambda k: futures(k.admin().create_acls([_acl(k)])),
    "delete_acls": lambda k: futures(k.admin().delete_acls([_any_acl(k)])),
    "describe_user_scram_credentials, unknown": lambda k: futures(
        k.admin().describe_user_scram_credentials(["u"])
    ),
    "alter_user_scram_credentials([])": lambda k: k.admin().alter_user_scram_credentials([]),
    "poll(0)": lambda k: k.admin().poll(0),
    "AdminClient()": lambda k: k.admin_names.AdminClient(),
}


def _any_acl(kit: Kit) -> Any:
    a = kit.admin_names
    any_of = (a.ResourceType.ANY, None, a.ResourcePatternType.ANY, None, None)
    return a.AclBindingFilter(*any_of, a.AclOperation.ANY, a.AclPermissionType.ANY)


def _acl(kit: Kit) -> Any:
    a = kit.admin_names
    of = (a.ResourceType.TOPIC, "t", a.ResourcePatternType.LITERAL, "User:a", "*")
    return a.AclBinding(*of, a.AclOperation.READ, a.AclPermissionType.ALLOW)


SECTIONS = {"Producer": PRODUCER, "Consumer": CONSUMER, "AdminClient": ADMIN}
