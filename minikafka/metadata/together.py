"""What a broker's settings must be beside each other, and beside what topics inherit from them.

Rule: what a Kafka broker refuses to start with is refused here in its words, and so is what would keep ours from
ever coming up. Kafka: `KafkaConfig.validateValues`; topics' bounds are met when the `LogManager` reads its defaults.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from minikafka.metadata.config_types import ConfigError
from minikafka.metadata.topic_configs import TOPIC_CONFIGS

AUTHENTICATION_DELAY_MS = 100
"""`connection.failed.authentication.delay.ms`, which nothing reads here."""


class Settings(Protocol):
    @property
    def overrides(self) -> Mapping[str, str]: ...

    def int(self, name: str) -> int: ...


def check_together(configs: Settings) -> None:
    """Raises ConfigError: one sentence."""
    _check_inherited(configs.overrides)
    for name in ("log.retention.ms", "log.retention.minutes", "log.retention.hours"):
        if configs.overrides.get(name, "").strip() == "0":
            raise ConfigError(
                name, 0, "log.retention.ms must be unlimited (-1) or, greater than or equal to 1"
            )
    wait, lag = "replica.fetch.wait.max.ms", "replica.lag.time.max.ms"
    if configs.int(wait) > configs.int(lag):
        raise ConfigError(
            lag,
            configs.int(lag),
            f"{wait} ({configs.int(wait)}) should always be less than or equal to {lag} to prevent frequent changes in "
            "ISR",
        )
    idle = "connections.max.idle.ms"
    if 0 <= configs.int(idle) <= AUTHENTICATION_DELAY_MS:
        raise ConfigError(
            idle, configs.int(idle), f"it must be more than {AUTHENTICATION_DELAY_MS}, or -1 for no limit"
        )
    beat, session = "broker.heartbeat.interval.ms", "broker.session.timeout.ms"
    if configs.int(beat) >= configs.int(session):
        raise ConfigError(
            session,
            configs.int(session),
            f"{beat} ({configs.int(beat)} ms) must be less than or equal to half of it, or no broker stays in service",
        )


def _check_inherited(overrides: Mapping[str, str]) -> None:
    """A broker's value that topics start from has their bounds, too."""
    for definition in TOPIC_CONFIGS.values():
        for name, factor in definition.synonyms:
            text = overrides.get(name)
            if text is None:
                continue
            value = text if factor == 1 or int(text) < 0 else str(int(text) * factor)
            try:
                definition.parse(value)
            except ConfigError as problem:
                raise ConfigError(name, text, problem.reason) from None
