"""What an application passes to the admin client, checked.

One rule: what has the wrong type, or is empty, is refused at the call, with confluent_kafka's kind of exception; what
the cluster may judge is left to it. Kafka's Java client leaves most of this to the compiler.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from minikafka.client.admin_values import ConfigResource, OffsetSpec
from minikafka.client.arguments import checked_partitions, checked_text, timeout_of
from minikafka.client.errors import KafkaError, failure
from minikafka.client.values import ConsumerGroupTopicPartitions, IsolationLevel, TopicCollection

_OPTIONS = frozenset(
    (
        "request_timeout",
        "operation_timeout",
        "validate_only",
        "broker",
        "states",
        "types",
        "isolation_level",
        "require_stable",
        "include_authorized_operations",
    )
)
_SWITCHES = ("validate_only", "require_stable", "include_authorized_operations")


def timeout_option(options: Mapping[str, Any]) -> float | None:
    """The seconds an administration call may take, None for the default. Raises TypeError, ValueError."""
    for name, value in options.items():
        if name not in _OPTIONS:
            raise TypeError(f"unknown option {name!r}")
        if name in _SWITCHES and not isinstance(value, bool):
            raise TypeError(f"Expected {name} to be bool type, not {type(value).__name__}")
    chosen = None
    for name in ("request_timeout", "operation_timeout"):
        if options.get(name) is not None:
            limit_s = timeout_of(options[name])
            if limit_s is None:
                raise ValueError(f'Invalid value for "{name}": expecting seconds from 0 on')
            chosen = limit_s or chosen
    return chosen


def checked_list(items: Any, what: str, *attributes: str) -> list[Any]:
    """The list itself, of things that have these attributes. Raises TypeError, or ValueError where it is empty."""
    if not isinstance(items, list):
        raise TypeError(f"Expected a list of {what}, not {type(items).__name__}")
    if not items:
        raise ValueError(f"Expected non-empty list of {what}")
    for item in items:
        if not all(hasattr(item, name) for name in attributes):
            raise TypeError(f"Expected a list of {what}, with no {type(item).__name__} in it")
    return items


def checked_names(names: Any, what: str) -> list[str]:
    """A list of names. Raises TypeError, ValueError."""
    for name in checked_list(names, what):
        checked_text(name)
    return list(names)


def no_doubles(items: Sequence[Any], what: str) -> None:
    """Raises KafkaException(_INVALID_ARG) where one is there twice; for a future, as confluent_kafka has it."""
    if len(set(items)) < len(items):
        raise failure(KafkaError._INVALID_ARG, f"Duplicate {what} not allowed")


def names_of(topics: Any) -> list[str]:
    """The names of a TopicCollection, or of a list. Raises TypeError."""
    names = topics.topic_names if isinstance(topics, TopicCollection) else topics
    names = getattr(names, "topic_names", names)  # confluent_kafka's own TopicCollection
    if not isinstance(names, list):
        raise TypeError("Expected input to be instance of TopicCollection")
    for name in names:
        checked_text(name)
    return names


def checked_alterations(resources: Any) -> list[ConfigResource]:
    """Resources for incremental_alter_configs(). Raises TypeError, ValueError."""
    for resource in checked_list(resources, "ConfigResource objects", "restype", "name"):
        if not resource.incremental_configs and not resource.set_config_dict:
            raise ValueError("expected non-empty list of ConfigEntry to alter incrementally")
    return list(resources)


def members(options: Mapping[str, Any], name: str, kind: type) -> list[Any]:
    """The option `name`: a set of members of an enum, as a list in their order. Raises TypeError."""
    given = options.get(name)
    if given is None:
        return []
    if not isinstance(given, (set, frozenset)):
        raise TypeError(f"'{name}' must be a set")
    for one in given:
        if type(one).__name__ != kind.__name__:
            raise TypeError(f"All elements of {name} must be of type {kind.__name__}")
    return [kind(value) for value in sorted(one.value for one in given)]


def checked_offset_specs(specs: Any) -> dict[Any, int]:
    """partition → number on the wire. Raises TypeError."""
    if not isinstance(specs, Mapping):
        raise TypeError("Expected topic_partition_offsets to be dict of [TopicPartitions,OffsetSpec]")
    checked_partitions(list(specs))
    for spec in specs.values():
        if not isinstance(spec, OffsetSpec):
            raise TypeError("Value must be a OffsetSpec")
    return {tp: spec.value for tp, spec in specs.items()}


def isolation_option(options: Mapping[str, Any]) -> int:
    """The option `isolation_level` on the wire. Raises TypeError."""
    level = options.get("isolation_level")
    if level is not None and type(level).__name__ != IsolationLevel.__name__:
        raise TypeError("isolation_level argument should be an IsolationLevel")
    return 0 if level is None else int(level.value)


def checked_groups(requests: Any, *, altering: bool) -> list[ConsumerGroupTopicPartitions]:
    """What offsets of groups are asked for, or altered. Raises TypeError, ValueError."""
    for request in checked_list(
        requests, "ConsumerGroupTopicPartitions objects", "group_id", "topic_partitions"
    ):
        if not checked_text(request.group_id):
            raise ValueError("'group_id' cannot be empty")
        partitions = request.topic_partitions
        if partitions is None and altering:
            raise ValueError("'topic_partitions' cannot be null")
        if partitions is None:
            continue
        if not checked_partitions(partitions):
            raise ValueError("'topic_partitions' cannot be empty")
        for tp in partitions:
            if tp.partition < 0:
                raise ValueError("Element of 'topic_partitions' must not have negative 'partition'")
            if altering and tp.offset < 0:
                raise ValueError(
                    "Element of 'topic_partitions' must not have negative value for 'offset' field"
                )
    return list(requests)
