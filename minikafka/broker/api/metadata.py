"""Metadata (key 3): brokers, topics, leaders. The first thing every client asks.

- null (0 in v0: empty) topics mean all. 4+: may create topics. 5+: offline replicas. 7+: leader epochs.
- 8+: authorized operations. 10+: topic ids (12+: asked by id). 13+: a top-level error.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING

from minikafka.metadata.image import PartitionRegistration, TopicImage
from minikafka.metadata.topic_names import is_internal, why_invalid
from minikafka.protocol.api import ApiKey
from minikafka.protocol.dispatch import RequestContext, handles
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.metadata import (
    MetadataRequest,
    MetadataRequestTopic,
    MetadataResponse,
    MetadataResponseBroker,
    MetadataResponsePartition,
    MetadataResponseTopic,
)
from minikafka.protocol.schema import ZERO_UUID

if TYPE_CHECKING:
    from minikafka.broker.broker import Broker

NO_OPERATIONS = -(2**31)
# Bits of AclOperation that exist for the resource; without an authorizer everyone may do everything.
TOPIC_OPERATIONS = sum(1 << op for op in (3, 4, 5, 6, 7, 8, 10, 11))
CLUSTER_OPERATIONS = sum(1 << op for op in (5, 7, 8, 9, 10, 11, 12))


@handles(ApiKey.METADATA, versions=(0, 13))
def metadata(
    node: Broker, request: MetadataRequest, context: RequestContext
) -> MetadataResponse | Awaitable[MetadataResponse]:
    """Describe the asked topics (or all), creating missing ones where that is allowed."""
    asked = request.topics
    if asked is None or (context.api_version == 0 and not asked):
        topics = [describe(node, topic, request, context) for _, topic in sorted(node.image.topics.items())]
        return _response(node, request, topics, context)
    if any(topic.name is None and topic.topic_id == ZERO_UUID for topic in asked) or (
        context.api_version < 12 and any(topic.name is None or topic.topic_id != ZERO_UUID for topic in asked)
    ):
        return _malformed(node, request, context)
    missing = [
        t.name for t in asked if t.name is not None and t.topic_id == ZERO_UUID and not _known(node, t)
    ]
    creates = request.allow_auto_topic_creation and node.configs.bool("auto.create.topics.enable")
    wanted = [name for name in dict.fromkeys(missing) if why_invalid(name) is None and creates]
    if wanted:
        return _create_then_answer(node, request, context, asked, wanted)
    return _response(
        node, request, [_one(node, topic, request, context, {}) for topic in _unique(asked)], context
    )


def _known(node: Broker, topic: MetadataRequestTopic) -> bool:
    return topic.name is not None and node.image.topic(topic.name) is not None


def _unique(asked: list[MetadataRequestTopic]) -> list[MetadataRequestTopic]:
    return list({(topic.name, topic.topic_id): topic for topic in asked}.values())


async def _create_then_answer(
    node: Broker,
    request: MetadataRequest,
    context: RequestContext,
    asked: list[MetadataRequestTopic],
    wanted: list[str],
) -> MetadataResponse:
    refused = await node.create_missing_topics(wanted)
    return _response(
        node, request, [_one(node, topic, request, context, refused) for topic in _unique(asked)], context
    )


def _one(
    node: Broker,
    asked: MetadataRequestTopic,
    request: MetadataRequest,
    context: RequestContext,
    refused: dict[str, ErrorCode],
) -> MetadataResponseTopic:
    if asked.topic_id != ZERO_UUID:
        by_id = node.image.topic_by_id(asked.topic_id)
        if by_id is None:
            return _absent(ErrorCode.UNKNOWN_TOPIC_ID, None, asked)
        return describe(node, by_id, request, context)
    assert asked.name is not None
    known = node.image.topic(asked.name)
    if known is not None:
        return describe(node, known, request, context)
    if why_invalid(asked.name) is not None:
        return _absent(ErrorCode.INVALID_TOPIC_EXCEPTION, asked.name, asked)
    return _absent(refused.get(asked.name, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION), asked.name, asked)


def _absent(error: ErrorCode, name: str | None, asked: MetadataRequestTopic) -> MetadataResponseTopic:
    return MetadataResponseTopic(
        error_code=error,
        name=name,
        topic_id=asked.topic_id,
        is_internal=name is not None and is_internal(name),
        partitions=[],
        topic_authorized_operations=NO_OPERATIONS,
    )


def describe(
    node: Broker, topic: TopicImage, request: MetadataRequest, context: RequestContext
) -> MetadataResponseTopic:
    """One living topic with its partitions."""
    wants_operations = request.include_topic_authorized_operations and context.api_version >= 8
    return MetadataResponseTopic(
        error_code=ErrorCode.NONE,
        name=topic.name,
        topic_id=topic.id,
        is_internal=is_internal(topic.name),
        partitions=[_partition(node, index, p) for index, p in sorted(topic.partitions.items())],
        topic_authorized_operations=TOPIC_OPERATIONS if wants_operations else NO_OPERATIONS,
    )


def _partition(node: Broker, index: int, p: PartitionRegistration) -> MetadataResponsePartition:
    brokers = node.image.brokers
    offline = [r for r in p.replicas if r not in brokers or brokers[r].fenced]
    has_leader = p.leader >= 0 and p.leader not in offline
    return MetadataResponsePartition(
        error_code=ErrorCode.NONE if has_leader else ErrorCode.LEADER_NOT_AVAILABLE,
        partition_index=index,
        leader_id=p.leader if has_leader else -1,
        leader_epoch=p.leader_epoch,
        replica_nodes=list(p.replicas),
        isr_nodes=list(p.isr),
        offline_replicas=offline,
    )


def _response(
    node: Broker, request: MetadataRequest, topics: list[MetadataResponseTopic], context: RequestContext
) -> MetadataResponse:
    wants_operations = 8 <= context.api_version <= 10 and request.include_cluster_authorized_operations
    return MetadataResponse(
        throttle_time_ms=0,
        brokers=brokers(node),
        cluster_id=node.cluster_id,
        controller_id=node.known_controller(),
        topics=topics,
        cluster_authorized_operations=CLUSTER_OPERATIONS if wants_operations else NO_OPERATIONS,
        error_code=ErrorCode.NONE,
    )


def brokers(node: Broker) -> list[MetadataResponseBroker]:
    """The living brokers with their addresses."""
    found = []
    for broker in node.image.alive_brokers():
        endpoint = broker.listener()
        if endpoint is not None:
            found.append(
                MetadataResponseBroker(
                    node_id=broker.id, host=endpoint.host, port=endpoint.port, rack=broker.rack
                )
            )
    return found


def _malformed(node: Broker, request: MetadataRequest, context: RequestContext) -> MetadataResponse:
    """Neither a name nor an id, or an id where the version knows none: INVALID_REQUEST on every topic."""
    topics = [
        MetadataResponseTopic(
            error_code=ErrorCode.INVALID_REQUEST,
            name=topic.name if context.api_version >= 12 else topic.name or "",
            topic_id=topic.topic_id,
            is_internal=False,
            partitions=[],
            topic_authorized_operations=NO_OPERATIONS,
        )
        for topic in request.topics or []
    ]
    return _response(node, request, topics, context)
