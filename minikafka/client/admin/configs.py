"""Administration of settings: of topics, brokers and groups.

Rule: a broker is asked for its own settings, anybody for those of topics and groups; what fails for one of them is
a value (a KafkaException) under it. Kafka: `KafkaAdminClient`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from minikafka.client.admin.arguments import no_doubles
from minikafka.client.admin.requests import AdminRequests, Outcome, outcome
from minikafka.client.admin.values import AlterConfigOpType, ConfigEntry, ConfigResource, ConfigSource
from minikafka.client.errors import KafkaError, KafkaException
from minikafka.protocol.messages import alter_configs as configs_replaced
from minikafka.protocol.messages.alter_configs import AlterConfigsRequest, AlterConfigsResponse
from minikafka.protocol.messages.describe_configs import (
    DescribeConfigsRequest,
    DescribeConfigsResource,
    DescribeConfigsResourceResult,
    DescribeConfigsResponse,
)
from minikafka.protocol.messages.incremental_alter_configs import (
    AlterableConfig,
    AlterConfigsResource,
    IncrementalAlterConfigsRequest,
    IncrementalAlterConfigsResponse,
)
from minikafka.protocol.schema import Message

_MISSING = KafkaException(KafkaError(KafkaError._PARTIAL))


class ConfigAdmin:
    """The part of `AsyncAdmin` that is about settings. Timeouts are in seconds."""

    def __init__(self, requests: AdminRequests) -> None:
        self._requests = requests

    async def describe(
        self, resources: Sequence[ConfigResource], *, timeout_s: float | None = None
    ) -> dict[ConfigResource, dict[str, ConfigEntry] | KafkaException]:
        """resource → {name: entry} or its error. A broker is asked for its own."""
        limit_s = self._requests.timeout(timeout_s)
        results: dict[ConfigResource, dict[str, ConfigEntry] | KafkaException] = {}
        for broker_id, group in _by_broker(resources).items():
            request = DescribeConfigsRequest(
                resources=[
                    DescribeConfigsResource(
                        resource_type=resource.wire_type,
                        resource_name=resource.name,
                        configuration_keys=None,
                    )
                    for resource in group
                ],
                include_synonyms=True,
            )
            response = await self._requests.to_broker(broker_id, request, DescribeConfigsResponse, limit_s)
            by_name = {(r.resource_type, r.resource_name): r for r in response.results}
            for resource in group:
                answer = by_name.get((resource.wire_type, resource.name))
                if answer is None:
                    results[resource] = _MISSING
                elif answer.error_code:
                    results[resource] = KafkaException(KafkaError(answer.error_code, answer.error_message))
                else:
                    results[resource] = {entry.name: _config_entry(entry) for entry in answer.configs}
        return results

    async def incremental_alter(
        self,
        resources: Sequence[ConfigResource],
        *,
        validate_only: bool = False,
        timeout_s: float | None = None,
    ) -> dict[ConfigResource, Outcome]:
        """resource → None or its error."""

        def request(some: Sequence[ConfigResource]) -> Message:
            altered = [_alteration(resource) for resource in some]
            for one in altered:
                no_doubles([config.name for config in one.configs], f"settings of {one.resource_name}")
            return IncrementalAlterConfigsRequest(resources=altered, validate_only=validate_only)

        return await self._alter(resources, request, IncrementalAlterConfigsResponse, timeout_s)

    async def replace(
        self,
        resources: Sequence[ConfigResource],
        *,
        validate_only: bool = False,
        timeout_s: float | None = None,
    ) -> dict[ConfigResource, Outcome]:
        """resource → None or its error. Replaces all that was set: what is not named goes back to its default."""

        def request(some: Sequence[ConfigResource]) -> Message:
            replaced = [_replacement(resource) for resource in some]
            return AlterConfigsRequest(resources=replaced, validate_only=validate_only)

        return await self._alter(resources, request, AlterConfigsResponse, timeout_s)

    async def _alter(
        self,
        resources: Sequence[ConfigResource],
        request: Callable[[Sequence[ConfigResource]], Message],
        response: type[IncrementalAlterConfigsResponse] | type[AlterConfigsResponse],
        timeout_s: float | None,
    ) -> dict[ConfigResource, Outcome]:
        limit_s = self._requests.timeout(timeout_s)
        results: dict[ConfigResource, Outcome] = {}
        for broker_id, some in _by_broker(resources).items():
            if broker_id < 0:
                answer = await self._requests.to_controller(request(some), response, limit_s)
            else:
                answer = await self._requests.to_broker(broker_id, request(some), response, limit_s)
            by_name = {(r.resource_type, r.resource_name): r for r in answer.responses}
            for resource in some:
                one = by_name.get((resource.wire_type, resource.name))
                results[resource] = _MISSING if one is None else outcome(one.error_code, one.error_message)
        return results


def _by_broker(resources: Sequence[ConfigResource]) -> dict[int, list[ConfigResource]]:
    groups: dict[int, list[ConfigResource]] = {}
    for resource in resources:
        own = resource.restype is ConfigResource.Type.BROKER and resource.name.isdigit()
        groups.setdefault(int(resource.name) if own else -1, []).append(resource)
    return groups


def _alteration(resource: ConfigResource) -> AlterConfigsResource:
    configs = [
        AlterableConfig(name=name, config_operation=AlterConfigOpType.SET.value, value=str(value))
        for name, value in resource.set_config_dict.items()
    ]
    for entry in resource.incremental_configs:
        operation = entry.incremental_operation or AlterConfigOpType.SET
        value = None if operation is AlterConfigOpType.DELETE or entry.value is None else str(entry.value)
        configs.append(AlterableConfig(name=entry.name, config_operation=operation.value, value=value))
    return AlterConfigsResource(
        resource_type=resource.wire_type, resource_name=resource.name, configs=configs
    )


def _replacement(resource: ConfigResource) -> configs_replaced.AlterConfigsResource:
    return configs_replaced.AlterConfigsResource(
        resource_type=resource.wire_type,
        resource_name=resource.name,
        configs=[
            configs_replaced.AlterableConfig(name=name, value=None if value is None else str(value))
            for name, value in resource.set_config_dict.items()
        ],
    )


def _source(number: int) -> ConfigSource:
    try:
        return ConfigSource(number)
    except ValueError:
        return ConfigSource.UNKNOWN_CONFIG


def _config_entry(entry: DescribeConfigsResourceResult) -> ConfigEntry:
    synonyms = {
        s.name: ConfigEntry(s.name, s.value, _source(s.source), is_synonym=True) for s in entry.synonyms
    }
    return ConfigEntry(
        entry.name,
        entry.value,
        _source(entry.config_source),
        entry.read_only,
        entry.config_source == ConfigSource.DEFAULT_CONFIG.value,
        entry.is_sensitive,
        synonyms=synonyms,
    )
