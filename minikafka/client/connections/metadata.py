"""What a client knows of the cluster: brokers, topics, and who leads each partition.

Rule: at most one refresh is on its way; everybody who needs news waits for that one.
Kafka does the same in `org.apache.kafka.clients.Metadata` (with `MetadataSnapshot`).
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from minikafka.client.errors import KafkaError, KafkaException, as_kafka_error, is_retriable
from minikafka.protocol.messages.metadata import MetadataRequest, MetadataRequestTopic, MetadataResponse

if TYPE_CHECKING:
    from minikafka.client.connections.connections import Connections
    from minikafka.client.connections.waiting import Background
    from minikafka.client.settings.settings import Settings
    from minikafka.world import World

NO_TOPIC_ID = uuid.UUID(int=0)
_REQUEST_TIMEOUT_S = 5.0
"""A broker that is cut off and silent must not keep us from asking another one."""


@dataclass(frozen=True, slots=True)
class PartitionView:
    """One partition as metadata tells it; leader -1 means there is none at present."""

    leader: int
    leader_epoch: int
    replicas: tuple[int, ...] = ()
    isr: tuple[int, ...] = ()
    offline: tuple[int, ...] = ()
    error: int = 0


@dataclass(frozen=True, slots=True)
class TopicView:
    """One topic as metadata tells it."""

    name: str
    id: uuid.UUID
    internal: bool
    error: int
    partitions: dict[int, PartitionView] = field(default_factory=dict)
    operations: int = -(2**31)  # bits of AclOperation, where somebody asked


@dataclass(frozen=True, slots=True)
class BrokerView:
    """One broker's address."""

    id: int
    host: str
    port: int
    rack: str | None


@dataclass(frozen=True, slots=True)
class ClusterView:
    """One answer to a metadata request."""

    cluster_id: str | None
    controller_id: int
    brokers: dict[int, BrokerView]
    topics: dict[str, TopicView]


def cluster_view(response: MetadataResponse) -> ClusterView:
    """The answer as plain values."""
    brokers = {b.node_id: BrokerView(b.node_id, b.host, b.port, b.rack) for b in response.brokers}
    topics: dict[str, TopicView] = {}
    for topic in response.topics:
        if topic.name is None:
            continue
        partitions = {
            p.partition_index: PartitionView(
                p.leader_id,
                p.leader_epoch,
                tuple(p.replica_nodes),
                tuple(p.isr_nodes),
                tuple(p.offline_replicas),
                p.error_code,
            )
            for p in sorted(topic.partitions, key=lambda p: p.partition_index)
        }
        topics[topic.name] = TopicView(
            topic.name,
            topic.topic_id,
            topic.is_internal,
            topic.error_code,
            partitions,
            topic.topic_authorized_operations,
        )
    return ClusterView(response.cluster_id, response.controller_id, brokers, topics)


def _refresh_interval_s(settings: Settings) -> float:
    """The shorter of topic.metadata.refresh.interval.ms (-1: never) and metadata.max.age.ms; 0 is never."""
    interval_ms: int = settings["topic.metadata.refresh.interval.ms"]
    limits_ms = [ms for ms in (interval_ms, settings["metadata.max.age.ms"]) if ms > 0]
    if interval_ms <= 0 and "metadata.max.age.ms" not in settings.given:
        return 0.0
    return min(limits_ms) / 1000


class Metadata:
    """The cache, and its refreshing."""

    def __init__(
        self, world: World, connections: Connections, settings: Settings, background: Background
    ) -> None:
        self._world = world
        self._background = background
        self._interval_s = _refresh_interval_s(settings)
        self._refreshing: asyncio.Task[None] | None = None
        self._connections = connections
        self._auto_create: bool = settings["allow.auto.create.topics"]
        self._backoff_s = settings.seconds("retry.backoff.ms")
        self.wanted: dict[str, None] = {}
        self.all_topics = False
        self.brokers: dict[int, BrokerView] = {}
        self.topics: dict[str, TopicView] = {}
        self.cluster_id: str | None = None
        self.controller_id = -1
        self.version = 0
        self.last_error: KafkaError | None = None
        self._task: asyncio.Task[None] | None = None
        self._news: asyncio.Future[None] | None = None
        self.on_news: Callable[[], None] = lambda: None
        """Called after every answer: a partition may have another leader."""
        self.on_trouble: Callable[[KafkaError], None] = lambda error: None
        """Called with the error when refreshes begin to fail."""
        self._last_refresh = float("-inf")
        self._creating = False  # does somebody wait for topics that the next refresh may create?

    def want(self, topics: Iterable[str]) -> None:
        """Adds topics to what every refresh asks for."""
        for topic in topics:
            self.wanted.setdefault(topic)

    def leader(self, topic: str, partition: int) -> int:
        """The leader's broker id, or -1."""
        view = self.topics.get(topic)
        place = view.partitions.get(partition) if view is not None else None
        return place.leader if place is not None else -1

    def request_update(self, *, creating: bool = True) -> None:
        """Starts a refresh unless one is on its way. Never raises.

        Somebody waits for the topics, so the brokers may create them, unless `creating` is False.
        """
        self._creating = self._creating or creating
        if self._task is None or self._task.done():
            self._task = self._background.spawn(self._refresh_quietly(), name="metadata-refresh")

    def keep_fresh(self) -> None:
        """From now on there is a refresh at regular times: a topic may grow or be made again without an error."""
        if self._refreshing is None and self._interval_s:
            self._refreshing = self._background.spawn(self._refresh_by_time(), name="metadata-age")

    async def _refresh_by_time(self) -> None:
        while True:
            await asyncio.sleep(self._interval_s)
            if self.wanted or self.all_topics:
                self.request_update(creating=False)  # a topic that was deleted stays deleted

    async def update(self, timeout_s: float | None = None) -> None:
        """Waits for the next answer. Raises KafkaException when the refresh fails, or TimeoutError."""
        if self._news is None:
            self._news = asyncio.get_running_loop().create_future()
        news = self._news
        self.request_update()
        async with asyncio.timeout(timeout_s):
            await asyncio.shield(news)

    async def _refresh_quietly(self) -> None:
        # A refresh that follows closely on another waits, so that many complaints make few requests.
        wait_s = self._last_refresh + self._backoff_s - self._world.clock.now()
        if wait_s > 0:
            await asyncio.sleep(wait_s)
        self._last_refresh = self._world.clock.now()
        error: KafkaError | None = None
        try:
            topics = None if self.all_topics else list(self.wanted)
            creating, self._creating = self._creating, False
            self._learn(await self.ask(topics, creating=creating))
        except (OSError, TimeoutError, KafkaException) as cause:
            error = as_kafka_error(cause)
        except Exception as cause:
            self._answer(
                KafkaError(KafkaError._FATAL, f"the metadata can't be refreshed: {cause}", fatal=True)
            )
            raise
        self._answer(error)

    def _answer(self, error: KafkaError | None) -> None:
        """Tells everybody who waits for the refresh."""
        if error is not None and error != self.last_error:
            self.on_trouble(error)
        self.last_error = error
        news, self._news = self._news, None
        if news is not None and not news.done():
            if error is None:
                news.set_result(None)
            else:
                news.set_exception(KafkaException(error))
                news.exception()  # nobody may be waiting any more; that is no accident

    async def ask(
        self,
        topics: list[str] | None,
        timeout_s: float | None = None,
        *,
        creating: bool = True,
        operations: bool = False,
    ) -> ClusterView:
        """One metadata request without touching the cache; None asks for all topics."""
        named = None if topics is None else [MetadataRequestTopic(name=topic) for topic in topics]
        request = MetadataRequest(
            topics=named,
            allow_auto_topic_creation=creating and self._auto_create,
            include_topic_authorized_operations=operations,
        )
        limit_s = _REQUEST_TIMEOUT_S if timeout_s is None else timeout_s
        response = await self._connections.request_any(request, MetadataResponse, limit_s)
        return cluster_view(response)

    def _learn(self, view: ClusterView) -> None:
        self.cluster_id = view.cluster_id
        self.controller_id = view.controller_id
        if view.brokers:
            self.brokers = view.brokers
            self._connections.learn({b.id: (b.host, b.port) for b in view.brokers.values()})
        for topic in view.topics.values():
            self.topics[topic.name] = self._newest(self.topics.get(topic.name), topic)
        if self.all_topics:
            for name in [name for name in self.topics if name not in view.topics]:
                del self.topics[name]
        self.version += 1
        self.on_news()

    @staticmethod
    def _newest(old: TopicView | None, new: TopicView) -> TopicView:
        """A broker that is behind may still name a deposed leader: an older leader epoch is not believed (KIP-320)."""
        if old is None or old.id != new.id or new.error or new.id == NO_TOPIC_ID:
            return new
        partitions = {
            index: old.partitions[index]
            if index in old.partitions and old.partitions[index].leader_epoch > place.leader_epoch >= 0
            else place
            for index, place in new.partitions.items()
        }
        return TopicView(new.name, new.id, new.internal, new.error, partitions)

    async def topic(self, name: str, timeout_s: float) -> TopicView:
        """Waits until the topic is known. Raises KafkaException with its error, or the transport's, at the end."""
        self.want((name,))
        deadline = self._world.clock.now() + timeout_s
        while True:
            view = self.topics.get(name)
            if view is not None and not view.error and view.partitions:
                return view
            left_s = deadline - self._world.clock.now()
            if left_s <= 0:
                raise KafkaException(KafkaError(view.error) if view and view.error else self._timed_out(name))
            try:
                await self.update(left_s)
            except (TimeoutError, KafkaException):
                continue  # the refresh notes why, for when the time is over
            view = self.topics.get(name)
            if view is not None and view.error and not is_retriable(view.error):
                raise KafkaException(KafkaError(view.error))

    def close(self) -> None:
        """Ends a refresh that is on its way."""
        for task in (self._task, self._refreshing):
            if task is not None:
                task.cancel()
        news, self._news = self._news, None
        if news is not None and not news.done():
            news.set_exception(KafkaException(KafkaError(KafkaError._DESTROY)))
            news.exception()

    def _timed_out(self, name: str) -> KafkaError:
        return self.last_error or KafkaError(
            KafkaError._TIMED_OUT, f"topic {name} did not become known in time"
        )
