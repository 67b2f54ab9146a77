"""DeleteTopics (key 20): topics are deleted by the controller.

The answer comes when this broker has forgotten them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from minikafka.protocol.api import ApiKey
from minikafka.protocol.dispatch import RequestContext, handles
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.delete_topics import DeleteTopicsRequest, DeleteTopicsResponse

if TYPE_CHECKING:
    from minikafka.broker.broker import Broker


@handles(ApiKey.DELETE_TOPICS, versions=(1, 6))
async def delete_topics(
    node: Broker, request: DeleteTopicsRequest, context: RequestContext
) -> DeleteTopicsResponse:
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
