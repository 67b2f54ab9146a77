"""Configurations as everybody reads them: typed, with defaults, and with where each value comes from.

Rule: a topic's value is the first of: set for the topic, set for this broker, set for all brokers
(these two in the metadata log), given at the broker's start, the default. Kafka: `KafkaConfigSchema`,
`ConfigHelper`, `ConfigurationControlManager`; DescribeConfigs shows exactly this.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from minikafka.metadata.broker_configs import BROKER_CONFIGS, DYNAMIC_ONLY, INTERNAL
from minikafka.metadata.client_metrics_configs import CLIENT_METRICS_CONFIGS
from minikafka.metadata.config_types import (
    ConfigDefinition,
    ConfigError,
    ConfigSource,
    ConfigType,
    Value,
)
from minikafka.metadata.group_configs import GROUP_CONFIGS
from minikafka.metadata.image import (
    BROKER_RESOURCE,
    CLIENT_METRICS_RESOURCE,
    DEFAULT_BROKER,
    GROUP_RESOURCE,
    MetadataImage,
)
from minikafka.metadata.notices import notices
from minikafka.metadata.together import check_together
from minikafka.metadata.topic_configs import TOPIC_CONFIGS
from minikafka.metadata.unread_configs import unread_configs
from minikafka.protocol.errors import ApiError, ErrorCode

__all__ = [
    "BROKER_CONFIGS",
    "DYNAMIC_ONLY",
    "TOPIC_CONFIGS",
    "BrokerConfigs",
    "ConfigDefinition",
    "ConfigError",
    "ConfigSource",
    "ConfigType",
    "DescribedConfig",
    "Synonym",
    "describe_broker",
    "describe_client_metrics",
    "describe_group",
    "describe_topic",
    "describe_topic_configs",
    "effective_topic_configs",
    "topic_config_value",
    "validate_topic_configs",
]


class BrokerConfigs:
    """What a broker or controller was started with; immutable.

    Raises `ConfigError` (one sentence) for a value that a key of Kafka's can't have. Keys that nothing reads are
    kept, as in Kafka; `notices` says so of each.
    """

    def __init__(self, overrides: Mapping[str, object] | None = None) -> None:
        self.overrides: Mapping[str, str] = {
            name: _as_text(value) for name, value in sorted((overrides or {}).items())
        }
        self._values: dict[str, Value | None] = {}
        for name, definition in BROKER_CONFIGS.items():
            text = self.overrides.get(name, definition.default)
            self._values[name] = None if text is None else definition.parse(text)
        for name, text in self.overrides.items():
            if (unread := unread_configs().get(name)) is not None:
                unread.parse(text)

        check_together(self)

    @property
    def notices(self) -> tuple[builtins.str, ...]:
        """A sentence for each override that has no effect."""
        return notices(self.overrides)

    def get(self, name: str) -> str | None:
        """The text, or None when there is neither a value nor a default."""
        definition = BROKER_CONFIGS.get(name)
        return self.overrides.get(name, None if definition is None else definition.default)

    def int(self, name: str) -> builtins.int:
        value = self._values[name]
        assert isinstance(value, builtins.int), f"{name} is not a number: {value!r}"
        return value

    def float(self, name: str) -> builtins.float:
        value = self._values[name]
        assert isinstance(value, (builtins.int, builtins.float)), f"{name} is not a number: {value!r}"
        return value

    def seconds(self, name: str) -> builtins.float:
        """A duration in `….ms`, in seconds."""
        return self.int(name) / 1000

    def bool(self, name: str) -> builtins.bool:
        value = self._values[name]
        assert isinstance(value, builtins.bool), f"{name} is neither true nor false: {value!r}"
        return value

    def str(self, name: str) -> builtins.str:
        value = self._values[name]
        assert isinstance(value, builtins.str), f"{name} is not text: {value!r}"
        return value

    def list(self, name: builtins.str) -> builtins.list[builtins.str]:
        value = self._values[name]
        assert isinstance(value, builtins.list), f"{name} is not a list: {value!r}"
        return builtins.list(value)


def _as_text(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return ",".join(map(_as_text, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


@dataclass(frozen=True, slots=True)
class Synonym:
    """One place where a value was given; the first of several counts."""

    name: str
    value: str | None
    source: ConfigSource


@dataclass(frozen=True, slots=True)
class DescribedConfig:
    """A configuration as DescribeConfigs reports it."""

    name: str
    value: str | None
    source: ConfigSource
    read_only: bool
    sensitive: bool
    type: ConfigType
    doc: str
    synonyms: tuple[Synonym, ...]


def effective_topic_configs(
    image: MetadataImage, topic: str, configs: BrokerConfigs, broker_id: int = -1
) -> dict[str, str]:
    """All configurations of a topic on a broker, name → text."""
    return {name: topic_config_value(image, topic, name, configs, broker_id) for name in TOPIC_CONFIGS}


def topic_config_value(
    image: MetadataImage, topic: str, name: str, configs: BrokerConfigs, broker_id: int = -1
) -> str:
    """One configuration of a topic, as `effective_topic_configs` has it."""
    own = image.topic_configs(topic)
    if name in own:
        return own[name]
    return _inherited(image, TOPIC_CONFIGS[name], configs, broker_id).value or ""


def describe_topic(
    image: MetadataImage, topic: str, configs: BrokerConfigs, broker_id: int = -1
) -> list[DescribedConfig]:
    """Every configuration of a topic, by name."""
    return describe_topic_configs(image, image.topic_configs(topic), configs, broker_id)


def describe_topic_configs(
    image: MetadataImage, own: Mapping[str, str], configs: BrokerConfigs, broker_id: int = -1
) -> list[DescribedConfig]:
    """As `describe_topic`, for a topic that may not exist yet: `own` is what it sets itself."""
    described = []
    for name, definition in TOPIC_CONFIGS.items():
        effective = _inherited(image, definition, configs, broker_id)
        synonyms = []
        if name in own:
            effective = Synonym(name, own[name], ConfigSource.DYNAMIC_TOPIC_CONFIG)
            synonyms.append(effective)
        if definition.synonyms:
            synonyms += _broker_places(image, [name for name, _ in definition.synonyms], configs, broker_id)
        described.append(_described(definition, effective, synonyms))
    return described


def describe_group(image: MetadataImage, group: str, configs: BrokerConfigs) -> list[DescribedConfig]:
    """Every configuration of a group, whether it exists or not, by name."""
    own = image.configs_of(GROUP_RESOURCE, group)
    described = []
    for name, config in GROUP_CONFIGS.items():
        synonyms = []
        if name in own:
            synonyms.append(Synonym(name, own[name], ConfigSource.GROUP_CONFIG))
        if config.synonym in configs.overrides:
            given = configs.overrides[config.synonym]
            synonyms.append(Synonym(config.synonym, given, ConfigSource.STATIC_BROKER_CONFIG))
        default = config.definition.default
        synonyms.append(Synonym(config.synonym, default, ConfigSource.DEFAULT_CONFIG))
        described.append(_described(config.definition, synonyms[0], synonyms))
    return described


def describe_client_metrics(image: MetadataImage, subscription: str) -> list[DescribedConfig]:
    """Every configuration of a subscription to clients' metrics, by name."""
    own = image.configs_of(CLIENT_METRICS_RESOURCE, subscription)
    described = []
    for name, definition in CLIENT_METRICS_CONFIGS.items():
        set_here = Synonym(name, own.get(name), ConfigSource.CLIENT_METRICS_CONFIG)
        default = Synonym(name, definition.default, ConfigSource.DEFAULT_CONFIG)
        synonyms = [set_here] if name in own else []
        described.append(_described(definition, synonyms[0] if synonyms else default, synonyms))
    return described


def _described(
    definition: ConfigDefinition, effective: Synonym, synonyms: builtins.list[Synonym]
) -> DescribedConfig:
    return DescribedConfig(
        name=definition.name,
        value=effective.value,
        source=effective.source,
        read_only=False,
        sensitive=False,
        type=definition.type,
        doc=definition.doc,
        synonyms=tuple(synonyms),
    )


def describe_broker(image: MetadataImage, configs: BrokerConfigs, broker_id: int) -> list[DescribedConfig]:
    """Every configuration of a broker, by name; of those that only a request sets, what was set."""
    described = []
    for name, definition in sorted((BROKER_CONFIGS | DYNAMIC_ONLY).items()):
        places = list(_broker_places(image, [name], configs, broker_id))
        if name in INTERNAL or (name in DYNAMIC_ONLY and not places):
            continue
        first = places[0] if places else Synonym(name, definition.default, ConfigSource.DEFAULT_CONFIG)
        described.append(
            DescribedConfig(
                name=name,
                value=first.value,
                source=first.source,
                read_only=definition.read_only,
                sensitive=definition.type is ConfigType.PASSWORD,
                type=definition.type,
                doc=definition.doc,
                synonyms=tuple(places),
            )
        )
    return described


def _inherited(
    image: MetadataImage, definition: ConfigDefinition, configs: BrokerConfigs, broker_id: int
) -> Synonym:
    """What a topic that sets nothing gets, with the name of the topic's configuration and in its unit."""
    for source, values in _broker_levels(image, configs, broker_id):
        for synonym, factor in definition.synonyms:
            if synonym in values:
                value = values[synonym] if factor == 1 else _multiplied(values[synonym], factor)
                return Synonym(definition.name, value, source)
    return Synonym(definition.name, definition.default, ConfigSource.DEFAULT_CONFIG)


def _multiplied(text: str, factor: int) -> str:
    number = int(text)
    return str(number if number < 0 else number * factor)


def _broker_levels(
    image: MetadataImage, configs: BrokerConfigs, broker_id: int
) -> Iterator[tuple[ConfigSource, Mapping[str, str]]]:
    yield ConfigSource.DYNAMIC_BROKER_CONFIG, image.configs_of(BROKER_RESOURCE, str(broker_id))
    yield ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG, image.configs_of(BROKER_RESOURCE, DEFAULT_BROKER)
    yield ConfigSource.STATIC_BROKER_CONFIG, configs.overrides


def _broker_places(
    image: MetadataImage, names: list[str], configs: BrokerConfigs, broker_id: int
) -> Iterator[Synonym]:
    """Where values for the first of `names` (or for one that stands in for it) were given.

    Its default last.
    """
    for source, values in _broker_levels(image, configs, broker_id):
        for name in names:
            if name in values:
                yield Synonym(name, values[name], source)
    default = (BROKER_CONFIGS.get(names[0]) or DYNAMIC_ONLY[names[0]]).default
    if default is not None:
        yield Synonym(names[0], default, ConfigSource.DEFAULT_CONFIG)


def validate_topic_configs(own: Mapping[str, str], inherited: Mapping[str, str] | None = None) -> None:
    """Check what a topic sets. Raises `ApiError` INVALID_CONFIG with Kafka's sentence.

    `inherited`: the values of what it doesn't set (the defaults when None), for rules that concern two keys.
    Kafka: `LogConfig.validate`.
    """
    for name in own:
        if name not in TOPIC_CONFIGS:
            raise ApiError(ErrorCode.INVALID_CONFIG, f"Unknown topic config name: {name}")
    try:
        values = {
            name: definition.parse(own.get(name, (inherited or {}).get(name, definition.default or "")))
            for name, definition in TOPIC_CONFIGS.items()
        }
    except ConfigError as error:
        raise ApiError(ErrorCode.INVALID_CONFIG, str(error)) from None
    shortest, longest = values["min.compaction.lag.ms"], values["max.compaction.lag.ms"]
    assert isinstance(shortest, int)
    assert isinstance(longest, int)
    if shortest > longest:
        raise ApiError(
            ErrorCode.INVALID_CONFIG,
            f"conflict topic config setting min.compaction.lag.ms ({shortest}) > "
            f"max.compaction.lag.ms ({longest})",
        )
    if values["remote.storage.enable"]:
        raise ApiError(
            ErrorCode.INVALID_CONFIG,
            "Tiered Storage functionality is disabled in the broker. "
            "Topic cannot be configured with remote log storage.",
        )
