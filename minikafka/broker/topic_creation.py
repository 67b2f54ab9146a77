"""Topics that clients make by asking for them, and the cluster's own.

Rule: nobody waits for a creation here. Who asked is told that the topic is missing and asks again; the topic is
known when the metadata log says so. Kafka: `DefaultAutoTopicCreationManager`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from minikafka.coordinator.core import Core
from minikafka.coordinator.tenants import Tenant
from minikafka.membership import AskController
from minikafka.metadata.configs import BrokerConfigs
from minikafka.protocol.messages.create_topics import (
    CreatableTopic,
    CreatableTopicConfig,
    CreateTopicsRequest,
)
from minikafka.world import World

CREATE_TOPICS_VERSION = 7
TIMEOUT_MS = 30_000


class TopicCreation:
    """Asks the controller for missing topics; one request at a time for each."""

    def __init__(
        self,
        world: World,
        configs: BrokerConfigs,
        ask_controller: AskController,
        tenants: Sequence[Tenant[Core]],
    ) -> None:
        self._world = world
        self._configs = configs
        self._ask_controller = ask_controller
        self._tenants = {tenant.topic: tenant for tenant in tenants}
        self._underway: set[str] = set()

    def begin(self, names: Iterable[str]) -> None:
        """Have these created, unless that is on its way already. What fails is tried again by the next who asks."""
        fresh = [name for name in dict.fromkeys(names) if name not in self._underway]
        if fresh:
            self._underway.update(fresh)
            self._world.spawn(self._create(fresh), f"create {', '.join(fresh)}")

    async def _create(self, names: list[str]) -> None:
        topics = [self._described(name) for name in names]
        request = CreateTopicsRequest(topics=topics, timeout_ms=TIMEOUT_MS, validate_only=False)
        try:
            await self._ask_controller(request, CREATE_TOPICS_VERSION)
        except (OSError, TimeoutError):
            pass  # the controller is away
        finally:
            self._underway.difference_update(names)

    def _described(self, name: str) -> CreatableTopic:
        number = self._configs.int
        partitions, factor = number("num.partitions"), number("default.replication.factor")
        configs: Mapping[str, str] = {}
        tenant = self._tenants.get(name)
        if tenant is not None:
            partitions, factor = number(tenant.partitions), number(tenant.replication_factor)
            configs = tenant.topic_configs(self._configs)
        return CreatableTopic(
            name=name,
            num_partitions=partitions,
            replication_factor=factor,
            assignments=[],
            configs=[CreatableTopicConfig(name=key, value=value) for key, value in configs.items()],
        )
