"""What a message says, as plain values for people and timelines: names and numbers, no payload.

Rule: it is of bounded size whatever the message: bytes are counted, long texts and lists are cut (deep ones sooner),
and fields that have their default are left out. Kafka logs requests as JSON in the same way (`RequestConvertToJson`).
"""

from __future__ import annotations

import uuid
from typing import Any

from minikafka.protocol.schema import Message, Struct
from minikafka.protocol.uuid_text import encode_uuid

Content = dict[str, Any]
"""Values are None, bool, int, float, str, lists and dictionaries of them."""
MOST_ITEMS = (20, 10, 5, 2)
"""Of a list at the top, of lists within its items, and so on."""
MOST_CHARACTERS = 200
CUT = "…"


def content_of(message: Message) -> Content:
    """Field by field, in the order of declaration."""
    return _struct(message, 0)


def _struct(value: Struct, depth: int) -> Content:
    found: Content = {}
    for name, default in _plan(type(value)):
        own = getattr(value, name)
        if own is not default and own != default:
            found[name] = own if type(own) is int else _value(own, depth)
    return found


_PLANS: dict[type[Struct], tuple[tuple[str, Any], ...]] = {}


def _plan(kind: type[Struct]) -> tuple[tuple[str, Any], ...]:
    """The names of the fields, with their defaults."""
    plan = _PLANS.get(kind)
    if plan is None:
        plan = _PLANS[kind] = tuple((spec.name, spec.default) for spec in kind.FIELDS)
    return plan


def _value(value: Any, depth: int) -> Any:
    kind = type(value)
    if kind is str:
        return value if len(value) <= MOST_CHARACTERS else value[:MOST_CHARACTERS] + CUT
    if kind is list or kind is tuple:
        most = MOST_ITEMS[min(depth, len(MOST_ITEMS) - 1)]
        shown = [_value(item, depth + 1) for item in value[:most]]
        return shown if len(value) <= most else [*shown, f"{CUT} {len(value) - most} more"]
    if isinstance(value, Struct):
        return _struct(value, depth)
    if value is None or kind is int or kind is bool or kind is float:
        return value
    if kind is uuid.UUID:
        return encode_uuid(value)
    if isinstance(value, int):  # an error code, an API key
        return int(value)
    return f"{len(value)} bytes"
