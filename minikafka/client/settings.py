"""Configuration keys of the clients: names, aliases, types, ranges and defaults.

One rule: keys, aliases and defaults are confluent_kafka's (librdkafka's) unless the table says otherwise, and
a key or value that nobody knows is refused with one sentence, never ignored.
Kafka does the same in `ProducerConfig`, `ConsumerConfig`, `AdminClientConfig`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from minikafka.client.errors import KafkaError, failure

_DAY_MS = 86_400_000
_MAX = 2_147_483_647


class Setting(NamedTuple):
    """One key: `kind` is int, float, bool, str or callable; `limits` a range or the words allowed."""

    kind: str
    default: Any
    limits: Any = None
    used: bool = True


def _int(default: int, low: int, high: int) -> Setting:
    return Setting("int", default, (low, high))


def _ignored(kind: str, default: Any) -> Setting:
    return Setting(kind, default, None, used=False)


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
    "security.protocol": Setting("str", "plaintext", ("plaintext", "PLAINTEXT")),
    # Accepted for the sake of programs written for librdkafka; nothing here depends on them.
    "debug": _ignored("str", None),
    "log_level": _ignored("int", 6),
    "logger": _ignored("any", None),
    "log_cb": _ignored("callable", None),
    "stats_cb": _ignored("callable", None),
    "throttle_cb": _ignored("callable", None),
    "statistics.interval.ms": _ignored("int", 0),
    "socket.keepalive.enable": _ignored("bool", False),
    "socket.nagle.disable": _ignored("bool", True),
    "socket.max.fails": _ignored("int", 1),
    "socket.send.buffer.bytes": _ignored("int", 0),
    "socket.receive.buffer.bytes": _ignored("int", 0),
    "broker.address.family": _ignored("str", "any"),
    "broker.address.ttl": _ignored("int", 1000),
    "connections.max.idle.ms": _ignored("int", 0),
    "api.version.request": _ignored("bool", True),
    "api.version.request.timeout.ms": _ignored("int", 10_000),
    "topic.metadata.refresh.fast.interval.ms": _ignored("int", 100),
    "topic.metadata.refresh.sparse": _ignored("bool", True),
    "log.connection.close": _ignored("bool", True),
    "log.thread.name": _ignored("bool", True),
    "enable.metrics.push": _ignored("bool", True),
    "client.dns.lookup": _ignored("str", "use_all_dns_ips"),
    "receive.message.max.bytes": _ignored("int", 100_000_000),
    "internal.termination.signal": _ignored("int", 0),
}

PARTITIONERS = ("murmur2_random", "murmur2", "random", "consistent_random", "consistent")

PRODUCER: dict[str, Setting] = _SHARED | {
    "allow.auto.create.topics": Setting("bool", True),
    "acks": Setting("acks", -1),
    "linger.ms": Setting("float", 5.0, (0, 900_000)),
    "batch.size": _int(1_000_000, 1, _MAX),
    "batch.num.messages": _int(10_000, 1, 1_000_000),
    "message.max.bytes": _int(1_000_000, 1_000, 1_000_000_000),
    "compression.type": Setting("str", "none", ("none", "gzip", "snappy", "lz4", "zstd")),
    "compression.level": _int(-1, -1, 22),
    "queue.buffering.max.messages": _int(100_000, 0, _MAX),
    "queue.buffering.max.kbytes": _int(1_048_576, 1, _MAX),
    "retries": _int(_MAX, 0, _MAX),
    "delivery.timeout.ms": _int(300_000, 0, _MAX),
    "request.timeout.ms": _int(30_000, 1, 900_000),
    # librdkafka's default is 1,000,000; five keeps order with idempotence and is what Kafka's own clients use.
    "max.in.flight.requests.per.connection": _int(5, 1, 1_000_000),
    "enable.idempotence": Setting("bool", False),
    # librdkafka's default is consistent_random (CRC32); this one is that of Kafka's own clients.
    "partitioner": Setting("str", "murmur2_random", PARTITIONERS),
    "sticky.partitioning.linger.ms": _int(10, 0, 900_000),
    "on_delivery": Setting("callable", None),
    "delivery.report.only.error": Setting("bool", False),
    "queue.buffering.backpressure.threshold": _ignored("int", 1),
    "enable.gapless.guarantee": _ignored("bool", False),
}

CONSUMER: dict[str, Setting] = _SHARED | {
    "group.id": Setting("str", None),
    "group.instance.id": Setting("str", None),
    "group.protocol": Setting("str", "classic", ("classic",)),
    "partition.assignment.strategy": Setting("str", "range,roundrobin"),
    "session.timeout.ms": _int(45_000, 1, 3_600_000),
    "heartbeat.interval.ms": _int(3_000, 1, 3_600_000),
    "max.poll.interval.ms": _int(300_000, 1, _DAY_MS),
    "enable.auto.commit": Setting("bool", True),
    "auto.commit.interval.ms": _int(5_000, 0, _DAY_MS),
    "enable.auto.offset.store": Setting("bool", True),
    "auto.offset.reset": Setting(
        "str", "latest", ("latest", "earliest", "error", "largest", "smallest", "beginning", "end", "none")
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
    "client.rack": Setting("str", ""),
    "on_commit": Setting("callable", None),
    "fetch.queue.backoff.ms": _ignored("int", 1000),
    "coordinator.query.interval.ms": _ignored("int", 600_000),
    "offset.store.method": _ignored("str", "broker"),
}

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
}


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


def check(conf: Mapping[str, Any], known: Mapping[str, Setting]) -> Settings:
    """`conf` as Settings. Raises KafkaException(_INVALID_ARG) with one sentence at the first wrong entry."""
    if not isinstance(conf, Mapping):
        raise TypeError("expected configuration dict")
    values = {key: setting.default for key, setting in known.items()}
    given = set()
    # "default.topic.config" is librdkafka's old place for topic-level keys.
    flat = dict(conf)
    nested = flat.pop("default.topic.config", None)
    if isinstance(nested, Mapping):
        flat = {**nested, **flat}
    for name, value in flat.items():
        key = ALIASES.get(name, name)
        setting = known.get(key)
        if setting is None:
            raise failure(KafkaError._INVALID_ARG, f'No such configuration property: "{name}"')
        given.add(key)
        if value is not None:
            values[key] = _convert(name, value, setting)
    if isinstance(values["client.id"], str) and not values["client.id"]:
        values["client.id"] = "minikafka"
    parse_servers(values["bootstrap.servers"])
    return Settings(values, frozenset(given))


def _convert(name: str, value: Any, setting: Setting) -> Any:
    converted = _CONVERTERS[setting.kind](name, value)
    limits = setting.limits
    if limits is None:
        return converted
    if setting.kind == "str":
        if converted not in limits:
            words = ", ".join(limits)
            raise failure(
                KafkaError._INVALID_ARG,
                f'Invalid value "{value}" for configuration property "{name}": it is one of {words}',
            )
    elif not limits[0] <= converted <= limits[1]:
        raise failure(
            KafkaError._INVALID_ARG,
            f'Configuration property "{name}" value {value} is outside allowed range {limits[0]}..{limits[1]}',
        )
    return converted


def _invalid(name: str, value: Any) -> Exception:
    return failure(KafkaError._INVALID_ARG, f'Invalid value "{value}" for configuration property "{name}"')


def _to_number(kind: Callable[[Any], Any]) -> Callable[[str, Any], Any]:
    def convert(name: str, value: Any) -> Any:
        if isinstance(value, bool):
            raise _invalid(name, value)
        try:
            return kind(value)
        except (TypeError, ValueError):
            raise _invalid(name, value) from None

    return convert


def _to_bool(name: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text in ("true", "1", "t"):
        return True
    if text in ("false", "0", "f"):
        return False
    raise _invalid(name, value)


def _to_str(name: str, value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, (list, tuple)):
        return ",".join(str(item) for item in value)
    return str(value)


def _to_callable(name: str, value: Any) -> Any:
    if not callable(value):
        raise TypeError(f"{name} requires a callable")
    return value


def _to_acks(name: str, value: Any) -> int:
    if str(value).strip().lower() == "all":
        return -1
    number = _to_number(int)(name, value)
    if number not in (-1, 0, 1):
        raise failure(
            KafkaError._INVALID_ARG,
            f'Configuration property "{name}" value {value} is outside allowed range -1..1 (all, 0 or 1)',
        )
    return int(number)


_CONVERTERS: dict[str, Callable[[str, Any], Any]] = {
    "int": _to_number(int),
    "float": _to_number(float),
    "bool": _to_bool,
    "str": _to_str,
    "callable": _to_callable,
    "any": lambda _name, value: value,
    "acks": _to_acks,
}


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
