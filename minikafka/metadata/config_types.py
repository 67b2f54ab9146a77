"""What a configuration is: its type, default, bounds and meaning, and how its text becomes a value.

Rule: configurations are text everywhere (in the log, on the wire, in files) and become values only when
read; a wrong text is one sentence. Kafka: `ConfigDef`, `ConfigException`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from minikafka.world.visible import visible

Value = bool | int | float | str | list[str]


class ConfigError(ValueError):
    """A configuration has a value it can't have; says which, and what it may be."""

    def __init__(self, name: str, value: object, reason: str) -> None:
        self.reason = reason
        super().__init__(visible(f"Invalid value {_text(value)} for configuration {name}: {reason}"))


class ConfigWarning(UserWarning):
    """A configuration has no effect; says why, or what was meant."""

    def __init__(self, sentence: str) -> None:
        super().__init__(visible(sentence))


class ConfigType(IntEnum):
    """The type of a configuration; the numbers are those of DescribeConfigs."""

    BOOLEAN = 1
    STRING = 2
    INT = 3
    SHORT = 4
    LONG = 5
    DOUBLE = 6
    LIST = 7
    CLASS = 8
    PASSWORD = 9


class ConfigSource(IntEnum):
    """Where an effective value comes from; the numbers are those of DescribeConfigs."""

    DYNAMIC_TOPIC_CONFIG = 1
    DYNAMIC_BROKER_CONFIG = 2
    DYNAMIC_DEFAULT_BROKER_CONFIG = 3
    STATIC_BROKER_CONFIG = 4
    DEFAULT_CONFIG = 5
    CLIENT_METRICS_CONFIG = 7
    GROUP_CONFIG = 8


Validator = Callable[[str, Value], None]
"""Takes a name and a value; raises `ConfigError` when the value is out of bounds."""


@dataclass(frozen=True, slots=True)
class ConfigDefinition:
    """One configuration. `default` is text, or None when it has none.

    `synonyms`: for a topic's configuration, the broker's that stand in for it, the most important first,
    each with the factor that turns its number into this one's. `read_only`: takes effect at the broker's
    start only.
    """

    name: str
    type: ConfigType
    default: str | None
    doc: str
    validator: Validator | None = None
    synonyms: tuple[tuple[str, int], ...] = ()
    read_only: bool = True

    def parse(self, text: str) -> Value:
        """The value that this text means. Raises `ConfigError`."""
        value = _PARSERS[self.type](self.name, text)
        if self.validator is not None:
            self.validator(self.name, value)
        return value


def at_least(lowest: float) -> Validator:
    """A number, no smaller than `lowest`."""

    def check(name: str, value: Value) -> None:
        assert isinstance(value, (int, float))
        if value < lowest:
            raise ConfigError(name, value, f"Value must be at least {lowest}")

    return check


def between(lowest: float, highest: float) -> Validator:
    """A number from `lowest` to `highest`, both included."""

    def check(name: str, value: Value) -> None:
        assert isinstance(value, (int, float))
        if value < lowest:
            raise ConfigError(name, value, f"Value must be at least {lowest}")
        if value > highest:
            raise ConfigError(name, value, f"Value must be no more than {highest}")

    return check


def gzip_level(name: str, value: Value) -> None:
    """1 … 9, or -1 for the library's own choice."""
    assert isinstance(value, int)
    if not (1 <= value <= 9 or value == -1):
        raise ConfigError(name, value, "Value must be between 1 and 9 or equal to -1")


def one_of(*allowed: str) -> Validator:
    """One of these words, or (for a list) some of them."""

    def check(name: str, value: Value) -> None:
        for word in value if isinstance(value, list) else [value]:
            if word not in allowed:
                raise ConfigError(name, word, f"String must be one of: {', '.join(allowed)}")

    return check


def throttled_replicas(name: str, value: Value) -> None:
    """'*' or a list of PARTITION:BROKER."""
    assert isinstance(value, list)
    if value != ["*"] and not all(re.fullmatch(r"\s*\d+:\d+\s*", word) for word in value):
        raise ConfigError(
            name,
            value,
            f"{name} must be the literal '*' or a list of replicas in the following format: "
            "[partitionId]:[brokerId],[partitionId]:[brokerId],...",
        )


def _boolean(name: str, text: str) -> bool:
    word = text.strip().lower()
    if word not in ("true", "false"):
        raise ConfigError(name, text, "Expected value to be either true or false")
    return word == "true"


def _integer(type_name: str, bits: int) -> Callable[[str, str], int]:
    def parse(name: str, text: str) -> int:
        word = text.strip()
        if re.fullmatch(r"[+-]?[0-9]{1,40}", word):
            number = int(word)
            if -(1 << bits - 1) <= number < 1 << bits - 1:
                return number
        raise ConfigError(name, text, f"Not a number of type {type_name}")

    return parse


def _double(name: str, text: str) -> float:
    try:
        return float(text.strip().replace("_", "?"))
    except ValueError:
        raise ConfigError(name, text, "Not a number of type DOUBLE") from None


def _list(name: str, text: str) -> list[str]:
    return re.split(r"\s*,\s*", text.strip()) if text.strip() else []


def _string(name: str, text: str) -> str:
    return text.strip()


_PARSERS: dict[ConfigType, Callable[[str, str], Value]] = {
    ConfigType.BOOLEAN: _boolean,
    ConfigType.STRING: _string,
    ConfigType.INT: _integer("INT", 32),
    ConfigType.SHORT: _integer("SHORT", 16),
    ConfigType.LONG: _integer("LONG", 64),
    ConfigType.DOUBLE: _double,
    ConfigType.LIST: _list,
    ConfigType.CLASS: _string,
    ConfigType.PASSWORD: _string,
}


def _text(value: object) -> str:
    """As Java would print it."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"[{', '.join(value)}]" if isinstance(value, list) else str(value)
