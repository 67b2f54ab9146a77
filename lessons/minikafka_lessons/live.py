"""The cluster that a lesson uses: the lab's when there is one, else one of its own; or a simulated one.

Rule: a lesson's cells never ask which one it is, and any of them may run again. `begin(1)` finds the cluster, clears
away what an earlier run of this notebook left, and returns a face with the methods of `Cluster` that lessons use;
names in it are the lesson's, and on the cluster they are this notebook's own (`seats`).
"""

from __future__ import annotations

import atexit
import functools
import sys
import time  # noqa: TID251 - how long a person waits at a cell
import weakref
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from minikafka import (
    ConsumerGroupTopicPartitions,
    KafkaError,
    KafkaException,
    NewPartitions,
    NewTopic,
    Rules,
    Snapshot,
    TopicPartition,
)
from minikafka.world.visible import visible
from minikafka.xray.files import Found, Question
from minikafka.xray.snapshot import Group, Topic
from minikafka_lessons import predictions, progress
from minikafka_lessons.begun import still_open
from minikafka_lessons.cells import Stumble, cells
from minikafka_lessons.clients import LessonAdmin, LessonConsumer, LessonProducer, work_in_a_group
from minikafka_lessons.course import lesson as find_lesson
from minikafka_lessons.language import of_the_cell, say, speak, wished
from minikafka_lessons.recap import forget_grades
from minikafka_lessons.rules import Rule
from minikafka_lessons.seats import Seat, abandoned, forget_seat, take_seat
from minikafka_lessons.simulated import SimulatedLesson
from minikafka_lessons.sources import BOOTSTRAP_VARIABLE, LAB_VARIABLE, Source, find_source
from minikafka_lessons.views import Views


class LessonCluster:
    """What `begin()` returns. `producer`, `consumer`, `admin`, `create_topic`, `snapshot` as in `Cluster`."""

    def __init__(self, number: int, source: Source) -> None:
        self.number = number
        self.lesson = find_lesson(number)
        self._source = source
        self.bootstrap_servers = source.bootstrap_servers
        self.name = source.name
        self.producers: list[LessonProducer] = []
        self._consumers: weakref.WeakSet[LessonConsumer] = weakref.WeakSet()
        self._views = Views(source)
        self.closed = self._ended = False
        """An interrupt may come between: then `close` goes on with what is left."""
        self._seat = self._sit() if source.is_shared else Seat()

    # --- names

    def _sit(self) -> Seat:
        snapshot = self.snapshot()
        there = {topic.name for topic in snapshot.topics} | {group.id for group in snapshot.groups or ()}
        names = (*self.lesson.topics, *self.lesson.groups)

        def is_free(seat: Seat) -> bool:
            return all(
                n + seat.suffix not in there or n + seat.suffix in seat.topics + seat.groups for n in names
            )

        return take_seat(snapshot.cluster_id or self.name, self.number, is_free)

    def real(self, name: str) -> str:
        """What a topic or group of this lesson is called on the cluster."""
        return name + self._seat.suffix if name in (*self.lesson.topics, *self.lesson.groups) else name

    @property
    def names(self) -> str:
        """What to know about names, in a sentence; "" where they are those of the text."""
        if not self._seat.suffix:
            return ""
        first, group = self.lesson.topics[0], self.lesson.groups[0]
        return say(
            "Another notebook of this lesson is at work on this cluster, so names here end in {suffix}: "
            "topic {topic}, group {group}. In the cells leave them as they are.",
            suffix=self._seat.suffix,
            topic=self.real(first),
            group=self.real(group),
        )

    def _topic(self, name: str) -> str:
        """The real name of a topic that is there. Raises Stumble."""
        real = self.real(name)
        if name in self.lesson.topics and real not in self._seat.topics:
            raise Stumble(
                say(
                    'Topic {name} is not there yet: run the cell with `create_topic("{name}", …)` first.',
                    name=name,
                )
            )
        return real

    # --- clients

    def producer(
        self,
        config: Mapping[str, Any] | None = None,
        rule: Rule | None = None,
        rules: Rules | None = None,
    ) -> LessonProducer:
        """A producer; give it a `client.id`, and the pictures call it so. `rule` is a decision by your own function."""
        made = LessonProducer(self._config(config), real=self._topic, rules=rules_of(rule, rules))
        self.producers.append(made)
        return made

    def consumer(
        self,
        config: Mapping[str, Any] | None = None,
        rule: Rule | None = None,
        rules: Rules | None = None,
    ) -> LessonConsumer:
        """A consumer. `rule` is a decision by your own function."""
        conf = self._config(config)
        group = conf.get("group.id")
        if isinstance(group, str):
            conf["group.id"] = self.real(group)
            if group in self.lesson.groups:
                self._seat.made(groups=[self.real(group)])
        made = LessonConsumer(conf, real=self._topic, rules=rules_of(rule, rules))
        self._consumers.add(made)
        return made

    def admin(self) -> LessonAdmin:
        """An admin client."""
        return LessonAdmin(self._config(None), real=self._topic)

    def _config(self, config: Mapping[str, Any] | None) -> dict[str, Any]:
        if self.closed:
            raise Stumble(
                say("This lesson's cluster is closed: run the cell with `begin({n})` again.", n=self.number)
            )
        return {"bootstrap.servers": self.bootstrap_servers, **(config or {})}

    # --- topics

    def create_topic(
        self,
        name: str,
        partitions: int = 1,
        replication_factor: int = 3,
        configs: Mapping[str, object] | None = None,
        *,
        afresh: bool = False,
    ) -> None:
        """Create a topic and wait until each partition has a leader. Raises KafkaException.

        One that this notebook made already is left as it is, or, `afresh`, made anew and empty.
        """
        self._config(None)
        snapshot = self.snapshot()
        real = self.real(name)
        found = next((topic for topic in snapshot.topics if topic.name == real), None)
        is_ours = real in self._seat.topics
        if found is not None and is_ours:
            if not afresh:
                if len(found.partitions) != partitions:
                    print(
                        say(
                            "Topic {topic} is there already, with {n} partitions.",
                            topic=visible(real),
                            n=len(found.partitions),
                        )
                    )
                return
            self._delete([real], [])
        self._seat.made(topics=[real])
        factor = min(replication_factor, len(snapshot.brokers))
        wanted = {key: str(value) for key, value in (configs or {}).items()}
        try:
            self._create(NewTopic(real, partitions, factor, config=wanted))
        except KafkaException as problem:
            if not is_ours or problem.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise
            # An interrupted cell had asked for it, and it comes to be just now.
            self.wait_until(lambda s: any(topic.name == real for topic in s.topics))
            if afresh:
                self._delete([real], [])
                self._create(NewTopic(real, partitions, factor, config=wanted))
        self.wait_until_led(name, partitions)

    def _create(self, topic: NewTopic) -> None:
        with LessonAdmin(self._config(None), real=str) as admin:
            admin.create_topics([topic])[topic.topic].result()

    def create_partitions(self, name: str, count: int) -> None:
        """Let a topic have `count` partitions from now on. Raises KafkaException where Kafka refuses."""
        with self.admin() as admin:
            if len(self.topic(name).partitions) != count:
                admin.create_partitions([NewPartitions(name, count)])[name].result()
        self.wait_until_led(name, count)

    def topic(self, name: str) -> Topic:
        """A topic as it is now. Raises Stumble when it isn't there yet."""
        return self.snapshot().topic(self._topic(name))

    def group(self, name: str) -> Group:
        """A group as it is now. Raises KeyError when nobody of it has been there yet."""
        return self.snapshot().group(self.real(name))

    def records_in(self, name: str) -> int:
        """How many records lie in a topic."""
        return self.topic(name).records or 0

    # --- groups

    def forget(self, group: str) -> None:
        """The group begins anew: what it has committed is deleted, and this notebook's consumers of it are closed."""
        self._close_consumers(group)
        self._delete([], [self.real(group)])

    def _close_consumers(self, group: str) -> None:
        real = self.real(group)
        for consumer in list(self._consumers):
            if consumer.group_id == real:
                consumer.close()

    def skip_to_end(self, group: str, topic: str) -> None:
        """The group has read all that is there, it says: its committed offsets are the latest ones."""
        self._close_consumers(group)
        self._commit(group, {(self._topic(topic), p.index): p.end or 0 for p in self.topic(topic).partitions})

    def commit_after(self, group: str, messages: Iterable[Any]) -> None:
        """The group has read these records and no others: it reads next what comes after them in each partition."""
        last: dict[tuple[str, int], int] = {}
        for message in messages:
            place = (message.topic(), message.partition())
            last[place] = max(last.get(place, 0), message.offset() + 1)
        self.forget(group)
        self._commit(group, last)

    def _commit(self, group: str, offsets: Mapping[tuple[str, int], int]) -> None:
        real = self.real(group)
        self._seat.made(groups=[real])
        wanted = [TopicPartition(topic, partition, offset) for (topic, partition), offset in offsets.items()]
        with self.admin() as admin:
            request = ConsumerGroupTopicPartitions(real, wanted)
            admin.alter_consumer_group_offsets([request])[real].result()

    def share_work(
        self, topic: str, group: str, members: int, work: Callable[[Any], object], limit_s: float = 60
    ) -> tuple[float, list[int]]:
        """Let so many consumers of one group read a topic, each in a thread: seconds, and how many records each had.

        `work(message)` is done with each record. The group begins anew. All is closed at the end, whatever happens.
        """
        self.forget(group)
        config = {"group.id": group, "auto.offset.reset": "earliest", "enable.auto.commit": False}
        consumers = [self.consumer({**config, "client.id": f"{group}-{n}"}) for n in range(members)]
        try:
            for consumer in consumers:
                consumer.subscribe([topic])
            result = work_in_a_group(consumers, self.records_in(topic), work, limit_s)
            for consumer in consumers:
                try:
                    consumer.commit(asynchronous=False)
                except KafkaException:
                    pass  # this one has read nothing
            return result
        finally:
            for consumer in consumers:
                consumer.close()

    def join(self, group: str, topic: str, members: int, limit_s: float = 20) -> list[LessonConsumer]:
        """So many consumers of one group, polled until each has joined and every partition has its reader."""
        self.forget(group)
        config = {"group.id": group, "auto.offset.reset": "earliest", "enable.auto.commit": False}
        consumers = [self.consumer({**config, "client.id": f"{group}-{n}"}) for n in range(members)]
        for consumer in consumers:
            consumer.subscribe([topic])
        every, deadline = len(self.topic(topic).partitions), time.monotonic() + limit_s
        while time.monotonic() < deadline:
            for consumer in consumers:
                consumer.poll(0.02)
            owned = sorted(tp.partition for consumer in consumers for tp in consumer.assignment())
            if owned == list(range(every)) and len(self.group(group).members or ()) == members:
                break
        return consumers

    # --- looking

    def wait_until_led(self, topic: str, partitions: int) -> None:
        """Until the topic has that many partitions, and each has a leader who knows it."""
        real = self.real(topic)
        self.wait_until(lambda s: len(led(s, real)) == partitions)

    def wait_until_replicated(self, topic: str) -> Topic:
        """Until all replicas have what their leaders have; the topic then."""
        real = self._topic(topic)
        return self.wait_until(
            lambda s: all(r.end == p.end for p in s.topic(real).partitions for r in p.replicas)
        ).topic(real)

    def snapshot(self) -> Snapshot:
        """The whole cluster at this instant."""
        if self.closed:
            self._config(None)
        return self._source.fresh()

    def look(self, question: Question) -> Found:
        """What a replica's files hold, byte for byte. Raises Unseen."""
        return self._source.look(question)

    def wait_until(self, holds: Callable[[Snapshot], bool], timeout_s: float = 20.0) -> Snapshot:
        """The first snapshot for which `holds`. Raises TimeoutError."""
        deadline = time.monotonic() + timeout_s
        while True:
            snapshot = self.snapshot()
            if holds(snapshot):
                return snapshot
            if time.monotonic() > deadline:
                raise TimeoutError(say("It did not come to pass in {n:g} s.", n=timeout_s))
            time.sleep(0.03)

    def watch(self, key: str, look: Callable[[Snapshot], None]) -> Callable[[], None]:
        """Call `look` with a new picture at most ten times a second (in a thread); returns the way to end it."""
        return self._views.watch(key, look)

    # --- the end

    def clear(self, topics: Iterable[str] = (), groups: Iterable[str] = ()) -> None:
        """Delete what this notebook made, of these names (none: all of it); nothing that others made."""
        topics, groups = [self.real(name) for name in topics], [self.real(name) for name in groups]
        mine, ours = self._seat.topics, self._seat.groups
        if topics or groups:
            mine, ours = [n for n in mine if n in topics], [n for n in ours if n in groups]
        self._delete(mine, ours)
        self._seat.cleared(mine, ours)

    def clear_abandoned(self) -> None:
        """Delete what notebooks made whose kernels were killed."""
        if self._source.is_shared:
            for seat, path in abandoned(self.snapshot().cluster_id or self.name):
                self._delete(seat.topics, seat.groups)
                forget_seat(seat, path)

    def _delete(self, topics: Iterable[str], groups: Iterable[str]) -> None:
        """By real names; those that aren't there are passed over. Groups lose their members first."""
        snapshot = self.snapshot()
        there = [t.name for t in snapshot.topics if t.name in set(topics)]
        for producer in self.producers if there else ():
            if not producer.gone and len(producer):
                producer.flush(5)  # a record that comes later would make the topic anew
        known = [g for g in snapshot.groups or () if g.id in set(groups)]
        if not there and not known:
            return
        with LessonAdmin(self._config(None), real=str) as admin:
            for group in known:
                try:
                    if group.members:
                        admin.remove_members_from_consumer_group(group.id).result()
                    admin.delete_consumer_groups([group.id])[group.id].result()
                except KafkaException:
                    pass  # somebody joined meanwhile, or it was gone: its commits go with the topics
            for future in admin.delete_topics(there).values() if there else ():
                try:
                    future.result()
                except KafkaException as problem:
                    if problem.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                        raise
        self.wait_until(lambda s: not any(t.name in there for t in s.topics))

    def close(self) -> None:
        """End the views, the clients, and the cluster if it is this notebook's own. Twice is fine."""
        if self._ended:
            return
        self.closed = True
        self._views.close()
        closings: list[Callable[[], object]] = [c.close for c in self._consumers]
        closings += [functools.partial(p.close, 2) for p in self.producers]
        for close in closings:
            try:
                close()
            except Exception:
                pass
        self._source.close()
        self._seat.leave()
        self._ended = True

    def __enter__(self) -> LessonCluster:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        state = say("closed") if self.closed else f"{self.bootstrap_servers} ({say(self._source.kind)})"
        return f"<{self.name}: {state}>"

    def _repr_html_(self) -> str:
        from minikafka_lessons.show.brokers import brokers_html

        return (
            repr(self) if self.closed else brokers_html(self.snapshot(), say(self._source.kind), self.names)
        )


def rules_of(rule: Rule | None, rules: Rules | None) -> Rules | None:
    """The decisions of a client, one of them by a learner's rule."""
    return rules if rule is None else Rules(**{rule.name: rule})


def led(snapshot: Snapshot, topic: str) -> list[int]:
    """The partitions of a topic that have a leader who knows it."""
    for found in snapshot.topics:
        if found.name == topic:
            return [p.index for p in found.partitions if p.leader is not None and p.end is not None]
    return []


def begin(
    number: int, *, language: str | None = None, rules: Rules | None = None
) -> LessonCluster | SimulatedLesson:
    """The lesson's cluster, cleared of an earlier run. Call it again, and it starts afresh.

    It is live or simulated, as the lesson's `checks.py` says. `rules`: decisions by your own functions, of a simulated
    one (in a live one a client takes its own).
    `language` is that of its pictures and checks; without, the one that the notebook's first cell names in a comment.
    """
    lesson = find_lesson(number)
    speak(language or of_the_cell(sys._getframe(1)) or wished())
    cells()
    progress.note(progress.Began(number, progress.now()))
    if number in still_open:
        still_open.pop(number).close()
    predictions.forget_all()
    forget_grades()
    if lesson.world == "simulated":
        simulated = SimulatedLesson(lesson, rules)
        still_open[number] = simulated
        return simulated
    if rules is not None:
        raise Stumble(
            say("The cluster of this lesson is live: give your rule to a client, consumer(…, rule).")
        )
    cluster = LessonCluster(number, find_source(number))
    try:
        cluster.clear()
        cluster.clear_abandoned()
    except BaseException:
        cluster.close()
        raise
    still_open[number] = cluster
    return cluster


@atexit.register
def end_all() -> None:
    """A kernel that ends leaves no thread, port or file behind."""
    for number in list(still_open):
        try:
            still_open.pop(number).close()
        except Exception:
            pass


__all__ = ["BOOTSTRAP_VARIABLE", "LAB_VARIABLE", "LessonCluster", "begin", "find_source"]
