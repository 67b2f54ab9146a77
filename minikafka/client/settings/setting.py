"""One configuration key: what kind of value it takes, and its default.

Rule: a value is turned into its kind here, or refused with one sentence, and words are taken in any case.
Kafka: `ConfigDef`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from minikafka.client.errors import KafkaError, failure


class Setting(NamedTuple):
    """`kind` is a key of the converters below; `limits` a range or the words allowed; `why_unused` says it all."""

    kind: str
    default: Any
    limits: Any = None
    why_unused: str | None = None


def convert(name: str, value: Any, setting: Setting) -> Any:
    """The value as its kind. Raises KafkaException(_INVALID_ARG), or TypeError for what is no callable."""
    if setting.kind == "refused":
        raise failure(KafkaError._NOT_IMPLEMENTED, f'"{name}" can\'t be set: {setting.why_unused}')
    converted = _CONVERTERS[setting.kind](name, value)
    limits = setting.limits
    if limits is None:
        return converted
    if setting.kind == "str":
        if converted.lower() in limits:
            return converted.lower()
        words = ", ".join(limits)
        raise failure(
            KafkaError._INVALID_ARG,
            f'Invalid value "{value}" for configuration property "{name}": it is one of {words}',
        )
    if not limits[0] <= converted <= limits[1]:
        raise failure(
            KafkaError._INVALID_ARG,
            f'Configuration property "{name}" value {value} is outside allowed range {limits[0]}..{limits[1]}',
        )
    return converted


def _invalid(name: str, value: Any) -> Exception:
    return failure(KafkaError._INVALID_ARG, f'Invalid value "{value}" for configuration property "{name}"')


def _to_number(kind: Callable[[Any], Any]) -> Callable[[str, Any], Any]:
    def to_number(name: str, value: Any) -> Any:
        if isinstance(value, bool):
            raise _invalid(name, value)
        try:
            return kind(value)
        except (TypeError, ValueError, OverflowError):
            raise _invalid(name, value) from None

    return to_number


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
    if callable(value):
        return value
    if name == "throttle_cb":
        raise ValueError("throttle_cb requires a callable object")
    if name.endswith("_cb"):
        raise TypeError(f"expected {name} property as a callable function")
    raise failure(KafkaError._INVALID_ARG, f"{name} requires a callable object")


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
