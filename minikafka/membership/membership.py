"""The port between a broker and its cluster.

Rule: what a broker knows of the cluster comes by `ImageListener`, what it wants from it goes through `Membership`;
who decides there, how many voters there are and how one finds them is none of its business.

Kafka: what `BrokerServer` gets from `BrokerLifecycleManager`, `MetadataLoader` and `NodeToControllerChannelManager`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from minikafka.metadata.configs import BrokerConfigs
from minikafka.metadata.image import Endpoint, MetadataDelta, MetadataImage
from minikafka.protocol.schema import Message
from minikafka.world import World

Address = tuple[str, int]

ImageListener = Callable[[MetadataImage, MetadataDelta], None]
"""Gets the new image and how it differs from the one that was announced before."""


class AskController(Protocol):
    """A request to whoever is the controller, of that version, and the answer. Raises OSError or TimeoutError when
    there is none to be had."""

    def __call__(self, message: Message, version: int, timeout_s: float = 30.0) -> Awaitable[Any]: ...


class RegistrationRefused(ValueError):
    """The cluster will never take this broker; says why."""


@dataclass(frozen=True, slots=True)
class Registration:
    """One life of a broker, as it tells the cluster of it.

    `log_dirs`: the ids of the directories that work at the start. `previous_broker_epoch`: the epoch of its earlier
    life if that ended cleanly, else -1.
    """

    broker_id: int
    cluster_id: str
    incarnation_id: UUID
    listeners: tuple[Endpoint, ...]
    log_dirs: tuple[UUID, ...]
    rack: str | None = None
    previous_broker_epoch: int = -1


class Member(Protocol):
    """What a cluster may ask its member at any time."""

    @property
    def applied_offset(self) -> int:
        """Up to which offset of the metadata it does what they say."""

    @property
    def has_untold_losses(self) -> bool:
        """It must not be put into service yet: the cluster has to know first what it lost."""


class Membership(Protocol):
    """That of one broker, from before it registers until it has left."""

    @property
    def broker_epoch(self) -> int:
        """Of its registration; -1 as long as it has none."""

    @property
    def ready(self) -> asyncio.Future[None]:
        """Done once the broker is in service; raises `RegistrationRefused` when it never will be."""

    @property
    def controllers(self) -> Sequence[Address]:
        """Where the voters are, as far as anybody told."""

    @property
    def controller(self) -> Address:
        """Which of them is believed to decide now."""

    @property
    def request(self) -> AskController:
        """Ask the controller."""

    def register(self, registration: Registration, member: Member) -> Mapping[str, Coroutine[Any, Any, None]]:
        """Belong to the cluster from now on: the work to be done for that, by name, as long as the broker lives."""

    def has_seen_deleted(self, topic_id: UUID) -> bool:
        """Was the deletion of that topic committed, and not so long ago that it was forgotten?"""

    def has_seen_removed(self, topic_id: UUID, partition: int) -> bool:
        """Was it committed in this life that this broker has no replica of that partition any more?"""

    def tell_failed_directory(self, directory_id: UUID | None) -> None:
        """Others shall lead what lies in that log directory (None: it has no id, so nobody knows of it)."""

    def tell_progress(self) -> None:
        """The member has got on, and somebody may wait for that."""

    async def leave_service(self) -> None:
        """Ask to be fenced, and wait until others lead what this broker led, or must do so as it isn't heard of."""

    async def controlled_shutdown(self, timeout_s: float = 5.0) -> bool:
        """Ask to leave, and wait until others lead what this broker led; False when that wasn't granted in time."""

    def close(self) -> None:
        """Hang up."""


Join = Callable[[World, int, BrokerConfigs, ImageListener], Membership]
"""How a broker of that id finds its cluster. `on_image(image, delta)` is called for each step of the metadata."""


__all__ = [
    "Address",
    "AskController",
    "ImageListener",
    "Join",
    "Member",
    "Membership",
    "Registration",
    "RegistrationRefused",
]
