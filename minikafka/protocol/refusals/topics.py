"""The refusals of requests about topics and their partitions.

Rule: each is what Kafka's `getErrorResponse` of that request makes.
"""

from __future__ import annotations

from minikafka.protocol.api import ApiKey
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.messages import (
    alter_partition_reassignments,
    alter_replica_log_dirs,
    create_partitions,
    create_topics,
    delete_topics,
    describe_topic_partitions,
    elect_leaders,
    metadata,
)
from minikafka.protocol.refusals.refusal import Refusal
from minikafka.protocol.schema import ZERO_UUID, Message


def _metadata(request: metadata.MetadataRequest, version: int, error: ApiError) -> Message:
    """An error for every topic and nothing about the cluster. Names can't be null."""
    return metadata.MetadataResponse(
        brokers=[],
        topics=[
            metadata.MetadataResponseTopic(
                error_code=error.code, name=topic.name or "", topic_id=topic.topic_id, partitions=[]
            )
            for topic in request.topics or []
        ],
        error_code=error.code,
    )


def _describe_topic_partitions(
    request: describe_topic_partitions.DescribeTopicPartitionsRequest, version: int, error: ApiError
) -> Message:
    return describe_topic_partitions.DescribeTopicPartitionsResponse(
        topics=[
            describe_topic_partitions.DescribeTopicPartitionsResponseTopic(
                error_code=error.code, name=topic.name, topic_id=ZERO_UUID, partitions=[]
            )
            for topic in request.topics
        ]
    )


def _alter_partition_reassignments(
    request: alter_partition_reassignments.AlterPartitionReassignmentsRequest, version: int, error: ApiError
) -> Message:
    return alter_partition_reassignments.AlterPartitionReassignmentsResponse(
        error_code=error.code,
        error_message=error.message,
        responses=[
            alter_partition_reassignments.ReassignableTopicResponse(
                name=topic.name,
                partitions=[
                    alter_partition_reassignments.ReassignablePartitionResponse(
                        partition_index=partition.partition_index,
                        error_code=error.code,
                        error_message=error.message,
                    )
                    for partition in topic.partitions
                ],
            )
            for topic in request.topics
        ],
    )


def _alter_replica_log_dirs(
    request: alter_replica_log_dirs.AlterReplicaLogDirsRequest, version: int, error: ApiError
) -> Message:
    return alter_replica_log_dirs.AlterReplicaLogDirsResponse(
        results=[
            alter_replica_log_dirs.AlterReplicaLogDirTopicResult(
                topic_name=topic.name,
                partitions=[
                    alter_replica_log_dirs.AlterReplicaLogDirPartitionResult(
                        partition_index=partition, error_code=error.code
                    )
                    for partition in topic.partitions
                ],
            )
            for directory in request.dirs
            for topic in directory.topics
        ]
    )


def _create_topics(request: create_topics.CreateTopicsRequest, version: int, error: ApiError) -> Message:
    return create_topics.CreateTopicsResponse(
        topics=[
            create_topics.CreatableTopicResult(
                name=topic.name, error_code=error.code, error_message=error.message
            )
            for topic in request.topics
        ]
    )


def _delete_topics(request: delete_topics.DeleteTopicsRequest, version: int, error: ApiError) -> Message:
    """Until version 5 they are asked for by name alone."""
    asked = [(name, ZERO_UUID) for name in request.topic_names] if version < 6 else []
    return delete_topics.DeleteTopicsResponse(
        responses=[
            delete_topics.DeletableTopicResult(
                name=name, topic_id=topic_id, error_code=error.code, error_message=error.message
            )
            for name, topic_id in [*asked, *((topic.name, topic.topic_id) for topic in request.topics)]
        ]
    )


def _create_partitions(
    request: create_partitions.CreatePartitionsRequest, version: int, error: ApiError
) -> Message:
    return create_partitions.CreatePartitionsResponse(
        results=[
            create_partitions.CreatePartitionsTopicResult(
                name=topic.name, error_code=error.code, error_message=error.message
            )
            for topic in request.topics
        ]
    )


def _elect_leaders(request: elect_leaders.ElectLeadersRequest, version: int, error: ApiError) -> Message:
    """Version 0 has no word for the whole; whoever asks for all partitions hears nothing there."""
    results = [
        elect_leaders.ReplicaElectionResult(
            topic=topic.topic,
            partition_result=[
                elect_leaders.PartitionResult(
                    partition_id=index, error_code=error.code, error_message=error.message
                )
                for index in topic.partitions
            ],
        )
        for topic in request.topic_partitions or []
    ]
    code = error.code if version >= 1 else ErrorCode.NONE
    return elect_leaders.ElectLeadersResponse(error_code=code, replica_election_results=results)


REFUSALS: dict[ApiKey, Refusal] = {
    ApiKey.ALTER_PARTITION_REASSIGNMENTS: _alter_partition_reassignments,
    ApiKey.ALTER_REPLICA_LOG_DIRS: _alter_replica_log_dirs,
    ApiKey.METADATA: _metadata,
    ApiKey.DESCRIBE_TOPIC_PARTITIONS: _describe_topic_partitions,
    ApiKey.CREATE_TOPICS: _create_topics,
    ApiKey.DELETE_TOPICS: _delete_topics,
    ApiKey.CREATE_PARTITIONS: _create_partitions,
    ApiKey.ELECT_LEADERS: _elect_leaders,
}
