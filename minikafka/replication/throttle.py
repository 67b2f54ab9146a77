"""Replication that is held back, so that a move leaves room for others: so many bytes a second, on either side.

Rule: only replicas that are out of sync wait, and only of partitions that their topic names; the bytes of the others of
these count all the same. The rate is that of the last seconds, so one large answer is followed by a pause.

Kafka: `ReplicationQuotaManager`, `SimpleRate`; KIP-73.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection

from minikafka.metadata.configs import BrokerConfigs
from minikafka.metadata.image import BROKER_RESOURCE, DEFAULT_BROKER, TOPIC_RESOURCE, MetadataImage

EVERY = "*"


class Rate:
    """Bytes a second over the last `samples` samples of `sample_s` seconds. Times are the loop's, in seconds."""

    def __init__(self, samples: int, sample_s: float) -> None:
        self._samples = samples
        self._sample_s = sample_s
        self._counted: deque[tuple[float, int]] = deque()
        """When each sample begins, and its bytes."""

    def count(self, now: float, size_bytes: int) -> None:
        if self._counted and now - self._counted[-1][0] < self._sample_s:
            begun, size = self._counted[-1]
            self._counted[-1] = (begun, size + size_bytes)
        else:
            self._counted.append((now, size_bytes))

    def is_above(self, now: float, limit: float) -> bool:
        while self._counted and now - self._counted[0][0] >= self._samples * self._sample_s:
            self._counted.popleft()
        if not self._counted:
            return False
        elapsed_s = max(now - self._counted[0][0], self._sample_s)
        return sum(size for _, size in self._counted) / elapsed_s > limit


class Throttle:
    """One side of one broker: what it sends as a leader, or copies as a follower. Times are the loop's, in seconds."""

    def __init__(self, side: str, broker_id: int, configs: BrokerConfigs) -> None:
        self._rate_key = f"{side}.replication.throttled.rate"
        self._replicas_key = f"{side}.replication.throttled.replicas"
        self._broker_id = broker_id
        self._measured = Rate(
            configs.int("replication.quota.window.num"), configs.int("replication.quota.window.size.seconds")
        )
        self._limit: float | None = None
        self._topics: dict[str, Collection[int] | None] = {}

    @property
    def is_set(self) -> bool:
        """May anything have to wait? Asked first, as it nearly never does."""
        return self._limit is not None and bool(self._topics)

    def see(self, image: MetadataImage) -> None:
        """Settings have changed."""
        text = dynamic_value(image, self._broker_id, self._rate_key)
        self._limit = None if text is None else float(text)
        self._topics = {}
        if self._limit is None:
            return
        for kind, name in image.configs:
            if kind == TOPIC_RESOURCE:
                found = image.configs[kind, name].get(self._replicas_key)
                if found:
                    self._topics[name] = self._named(found)

    def _named(self, text: str) -> Collection[int] | None:
        """The partitions whose replica here is named; None: all."""
        if text.strip() == EVERY:
            return None
        pairs = [word.strip().split(":") for word in text.split(",") if word.strip()]
        return frozenset(int(partition) for partition, broker in pairs if int(broker) == self._broker_id)

    def concerns(self, topic: str, partition: int) -> bool:
        """Does the topic name this replica?"""
        if topic not in self._topics:
            return False
        named = self._topics[topic]
        return named is None or partition in named

    def count(self, now: float, size_bytes: int) -> None:
        """So many bytes were sent, or copied."""
        self._measured.count(now, size_bytes)

    def is_exceeded(self, now: float) -> bool:
        """Is there to be a pause?"""
        return self._limit is not None and self._measured.is_above(now, self._limit)


def dynamic_value(image: MetadataImage, broker_id: int, name: str) -> str | None:
    """What a request has set for this broker, or for all."""
    own = image.configs_of(BROKER_RESOURCE, str(broker_id))
    return own.get(name, image.configs_of(BROKER_RESOURCE, DEFAULT_BROKER).get(name))
