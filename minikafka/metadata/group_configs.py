"""Every configuration a group can have in Kafka 4.3, as a table: what the metadata log has for the resource GROUP.

Rule: names, types, defaults and bounds are Kafka's (`GroupConfig`, KIP-848, 932, 1071), and what a broker's own
settings bound; the explanations are ours. Groups of these protocols are still to come: the values are kept and told.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from minikafka.metadata.config_types import (
    ConfigDefinition,
    ConfigError,
    ConfigType,
    Validator,
    Value,
    at_least,
    one_of,
)

BOOLEAN, INT, STRING = ConfigType.BOOLEAN, ConfigType.INT, ConfigType.STRING
_DURATION = re.compile(
    r"P(?=.)(?:[+-]?\d+D)?(?:T(?=.)(?:[+-]?\d+H)?(?:[+-]?\d+M)?(?:[+-]?\d+(?:[.,]\d{1,9})?S)?)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Bound:
    """A broker's setting that limits a group's, and its default."""

    name: str
    default: int


@dataclass(frozen=True, slots=True)
class GroupConfig:
    """One of them. `synonym`: the broker's setting that stands in for it."""

    definition: ConfigDefinition
    synonym: str
    least: Bound | None
    most: Bound | None

    def check_bounds(self, value: Value, setting: Callable[[str], str | None]) -> None:
        """Raises ValueError with a sentence where a broker's settings don't allow it."""
        assert isinstance(value, int)
        if self.least is not None and value < _limit(self.least, setting):
            raise ValueError(f"{self.definition.name} must be greater than or equal to {self.least.name}")
        if self.most is not None and value > _limit(self.most, setting):
            raise ValueError(f"{self.definition.name} must be less than or equal to {self.most.name}")


def _limit(bound: Bound, setting: Callable[[str], str | None]) -> int:
    return int(setting(bound.name) or bound.default)


def offset_reset(name: str, value: Value) -> None:
    """earliest, latest, or how far back."""
    assert isinstance(value, str)
    reset, colon, duration = value.partition(":")
    if not colon and reset in ("earliest", "latest"):
        return
    if reset != "by_duration" or not _DURATION.fullmatch(duration) or "-" in duration:
        raise ConfigError(
            name,
            value,
            f"Invalid value `{value}` for configuration {name}. The value must be either 'earliest', 'latest' or of "
            "the format 'by_duration:<PnDTnHnMn.nS>'.",
        )


def _define(
    name: str,
    type: ConfigType,
    default: object,
    doc: str,
    validator: Validator | None,
    least: tuple[str, int] | None = None,
    most: tuple[str, int] | None = None,
    synonym: str = "",
) -> GroupConfig:
    definition = ConfigDefinition(name, type, str(default), doc, validator, read_only=False)
    return GroupConfig(
        definition,
        synonym or f"group.{name}",
        Bound(*least) if least else None,
        Bound(*most) if most else None,
    )


def _times(kind: str) -> list[GroupConfig]:
    """What all three kinds of groups have."""
    return [
        _define(
            f"{kind}.session.timeout.ms",
            INT,
            45_000,
            "How long a member may be silent before it counts as gone.",
            at_least(1),
            (f"group.{kind}.min.session.timeout.ms", 45_000),
            (f"group.{kind}.max.session.timeout.ms", 60_000),
        ),
        _define(
            f"{kind}.heartbeat.interval.ms",
            INT,
            5_000,
            "How often members are told to send a heartbeat.",
            at_least(1),
            (f"group.{kind}.min.heartbeat.interval.ms", 5_000),
            (f"group.{kind}.max.heartbeat.interval.ms", 15_000),
        ),
        _define(
            f"{kind}.assignment.interval.ms",
            INT,
            1_000,
            "How much time lies between two assignments, at least.",
            at_least(0),
            (f"group.{kind}.min.assignment.interval.ms", 0),
            (f"group.{kind}.max.assignment.interval.ms", 15_000),
        ),
    ]


_CONFIGS = (
    *_times("consumer"),
    *_times("share"),
    *_times("streams"),
    _define(
        "share.record.lock.duration.ms",
        INT,
        30_000,
        "How long a record belongs to the consumer that got it.",
        at_least(1_000),
        ("group.share.min.record.lock.duration.ms", 15_000),
        ("group.share.max.record.lock.duration.ms", 60_000),
    ),
    _define(
        "share.delivery.count.limit",
        INT,
        5,
        "How often a record is given out before it is given up.",
        at_least(2),
        ("group.share.min.delivery.count.limit", 2),
        ("group.share.max.delivery.count.limit", 10),
    ),
    _define(
        "share.partition.max.record.locks",
        INT,
        2_000,
        "How many records of a partition may be given out at once.",
        at_least(100),
        ("group.share.min.partition.max.record.locks", 100),
        ("group.share.max.partition.max.record.locks", 4_000),
    ),
    _define(
        "share.auto.offset.reset",
        STRING,
        "latest",
        "Where a share group begins: earliest, latest, or by_duration:PnDTnHnMn.nS before now.",
        offset_reset,
        synonym="share.auto.offset.reset",
    ),
    _define(
        "share.isolation.level",
        STRING,
        "read_uncommitted",
        "Whether a share group gets only records of transactions that were committed.",
        one_of("read_committed", "read_uncommitted"),
        synonym="share.isolation.level",
    ),
    _define(
        "share.renew.acknowledge.enable",
        BOOLEAN,
        "true",
        "May a consumer ask to keep a record for longer?",
        None,
        synonym="share.renew.acknowledge.enable",
    ),
    _define(
        "streams.num.standby.replicas",
        INT,
        0,
        "How many more members keep a task's state at hand.",
        at_least(0),
        None,
        ("group.streams.max.standby.replicas", 2),
    ),
    _define(
        "streams.initial.rebalance.delay.ms",
        INT,
        3_000,
        "How long a new group waits for more members before it assigns.",
        at_least(0),
    ),
)

GROUP_CONFIGS: Mapping[str, GroupConfig] = {
    config.definition.name: config for config in sorted(_CONFIGS, key=lambda config: config.definition.name)
}


def check_group_configs(own: Mapping[str, str], setting: Callable[[str], str | None]) -> None:
    """Whether a group may have these; `setting` tells what the broker was started with. Raises ValueError (a
    `ConfigError` is one) with a sentence."""
    unknown = [name for name in own if name not in GROUP_CONFIGS]
    if unknown:
        raise ValueError(f"Unknown group config name: {unknown[0]}")
    values = {name: GROUP_CONFIGS[name].definition.parse(text) for name, text in own.items()}
    for name, config in GROUP_CONFIGS.items():
        if name in values and (config.least or config.most):
            config.check_bounds(values[name], setting)
    for kind in ("consumer", "share", "streams"):
        session, heartbeat = f"{kind}.session.timeout.ms", f"{kind}.heartbeat.interval.ms"
        if _number(session, values, setting) <= _number(heartbeat, values, setting):
            raise ValueError(f"{session} must be greater than {heartbeat}")


def _number(name: str, values: Mapping[str, Value], setting: Callable[[str], str | None]) -> int:
    config = GROUP_CONFIGS[name]
    value = values.get(name)
    return int(value if isinstance(value, int) else setting(config.synonym) or config.definition.default or 0)
