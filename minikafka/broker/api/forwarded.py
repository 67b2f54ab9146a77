"""Requests that only the controller can decide: CreateTopics (19), DeleteTopics (20), CreatePartitions (37).

A broker passes them on and hands the answer back (Kafka: `ForwardingManager`, KIP-590). It answers when its own
metadata has caught up with what the controller did, so that the client finds its topic at the broker it asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from minikafka.protocol.api import ApiKey
from minikafka.protocol.dispatch import RequestContext, handles
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.create_partitions import (
    CreatePartitionsRequest,
    CreatePartitionsResponse,
)
from minikafka.protocol.messages.create_topics import (
    CreateTopicsRequest,
    CreateTopicsResponse,
)
from minikafka.protocol.messages.delete_topics import (
    DeleteTopicsRequest,
    DeleteTopicsResponse,
)

if TYPE_CHECKING:
    from minikafka.broker.broker import Broker


@handles(ApiKey.CREATE_TOPICS, versions=(2, 7))
async def create_topics(
    node: Broker, request: CreateTopicsRequest, context: RequestContext
) -> CreateTopicsResponse:
    """Create topics; the answer comes when this broker knows them."""
    response = await node.forward(request, context.api_version, CreateTopicsResponse)
    made = [t.name for t in response.topics if t.error_code == ErrorCode.NONE]
    if not request.validate_only:
        await node.image_shows(
            lambda image: all(image.topic(name) is not None for name in made), request.timeout_ms / 1000
        )
    return response


@handles(ApiKey.DELETE_TOPICS, versions=(1, 6))
async def delete_topics(
    node: Broker, request: DeleteTopicsRequest, context: RequestContext
) -> DeleteTopicsResponse:
    """Delete topics; the answer comes when this broker has forgotten them."""
    response = await node.forward(request, context.api_version, DeleteTopicsResponse)
    gone = [t for t in response.responses if t.error_code == ErrorCode.NONE]
    await node.image_shows(
        lambda image: all(
            t.topic_id not in image.topic_names
            and (context.api_version >= 6 or image.topic(t.name or "") is None)
            for t in gone
        ),
        request.timeout_ms / 1000,
    )
    return response


@handles(ApiKey.CREATE_PARTITIONS, versions=(0, 3))
async def create_partitions(
    node: Broker, request: CreatePartitionsRequest, context: RequestContext
) -> CreatePartitionsResponse:
    """Add partitions; their number can only grow."""
    response = await node.forward(request, context.api_version, CreatePartitionsResponse)
    done = {r.name for r in response.results if r.error_code == ErrorCode.NONE}
    counts = {topic.name: topic.count for topic in request.topics if topic.name in done}
    if not request.validate_only:
        await node.image_shows(
            lambda image: all(
                (topic := image.topic(name)) is not None and len(topic.partitions) >= count
                for name, count in counts.items()
            ),
            request.timeout_ms / 1000,
        )
    return response
