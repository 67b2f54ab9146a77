"""Configurations of topics, brokers, groups and metrics' subscriptions are changed.

Rule: a resource's configurations change all together or not at all, and what results must be valid as a
whole. Kafka: `ConfigurationControlManager`, `ControllerConfigurationValidator`, `ConfigAdminManager`;
KIP-339.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from minikafka.controller.decision import Decision, Situation
from minikafka.metadata.client_metrics_configs import check_client_metrics_configs
from minikafka.metadata.config_types import ConfigDefinition, ConfigError, ConfigType
from minikafka.metadata.configs import (
    BROKER_CONFIGS,
    DYNAMIC_ONLY,
    TOPIC_CONFIGS,
    effective_topic_configs,
    validate_topic_configs,
)
from minikafka.metadata.group_configs import check_group_configs
from minikafka.metadata.image import (
    BROKER_RESOURCE,
    CLIENT_METRICS_RESOURCE,
    GROUP_RESOURCE,
    TOPIC_RESOURCE,
)
from minikafka.metadata.records import ConfigRecord
from minikafka.metadata.topic_names import why_invalid
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.messages import alter_configs as legacy
from minikafka.protocol.messages import incremental_alter_configs as incremental

SET, DELETE, APPEND, SUBTRACT = range(4)
OPERATIONS = ("SET", "DELETE", "APPEND", "SUBTRACT")

Resource = tuple[int, str]
Changes = Mapping[str, str | None]
A = TypeVar("A")


class Wanted(NamedTuple):
    """What a request wants of one key."""

    name: str
    value: str | None
    operation: int = SET


def check_topic_configs(situation: Situation, own: Mapping[str, str]) -> None:
    """Whether a topic may have these. Raises `ApiError` INVALID_CONFIG."""
    validate_topic_configs(own, effective_topic_configs(situation.image, "", situation.configs))


def incremental_alter_configs(
    situation: Situation, request: incremental.IncrementalAlterConfigsRequest
) -> Decision[incremental.IncrementalAlterConfigsResponse]:
    """Sets, deletes, and adds to or takes from lists, key by key."""

    def changes(resource: Resource, configs: Sequence[Wanted]) -> Changes:
        return {config.name: _new_value(situation, resource, config) for config in configs}

    wanted = [
        (
            (one.resource_type, one.resource_name),
            [Wanted(c.name, c.value, c.config_operation) for c in one.configs],
        )
        for one in request.resources
    ]
    records, responses = _each(situation, wanted, changes, incremental.AlterConfigsResourceResponse)
    response = incremental.IncrementalAlterConfigsResponse(responses=responses)
    return Decision(() if request.validate_only else records, response)


def alter_configs(
    situation: Situation, request: legacy.AlterConfigsRequest
) -> Decision[legacy.AlterConfigsResponse]:
    """Replaces all configurations of a resource: what isn't named goes back to its default."""

    def changes(resource: Resource, configs: Sequence[Wanted]) -> Changes:
        to_default = dict.fromkeys(sorted(situation.image.configs_of(*resource)))
        return to_default | {config.name: config.value for config in configs}

    wanted = [
        ((one.resource_type, one.resource_name), [Wanted(c.name, c.value) for c in one.configs])
        for one in request.resources
    ]
    records, responses = _each(situation, wanted, changes, legacy.AlterConfigsResourceResponse)
    response = legacy.AlterConfigsResponse(responses=responses)
    return Decision(() if request.validate_only else records, response)


def _each(
    situation: Situation,
    wanted: Sequence[tuple[Resource, Sequence[Wanted]]],
    changes: Callable[[Resource, Sequence[Wanted]], Changes],
    answer: Callable[..., A],
) -> tuple[tuple[ConfigRecord, ...], list[A]]:
    """The records for those resources that may change so, and an answer for each."""
    records: list[ConfigRecord] = []
    answers = []
    seen = [resource for resource, _ in wanted]
    for resource, configs in wanted:
        code, sentence = ErrorCode.NONE, None
        try:
            _check_request(seen, resource, configs)
            records += _change(situation, resource, changes(resource, configs))
        except ApiError as error:
            code, sentence = error.code, error.message
        answers.append(
            answer(
                error_code=code, error_message=sentence, resource_type=resource[0], resource_name=resource[1]
            )
        )
    return tuple(records), answers


def _check_request(seen: Sequence[Resource], resource: Resource, configs: Sequence[Wanted]) -> None:
    def refuse(sentence: str) -> ApiError:
        return ApiError(ErrorCode.INVALID_REQUEST, sentence)

    if seen.count(resource) > 1:
        raise refuse("Each resource must appear at most once.")
    if len({name for name, _, _ in configs}) != len(configs):
        raise refuse("Error due to duplicate config keys")
    nulls = [name for name, value, operation in configs if value is None and operation != DELETE]
    if nulls:
        raise refuse(f"Null value not supported for : {', '.join(nulls)}")
    if resource[0] not in _CHECKS:
        raise refuse(f"Unknown resource type {resource[0]}")
    for _, _, operation in configs:
        if not SET <= operation <= SUBTRACT:
            raise ApiError(ErrorCode.UNKNOWN_SERVER_ERROR)


def _new_value(situation: Situation, resource: Resource, config: Wanted) -> str | None:
    if config.operation == SET:
        return config.value
    if config.operation == DELETE:
        return None
    definition = _LISTS.get(resource[0], {}).get(config.name)
    if definition is None or definition.type is not ConfigType.LIST:
        raise ApiError(
            ErrorCode.INVALID_CONFIG,
            f"Can't {OPERATIONS[config.operation]} to key {config.name} because its type is not LIST.",
        )
    text = situation.image.configs_of(*resource).get(config.name, definition.default or "")
    words = [word for word in text.split(",") if word]
    for word in (config.value or "").split(","):
        if config.operation == APPEND and word not in words:
            words.append(word)
        elif config.operation == SUBTRACT and word in words:
            words.remove(word)
    return ",".join(words)


def _change(situation: Situation, resource: Resource, changes: Changes) -> list[ConfigRecord]:
    """The records for the new values (None: back to the default). Raises `ApiError`."""
    kind, name = resource
    before = situation.image.configs_of(kind, name)
    after = {key: value for key, value in {**before, **changes}.items() if value is not None}
    _CHECKS[kind](situation, name, changes, after)
    return [
        ConfigRecord(resource_type=kind, resource_name=name, name=key, value=value)
        for key, value in changes.items()
        # A broker reloads what it is told again, even unchanged.
        if before.get(key) != value or kind == BROKER_RESOURCE
    ]


def _check_topic(situation: Situation, name: str, _: Changes, after: Mapping[str, str]) -> None:
    if not name:
        raise ApiError(ErrorCode.INVALID_REQUEST, "Default topic resources are not allowed.")
    reason = why_invalid(name)
    if reason is not None:
        raise ApiError(ErrorCode.INVALID_TOPIC_EXCEPTION, reason)
    check_topic_configs(situation, after)
    if name not in situation.image.topics:
        raise ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, f"The topic '{name}' does not exist.")


def _check_group(situation: Situation, name: str, _: Changes, after: Mapping[str, str]) -> None:
    if not name:
        raise ApiError(ErrorCode.INVALID_REQUEST, "Default group resources are not allowed.")
    try:
        check_group_configs(after, situation.configs.overrides.get)
    except ValueError as error:
        raise ApiError(ErrorCode.INVALID_CONFIG, str(error)) from None


def _check_client_metrics(situation: Situation, name: str, _: Changes, after: Mapping[str, str]) -> None:
    if not name:
        raise ApiError(ErrorCode.INVALID_REQUEST, "Subscription name can't be empty")
    try:
        check_client_metrics_configs(after)
    except ConfigError as error:
        raise ApiError(ErrorCode.INVALID_CONFIG, str(error)) from None


def _check_broker(situation: Situation, name: str, changes: Changes, _: Mapping[str, str]) -> None:
    if name:
        try:
            broker_id = int(name)
        except ValueError:
            sentence = f"Node id must be an integer, but it is: {name}"
            raise ApiError(ErrorCode.INVALID_REQUEST, sentence) from None
        if broker_id < 0:
            raise ApiError(ErrorCode.INVALID_REQUEST, "Invalid negative broker ID.")
        if broker_id not in situation.image.brokers:
            raise ApiError(ErrorCode.BROKER_ID_NOT_REGISTERED, f"No node with id {broker_id} found.")
    fixed = [key for key in changes if key in BROKER_CONFIGS and BROKER_CONFIGS[key].read_only]
    if fixed:
        raise ApiError(
            ErrorCode.INVALID_REQUEST, f"Cannot update these configs dynamically: [{', '.join(fixed)}]"
        )
    for key, value in changes.items():
        definition = BROKER_CONFIGS.get(key, DYNAMIC_ONLY.get(key))
        if definition is not None and value is not None:
            try:
                definition.parse(value)
            except ConfigError as error:
                raise ApiError(ErrorCode.INVALID_REQUEST, str(error)) from None


_CHECKS: Mapping[int, Callable[[Situation, str, Changes, Mapping[str, str]], None]] = {
    TOPIC_RESOURCE: _check_topic,
    BROKER_RESOURCE: _check_broker,
    GROUP_RESOURCE: _check_group,
    CLIENT_METRICS_RESOURCE: _check_client_metrics,
}
# Where a value can be added to or taken from: in these, where its type is a list. (In Kafka, too, no list of a
# subscription.)
_LISTS: Mapping[int, Mapping[str, ConfigDefinition]] = {
    TOPIC_RESOURCE: TOPIC_CONFIGS,
    BROKER_RESOURCE: BROKER_CONFIGS,
}
