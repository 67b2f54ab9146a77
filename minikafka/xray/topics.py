"""The topics of a cluster's pictures, drawn again only where something moved.

Rule: what didn't change is the same object from picture to picture, so making, comparing and sending one cost
what moved and not what there is. What a leader says of a partition counts; where there is none, the metadata do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from minikafka.broker.snapshot import PartitionSnapshot
from minikafka.log.snapshot import SegmentSnapshot
from minikafka.metadata.image import MetadataImage, PartitionRegistration, TopicImage
from minikafka.metadata.topic_names import is_internal
from minikafka.protocol.uuid_text import encode_uuid
from minikafka.xray.snapshot import Partition, Replica, Segment, Topic, broker_name

Key = tuple[str, int]
"""Topic and partition."""


class Topics:
    """What each broker shows of its replicas, the metadata, and the picture of both.

    `see…` what is there now, then `draw` to the end, then look at `drawn`. `min_isr(image, topic)` tells
    `min.insync.replicas`.
    """

    def __init__(self, min_isr: Callable[[MetadataImage, str], int | None]) -> None:
        self._min_isr = min_isr
        self._image = MetadataImage()
        self._up: tuple[int, ...] = ()
        self._views: dict[int, dict[Key, PartitionSnapshot]] = {}
        self._drawn_replicas: dict[int, dict[Key, Replica]] = {}
        """Of the views that are as they were when they were drawn."""
        self._min_isrs: dict[str, int | None] = {}
        self._bytes: dict[tuple[int, str], int] = {}
        self._partitions: dict[str, dict[int, Partition]] = {}
        self._registered: dict[Key, PartitionRegistration] = {}
        self._replicas: dict[int, int] = {}
        self._leaders: dict[int, int] = {}
        self._stale: dict[Key, None] = {}
        self._stale_topics: dict[str, None] = {}
        self._topics: dict[str, Topic] = {}
        self.drawn: tuple[Topic, ...] = ()
        """By name."""

    # -- what is there -----------------------------------------------------------------------------------------

    def see_brokers(self, up: Iterable[int]) -> None:
        """These run. What the others had is forgotten."""
        now = tuple(up)
        changed = [broker for broker in (*self._up, *now) if (broker in self._up) != (broker in now)]
        if not changed:
            return
        for broker in changed:
            self.forget(broker)
        self._up = now
        for key, registration in self._registered.items():
            if any(broker in registration.replicas for broker in changed):
                self._stale[key] = None

    def forget(self, broker: int) -> None:
        """A broker's life is over: its next one is looked at again."""
        self._stale.update(dict.fromkeys(self._views.pop(broker, ())))
        self._drawn_replicas.pop(broker, None)
        for place in [place for place in self._bytes if place[0] == broker]:
            del self._bytes[place]

    def see_image(self, image: MetadataImage) -> None:
        """The newest metadata that anybody has."""
        before, self._image = self._image, image
        if image is before:
            return
        for name in [name for name in before.topics if name not in image.topics]:
            self._forget_topic(name)
        for name, topic in image.topics.items():
            old = before.topics.get(name)
            if old is not topic:
                self._see_topic(old, topic)
        if image.configs is not before.configs:
            known, self._min_isrs = self._min_isrs, {}
            for name, topic in image.topics.items():
                if image.topic_configs(name) is not before.topic_configs(name):
                    self._stale_topics[name] = None
                if name in known and self._min_isr_of(name) != known[name]:
                    self._stale.update(((name, index), None) for index in topic.partitions)

    def _see_topic(self, old: TopicImage | None, topic: TopicImage) -> None:
        if old is not None and old.id != topic.id:
            self._forget_topic(topic.name)
            old = None
        self._stale_topics[topic.name] = None
        for index, registration in topic.partitions.items():
            if old is None or old.partitions.get(index) is not registration:
                self._stale[topic.name, index] = None

    def _forget_topic(self, name: str) -> None:
        for index in self._partitions.pop(name, {}):
            self._count(self._registered.pop((name, index)), -1)
        self._topics.pop(name, None)
        self._min_isrs.pop(name, None)
        self._stale_topics[name] = None

    def _min_isr_of(self, topic: str) -> int | None:
        if topic not in self._min_isrs:
            self._min_isrs[topic] = self._min_isr(self._image, topic)
        return self._min_isrs[topic]

    def see(self, broker: int, key: Key, view: PartitionSnapshot | None) -> None:
        """A broker's replica as it is now; None: it has none."""
        views = self._views.setdefault(broker, {})
        before = views.get(key)
        if view == before:
            return
        self._stale[key] = None
        self._drawn_replicas.setdefault(broker, {}).pop(key, None)
        if before is not None:
            self._bytes[broker, before.directory] -= before.log.size_bytes
        if view is None:
            del views[key]
        else:
            views[key] = view
            place = (broker, view.directory)
            self._bytes[place] = self._bytes.get(place, 0) + view.log.size_bytes

    def seen_on(self, broker: int) -> Iterable[Key]:
        """The partitions that a broker had when they were looked at."""
        return list(self._views.get(broker, ()))

    # -- what comes of it --------------------------------------------------------------------------------------

    def draw(self) -> Iterator[None]:
        """Draw one stale partition after the other, then the topics that hold them."""
        while self._stale:
            key = next(iter(self._stale))
            del self._stale[key]
            self._draw_partition(*key)
            yield
        if self._stale_topics:
            self._draw_topics()

    def partition(self, topic: str, index: int) -> Partition | None:
        """The partition as it was last drawn."""
        return self._partitions.get(topic, {}).get(index)

    def led_by(self, topic: str, index: int) -> int:
        """The leader on paper; -1: nobody."""
        registration = self._image.partition(topic, index)
        return -1 if registration is None else registration.leader

    def replicas_on(self, broker: int) -> int:
        return self._replicas.get(broker, 0)

    def leaders_on(self, broker: int) -> int:
        return self._leaders.get(broker, 0)

    def bytes_on(self, broker: int) -> int:
        """The size of all logs on that broker."""
        return sum(size for (owner, _), size in self._bytes.items() if owner == broker)

    def bytes_in(self, broker: int, directory: str) -> int:
        return self._bytes.get((broker, directory), 0)

    def _draw_partition(self, topic: str, index: int) -> None:
        registration = self._image.partition(topic, index)
        counted = self._registered.get((topic, index))
        if counted is not registration:
            if counted is not None:
                del self._registered[topic, index]
                self._count(counted, -1)
            if registration is not None:
                self._registered[topic, index] = registration
                self._count(registration, 1)
        if registration is None:
            return
        drawn = self._partitions.setdefault(topic, {})
        before = drawn.get(index)
        after = self._partition(topic, index, registration, before)
        if after != before:
            drawn[index] = after
            self._stale_topics[topic] = None

    def _count(self, registration: PartitionRegistration, by: int) -> None:
        for broker in registration.replicas:
            self._replicas[broker] = self._replicas.get(broker, 0) + by
        if registration.leader >= 0:
            self._leaders[registration.leader] = self._leaders.get(registration.leader, 0) + by

    def _draw_topics(self) -> None:
        image = self._image
        for name in self._stale_topics:
            topic = image.topics.get(name)
            if topic is None:
                continue
            drawn, before = self._partitions.get(name, {}), self._topics.get(name)
            configs = dict(image.topic_configs(name))
            self._topics[name] = Topic(
                name=name,
                id=encode_uuid(topic.id)
                if before is None
                else before.id,  # of another id it is another topic
                internal=is_internal(name),
                partitions=tuple([drawn[index] for index in sorted(drawn)]),
                configs=before.configs if before is not None and before.configs == configs else configs,
            )
        self._stale_topics.clear()
        self.drawn = tuple(self._topics[name] for name in sorted(self._topics))

    def _partition(
        self, topic: str, index: int, p: PartitionRegistration, before: Partition | None
    ) -> Partition:
        key = (topic, index)
        view = self._views.get(p.leader, {}).get(key)
        leader = view if view is not None and view.is_leader else None
        drawn = {replica.broker: replica for replica in before.replicas} if before is not None else {}
        isr = leader.isr if leader is not None else p.isr
        return Partition(
            index=index,
            leader=broker_name(p.leader) if p.leader >= 0 else None,
            leader_epoch=p.leader_epoch,
            replicas=tuple(
                [self._replica(broker, key, p, drawn.get(broker_name(broker))) for broker in p.replicas]
            ),
            isr=tuple([broker_name(r) for r in isr]),
            min_isr=self._min_isr_of(topic),
            log_start=leader.log.start if leader else None,
            high_watermark=leader.high_watermark if leader else None,
            last_stable=leader.last_stable_offset if leader else None,
            end=leader.log.end if leader else None,
            adding=tuple([broker_name(r) for r in p.adding_replicas]),
            removing=tuple([broker_name(r) for r in p.removing_replicas]),
            error=None if p.leader >= 0 else "LEADER_NOT_AVAILABLE",
        )

    def _replica(self, broker: int, key: Key, p: PartitionRegistration, before: Replica | None) -> Replica:
        """`before`: as it was drawn last."""
        view = self._views.get(broker, {}).get(key)
        if view is None:
            replica = Replica(
                broker=broker_name(broker),
                in_sync=broker in p.isr,
                is_leader=broker == p.leader,
                alive=broker in self._up,
            )
            return before if before == replica and before is not None else replica
        drawn = self._drawn_replicas.setdefault(broker, {})
        known = drawn.get(key)
        if known is not None and known.in_sync is (broker in p.isr):
            return known
        drawn[key] = replica = Replica(
            broker=broker_name(broker),
            log_start=view.log.start,
            end=view.log.end,
            high_watermark=view.high_watermark,
            in_sync=broker in p.isr,
            is_leader=view.is_leader,
            alive=True,
            size_bytes=view.log.size_bytes,
            segments=tuple([_segment(segment) for segment in view.log.segments]),
            directory=view.directory,
        )
        return replica


def _segment(seen: SegmentSnapshot) -> Segment:
    return Segment(
        seen.base_offset,
        seen.next_offset,
        seen.size_bytes,
        seen.index_bytes,
        seen.timeindex_bytes,
        seen.active,
        seen.created_ms,
        seen.max_timestamp_ms,
        seen.resident_pages,
        seen.pages,
    )
