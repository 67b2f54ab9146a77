"""The cluster that a lesson uses: the lab's when there is one, else one of its own.

Rule: a lesson's cells never ask which one it is. `begin(1)` finds the cluster, clears away what an earlier run
of the same lesson left, and returns a face with the methods of `Cluster` that lessons use.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from typing import Any

from minikafka import AdminClient, Cluster, Consumer, KafkaException, NewTopic, Organs, Producer, Snapshot
from minikafka.xray.files import Found, Question
from minikafka_lessons.course import lesson as find_lesson

LAB_VARIABLE = "MINIKAFKA_LAB"
BOOTSTRAP_VARIABLE = "MINIKAFKA_BOOTSTRAP"
TICK_S = 0.1
"""Views are redrawn at most this often."""


class LessonProducer(Producer):
    """A `Producer` that the pictures know: its name, what it has sent, and whether it is still there."""

    def __init__(self, config: Mapping[str, Any], **more: Any) -> None:
        self.name = str(config.get("client.id", "producer"))
        self.sent = 0
        self.gone = False
        super().__init__(config, **more)

    def produce(self, *args: Any, **kwargs: Any) -> None:
        """As in `Producer`."""
        super().produce(*args, **kwargs)
        self.sent += 1

    def close(self, timeout: float = -1) -> bool:
        """As in `Producer`."""
        self.gone = True
        return super().close(timeout)


class Source:
    """Where snapshots come from: `fresh()` asks now, `latest()` may be a tick old."""

    name = ""
    bootstrap_servers = ""
    kind = ""

    def fresh(self) -> Snapshot:
        """The picture now."""
        raise NotImplementedError

    def latest(self) -> Snapshot:
        """For views."""
        return self.fresh()

    def look(self, question: Question) -> Found:
        """What a replica's files hold. Raises Unseen."""
        raise NotImplementedError

    def close(self) -> None:
        """Let go."""


class OwnCluster(Source):
    """A cluster in this process."""

    kind = "a cluster of this notebook's own"

    def __init__(self, number: int, brokers: int = 3) -> None:
        self.cluster = Cluster(brokers=brokers, name=f"lesson-{number}")
        self.name = self.cluster.name
        self.bootstrap_servers = self.cluster.bootstrap_servers

    def fresh(self) -> Snapshot:
        return self.cluster.snapshot()

    def look(self, question: Question) -> Found:
        return self.cluster.look(question)

    def close(self) -> None:
        self.cluster.close()


class SeenCluster(Source):
    """A cluster in another process, seen through a `Feed`: the lab's, or any Kafka."""

    def __init__(self, feed: Any, name: str, bootstrap_servers: str, kind: str) -> None:
        self.name, self.bootstrap_servers, self.kind = name, bootstrap_servers, kind
        self._feed = feed
        self._latest: Snapshot | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="minikafka-lesson", daemon=True)
        self._thread.start()
        self._watching: Any = None

    def fresh(self) -> Snapshot:
        found: Snapshot = asyncio.run_coroutine_threadsafe(self._feed.once(), self._loop).result(15)
        return found

    def latest(self) -> Snapshot:
        if self._watching is None:
            self._watching = asyncio.run_coroutine_threadsafe(
                self._feed.watch(self._show, lambda _: None), self._loop
            )
        return self._latest or self.fresh()

    def look(self, question: Question) -> Found:
        found: Found = asyncio.run_coroutine_threadsafe(self._feed.look(question), self._loop).result(15)
        return found

    def _show(self, snapshot: Snapshot) -> None:
        self._latest = snapshot

    def close(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)


def find_source(number: int) -> Source:
    """The lab's cluster, the Kafka of MINIKAFKA_BOOTSTRAP, or a new one."""
    name = os.environ.get(LAB_VARIABLE)
    servers = os.environ.get(BOOTSTRAP_VARIABLE)
    if name:
        from minikafka.xray.client import SocketFeed
        from minikafka.xray.discovery import NoCluster, running_clusters

        try:
            for found in running_clusters():
                if found.name == name and (not servers or found.bootstrap_servers == servers):
                    source = SeenCluster(
                        SocketFeed(found), name, found.bootstrap_servers, "the lab's cluster"
                    )
                    source.fresh()
                    return source
        except (NoCluster, OSError, TimeoutError):
            pass
    elif servers:
        from minikafka.xray.remote import RemoteFeed

        return SeenCluster(RemoteFeed(servers), servers, servers, "the Kafka that MINIKAFKA_BOOTSTRAP names")
    return OwnCluster(number)


class LessonCluster:
    """What `begin()` returns. `producer`, `consumer`, `admin`, `create_topic`, `snapshot` as in `Cluster`."""

    def __init__(self, number: int, source: Source) -> None:
        self.number = number
        self._source = source
        self.bootstrap_servers = source.bootstrap_servers
        self.name = source.name
        self.producers: list[LessonProducer] = []
        self._consumers: weakref.WeakSet[Consumer] = weakref.WeakSet()
        self._watchers: dict[str, Callable[[Snapshot], None]] = {}
        self._thread: threading.Thread | None = None
        self._wake = threading.Event()
        self.closed = False

    def producer(
        self, config: Mapping[str, Any] | None = None, organs: Organs | None = None
    ) -> LessonProducer:
        """A producer; give it a `client.id`, and the pictures call it so. `organs` replaces decisions."""
        made = LessonProducer({"bootstrap.servers": self.bootstrap_servers, **(config or {})}, organs=organs)
        self.producers.append(made)
        return made

    def consumer(self, config: Mapping[str, Any] | None = None, organs: Organs | None = None) -> Consumer:
        """A consumer."""
        made = Consumer({"bootstrap.servers": self.bootstrap_servers, **(config or {})}, organs=organs)
        self._consumers.add(made)
        return made

    def admin(self) -> AdminClient:
        """An admin client."""
        return AdminClient({"bootstrap.servers": self.bootstrap_servers})

    def create_topic(
        self,
        name: str,
        partitions: int = 1,
        replication_factor: int = 3,
        configs: Mapping[str, object] | None = None,
    ) -> None:
        """Create a topic and wait until each partition has a leader."""
        brokers = len(self.snapshot().brokers)
        topic = NewTopic(
            name,
            partitions,
            min(replication_factor, brokers),
            config={key: str(value) for key, value in (configs or {}).items()},
        )
        admin = self.admin()
        try:
            admin.create_topics([topic])[name].result()
        finally:
            admin.close()
        self.wait_until_led(name, partitions)

    def wait_until_led(self, topic: str, partitions: int) -> None:
        """Until the topic has that many partitions, and each has a leader who knows it."""
        self.wait_until(lambda s: len(led(s, topic)) == partitions)

    def snapshot(self) -> Snapshot:
        """The whole cluster at this instant."""
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
                raise TimeoutError(f"It did not come to pass in {timeout_s:g} s.")
            time.sleep(0.03)

    def watch(self, key: str, look: Callable[[Snapshot], None]) -> Callable[[], None]:
        """Call `look` with a new picture at most ten times a second (in a thread); returns the way to end it."""
        self._watchers[key] = look
        if self._thread is None or not self._thread.is_alive():
            self._wake.clear()
            self._thread = threading.Thread(target=self._run, name="minikafka-views", daemon=True)
            self._thread.start()

        def stop() -> None:
            if self._watchers.get(key) is look:
                del self._watchers[key]

        return stop

    def _run(self) -> None:
        while not self._wake.wait(TICK_S):
            if not self._watchers:
                continue
            try:
                snapshot = self._source.latest()
            except Exception:
                if self.closed:
                    return
                continue
            for key, look in list(self._watchers.items()):
                try:
                    look(snapshot)
                except Exception:
                    # A view that can't be drawn must not stop the others, nor print into some cell.
                    self._watchers.pop(key, None)

    def clear(self, topics: tuple[str, ...], groups: tuple[str, ...]) -> None:
        """Delete what an earlier run left."""
        snapshot = self.snapshot()
        there = [t.name for t in snapshot.topics if t.name in topics]
        known = [g.id for g in snapshot.groups or () if g.id in groups]
        if not there and not known:
            return
        admin = self.admin()
        try:
            for future in admin.delete_topics(there).values() if there else ():
                future.result()
            for future in admin.delete_consumer_groups(known).values() if known else ():
                try:
                    future.result()
                except KafkaException:
                    # Somebody is still in it (another notebook?): its commits went with the topics.
                    pass
        finally:
            admin.close()
        self.wait_until(lambda s: not any(t.name in topics for t in s.topics))

    def close(self) -> None:
        """End the views, the clients, and the cluster if it is this notebook's own. Twice is fine."""
        if self.closed:
            return
        self.closed = True
        self._wake.set()
        self._watchers.clear()
        for client in [*self._consumers, *self.producers]:
            try:
                client.close() if isinstance(client, Consumer) else client.close(2)
            except Exception:
                pass
        if self._thread is not None:
            self._thread.join(timeout=2)
        self._source.close()

    def __enter__(self) -> LessonCluster:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        state = "closed" if self.closed else f"{self.bootstrap_servers} ({self._source.kind})"
        return f"<{self.name}: {state}>"

    def _repr_html_(self) -> str:
        from minikafka_lessons.show.brokers import brokers_html

        return repr(self) if self.closed else brokers_html(self.snapshot(), self._source.kind)


def led(snapshot: Snapshot, topic: str) -> list[int]:
    """The partitions of a topic that have a leader who knows it."""
    for found in snapshot.topics:
        if found.name == topic:
            return [p.index for p in found.partitions if p.leader is not None and p.end is not None]
    return []


_open: dict[int, LessonCluster] = {}


def begin(number: int) -> LessonCluster:
    """The lesson's cluster, cleared of an earlier run. Call it again, and it starts afresh."""
    lesson = find_lesson(number)
    if number in _open:
        _open.pop(number).close()
    cluster = LessonCluster(number, find_source(number))
    cluster.clear(lesson.topics, lesson.groups)
    _open[number] = cluster
    return cluster


@atexit.register
def end_all() -> None:
    """A kernel that ends leaves no thread, port or file behind."""
    for number in list(_open):
        try:
            _open.pop(number).close()
        except Exception:
            pass


def current() -> LessonCluster | None:
    """The cluster that was begun last."""
    return _open[next(reversed(_open))] if _open else None
