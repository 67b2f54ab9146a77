"""Answers that refuse a whole request, where the API has an error for each part only.

One rule: a broker that passes a request on and the controller that decides it refuse in the same words.
Kafka: `AbstractRequest.getErrorResponse`.
"""

from __future__ import annotations

from uuid import UUID

from minikafka.protocol.dispatch import RequestContext
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.messages.delete_topics import (
    DeletableTopicResult,
    DeleteTopicsRequest,
    DeleteTopicsResponse,
)
from minikafka.protocol.messages.elect_leaders import (
    ElectLeadersRequest,
    ElectLeadersResponse,
    PartitionResult,
    ReplicaElectionResult,
)
from minikafka.protocol.schema import ZERO_UUID


def no_topics_deleted(
    request: DeleteTopicsRequest, context: RequestContext, error: ApiError
) -> DeleteTopicsResponse:
    """Every topic with the error; until version 5 they are asked by name alone."""
    asked: list[tuple[str | None, UUID]] = [(name, ZERO_UUID) for name in request.topic_names]
    asked += [(topic.name, topic.topic_id) for topic in request.topics]
    return DeleteTopicsResponse(
        responses=[
            DeletableTopicResult(name=name, topic_id=id, error_code=error.code, error_message=error.message)
            for name, id in asked
        ]
    )


def nobody_elected(
    request: ElectLeadersRequest, context: RequestContext, error: ApiError
) -> ElectLeadersResponse:
    """Every partition with the error."""
    results = [
        ReplicaElectionResult(
            topic=topic.topic,
            partition_result=[
                PartitionResult(partition_id=p, error_code=error.code, error_message=error.message)
                for p in topic.partitions
            ],
        )
        for topic in request.topic_partitions or []
    ]
    # Version 0 has no word for the whole.
    code = error.code if context.api_version >= 1 else ErrorCode.NONE
    return ElectLeadersResponse(error_code=code, replica_election_results=results)
