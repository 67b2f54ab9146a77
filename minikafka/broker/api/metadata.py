"""Metadata (key 3): brokers, topics, leaders. The first thing every client asks.

- null (0 in v0: empty) topics mean all. 4+: may create topics. 5+: offline replicas. 7+: leader epochs.
- 8+: authorized operations. 10+: topic ids (12+: asked by id). 13+: a top-level error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from minikafka.metadata.image import PartitionRegistration, TopicImage
from minikafka.metadata.topic_names import is_internal, why_invalid
from minikafka.protocol.api import ApiKey
from minikafka.protocol.dispatch import RequestContext, handles
from minikafka.protocol.errors import ApiError, ErrorCode
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

FIRST_VERSION_BY_ID = 12
NO_OPERATIONS = -(2**31)
# Bits of AclOperation that exist for the resource; without an authorizer everyone may do everything.
TOPIC_OPERATIONS = sum(1 << op for op in (3, 4, 5, 6, 7, 8, 10, 11))
CLUSTER_OPERATIONS = sum(1 << op for op in (5, 7, 8, 9, 10, 11, 12))


@handles(ApiKey.METADATA, versions=(0, 13))
def metadata(node: Broker, request: MetadataRequest, context: RequestContext) -> MetadataResponse:
    """Describe the asked topics (or all). A missing one is answered as missing; where that is allowed its creation
    begins, and clients ask again until it is there."""
    asked = request.topics
    if asked is None or (context.api_version == 0 and not asked):
        topics = [describe(node, topic, request, context) for _, topic in sorted(node.image.topics.items())]
        return _response(node, request, topics, context)
    error = _why_malformed(asked, context.api_version)
    if error is not ErrorCode.NONE:
        raise ApiError(error)
    ids = [topic.topic_id for topic in asked if topic.topic_id != ZERO_UUID]
    if ids:  # names beside ids are not answered
        topics = [_by_id(node, topic_id, request, context) for topic_id in dict.fromkeys(ids)]
        return _response(node, request, topics, context)
    names = list(dict.fromkeys(topic.name for topic in asked if topic.name is not None))
    if request.allow_auto_topic_creation and node.configs.bool("auto.create.topics.enable"):
        node.topic_creation.begin(
            [name for name in names if node.image.topic(name) is None and why_invalid(name) is None]
        )
    return _response(node, request, [_by_name(node, name, request, context) for name in names], context)


def _why_malformed(asked: list[MetadataRequestTopic], api_version: int) -> ErrorCode:
    if api_version < FIRST_VERSION_BY_ID:
        well_formed = all(topic.name is not None and topic.topic_id == ZERO_UUID for topic in asked)
        return ErrorCode.NONE if well_formed else ErrorCode.INVALID_REQUEST
    by_id = any(topic.topic_id != ZERO_UUID for topic in asked)
    nameless = any(topic.name is None for topic in asked)
    return ErrorCode.UNKNOWN_SERVER_ERROR if nameless and not by_id else ErrorCode.NONE


def _by_id(
    node: Broker, topic_id: UUID, request: MetadataRequest, context: RequestContext
) -> MetadataResponseTopic:
    known = node.image.topic_by_id(topic_id)
    if known is None:
        return _absent(ErrorCode.UNKNOWN_TOPIC_ID, None, topic_id)
    return describe(node, known, request, context)


def _by_name(
    node: Broker, name: str, request: MetadataRequest, context: RequestContext
) -> MetadataResponseTopic:
    known = node.image.topic(name)
    if known is not None:
        return describe(node, known, request, context)
    return _absent(why_absent(node, name), name, ZERO_UUID)


def why_absent(node: Broker, name: str) -> ErrorCode:
    """What a topic is answered with that isn't in the image. A broker that starts doesn't know yet which there are,
    and nobody is to take a topic for deleted because of it (Kafka's answers nothing until it has caught up)."""
    if why_invalid(name) is not None:
        return ErrorCode.INVALID_TOPIC_EXCEPTION
    return ErrorCode.LEADER_NOT_AVAILABLE if node.is_starting else ErrorCode.UNKNOWN_TOPIC_OR_PARTITION


def _absent(error: ErrorCode, name: str | None, topic_id: UUID) -> MetadataResponseTopic:
    return MetadataResponseTopic(
        error_code=error,
        name=name,
        topic_id=topic_id,
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


def leadership(node: Broker, p: PartitionRegistration) -> tuple[ErrorCode, int, list[int]]:
    """What clients are told: an error, the leader (-1: none that lives), and the replicas that are away."""
    brokers = node.image.brokers
    offline = [
        r for r in p.replicas if r not in brokers or brokers[r].fenced or not node.image.is_disk_online(p, r)
    ]
    if p.leader < 0 or p.leader in offline:
        return ErrorCode.LEADER_NOT_AVAILABLE, -1, offline
    return ErrorCode.NONE, p.leader, offline


def _partition(node: Broker, index: int, p: PartitionRegistration) -> MetadataResponsePartition:
    error, leader, offline = leadership(node, p)
    return MetadataResponsePartition(
        error_code=error,
        partition_index=index,
        leader_id=leader,
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
