"""DescribeConfigs (key 32): every configuration of a topic or broker, its value and where that comes from.

- 1+: synonyms and sources (KIP-226). 3+: types and documentation (KIP-569).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from minikafka.metadata.configs import (
    ConfigSource,
    DescribedConfig,
    describe_broker,
    describe_client_metrics,
    describe_group,
    describe_topic,
)
from minikafka.metadata.image import (
    BROKER_RESOURCE,
    CLIENT_METRICS_RESOURCE,
    GROUP_RESOURCE,
    TOPIC_RESOURCE,
)
from minikafka.metadata.topic_names import why_invalid
from minikafka.protocol.api import ApiKey
from minikafka.protocol.dispatch import RequestContext, handles
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.messages.describe_configs import (
    DescribeConfigsRequest,
    DescribeConfigsResource,
    DescribeConfigsResourceResult,
    DescribeConfigsResponse,
    DescribeConfigsResult,
    DescribeConfigsSynonym,
)

if TYPE_CHECKING:
    from minikafka.broker.broker import Broker

BROKER_LOGGER_RESOURCE = 8
DYNAMIC_DEFAULT = (ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG,)


@handles(ApiKey.DESCRIBE_CONFIGS, versions=(1, 4))
def describe_configs(
    node: Broker, request: DescribeConfigsRequest, context: RequestContext
) -> DescribeConfigsResponse:
    """Each asked resource has its own error."""
    return DescribeConfigsResponse(
        throttle_time_ms=0, results=[_result(node, resource, request) for resource in request.resources]
    )


def _result(
    node: Broker, resource: DescribeConfigsResource, request: DescribeConfigsRequest
) -> DescribeConfigsResult:
    error, message, configs = ErrorCode.NONE, "", list[DescribeConfigsResourceResult]()
    try:
        wanted = resource.configuration_keys  # null and empty: all
        for found in _configs(node, resource):
            if not wanted or found.name in wanted:
                configs.append(_entry(found, request))
    except ApiError as refused:
        error, message = refused.code, refused.message or ""
    return DescribeConfigsResult(
        error_code=error,
        error_message=message,
        resource_type=resource.resource_type,
        resource_name=resource.resource_name,
        configs=configs,
    )


def _configs(node: Broker, resource: DescribeConfigsResource) -> Iterable[DescribedConfig]:
    name = resource.resource_name
    if resource.resource_type == TOPIC_RESOURCE:
        problem = why_invalid(name)
        if problem is not None:
            raise ApiError(ErrorCode.INVALID_TOPIC_EXCEPTION, problem)
        if node.image.topic(name) is None:
            raise ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
        return describe_topic(node.image, name, node.configs, node.id)
    if resource.resource_type == BROKER_RESOURCE:
        return _broker(node, name)
    if resource.resource_type == GROUP_RESOURCE:
        if not name:
            raise ApiError(ErrorCode.INVALID_REQUEST, "Group name must not be empty")
        return describe_group(node.image, name, node.configs)
    if resource.resource_type == CLIENT_METRICS_RESOURCE:
        if not name:
            raise ApiError(ErrorCode.INVALID_REQUEST, "Client metrics subscription name must not be empty")
        return describe_client_metrics(node.image, name)
    if resource.resource_type == BROKER_LOGGER_RESOURCE:
        if not name:
            raise ApiError(ErrorCode.INVALID_REQUEST, "Broker id must not be empty")
        _check_id(node, name, "expected {} but received {}")
        return ()  # there are no loggers whose level could be told
    raise ApiError(ErrorCode.INVALID_REQUEST, f"Unsupported resource type: {resource.resource_type}")


def _broker(node: Broker, name: str) -> Iterable[DescribedConfig]:
    if name == "":
        return [c for c in describe_broker(node.image, node.configs, -1) if c.source in DYNAMIC_DEFAULT]
    _check_id(node, name, "expected {} or empty string, but received {}")
    return describe_broker(node.image, node.configs, node.id)


def _check_id(node: Broker, name: str, expectation: str) -> None:
    if not re.fullmatch(r"[+-]?[0-9]{1,10}", name):
        raise ApiError(ErrorCode.INVALID_REQUEST, f"Broker id must be an integer, but it is: {name}")
    if int(name) != node.id:
        sentence = f"Unexpected broker id, {expectation.format(node.id, name)}"
        raise ApiError(ErrorCode.INVALID_REQUEST, sentence)


def _entry(found: DescribedConfig, request: DescribeConfigsRequest) -> DescribeConfigsResourceResult:
    synonyms = [
        DescribeConfigsSynonym(name=s.name, value=None if found.sensitive else s.value, source=s.source)
        for s in found.synonyms
    ]
    return DescribeConfigsResourceResult(
        name=found.name,
        value=None if found.sensitive else found.value,
        read_only=found.read_only,
        config_source=found.source,
        is_sensitive=found.sensitive,
        synonyms=synonyms if request.include_synonyms else [],
        config_type=found.type,
        documentation=found.doc if request.include_documentation else None,
    )
