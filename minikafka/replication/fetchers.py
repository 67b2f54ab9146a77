"""The fetchers of one broker: one for each leader that it follows.

Rule: a partition is fetched from one leader at most. Kafka: `ReplicaFetcherManager` (with one fetcher a leader:
`num.replica.fetchers` is 1).
"""

from __future__ import annotations

from collections.abc import Callable

from minikafka.metadata.configs import BrokerConfigs
from minikafka.replication.checkpoints import Key
from minikafka.replication.fetcher import FetcherSettings, ReplicaFetcher
from minikafka.replication.partition import Partition
from minikafka.replication.throttle import Throttle
from minikafka.world import World


class Fetchers:
    """Who is followed for which partition."""

    def __init__(
        self,
        world: World,
        broker_id: int,
        configs: BrokerConfigs,
        endpoint: Callable[[int], tuple[str, int] | None],
        broker_epoch: Callable[[], int],
        storage_failed: Callable[[Partition, OSError], None],
        throttle: Throttle,
    ) -> None:
        self._world = world
        self._broker_id = broker_id
        self._endpoint = endpoint
        self._broker_epoch = broker_epoch
        self._storage_failed = storage_failed
        self._throttle = throttle
        self._settings = FetcherSettings(
            wait_max_ms=configs.int("replica.fetch.wait.max.ms"),
            min_bytes=configs.int("replica.fetch.min.bytes"),
            max_bytes=configs.int("replica.fetch.max.bytes"),
            response_max_bytes=configs.int("replica.fetch.response.max.bytes"),
            backoff_ms=configs.int("replica.fetch.backoff.ms"),
        )
        self._fetchers: dict[int, ReplicaFetcher] = {}
        self._leaders: dict[Key, int] = {}

    def leader_of(self, key: Key) -> int | None:
        """From whom a partition is fetched; None: from nobody."""
        return self._leaders.get(key)

    def follow(self, partition: Partition, leader: int) -> None:
        """Fetch the partition, which nobody fetches now, from that broker."""
        fetcher = self._fetchers.get(leader)
        if fetcher is None:
            fetcher = self._fetchers[leader] = ReplicaFetcher(
                self._world,
                self._broker_id,
                leader,
                self._endpoint,
                self._broker_epoch,
                self._settings,
                self._storage_failed,
                self._throttle,
            )
        self._leaders[partition.topic, partition.index] = leader
        fetcher.follow(partition)

    def unfollow(self, partition: Partition) -> None:
        """Fetch it no more; fine when nobody does."""
        leader = self._leaders.pop((partition.topic, partition.index), None)
        if leader is not None and leader in self._fetchers:
            self._fetchers[leader].unfollow(partition)

    def note(self, partition: Partition) -> None:
        """Something about a partition has changed that its leader may have to know; fine when nobody fetches it."""
        leader = self._leaders.get((partition.topic, partition.index))
        if leader is not None and leader in self._fetchers:
            self._fetchers[leader].note(partition)

    def close_idle(self) -> None:
        """End the fetchers that have nothing to fetch."""
        for leader in [n for n, fetcher in self._fetchers.items() if fetcher.idle]:
            self._fetchers.pop(leader).close()

    def close(self) -> None:
        """End them all."""
        for leader in list(self._fetchers):
            self._fetchers.pop(leader).close()
