"""What the protocol's tests share: messages filled with random values, and the modules of kio, the oracle."""

from __future__ import annotations

import importlib
import random
import uuid
from types import ModuleType
from typing import Any

from kio.schema.errors import ErrorCode as KioErrorCode

from minikafka.protocol.api import REQUESTS, RESPONSES, SPOKEN
from minikafka.protocol.messages.consumer_protocol import (
    ConsumerProtocolAssignment,
    ConsumerProtocolSubscription,
)
from minikafka.protocol.schema import FieldSpec, Kind, Message, Struct

RANGES = {
    "int8": (-(2**7), 2**7 - 1),
    "int16": (-(2**15), 2**15 - 1),
    "int32": (-(2**31), 2**31 - 1),
    "int64": (-(2**63), 2**63 - 1),
    "uint16": (0, 2**16 - 1),
    "uint32": (0, 2**32 - 1),
}
# kio reads these as dates or durations, so a number that is neither cannot pass through it.
DATES = {
    "retention_time_ms",
    "log_append_time_ms",
    "last_fetch_timestamp",
    "last_caught_up_timestamp",
    "timestamp",
}


def all_messages() -> list[tuple[type[Message], str, str]]:
    """(class, kio's package, kio's module in it) of every message here that kio has."""
    found: list[tuple[type[Message], str, str]] = []
    for key in SPOKEN:
        found.append((REQUESTS[key], key.module, "request"))
        found.append((RESPONSES[key], key.module, "response"))
    found.append((ConsumerProtocolSubscription, "consumer_protocol_subscription", "data"))
    found.append((ConsumerProtocolAssignment, "consumer_protocol_assignment", "data"))
    return found


def kio_module(package: str, version: int, side: str) -> ModuleType:
    return importlib.import_module(f"kio.schema.{package}.v{version}.{side}")


def random_message(cls: type[Message], version: int, chance: random.Random) -> Message:
    """A message with a value in every field that the version has."""
    return random_struct(cls, version, chance)


def random_struct(cls: type[Any], version: int, chance: random.Random) -> Any:
    values = {
        spec.name: random_value(spec, version, chance)
        if spec.exists_in(version)
        else _copy_of_default(spec.wire_default)
        for spec in cls.FIELDS
    }
    return cls(**values)


def _copy_of_default(value: Any) -> Any:
    return list(value) if isinstance(value, list) else type(value)() if isinstance(value, Struct) else value


def random_value(spec: FieldSpec, version: int, chance: random.Random) -> Any:
    if spec.is_nullable_in(version) and chance.random() < 0.25:
        return None
    if spec.tag is not None and chance.random() < 0.3:
        return _copy_of_default(spec.wire_default)
    if spec.name.endswith("error_code"):
        return int(chance.choice(list(KioErrorCode)))
    if spec.name in DATES:
        return chance.choice([-1, 0, chance.randrange(2**41)])
    return random_of_kind(spec.kind, version, chance)


def random_of_kind(kind: Kind[Any] | type[Struct], version: int, chance: random.Random) -> Any:
    if not isinstance(kind, Kind):
        return random_struct(kind, version, chance)
    if kind.name in RANGES:
        low, high = RANGES[kind.name]
        return chance.choice([0, 1, -1 if low else 2, low, high, chance.randint(low, high)])
    if kind.name == "bool":
        return chance.random() < 0.5
    if kind.name == "float64":
        return chance.uniform(-1e9, 1e9)
    if kind.name == "uuid":
        return uuid.UUID(int=chance.choice([0, chance.getrandbits(128)]))
    if kind.name == "string":
        return "".join(chance.choices("abcxyz09._-é한", k=chance.choice([0, 1, 7, 130])))
    if kind.name in ("bytes", "records"):
        return chance.randbytes(chance.choice([0, 1, 100, 200, 20_000]))
    assert kind.element is not None
    return [random_of_kind(kind.element, version, chance) for _ in range(chance.choice([0, 1, 2, 3]))]
