"""Which partitions a broker has to look at when the metadata have changed.

Rule: those that it leads come first, as followers and clients will ask for them. Kafka: `TopicsDelta.localChanges`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from minikafka.metadata.image import (
    BROKER_RESOURCE,
    DEFAULT_BROKER,
    TOPIC_RESOURCE,
    MetadataDelta,
    MetadataImage,
)
from minikafka.replication.checkpoints import Key


def concerned(
    broker_id: int,
    here: Collection[Key],
    offline: Collection[Key],
    image: MetadataImage,
    old: MetadataImage,
    delta: MetadataDelta,
) -> Iterator[Key]:
    """The partitions that are `here`, or ought to be, and perhaps aren't as the image has them. `offline`: those in
    directories that failed."""
    keys = list(delta.partitions)
    for name, _ in delta.deleted_topics:
        keys += [(name, index) for index in old.topics[name].partitions] if name in old.topics else []
    for kind, name in delta.configs:
        topic = image.topic(name) if kind == TOPIC_RESOURCE else None
        if topic is not None:
            keys += [(name, index) for index in topic.partitions]
        elif kind == BROKER_RESOURCE and name in (DEFAULT_BROKER, str(broker_id)):
            keys += here
    others = []
    for key in keys:
        registration = image.partition(*key)
        if registration is not None and registration.leader == broker_id:
            yield key
        elif (
            (registration is not None and broker_id in registration.replicas) or key in here or key in offline
        ):
            others.append(key)
    yield from others
