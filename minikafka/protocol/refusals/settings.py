"""The refusals of requests about configurations and users.

Rule: each is what Kafka's `getErrorResponse` of that request makes.
"""

from __future__ import annotations

from minikafka.protocol.api import ApiKey
from minikafka.protocol.errors import ApiError
from minikafka.protocol.messages import (
    alter_configs,
    describe_configs,
    describe_user_scram_credentials,
    incremental_alter_configs,
)
from minikafka.protocol.refusals.refusal import Refusal, words
from minikafka.protocol.schema import Message


def _describe_configs(
    request: describe_configs.DescribeConfigsRequest, version: int, error: ApiError
) -> Message:
    return describe_configs.DescribeConfigsResponse(
        results=[
            describe_configs.DescribeConfigsResult(
                error_code=error.code,
                error_message=words(error),
                resource_type=resource.resource_type,
                resource_name=resource.resource_name,
                configs=[],
            )
            for resource in request.resources
        ]
    )


def _alter_configs(request: alter_configs.AlterConfigsRequest, version: int, error: ApiError) -> Message:
    return alter_configs.AlterConfigsResponse(
        responses=[
            alter_configs.AlterConfigsResourceResponse(
                error_code=error.code,
                error_message=error.message,
                resource_type=resource.resource_type,
                resource_name=resource.resource_name,
            )
            for resource in request.resources
        ]
    )


def _incremental_alter_configs(
    request: incremental_alter_configs.IncrementalAlterConfigsRequest, version: int, error: ApiError
) -> Message:
    return incremental_alter_configs.IncrementalAlterConfigsResponse(
        responses=[
            incremental_alter_configs.AlterConfigsResourceResponse(
                error_code=error.code,
                error_message=error.message,
                resource_type=resource.resource_type,
                resource_name=resource.resource_name,
            )
            for resource in request.resources
        ]
    )


def _describe_user_scram_credentials(
    request: describe_user_scram_credentials.DescribeUserScramCredentialsRequest,
    version: int,
    error: ApiError,
) -> Message:
    return describe_user_scram_credentials.DescribeUserScramCredentialsResponse(
        error_code=error.code,
        error_message=error.message,
        results=[
            describe_user_scram_credentials.DescribeUserScramCredentialsResult(
                user="",  # as in Kafka, which leaves the names out
                error_code=error.code,
                error_message=error.message,
                credential_infos=[],
            )
            for _ in request.users or []
        ],
    )


REFUSALS: dict[ApiKey, Refusal] = {
    ApiKey.DESCRIBE_CONFIGS: _describe_configs,
    ApiKey.ALTER_CONFIGS: _alter_configs,
    ApiKey.INCREMENTAL_ALTER_CONFIGS: _incremental_alter_configs,
    ApiKey.DESCRIBE_USER_SCRAM_CREDENTIALS: _describe_user_scram_credentials,
}
