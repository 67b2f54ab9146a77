"""Every configuration of a subscription to clients' metrics (KIP-714): the resource CLIENT_METRICS.

Rule: names, types and bounds are Kafka's (`ClientMetricsConfigs`); the explanations are ours. Nobody pushes metrics
here yet: the values are kept and told.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from minikafka.metadata.config_types import ConfigDefinition, ConfigType
from minikafka.protocol.errors import ApiError, ErrorCode

SELECTORS = (
    "client_instance_id",
    "client_id",
    "client_software_name",
    "client_software_version",
    "client_source_address",
    "client_source_port",
)
LEAST_INTERVAL_MS, MOST_INTERVAL_MS = 100, 3_600_000

CLIENT_METRICS_CONFIGS: Mapping[str, ConfigDefinition] = {
    "interval.ms": ConfigDefinition(
        "interval.ms", ConfigType.INT, "300000", "How often clients push their metrics.", read_only=False
    ),
    "match": ConfigDefinition(
        "match", ConfigType.LIST, "", "Which clients: SELECTOR=REGEX, …; empty for all.", read_only=False
    ),
    "metrics": ConfigDefinition(
        "metrics", ConfigType.LIST, "", "The beginnings of the metrics' names; * for all.", read_only=False
    ),
}


def check_client_metrics_configs(own: Mapping[str, str]) -> None:
    """Whether a subscription may have these. Raises `ConfigError`; `ApiError` INVALID_REQUEST or INVALID_CONFIG."""
    for name, text in own.items():
        definition = CLIENT_METRICS_CONFIGS.get(name)
        if definition is None:
            raise ApiError(ErrorCode.INVALID_REQUEST, f"Unknown client metrics configuration: {name}")
        value = definition.parse(text)
        if isinstance(value, int) and not LEAST_INTERVAL_MS <= value <= MOST_INTERVAL_MS:
            raise ApiError(
                ErrorCode.INVALID_REQUEST,
                f"Invalid value {value} for interval.ms, interval must be between 100 and 3600000 (1 hour)",
            )
        if name == "match" and isinstance(value, list):
            _check_patterns(value)


def _check_patterns(patterns: list[str]) -> None:
    for pattern in patterns:
        words = [word.strip() for word in pattern.split("=")]
        if len(words) != 2 or words[0] not in SELECTORS or not _is_regex(words[1]):
            raise ApiError(ErrorCode.INVALID_CONFIG, f"Illegal client matching pattern: {pattern}")


def _is_regex(text: str) -> bool:
    try:
        re.compile(text)
    except re.error:
        return False
    return True
