"""Settings that don't fit each other, or what topics inherit: refused as a Kafka broker refuses them."""

from __future__ import annotations

import pytest

from minikafka.metadata.configs import BrokerConfigs, ConfigError


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"log.retention.ms": 0}, "must be unlimited (-1) or, greater than or equal to 1"),
        ({"log.retention.hours": 0}, "log.retention.hours: log.retention.ms must be unlimited"),
        ({"log.roll.ms": 0}, "Invalid value 0 for configuration log.roll.ms: Value must be at least 1"),
        ({"log.roll.jitter.ms": -1}, "log.roll.jitter.ms: Value must be at least 0"),
        ({"log.flush.interval.ms": -1}, "log.flush.interval.ms: Value must be at least 0"),
        ({"log.retention.minutes": -2}, "log.retention.minutes: Value must be at least -1"),
        ({"replica.lag.time.max.ms": 100}, "replica.fetch.wait.max.ms (500) should always be less"),
        ({"connections.max.idle.ms": 100}, "must be more than 100"),
        ({"broker.session.timeout.ms": 2000}, "broker.heartbeat.interval.ms (2000 ms)"),
        ({"broker.heartbeat.interval.ms": 0}, "at least 1"),
        ({"replica.high.watermark.checkpoint.interval.ms": 0}, "at least 1"),
        ({"log.flush.scheduler.interval.ms": 0}, "at least 1"),
        ({"num.replica.fetchers": 0}, "at least 1"),
    ],
)
def test_what_would_never_work_is_refused(settings: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError) as refused:
        BrokerConfigs(settings)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    "settings",
    [
        {"log.retention.ms": -1},
        {"log.retention.hours": -1},
        {"log.roll.hours": 2**31 - 1},
        {"connections.max.idle.ms": -1},
        {"replica.lag.time.max.ms": 100, "replica.fetch.wait.max.ms": 100},
        {"broker.session.timeout.ms": 500, "broker.heartbeat.interval.ms": 100},
        {"log.cleaner.backoff.ms": 0},
    ],
)
def test_the_bounds_themselves_are_taken(settings: dict[str, object]) -> None:
    BrokerConfigs(settings)
