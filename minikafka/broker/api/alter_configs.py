"""AlterConfigs (key 33) and IncrementalAlterConfigs (key 44, KIP-339): configurations are changed.

A broker refuses what is meant for another broker, and passes the rest on to the controller, which decides (Kafka:
`ConfigAdminManager`). Each resource has its own answer, in the order asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from minikafka.metadata.image import BROKER_RESOURCE
from minikafka.protocol.api import ApiKey
from minikafka.protocol.dispatch import RequestContext, handles
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.messages import alter_configs as legacy
from minikafka.protocol.messages import incremental_alter_configs as incremental

if TYPE_CHECKING:
    from minikafka.broker.broker import Broker

BROKER_LOGGER_RESOURCE = 8
LIST_OPERATIONS = {2: "APPEND", 3: "SUBTRACT"}


class Resource(Protocol):
    """What both requests ask to change."""

    resource_type: int
    resource_name: str


R = TypeVar("R", bound=Resource)


def _refused_incrementally(resource: Resource, error: ApiError) -> incremental.AlterConfigsResourceResponse:
    return incremental.AlterConfigsResourceResponse(
        error_code=error.code,
        error_message=error.message,
        resource_type=resource.resource_type,
        resource_name=resource.resource_name,
    )


def _refused(resource: Resource, error: ApiError) -> legacy.AlterConfigsResourceResponse:
    return legacy.AlterConfigsResourceResponse(
        error_code=error.code,
        error_message=error.message,
        resource_type=resource.resource_type,
        resource_name=resource.resource_name,
    )


@handles(ApiKey.INCREMENTAL_ALTER_CONFIGS, versions=(0, 1))
async def incremental_alter_configs(
    node: Broker, request: incremental.IncrementalAlterConfigsRequest, context: RequestContext
) -> incremental.IncrementalAlterConfigsResponse:
    """Set, delete, append to or subtract from configurations."""
    passed_on, problems = _sorted_out(node, request.resources)
    decided: list[incremental.AlterConfigsResourceResponse] = []
    if passed_on:
        forwarded = incremental.IncrementalAlterConfigsRequest(
            resources=passed_on, validate_only=request.validate_only
        )
        try:
            answer = await node.forward(
                forwarded, context.api_version, incremental.IncrementalAlterConfigsResponse
            )
            decided = answer.responses
        except ApiError as error:
            decided = [_refused_incrementally(resource, error) for resource in passed_on]
    answers = iter(decided)
    return incremental.IncrementalAlterConfigsResponse(
        responses=[
            next(answers) if problem is None else _refused_incrementally(resource, problem)
            for resource, problem in zip(request.resources, problems, strict=True)
        ]
    )


@handles(ApiKey.ALTER_CONFIGS, versions=(0, 2))
async def alter_configs(
    node: Broker, request: legacy.AlterConfigsRequest, context: RequestContext
) -> legacy.AlterConfigsResponse:
    """Replace all configurations of a resource."""
    passed_on, problems = _sorted_out(node, request.resources)
    decided: list[legacy.AlterConfigsResourceResponse] = []
    if passed_on:
        forwarded = legacy.AlterConfigsRequest(resources=passed_on, validate_only=request.validate_only)
        try:
            answer = await node.forward(forwarded, context.api_version, legacy.AlterConfigsResponse)
            decided = answer.responses
        except ApiError as error:
            decided = [_refused(resource, error) for resource in passed_on]
    answers = iter(decided)
    return legacy.AlterConfigsResponse(
        responses=[
            next(answers) if problem is None else _refused(resource, problem)
            for resource, problem in zip(request.resources, problems, strict=True)
        ]
    )


def _sorted_out(node: Broker, resources: list[R]) -> tuple[list[R], list[ApiError | None]]:
    """What the controller is to decide, and for each resource why it isn't."""
    problems = [_problem(node, resource) for resource in resources]
    passed_on = [resource for resource, problem in zip(resources, problems, strict=True) if problem is None]
    return passed_on, problems


def _problem(node: Broker, resource: Resource) -> ApiError | None:
    """A broker's configurations are changed through that broker; those of all brokers (no name) through any."""
    name = resource.resource_name
    if (
        isinstance(resource, incremental.AlterConfigsResource)
        and resource.resource_type == BROKER_LOGGER_RESOURCE
    ):
        return _logger_problem(node, resource)
    if resource.resource_type != BROKER_RESOURCE or not name:
        return None
    try:
        if int(name) == node.id:
            return None
    except ValueError:
        return ApiError(ErrorCode.INVALID_REQUEST, f"Node id must be an integer, but it is: {name}")
    return ApiError(
        ErrorCode.INVALID_REQUEST, f"Unexpected broker id, expected {node.id}, but received {name}"
    )


def _logger_problem(node: Broker, resource: incremental.AlterConfigsResource) -> ApiError | None:
    """There are no loggers here whose level could be set."""
    name = resource.resource_name
    if not name.isdecimal():
        return ApiError(ErrorCode.INVALID_REQUEST, f"Node id must be an integer, but it is: {name}")
    if int(name) != node.id:
        sentence = f"Unexpected node id. Expected {node.id}, but received {name}"
        return ApiError(ErrorCode.INVALID_REQUEST, sentence)
    for config in resource.configs:
        if config.config_operation in LIST_OPERATIONS:
            word = LIST_OPERATIONS[config.config_operation]
            sentence = f"{word} operation is not allowed for the BROKER_LOGGER resource"
            return ApiError(ErrorCode.INVALID_REQUEST, sentence)
        return ApiError(ErrorCode.INVALID_CONFIG, f"Logger {config.name} does not exist!")
    return None
