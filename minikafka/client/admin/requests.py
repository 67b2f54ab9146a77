"""Where an administration request goes: to any broker, to one of them, or to the controller.

Rule: what may pass is tried again until the time is over, and then the error is _TIMED_OUT, with the last reason
as its text. Kafka: the node providers of `KafkaAdminClient`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from minikafka.client.connections.offsets import Retrying
from minikafka.client.errors import KafkaError, KafkaException
from minikafka.protocol.schema import Message

if TYPE_CHECKING:
    from minikafka.client.connections.metadata import ClusterView
    from minikafka.client.connections.reach import Reach

R = TypeVar("R", bound=Message)
Outcome = KafkaException | None
"""What became of one name: None is success."""


def outcome(code: int, message: str | None = None) -> Outcome:
    """The error of an answer, if it has one."""
    return KafkaException(KafkaError(code, message)) if code else None


class AdminRequests:
    """One client's. Timeouts are in seconds."""

    def __init__(self, reach: Reach) -> None:
        self.reach = reach
        self.connections = reach.connections
        backoff_s = reach.settings.seconds("retry.backoff.ms")
        self.retrying = Retrying(reach.world, backoff_s, too_late=KafkaError._TIMED_OUT)

    def timeout(self, timeout_s: float | None) -> float:
        """What was asked for, or request.timeout.ms."""
        default_s = self.reach.settings.seconds("request.timeout.ms")
        return default_s if timeout_s is None or timeout_s < 0 else timeout_s

    async def view(self, topics: list[str] | None, *, operations: bool = False) -> ClusterView:
        """Brokers, and these topics (None: all)."""
        view = await self.reach.metadata.ask(topics, operations=operations)
        self.connections.learn({b.id: (b.host, b.port) for b in view.brokers.values()})
        return view

    async def to_any(self, request: Message, response: type[R], limit_s: float) -> R:
        """To whichever broker can be reached."""
        return await self.retrying.run(lambda: self.connections.request_any(request, response), limit_s)

    async def to_broker(self, broker_id: int, request: Message, response: type[R], limit_s: float) -> R:
        """To this broker; below zero to any."""

        async def attempt() -> R:
            if broker_id not in self.connections.broker_ids:
                await self.view([])
            return await self.connections.request(broker_id, request, response)

        if broker_id < 0:
            return await self.to_any(request, response, limit_s)
        return await self.retrying.run(attempt, limit_s)

    async def to_controller(self, request: Message, response: type[R], limit_s: float) -> R:
        """To the controller as metadata names it (a KRaft broker passes it on)."""

        async def attempt() -> R:
            view = await self.view([])
            if view.controller_id not in view.brokers:
                return await self.connections.request_any(request, response, limit_s)
            return await self.connections.request(view.controller_id, request, response, timeout_s=limit_s)

        return await self.retrying.run(attempt, limit_s)
