"""How a broker belongs to a KRaft cluster: it registers with the active controller, sends heartbeats, and follows the
metadata log.

Rule: the three of them, and every request, know of one present controller; who of them hears of another one tells
the others. Kafka: `BrokerServer` with `BrokerLifecycleManager`, `KafkaRaftManager` (as an observer), `MetadataLoader`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any
from uuid import UUID

from minikafka.membership.controller_channel import ControllerChannel
from minikafka.membership.controllers import Controllers
from minikafka.membership.follower import MetadataFollower
from minikafka.membership.lifecycle import BrokerLifecycle
from minikafka.membership.membership import (
    Address,
    AskController,
    ImageListener,
    Join,
    Member,
    Registration,
)
from minikafka.metadata.configs import BrokerConfigs
from minikafka.world import World


def kraft(*controllers: Address) -> Join:
    """The cluster of these controllers; one that is up is enough to find the others."""

    def join(
        world: World, broker_id: int, configs: BrokerConfigs, on_image: ImageListener
    ) -> KRaftMembership:
        return KRaftMembership(world, broker_id, controllers, configs, on_image)

    return join


class KRaftMembership:
    """One broker's; see `Membership`."""

    def __init__(
        self,
        world: World,
        broker_id: int,
        controllers: Sequence[Address],
        configs: BrokerConfigs,
        on_image: ImageListener,
    ) -> None:
        self._controllers = Controllers(controllers)
        self._channel = ControllerChannel(world, self._controllers, f"broker-{broker_id}")
        self.follower = MetadataFollower(world, broker_id, self._controllers, on_image)
        self.lifecycle = BrokerLifecycle(world, broker_id, self._controllers, configs)

    @property
    def broker_epoch(self) -> int:
        return self.lifecycle.broker_epoch

    @property
    def ready(self) -> asyncio.Future[None]:
        return self.lifecycle.ready

    @property
    def controllers(self) -> Sequence[Address]:
        return self._controllers.voters

    @property
    def controller(self) -> Address:
        return self._controllers.present

    @property
    def request(self) -> AskController:
        return self._channel.request_decider

    def register(self, registration: Registration, member: Member) -> Mapping[str, Coroutine[Any, Any, None]]:
        return {
            "metadata-follower": self.follower.run(),
            "broker-lifecycle": self.lifecycle.run(registration, member),
        }

    def has_seen_deleted(self, topic_id: UUID) -> bool:
        return self.follower.has_seen_deleted(topic_id)

    def has_seen_removed(self, topic_id: UUID, partition: int) -> bool:
        return self.follower.has_seen_removed(topic_id, partition)

    def tell_failed_directory(self, directory_id: UUID | None) -> None:
        if directory_id is not None:
            self.lifecycle.offline_log_dirs.append(directory_id)
        self.lifecycle.beat()

    def tell_progress(self) -> None:
        self.lifecycle.beat()

    async def leave_service(self) -> None:
        await self.lifecycle.leave_service()

    async def controlled_shutdown(self, timeout_s: float = 5.0) -> bool:
        return await self.lifecycle.controlled_shutdown(timeout_s)

    def close(self) -> None:
        """Hang up; what `register` gave is its caller's to cancel."""
        self._channel.close()


__all__ = ["KRaftMembership", "kraft"]
