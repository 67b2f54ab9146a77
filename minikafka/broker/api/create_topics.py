"""CreateTopics (key 19): topics are made by the controller.

The answer comes when this broker knows them (Kafka: `ForwardingManager`, KIP-590).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from minikafka.protocol.api import ApiKey
from minikafka.protocol.dispatch import RequestContext, handles
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.create_topics import CreateTopicsRequest, CreateTopicsResponse

if TYPE_CHECKING:
    from minikafka.broker.broker import Broker


@handles(ApiKey.CREATE_TOPICS, versions=(2, 7))
async def create_topics(
    node: Broker, request: CreateTopicsRequest, context: RequestContext
) -> CreateTopicsResponse:
    response = await node.forward(request, context.api_version, CreateTopicsResponse)
    made = [t.name for t in response.topics if t.error_code == ErrorCode.NONE]
    if not request.validate_only:
        await node.image_shows(
            lambda image: all(image.topic(name) is not None for name in made), request.timeout_ms / 1000
        )
    return response
