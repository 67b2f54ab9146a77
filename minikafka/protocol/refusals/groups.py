"""The refusals of requests about groups and their offsets.

Rule: each is what Kafka's `getErrorResponse` of that request makes.
"""

from __future__ import annotations

from minikafka.protocol.api import ApiKey
from minikafka.protocol.errors import ApiError
from minikafka.protocol.messages import (
    delete_groups,
    describe_groups,
    find_coordinator,
    join_group,
    offset_commit,
    offset_fetch,
)
from minikafka.protocol.refusals.refusal import Refusal, words
from minikafka.protocol.schema import Message


def _find_coordinator(
    request: find_coordinator.FindCoordinatorRequest, version: int, error: ApiError
) -> Message:
    if version < 4:
        return find_coordinator.FindCoordinatorResponse(
            error_code=error.code, error_message=words(error), node_id=-1, host="", port=-1
        )
    return find_coordinator.FindCoordinatorResponse(
        coordinators=[
            find_coordinator.Coordinator(
                key=key, node_id=-1, host="", port=-1, error_code=error.code, error_message=words(error)
            )
            for key in request.coordinator_keys
        ]
    )


def _join_group(request: join_group.JoinGroupRequest, version: int, error: ApiError) -> Message:
    """No protocol is null since version 7."""
    return join_group.JoinGroupResponse(
        error_code=error.code,
        protocol_name="" if version < 7 else None,
        leader="",
        member_id="",
        members=[],
    )


def _offset_commit(request: offset_commit.OffsetCommitRequest, version: int, error: ApiError) -> Message:
    return offset_commit.OffsetCommitResponse(
        topics=[
            offset_commit.OffsetCommitResponseTopic(
                name=topic.name,
                topic_id=topic.topic_id,
                partitions=[
                    offset_commit.OffsetCommitResponsePartition(
                        partition_index=asked.partition_index, error_code=error.code
                    )
                    for asked in topic.partitions
                ],
            )
            for topic in request.topics
        ]
    )


def _offset_fetch(request: offset_fetch.OffsetFetchRequest, version: int, error: ApiError) -> Message:
    """Until version 1 each partition has it, until 7 the whole, then each group."""
    groups = [
        offset_fetch.OffsetFetchResponseGroup(group_id=group.group_id, topics=[], error_code=error.code)
        for group in request.groups
    ]
    topics = [
        offset_fetch.OffsetFetchResponseTopic(
            name=topic.name,
            partitions=[
                offset_fetch.OffsetFetchResponsePartition(
                    partition_index=index, committed_offset=-1, metadata="", error_code=error.code
                )
                for index in topic.partition_indexes
            ],
        )
        for topic in (request.topics or [] if version < 2 else [])
    ]
    return offset_fetch.OffsetFetchResponse(
        error_code=error.code, topics=topics, groups=groups if version >= 8 else []
    )


def _describe_groups(
    request: describe_groups.DescribeGroupsRequest, version: int, error: ApiError
) -> Message:
    return describe_groups.DescribeGroupsResponse(
        groups=[
            describe_groups.DescribedGroup(
                error_code=error.code,
                group_id=group_id,
                group_state="",
                protocol_type="",
                protocol_data="",
                members=[],
            )
            for group_id in request.groups
        ]
    )


def _delete_groups(request: delete_groups.DeleteGroupsRequest, version: int, error: ApiError) -> Message:
    return delete_groups.DeleteGroupsResponse(
        results=[
            delete_groups.DeletableGroupResult(group_id=group_id, error_code=error.code)
            for group_id in request.groups_names
        ]
    )


REFUSALS: dict[ApiKey, Refusal] = {
    ApiKey.FIND_COORDINATOR: _find_coordinator,
    ApiKey.JOIN_GROUP: _join_group,
    ApiKey.OFFSET_COMMIT: _offset_commit,
    ApiKey.OFFSET_FETCH: _offset_fetch,
    ApiKey.DESCRIBE_GROUPS: _describe_groups,
    ApiKey.DELETE_GROUPS: _delete_groups,
}
