"""All coordinators of one broker, by their topics.

Rule: made from the table of tenants, so whoever is in the table is found, loaded, told and closed.
Kafka: what `BrokerServer` and `BrokerMetadataPublisher` do for each coordinator by name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar, cast

from minikafka.coordinator.core import Core, MetadataStep
from minikafka.coordinator.runtime import CoordinatorRuntime
from minikafka.coordinator.settings import Configs
from minikafka.coordinator.shard import Send
from minikafka.coordinator.tenants import Tenant
from minikafka.metadata.image import MetadataImage
from minikafka.world import World

C = TypeVar("C", bound=Core)


class Coordinators:
    """One runtime a tenant."""

    def __init__(
        self,
        world: World,
        tenants: Sequence[Tenant[Core]],
        configs: Configs,
        image: Callable[[], MetadataImage],
        send: Send,
    ) -> None:
        self._runtimes = {
            tenant.topic: CoordinatorRuntime(world, tenant, configs, image, send) for tenant in tenants
        }

    def of_topic(self, topic: str) -> CoordinatorRuntime[Core] | None:
        """The one that keeps its state in that topic."""
        return self._runtimes.get(topic)

    def of_key_type(self, key_type: int) -> CoordinatorRuntime[Core] | None:
        """The one that FindCoordinator means by this number."""
        return next((r for r in self._runtimes.values() if r.tenant.key_type == key_type), None)

    def of(self, tenant: Tenant[C]) -> CoordinatorRuntime[C]:
        """The tenant's own, with its core's type."""
        return cast("CoordinatorRuntime[C]", self._runtimes[tenant.topic])

    def on_metadata(self, step: MetadataStep) -> None:
        """The cluster changed."""
        for runtime in self._runtimes.values():
            runtime.on_metadata(step)

    def close(self) -> None:
        """The broker stops."""
        for runtime in self._runtimes.values():
            runtime.close()
