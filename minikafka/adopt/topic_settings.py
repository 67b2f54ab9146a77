"""The configurations that an adopted topic gets.

Rule: those of the real one, except that nothing may expire or be compacted until somebody says so. Kafka:
`LogConfig`; `min.compaction.lag.ms` keeps a compacted topic as it is without making it another kind of topic.
"""

from __future__ import annotations

from collections.abc import Mapping

from minikafka.adopt.report import Report
from minikafka.metadata.config_types import ConfigError
from minikafka.metadata.topic_configs import LONG_MAX, TOPIC_CONFIGS

_NOTHING_EXPIRES: dict[str, str | None] = {
    "retention.ms": "-1",
    "retention.bytes": None,
    "local.retention.ms": None,
    "local.retention.bytes": None,
}
_NOTHING_IS_COMPACTED: dict[str, str | None] = {
    "min.compaction.lag.ms": str(LONG_MAX),
    "max.compaction.lag.ms": None,
}
"""In both, None is the default: no limit."""
_REMOTE = "remote."


def adopted_configs(
    name: str, real: Mapping[str, str], report: Report, *, keep_retention: bool
) -> tuple[dict[str, str], dict[str, str | None]]:
    """(what the topic gets, what the real one had where that is another thing)."""
    configs: dict[str, str] = {}
    for key, value in sorted(real.items()):
        why = _refusal(key, value)
        if why:
            report.leave(f"{key}={value} of {name}", why)
        else:
            configs[key] = value
    changed: dict[str, str | None] = {}
    if not keep_retention:
        for key, wanted in _kept(configs.get("cleanup.policy", "delete")).items():
            had = configs.pop(key, None)
            if had != wanted:
                changed[key] = had
            if wanted is not None:
                configs[key] = wanted
    return configs, changed


def _kept(policy: str) -> dict[str, str | None]:
    """What keeps a topic of that cleanup policy as it is."""
    return (_NOTHING_EXPIRES if "delete" in policy else {}) | (
        _NOTHING_IS_COMPACTED if "compact" in policy else {}
    )


def _refusal(key: str, value: str) -> str:
    definition = TOPIC_CONFIGS.get(key)
    if definition is None:
        return "Kafka 4.3 has no such configuration"
    if key.startswith(_REMOTE) and value == "true":
        return "what lies in remote storage isn't here"
    try:
        definition.parse(value)
    except ConfigError as problem:
        return f"Kafka 4.3 would refuse it: {problem}"
    return ""
