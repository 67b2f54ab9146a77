"""The refusals of requests about records.

Rule: each is what Kafka's `getErrorResponse` of that request makes.
"""

from __future__ import annotations

from minikafka.protocol.api import ApiKey
from minikafka.protocol.errors import ApiError
from minikafka.protocol.messages import (
    delete_records,
    describe_producers,
    fetch,
    list_offsets,
    offset_for_leader_epoch,
    produce,
)
from minikafka.protocol.refusals.refusal import Refusal
from minikafka.protocol.schema import Message


def _produce(request: produce.ProduceRequest, version: int, error: ApiError) -> Message | None:
    if request.acks == 0:
        return None
    return produce.ProduceResponse(
        responses=[
            produce.TopicProduceResponse(
                name=topic.name,
                topic_id=topic.topic_id,
                partition_responses=[
                    produce.PartitionProduceResponse(
                        index=data.index, error_code=error.code, error_message=error.message
                    )
                    for data in topic.partition_data
                ],
            )
            for topic in request.topic_data
        ]
    )


def _fetch(request: fetch.FetchRequest, version: int, error: ApiError) -> Message:
    """Before topic ids, every partition hears it too."""
    return fetch.FetchResponse(
        error_code=error.code,
        session_id=request.session_id,
        responses=[
            fetch.FetchableTopicResponse(
                topic=topic.topic,
                partitions=[unread(asked.partition, error.code) for asked in topic.partitions],
            )
            for topic in request.topics
            if version < 13
        ],
    )


def unread(index: int, code: int) -> fetch.PartitionData:
    """A partition of which nothing was read."""
    return fetch.PartitionData(
        partition_index=index, error_code=code, high_watermark=-1, aborted_transactions=[], records=b""
    )


def _list_offsets(request: list_offsets.ListOffsetsRequest, version: int, error: ApiError) -> Message:
    return list_offsets.ListOffsetsResponse(
        topics=[
            list_offsets.ListOffsetsTopicResponse(
                name=topic.name,
                partitions=[
                    list_offsets.ListOffsetsPartitionResponse(
                        partition_index=asked.partition_index, error_code=error.code
                    )
                    for asked in topic.partitions
                ],
            )
            for topic in request.topics
        ]
    )


def _delete_records(request: delete_records.DeleteRecordsRequest, version: int, error: ApiError) -> Message:
    return delete_records.DeleteRecordsResponse(
        topics=[
            delete_records.DeleteRecordsTopicResult(
                name=topic.name,
                partitions=[
                    delete_records.DeleteRecordsPartitionResult(
                        partition_index=asked.partition_index, low_watermark=-1, error_code=error.code
                    )
                    for asked in topic.partitions
                ],
            )
            for topic in request.topics
        ]
    )


def _offset_for_leader_epoch(
    request: offset_for_leader_epoch.OffsetForLeaderEpochRequest, version: int, error: ApiError
) -> Message:
    return offset_for_leader_epoch.OffsetForLeaderEpochResponse(
        topics=[
            offset_for_leader_epoch.OffsetForLeaderTopicResult(
                topic=topic.topic,
                partitions=[
                    offset_for_leader_epoch.EpochEndOffset(partition=asked.partition, error_code=error.code)
                    for asked in topic.partitions
                ],
            )
            for topic in request.topics
        ]
    )


def _describe_producers(
    request: describe_producers.DescribeProducersRequest, version: int, error: ApiError
) -> Message:
    return describe_producers.DescribeProducersResponse(
        topics=[
            describe_producers.TopicResponse(
                name=topic.name,
                partitions=[
                    describe_producers.PartitionResponse(
                        partition_index=index,
                        error_code=error.code,
                        error_message=error.message,
                        active_producers=[],
                    )
                    for index in topic.partition_indexes
                ],
            )
            for topic in request.topics
        ]
    )


REFUSALS: dict[ApiKey, Refusal] = {
    ApiKey.PRODUCE: _produce,
    ApiKey.FETCH: _fetch,
    ApiKey.LIST_OFFSETS: _list_offsets,
    ApiKey.DELETE_RECORDS: _delete_records,
    ApiKey.OFFSET_FOR_LEADER_EPOCH: _offset_for_leader_epoch,
    ApiKey.DESCRIBE_PRODUCERS: _describe_producers,
}
