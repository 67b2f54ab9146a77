"""Requests that change configurations: what this broker refuses, and what the controller decides.

Rule: what is meant for another broker is refused here, the rest is passed on (Kafka: `ConfigAdminManager`); each
resource has its own answer, in the order asked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from minikafka.metadata.image import BROKER_RESOURCE
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.messages.incremental_alter_configs import AlterConfigsResource
from minikafka.protocol.schema import Message

if TYPE_CHECKING:
    from minikafka.broker.broker import Broker

BROKER_LOGGER_RESOURCE = 8
LIST_OPERATIONS = {2: "APPEND", 3: "SUBTRACT"}

A = TypeVar("A")


class Resource(Protocol):
    """What AlterConfigs and IncrementalAlterConfigs ask to change."""

    resource_type: int
    resource_name: str


async def answers(
    node: Broker, request: Any, version: int, response: type[Message], answer: Callable[..., A]
) -> list[A]:
    """One for each resource of the request; `response` and `answer` are its API's."""

    def refused(resource: Resource, error: ApiError) -> A:
        return answer(
            error_code=error.code,
            error_message=error.message,
            resource_type=resource.resource_type,
            resource_name=resource.resource_name,
        )

    problems = [_problem(node, resource) for resource in request.resources]
    passed_on = [r for r, problem in zip(request.resources, problems, strict=True) if problem is None]
    decided: list[A] = []
    if passed_on:
        forwarded = type(request)(resources=passed_on, validate_only=request.validate_only)
        try:
            decided = (await node.forward(forwarded, version, response)).responses  # type: ignore[attr-defined]
        except ApiError as error:
            decided = [refused(resource, error) for resource in passed_on]
    rest = iter(decided)
    return [
        next(rest) if problem is None else refused(resource, problem)
        for resource, problem in zip(request.resources, problems, strict=True)
    ]


def _problem(node: Broker, resource: Resource) -> ApiError | None:
    """A broker's configurations are changed through that broker; those of all brokers (no name) through any."""
    name = resource.resource_name
    if isinstance(resource, AlterConfigsResource) and resource.resource_type == BROKER_LOGGER_RESOURCE:
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


def _logger_problem(node: Broker, resource: AlterConfigsResource) -> ApiError | None:
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
