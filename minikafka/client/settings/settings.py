"""Configuration keys of the clients: names, aliases, types, ranges and defaults.

Rule: keys, aliases and defaults are confluent_kafka's (librdkafka's) unless the table says otherwise; what has
no effect is reported, and a key or value that nobody knows is refused with one sentence, never ignored.
Kafka does the same in `ProducerConfig`, `ConsumerConfig`, `AdminClientConfig`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from minikafka.client.errors import KafkaError, failure
from minikafka.client.settings import unused_settings
from minikafka.client.settings.setting import Setting, convert
from minikafka.world.visible import visible

_DAY_MS = 86_400_000
_MAX = 2_147_483_647


def _int(default: int, low: int, high: int) -> Setting:
    return Setting("int", default, (low, high))


_SHARED: dict[str, Setting] = {
    "bootstrap.servers": Setting("str", ""),
    "client.id": Setting("str", "minikafka"),
    "error_cb": Setting("callable", None),
    "allow.auto.create.topics": Setting("bool", False),
    "metadata.max.age.ms": _int(900_000, 1, _DAY_MS),
    "topic.metadata.refresh.interval.ms": _int(300_000, -1, 3_600_000),
    "topic.metadata.propagation.max.ms": _int(30_000, 0, 3_600_000),
    "socket.timeout.ms": _int(60_000, 10, 300_000),
    "socket.connection.setup.timeout.ms": _int(30_000, 1_000, _MAX),
    "reconnect.backoff.ms": _int(100, 0, 3_600_000),
    "reconnect.backoff.max.ms": _int(10_000, 0, 3_600_000),
    "retry.backoff.ms": _int(100, 1, 300_000),
    "retry.backoff.max.ms": _int(1_000, 1, 300_000),
    "statistics.interval.ms": _int(0, 0, _DAY_MS),
    "stats_cb": Setting("callable", None),
    "logger": Setting("any", None),
    # Only the first is there; `_check_security` says so of the others.
    "security.protocol": Setting("str", "plaintext", ("plaintext", "ssl", "sasl_plaintext", "sasl_ssl")),
    "throttle_cb": Setting("callable", None),
    "log_cb": Setting("callable", None, None, 'what is logged goes to Python\'s logging, or to "logger"'),
    "oauth_cb": Setting("callable", None, None, "SASL is not supported"),
    "message.max.bytes": _int(1_000_000, 1_000, 1_000_000_000),
    # librdkafka's default is 1,000,000; five keeps order with idempotence and is what Kafka's own clients use.
    "max.in.flight.requests.per.connection": _int(5, 1, 1_000_000),
    "client.rack": Setting("str", ""),
    "default.topic.config": Setting("any", None),
} | unused_settings.SHARED

PARTITIONERS = (
    "consistent_random",
    "consistent",
    "murmur2_random",
    "murmur2",
    "fnv1a_random",
    "fnv1a",
    "random",
)

PRODUCER: dict[str, Setting] = (
    _SHARED
    | {
        "allow.auto.create.topics": Setting("bool", True),
        "acks": Setting("acks", -1),
        "linger.ms": Setting("float", 5.0, (0, 900_000)),
        "batch.size": _int(1_000_000, 1, _MAX),
        "batch.num.messages": _int(10_000, 1, 1_000_000),
        "compression.type": Setting("str", "none", ("none", "gzip", "snappy", "lz4", "zstd")),
        "compression.level": _int(-1, -1, 22),
        "queue.buffering.max.messages": _int(100_000, 0, _MAX),
        "queue.buffering.max.kbytes": _int(1_048_576, 1, _MAX),
        "retries": _int(_MAX, 0, _MAX),
        "delivery.timeout.ms": _int(300_000, 0, _MAX),
        "request.timeout.ms": _int(30_000, 1, 900_000),
        "enable.idempotence": Setting("bool", False),
        "partitioner": Setting("str", "consistent_random", PARTITIONERS),
        "sticky.partitioning.linger.ms": _int(10, 0, 900_000),
        "on_delivery": Setting("callable", None),
        "delivery.report.only.error": Setting("bool", False),
        "transactional.id": Setting(
            "refused", None, None, "transactions are not supported by this producer yet"
        ),
    }
    | unused_settings.PRODUCER
)

CONSUMER: dict[str, Setting] = (
    _SHARED
    | {
        "group.id": Setting("str", None),
        "group.instance.id": Setting("str", None),
        "group.protocol": Setting("str", "classic", ("classic", "consumer")),
        "group.protocol.type": Setting("str", "consumer", None, 'it is always "consumer"'),
        "partition.assignment.strategy": Setting("str", "range,roundrobin"),
        "session.timeout.ms": _int(45_000, 1, 3_600_000),
        "heartbeat.interval.ms": _int(3_000, 1, 3_600_000),
        "max.poll.interval.ms": _int(300_000, 1, _DAY_MS),
        "enable.auto.commit": Setting("bool", True),
        "auto.commit.interval.ms": _int(5_000, 0, _DAY_MS),
        "enable.auto.offset.store": Setting("bool", True),
        "auto.offset.reset": Setting(
            "str",
            "latest",
            ("latest", "earliest", "error", "largest", "smallest", "beginning", "end", "none"),
        ),
        "enable.partition.eof": Setting("bool", False),
        "fetch.min.bytes": _int(1, 1, 100_000_000),
        "fetch.wait.max.ms": _int(500, 0, 300_000),
        "fetch.max.bytes": _int(52_428_800, 0, 2_147_483_135),
        "max.partition.fetch.bytes": _int(1_048_576, 1, 1_000_000_000),
        "fetch.error.backoff.ms": _int(500, 0, 300_000),
        "queued.min.messages": _int(100_000, 1, 10_000_000),
        "queued.max.messages.kbytes": _int(65_536, 1, 2_097_151),
        "isolation.level": Setting("str", "read_committed", ("read_committed", "read_uncommitted")),
        "check.crcs": Setting("bool", False),
        "on_commit": Setting("callable", None),
    }
    | unused_settings.CONSUMER
)

ADMIN: dict[str, Setting] = _SHARED | {"request.timeout.ms": _int(60_000, 1, 900_000)}

ALIASES = {
    "metadata.broker.list": "bootstrap.servers",
    "request.required.acks": "acks",
    "compression.codec": "compression.type",
    "queue.buffering.max.ms": "linger.ms",
    "message.send.max.retries": "retries",
    "message.timeout.ms": "delivery.timeout.ms",
    "max.in.flight": "max.in.flight.requests.per.connection",
    "fetch.message.max.bytes": "max.partition.fetch.bytes",
    "max.request.size": "message.max.bytes",
    "fetch.max.wait.ms": "fetch.wait.max.ms",
    "auto.commit.enable": "enable.auto.commit",
    "sasl.mechanism": "sasl.mechanisms",
}

_KINDS = {"producer": PRODUCER, "consumer": CONSUMER, "admin": ADMIN}
_log = logging.getLogger("minikafka.client")


class Settings:
    """Checked settings; `settings["linger.ms"]` always has a value."""

    __slots__ = ("given", "values")

    def __init__(self, values: dict[str, Any], given: frozenset[str]) -> None:
        self.values = values
        self.given = given

    def __getitem__(self, key: str) -> Any:
        return self.values[key]

    def seconds(self, key: str) -> float:
        """A key in milliseconds, as seconds."""
        return float(self.values[key]) / 1000.0

    def servers(self) -> list[tuple[str, int]]:
        """The bootstrap servers."""
        return parse_servers(self.values["bootstrap.servers"])


def check(conf: Mapping[str, Any], kind: str) -> Settings:
    """`conf` as Settings of a "producer", "consumer" or "admin".

    Raises KafkaException(_INVALID_ARG) at the first wrong entry.
    Another client's keys are left aside, and what has no effect is logged, a line each: so one dict serves them all.
    """
    if not isinstance(conf, Mapping):
        raise TypeError("expected configuration dict")
    known = _KINDS[kind]
    values = {key: setting.default for key, setting in known.items()}
    given = set()
    notes = []
    # "default.topic.config" is librdkafka's old place for topic-level keys.
    flat = dict(conf)
    nested = flat.pop("default.topic.config", None)
    if isinstance(nested, Mapping):
        flat = {**flat, **nested}
    elif nested is not None:
        raise TypeError("default.topic.config requires a dict")
    for name, value in flat.items():
        key = ALIASES.get(name, name)
        setting, owner = known.get(key), kind
        if setting is None:
            setting, owner = _of_another(name, key)
        if value is None:
            continue
        converted = convert(name, value, setting) if setting.kind != "refused" or owner == kind else value
        if owner != kind:
            notes.append(
                f"Configuration property {name} is a {owner} property and will be ignored by this {kind} instance"
            )
        elif setting.why_unused is not None:
            if converted != setting.default:
                notes.append(f"Configuration property {name} has no effect: {setting.why_unused}")
        else:
            given.add(key)
            values[key] = converted
    if not values["client.id"]:
        values["client.id"] = "minikafka"
    parse_servers(values["bootstrap.servers"])
    _check_what_is_missing(values)
    log = values["logger"] if hasattr(values["logger"], "warning") else _log
    if conf.get("debug"):
        names = ", ".join(sorted(given)) or "nothing"
        log.debug("INIT a %s of minikafka, which was given %s", kind, names)
    for note in notes:
        log.warning("%s", visible(note))
    return Settings(values, frozenset(given))


def _of_another(name: str, key: str) -> tuple[Setting, str]:
    """A key of another kind of client, and whose it is. Raises KafkaException(_INVALID_ARG) where nobody has it."""
    for owner, settings in _KINDS.items():
        if key in settings:
            return settings[key], owner
    if key in unused_settings.IN_C:
        reason = f'Property "{name}" must be set through dedicated .._set_..() function'
        raise failure(KafkaError._INVALID_ARG, reason)
    raise failure(KafkaError._INVALID_ARG, f'No such configuration property: "{name}"')


def _check_what_is_missing(values: Mapping[str, Any]) -> None:
    """What a program must not believe that it has."""
    if values["security.protocol"] != "plaintext":
        reason = f'security.protocol "{values["security.protocol"]}" is not supported: only plaintext is'
        raise failure(KafkaError._INVALID_ARG, reason)
    if values.get("group.protocol") == "consumer":
        reason = 'group.protocol "consumer" (KIP-848) is not supported by this consumer: use "classic"'
        raise failure(KafkaError._INVALID_ARG, reason)


def delivery_limit_s(settings: Settings) -> float:
    """How long a record may wait for its delivery; 0 in delivery.timeout.ms is no limit, as in librdkafka."""
    return settings.seconds("delivery.timeout.ms") or float("inf")


def parse_servers(text: str) -> list[tuple[str, int]]:
    """`host:port, [::1]:port, PLAINTEXT://host:port` as pairs. Raises KafkaException(_INVALID_ARG)."""
    servers = []
    for entry in text.split(","):
        entry = entry.strip()
        if not entry:
            continue
        address = entry.partition("://")[2] if "://" in entry else entry
        host, port = _split_address(address)
        if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
            raise failure(
                KafkaError._INVALID_ARG,
                f'Invalid bootstrap server "{entry}": it is HOST:PORT with a port from 1 to 65535',
            )
        servers.append((host, int(port)))
    return servers


def _split_address(address: str) -> tuple[str, str]:
    if address.startswith("["):
        host, bracket, rest = address[1:].partition("]")
        if not bracket:
            return "", ""
        return host, rest[1:] if rest.startswith(":") else ("" if rest else "9092")
    if address.count(":") > 1:  # a bare IPv6 address
        return address, "9092"
    host, colon, port = address.partition(":")
    return host, port if colon else "9092"
