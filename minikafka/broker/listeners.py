"""Where a broker listens and what it tells clients to connect to: `listeners` and `advertised.listeners`, read.

Rule: one setting serves all brokers of a process: broker n takes the port that is given, plus n - 1. Nothing listens
anywhere but on the host's own address unless a setting says so, and a broker has one listener, without TLS or SASL.

Kafka: `SocketServerConfigs.listenerListToEndPoints`, `AbstractKafkaConfig.effectiveAdvertisedBrokerListeners`.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from minikafka.metadata.config_types import ConfigError
from minikafka.metadata.configs import BrokerConfigs

LISTENERS, ADVERTISED = "listeners", "advertised.listeners"
PLAINTEXT = "PLAINTEXT"
EVERYWHERE = "0.0.0.0"
HIGHEST_PORT = 65_535

_ENDPOINT = re.compile(r"(\w+)://\[?([0-9A-Za-z\-%._:]*)\]?:(-?\d+)")


@dataclass(frozen=True, slots=True)
class BrokerListener:
    """`host` None: the machine's own address in its world. A port of 0: any free one, or the one listened on."""

    name: str = PLAINTEXT
    host: str | None = None
    port: int = 0
    advertised_host: str | None = None
    advertised_port: int = 0


def listener_of(configs: BrokerConfigs, broker_id: int) -> BrokerListener:
    """A broker's. Raises ConfigError: one sentence."""
    name, host, port = PLAINTEXT, None, 0
    if LISTENERS in configs.overrides:
        name, host, port = _endpoint(configs, LISTENERS, broker_id)
        host = host or EVERYWHERE
    if ADVERTISED not in configs.overrides:
        if host in (EVERYWHERE, "::"):
            raise ConfigError(
                LISTENERS,
                configs.overrides[LISTENERS],
                f"{ADVERTISED} cannot use the nonroutable meta-address {host}. Give it a name or an address by which "
                "clients reach this machine (--advertise HOST)",
            )
        return BrokerListener(name, host, port, host, 0)
    named, advertised_host, advertised_port = _endpoint(configs, ADVERTISED, broker_id)
    text = configs.overrides[ADVERTISED]
    if named != name:
        raise ConfigError(ADVERTISED, text, f"its listener {named} is not in listeners, which have {name}")
    if advertised_host in ("", EVERYWHERE, "::"):
        raise ConfigError(
            ADVERTISED,
            text,
            f"{ADVERTISED} cannot use the nonroutable meta-address {advertised_host or '(none)'}",
        )
    return BrokerListener(name, host, port, advertised_host, advertised_port)


def _endpoint(configs: BrokerConfigs, key: str, broker_id: int) -> tuple[str, str, int]:
    """Name, host and port of the one listener that `key` gives this broker."""
    text = configs.overrides[key]
    protocols = _protocols(configs)
    controllers = [
        name.strip().upper() for name in (configs.get("controller.listener.names") or "").split(",")
    ]
    found = []
    for word in configs.list(key):
        match = _ENDPOINT.fullmatch(word)
        if match is None:
            raise ConfigError(key, text, f"Unable to parse {word} to a broker endpoint (NAME://HOST:PORT)")
        if match[1].upper() not in controllers:
            found.append((match[1].upper(), match[2], int(match[3])))
    if len(found) != 1:
        raise ConfigError(
            key, text, f"a broker has one listener here (the controller its own), not {len(found)}"
        )
    name, host, port = found[0]
    protocol = protocols.get(name)
    if protocol is None:
        raise ConfigError(key, text, f"No security protocol defined for listener {name}")
    if protocol != PLAINTEXT:
        raise ConfigError(
            key, text, f"listener {name} speaks {protocol}, and there is no TLS or SASL here yet"
        )
    port += broker_id - 1 if port else 0
    if not 0 <= port <= HIGHEST_PORT:
        raise ConfigError(
            key, text, f"broker-{broker_id} would have port {port} (0 to {HIGHEST_PORT} are ports)"
        )
    return name, host, port


def _protocols(configs: BrokerConfigs) -> dict[str, str]:
    """Listener → security protocol, as `listener.security.protocol.map` has it."""
    key = "listener.security.protocol.map"
    text = configs.get(key) or ""
    pairs = [word.strip().partition(":") for word in text.split(",") if word.strip()]
    for _, _, protocol in pairs:
        if protocol.strip().upper() not in (PLAINTEXT, "SSL", "SASL_PLAINTEXT", "SASL_SSL"):
            raise ConfigError(key, text, f"No enum constant for the security protocol {protocol.strip()}")
    return {name.strip().upper(): protocol.strip().upper() for name, _, protocol in pairs}


def host_port(host: str, port: int) -> str:
    """`host:port`, of which IPv6 addresses need brackets."""
    return f"{f'[{host}]' if ':' in host else host}:{port}"


def is_loopback(host: str) -> bool:
    """Can nobody from outside of this machine reach it?"""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def url(name: str, host: str, port: int) -> str:
    """As the settings write it."""
    return f"{name}://{host_port(host, port)}"


__all__ = ["ADVERTISED", "LISTENERS", "BrokerListener", "host_port", "is_loopback", "listener_of", "url"]
