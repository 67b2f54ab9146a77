"""The arguments of a client's call as plain values, and back.

Rule: nothing is made from a tape but numbers, text, bytes, lists, dictionaries and the client's own value
classes (`TopicPartition`, `NewTopic` …): opening one runs no code of anybody's.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

import msgspec

import minikafka.client as client

INT64 = 1 << 63
_VALUE_ROOMS = tuple(
    f"minikafka.client.{name}"
    for name in ("admin.group_values", "admin.security_values", "admin.values", "errors", "values")
)


class Bytes(msgspec.Struct, frozen=True, tag="bytes"):
    """Base64 in JSON."""

    data: bytes


class Number(msgspec.Struct, frozen=True, tag="number"):
    """What JSON has no number for: infinity, more than 64 bits."""

    text: str


class Listed(msgspec.Struct, frozen=True, tag="list"):
    """A list, or a tuple."""

    items: tuple[Value, ...]
    is_tuple: bool = False


class Pairs(msgspec.Struct, frozen=True, tag="dict"):
    """A dictionary; a key may be anything."""

    items: tuple[tuple[Value, Value], ...]


class Thing(msgspec.Struct, frozen=True, tag="value"):
    """One of the client's value classes, by its fields."""

    kind: str
    fields: dict[str, Value]


class Member(msgspec.Struct, frozen=True, tag="enum"):
    """Of one of the client's enumerations."""

    kind: str
    name: str


class Callback(msgspec.Struct, frozen=True, tag="callback"):
    """A callback, of which the tape knows only that there was one."""


class Unwritten(msgspec.Struct, frozen=True, tag="unwritten"):
    """An argument of a kind that no tape can hold: a run with it can't be played."""

    kind: str


Value = (
    None | bool | int | float | str | Bytes | Number | Listed | Pairs | Thing | Member | Callback | Unwritten
)


class CantBePlayed(ValueError):
    """One sentence: why what is on a tape can't be done again."""


def frozen(value: Any) -> Value:
    """An argument as it is now."""
    kind = type(value)
    if value is None or kind is str or kind is bool:
        return value  # type: ignore[no-any-return]
    if kind is bytes:
        return Bytes(value)
    if kind is int:
        return value if -INT64 <= value < INT64 else Number(str(value))
    if kind is float:
        return value if math.isfinite(value) else Number(repr(value))
    return _frozen_rarely(value, kind)


def _frozen_rarely(value: Any, kind: type) -> Value:
    if isinstance(value, Enum):
        return Member(kind.__name__, value.name) if _is_ours(kind) else Unwritten(kind.__name__)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return Bytes(bytes(value))
    if kind is list or kind is tuple:
        return Listed(tuple(map(frozen, value)), kind is tuple)
    if isinstance(value, Mapping):
        return Pairs(tuple((frozen(key), frozen(item)) for key, item in value.items()))
    if _is_ours(kind):
        return Thing(kind.__name__, {name: frozen(item) for name, item in _fields(value).items()})
    if callable(value):
        return Callback()
    try:
        return frozen(operator.index(value))
    except TypeError:
        return Unwritten(kind.__name__)


def _is_ours(kind: type) -> bool:
    return kind.__module__ in _VALUE_ROOMS and not issubclass(kind, BaseException)


def _fields(value: Any) -> dict[str, Any]:
    names = [name for one in type(value).__mro__ for name in one.__dict__.get("__slots__", ())]
    found = {name: getattr(value, name) for name in names if hasattr(value, name)}
    return {**found, **getattr(value, "__dict__", {})}


def thawed(value: Any, callback: Callable[[], Callable[..., None]]) -> Any:
    """The argument again; `callback()` makes what stands for a callback. Raises CantBePlayed."""
    match value:
        case Bytes():
            return value.data
        case Number():
            return int(value.text) if value.text.lstrip("-").isdecimal() else float(value.text)
        case Listed():
            items = [thawed(item, callback) for item in value.items]
            return tuple(items) if value.is_tuple else items
        case Pairs():
            return {thawed(key, callback): thawed(item, callback) for key, item in value.items}
        case Member():
            found = _class_named(value.kind)
            if not issubclass(found, Enum) or value.name not in found.__members__:
                raise CantBePlayed(f"There is no {value.kind}.{value.name}")
            return found[value.name]
        case Thing():
            return _thing(value, callback)
        case Callback():
            return callback()
        case Unwritten():
            raise CantBePlayed(f"An argument was a {value.kind}, which no tape can hold")
    return value


def _class_named(name: str) -> Any:
    found = getattr(client, name, None) if name in client.__all__ else None
    if not isinstance(found, type) or not _is_ours(found):
        raise CantBePlayed(f"There is no value class {name!r} of a client")
    return found


def _thing(value: Thing, callback: Callable[[], Callable[..., None]]) -> Any:
    found = _class_named(value.kind)
    made = found.__new__(found)
    for name, item in value.fields.items():
        try:
            object.__setattr__(made, name, thawed(item, callback))
        except AttributeError:
            raise CantBePlayed(f"A {value.kind} has no {name!r}") from None
    return made


def value_of_word(word: str) -> Value:
    """As typed: JSON where it is some, else text."""
    try:
        return frozen(msgspec.json.decode(word))
    except (msgspec.DecodeError, UnicodeError):
        return word


__all__ = ["Callback", "CantBePlayed", "Unwritten", "Value", "frozen", "thawed", "value_of_word"]
