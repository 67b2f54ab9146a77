"""CreatePartitions (key 37): topics grow by the controller; they never shrink.

The answer comes when this broker knows the new partitions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from minikafka.protocol.api import ApiKey
from minikafka.protocol.dispatch import RequestContext, handles
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.create_partitions import CreatePartitionsRequest, CreatePartitionsResponse

if TYPE_CHECKING:
    from minikafka.broker.broker import Broker


@handles(ApiKey.CREATE_PARTITIONS, versions=(0, 3))
async def create_partitions(
    node: Broker, request: CreatePartitionsRequest, context: RequestContext
) -> CreatePartitionsResponse:
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
