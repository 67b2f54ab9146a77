"""A broker that joins a running cluster, and one that leaves it for good.

Rule: who joins has no replicas until some are moved or made there; who leaves has none any more. Kafka:
`kafka-reassign-partitions`, `kafka-cluster unregister`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from minikafka.broker.broker import Broker
from minikafka.cluster.nodes import broker_host
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.unregister_broker import UnregisterBrokerRequest, UnregisterBrokerResponse

if TYPE_CHECKING:
    from minikafka.cluster.nodes import ClusterNodes

MOST_NAMED = 5
"""Partitions in one sentence."""


async def add_broker(nodes: ClusterNodes, rack: str | None = None) -> str:
    """Its host, of the next number, with a directory of its own. Raises OSError (port taken, disk) or ValueError."""
    host = broker_host(max(map(id_of, nodes.brokers)) + 1)
    await nodes.start_new_broker(host, rack)
    return host


async def remove_broker(nodes: ClusterNodes, host: str) -> None:
    """Stop it for good; the cluster forgets it, its directory stays. Raises ValueError: it has replicas, which have to
    move first; there is no such broker, or no other."""
    nodes.known(host)
    if host in nodes.controllers:
        raise ValueError(f"{host} is a controller; only brokers are removed so")
    if host in nodes.starting:
        raise ValueError(f"{host} is about to start")
    id = id_of(host)
    asked = next(
        (b for b in nodes.brokers.values() if b is not None and b.id != id and b.is_in_service), None
    )
    if asked is None:
        raise ValueError(f"{host} is the last broker that runs")
    _check_is_empty(asked, host, id)
    if nodes.is_up(host):
        await nodes.stop_broker(host)
    request = UnregisterBrokerRequest(broker_id=id)
    answer = await nodes.on(broker_host(asked.id), asked.forward(request, 0, UnregisterBrokerResponse))
    if answer.error_code not in (ErrorCode.NONE, ErrorCode.BROKER_ID_NOT_REGISTERED):
        raise ValueError(answer.error_message or ErrorCode(answer.error_code).message)
    nodes.drop_broker(host)


def id_of(host: str) -> int:
    """Of `broker-7`: 7."""
    return int(host.rpartition("-")[2])


def _check_is_empty(asked: Broker, host: str, id: int) -> None:
    held = [
        f"{topic.name}-{index}"
        for topic, index, partition in asked.image.partitions()
        if id in partition.replicas
    ]
    if held:
        more = f" and {len(held) - MOST_NAMED} more" if len(held) > MOST_NAMED else ""
        raise ValueError(
            f"{host} has replicas of {', '.join(held[:MOST_NAMED])}{more}; move them to other brokers first"
        )


__all__ = ["add_broker", "remove_broker"]
