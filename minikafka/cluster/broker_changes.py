"""A broker that joins a running cluster, one that leaves it for good, and partitions that move meanwhile.

Rule: who joins has no replicas until some are moved or made there; who leaves has none any more. What is only begun
goes on by itself, also while nobody can decide it. Kafka: `kafka-reassign-partitions`, `kafka-cluster unregister`.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Sequence
from typing import TYPE_CHECKING, TypeVar

from minikafka.broker.broker import Broker
from minikafka.cluster.nodes import broker_host
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.messages.alter_partition_reassignments import (
    AlterPartitionReassignmentsRequest,
    AlterPartitionReassignmentsResponse,
    ReassignablePartition,
    ReassignableTopic,
)
from minikafka.protocol.messages.unregister_broker import UnregisterBrokerRequest, UnregisterBrokerResponse

if TYPE_CHECKING:
    from minikafka.cluster.nodes import ClusterNodes

T = TypeVar("T")
MOST_NAMED = 5
"""Partitions in one sentence."""
AGAIN_S = 0.2


async def add_broker(nodes: ClusterNodes, rack: str | None = None, *, is_awaited: bool = True) -> str:
    """Its host, of the next number, with a directory of its own. Raises OSError (port taken, disk) or ValueError."""
    host = broker_host(max(map(id_of, nodes.brokers)) + 1)
    nodes.make_room(host, rack)
    try:
        await (nodes.restart(host) if is_awaited else nodes.begin_restart(host))
    except BaseException:
        nodes.drop_broker(host)
        raise
    return host


async def remove_broker(nodes: ClusterNodes, host: str, *, is_awaited: bool = True) -> None:
    """Stop it for good; the cluster forgets it, its directory stays. Raises ValueError: it has replicas, which have to
    move first; there is no such broker, or no other."""
    nodes.known(host)
    if host in nodes.controllers:
        raise ValueError(f"{host} is a controller; only brokers are removed so")
    for known, doing in ((nodes.starting, "start"), (nodes.leaving, "leave")):
        if host in known:
            raise ValueError(f"{host} is about to {doing}")
    asked = _another(nodes, host)
    if asked is None:
        raise ValueError(f"{host} is the last broker that runs")
    _check_is_empty(asked, host)
    leaving = nodes.begin_to_leave(host, _leave(nodes, host))
    if is_awaited:
        await asyncio.shield(leaving)


async def _leave(nodes: ClusterNodes, host: str) -> None:
    """To its end, whatever happens to it and to the others. Raises ValueError: it got replicas meanwhile."""
    if nodes.is_up(host):
        await _unless_killed(nodes, host, nodes.stop_broker(host))
    request = UnregisterBrokerRequest(broker_id=id_of(host))
    while True:
        asked = _another(nodes, host)
        if asked is not None:
            _check_is_empty(asked, host)
            answer = UnregisterBrokerResponse(error_code=ErrorCode.REQUEST_TIMED_OUT)
            with contextlib.suppress(ApiError):
                asking = nodes.on(broker_host(asked.id), asked.forward(request, 0, UnregisterBrokerResponse))
                answer = await _unless_killed(nodes, broker_host(asked.id), asking) or answer
            if answer.error_code in (ErrorCode.NONE, ErrorCode.BROKER_ID_NOT_REGISTERED):
                nodes.drop_broker(host)
                return
        await asyncio.sleep(AGAIN_S)


async def begin_move(nodes: ClusterNodes, topic: str, partition: int, brokers: Sequence[int] | None) -> None:
    """Ask for it (None: that it is taken back), and wait for no answer. Raises ValueError: nobody can be asked, or one
    of these brokers is about to leave."""
    for host in map(broker_host, brokers or ()):
        if host in nodes.leaving:
            raise ValueError(f"{host} is about to leave")
    asked = _another(nodes)
    if asked is None:
        raise ValueError("No broker is in service")
    place = ReassignablePartition(
        partition_index=partition, replicas=None if brokers is None else list(brokers)
    )
    request = AlterPartitionReassignmentsRequest(topics=[ReassignableTopic(name=topic, partitions=[place])])

    async def ask() -> None:
        with contextlib.suppress(ApiError):
            await asked.forward(request, 1, AlterPartitionReassignmentsResponse)

    nodes.begin(broker_host(asked.id), ask())


def _another(nodes: ClusterNodes, host: str = "") -> Broker | None:
    """A broker in service, and not this one."""
    found = (b for name, b in nodes.brokers.items() if b is not None and name != host and b.is_in_service)
    return next(found, None)


def _check_is_empty(asked: Broker, host: str) -> None:
    held = [
        f"{topic.name}-{index}"
        for topic, index, partition in asked.image.partitions()
        if id_of(host) in partition.replicas
    ]
    if held:
        more = f" and {len(held) - MOST_NAMED} more" if len(held) > MOST_NAMED else ""
        raise ValueError(
            f"{host} has replicas of {', '.join(held[:MOST_NAMED])}{more}; move them to other brokers first"
        )


async def _unless_killed(nodes: ClusterNodes, host: str, work: Awaitable[T]) -> T | None:
    """What comes of it; None: the host, whose work it was, has ended meanwhile."""
    try:
        return await work
    except asyncio.CancelledError:
        if host not in nodes.brokers or nodes.is_up(host):
            raise
        return None


def id_of(host: str) -> int:
    """Of `broker-7`: 7."""
    return int(host.rpartition("-")[2])


__all__ = ["add_broker", "begin_move", "remove_broker"]
