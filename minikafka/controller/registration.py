"""How controllers make themselves known: each registers with the active one, which writes it down.

Rule: one incarnation a life; whoever is registered as it is now needn't be again. Kafka:
`ControllerRegistrationManager`, `ClusterControlManager.registerController`; KIP-919.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from uuid import UUID

from minikafka.controller.decision import Decision, Situation
from minikafka.metadata.features import SUPPORTED_FEATURES
from minikafka.metadata.image import ControllerRegistration
from minikafka.metadata.records import ControllerEndpoint, ControllerFeature, RegisterControllerRecord
from minikafka.protocol.channel import Channel
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.messages.controller_registration import (
    ControllerRegistrationRequest,
    ControllerRegistrationResponse,
    Feature,
    Listener,
)
from minikafka.quorum import VoterNode
from minikafka.world import World

if TYPE_CHECKING:
    from minikafka.controller.node import ControllerNode

TIMEOUT_S = 5.0
AGAIN_S = (0.1, 5.0)
"""The first and the longest pause before it is tried again."""


def register_controller(
    situation: Situation, request: ControllerRegistrationRequest
) -> Decision[ControllerRegistrationResponse]:
    """Raises `ApiError`: where it can't be reached, or couldn't follow the metadata."""
    if not request.listeners:
        raise ApiError(ErrorCode.INVALID_REGISTRATION, "No listeners specified for controller")
    able = {f.name: (f.min_supported_version, f.max_supported_version) for f in request.features}
    for name, level in sorted(situation.image.features.items()):
        low, high = able.get(name, (0, 0))
        if level and not low <= level <= high:
            raise ApiError(
                ErrorCode.UNSUPPORTED_VERSION,
                f"Unable to register because the controller does not support finalized version {level} of {name}. "
                f"The controller wants a version between {low} and {high}, inclusive.",
            )
    record = RegisterControllerRecord(
        controller_id=request.controller_id,
        incarnation_id=request.incarnation_id,
        zk_migration_ready=request.zk_migration_ready,
        end_points=[
            ControllerEndpoint(name=x.name, host=x.host, port=x.port, security_protocol=x.security_protocol)
            for x in request.listeners
        ],
        features=[
            ControllerFeature(
                name=x.name,
                min_supported_version=x.min_supported_version,
                max_supported_version=x.max_supported_version,
            )
            for x in request.features
        ],
    )
    return Decision((record,), ControllerRegistrationResponse())


def request_of(voter: VoterNode, incarnation_id: UUID) -> ControllerRegistrationRequest:
    """That of a node of ours."""
    return ControllerRegistrationRequest(
        controller_id=voter.id,
        incarnation_id=incarnation_id,
        listeners=[Listener(name=voter.listener, host=voter.host, port=voter.port)],
        features=[
            Feature(name=name, min_supported_version=low, max_supported_version=high)
            for name, (low, high) in SUPPORTED_FEATURES.items()
        ],
    )


class Registrar:
    """A standby's: it asks whoever leads, until it is registered."""

    def __init__(self, world: World, node: ControllerNode) -> None:
        self._world = world
        self._node = node
        self._asking: asyncio.Task[None] | None = None

    def on_leader(self) -> None:
        """Somebody leads, or nobody does any more."""
        self.close()
        leader = self._node.quorum.leader
        if leader is not None and leader.id != self._node.id and not self.is_registered:
            self._asking = self._world.spawn(self._register(leader), "controller registration")

    @property
    def is_registered(self) -> bool:
        """As it is now?"""
        known: ControllerRegistration | None = self._node.image.controllers.get(self._node.id)
        return known is not None and known.incarnation_id == self._node.incarnation_id

    def close(self) -> None:
        """Ask no more."""
        if self._asking is not None:
            self._asking.cancel()
            self._asking = None

    async def _register(self, leader: VoterNode) -> None:
        pause_s = AGAIN_S[0]
        while True:
            await asyncio.sleep(pause_s * (0.75 + self._world.random.random() / 2))
            pause_s = min(2 * pause_s, AGAIN_S[1])
            if self.is_registered:
                return
            try:
                channel = await Channel.connect(
                    self._world, leader.host, leader.port, f"controller-{self._node.id}", timeout=TIMEOUT_S
                )
                try:
                    request = request_of(self._node.voter, self._node.incarnation_id)
                    await channel.request(request, 0, TIMEOUT_S)
                finally:
                    channel.close()
            except (OSError, TimeoutError):
                continue


__all__ = ["Registrar", "register_controller", "request_of"]
