"""Where the brokers of a cluster listen, by their numbers.

Rule: a port is said once, in `listeners` or beside it. Kafka: `listeners` (each broker's own file).
"""

from __future__ import annotations

from minikafka.broker.listeners import LISTENERS, BrokerListener, listener_of
from minikafka.metadata.config_types import ConfigError
from minikafka.metadata.configs import BrokerConfigs


def listeners_of(configs: BrokerConfigs, brokers: int, wished_port: int) -> dict[str, BrokerListener]:
    """By host. Raises `ConfigError`."""
    listeners = {f"broker-{n}": listener_of(configs, n) for n in range(1, brokers + 1)}
    given = next(iter(listeners.values())).port
    if given and wished_port not in (0, given):
        text = configs.overrides[LISTENERS]
        raise ConfigError(LISTENERS, text, f"its port is not {wished_port}, which was asked for as well")
    return listeners


__all__ = ["listeners_of"]
