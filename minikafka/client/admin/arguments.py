"""What an application passes to the admin client, checked.

Rule: what has the wrong type, or is empty, is refused at the call, with confluent_kafka's kind of exception; what
the cluster may judge is left to it. Kafka's Java client leaves most of this to the compiler.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from minikafka.client.admin.security_values import (
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialAlteration,
    UserScramCredentialDeletion,
    UserScramCredentialUpsertion,
)
from minikafka.client.admin.values import AlterConfigOpType, ConfigResource, OffsetSpec
from minikafka.client.errors import KafkaError, failure
from minikafka.client.faces.arguments import checked_partitions, checked_text, timeout_of
from minikafka.client.values import (
    OFFSET_INVALID,
    ConsumerGroupTopicPartitions,
    IsolationLevel,
    TopicCollection,
    TopicPartition,
)

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
    limits = {}
    for name in ("request_timeout", "operation_timeout"):
        if options.get(name) is not None:
            limits[name] = timeout_of(options[name])
            if limits[name] is None:
                raise ValueError(f'Invalid value for "{name}": expecting seconds from 0 on')
    return limits.get("request_timeout", limits.get("operation_timeout")) or None


def wants_operations(options: Mapping[str, Any]) -> bool:
    """The option `include_authorized_operations`."""
    return bool(options.get("include_authorized_operations"))


def checked_list(items: Any, what: str, *attributes: str) -> list[Any]:
    """The list itself, of things that have these attributes. Raises TypeError, or ValueError where it is empty."""
    if not isinstance(items, list):
        raise TypeError(f"Expected a list of {what}, not {type(items).__name__}")
    if not items:
        raise ValueError(f"Expected non-empty list of {what}")
    for item in items:
        if item is None:
            raise ValueError(f"Expected a list of {what}, with no None in it")
        if not all(hasattr(item, name) for name in attributes):
            raise TypeError(f"Expected a list of {what}, with no {type(item).__name__} in it")
    return items


def checked_acls(acls: Any, kind: str) -> None:
    """A list of rules or of filters, each once. Raises TypeError, ValueError."""
    for one in checked_list(acls, f"{kind} objects"):
        if not hasattr(one, "restype") or not hasattr(one, "operation"):
            raise ValueError(f"Expected a list of {kind} objects, with no {type(one).__name__} in it")
    if len(set(acls)) < len(acls):
        raise ValueError(f"Duplicate {kind} objects not allowed")


def checked_places(partitions: Any) -> Sequence[TopicPartition]:
    """Partitions with a topic and a number. Raises TypeError, ValueError."""
    for tp in checked_partitions(partitions):
        if not tp.topic:
            raise ValueError("'topic' cannot be empty")
        if tp.partition < 0:
            raise ValueError("'partition' cannot be negative")
    found: Sequence[TopicPartition] = partitions
    return found


def checked_moves(moves: Any) -> dict[Any, list[int] | None]:
    """partition → brokers, or None. Raises TypeError, ValueError."""
    if not isinstance(moves, Mapping):
        raise TypeError(
            "Expected reassignments to be a dict of TopicPartition to a list of broker ids, or None"
        )
    checked_places(list(moves))
    for brokers in moves.values():
        if brokers is not None and not (
            isinstance(brokers, (list, tuple)) and all(type(id) is int for id in brokers)
        ):
            raise TypeError("A partition moves to a list of broker ids; None takes a move back")
    return {tp: None if brokers is None else list(brokers) for tp, brokers in moves.items()}


def checked_users(users: Any) -> list[str]:
    """A list of users' names. Raises TypeError, ValueError."""
    if not isinstance(users, list):
        raise TypeError(f"Expected a list of users, not {type(users).__name__}")
    for user in users:
        _check_user(user)
    return list(users)


def _check_user(user: Any) -> None:
    if not checked_text(user):
        raise ValueError("'user' cannot be empty")


def checked_credentials(alterations: Any) -> list[str]:
    """The users of alterations that make sense. Raises TypeError, ValueError."""
    if not isinstance(alterations, list):
        raise TypeError(f"Expected a list of alterations, not {type(alterations).__name__}")
    if not alterations:
        raise ValueError("Expected at least one alteration")
    for one in alterations:
        if not isinstance(one, UserScramCredentialAlteration):
            raise TypeError(f"Expected UserScramCredentialAlteration objects, not {type(one).__name__}")
        _check_user(one.user)
        if isinstance(one, UserScramCredentialUpsertion):
            _check_upsertion(one)
        elif isinstance(one, UserScramCredentialDeletion):
            _check_mechanism(one.mechanism)
    return [one.user for one in alterations]


def _check_upsertion(one: UserScramCredentialUpsertion) -> None:
    for name, secret in (("password", one.password), ("salt", one.salt)):
        if secret is None and name == "salt":
            continue
        if not isinstance(secret, bytes):
            raise TypeError(f"Expected '{name}' to be bytes")
        if not secret:
            raise ValueError(f"'{name}' cannot be empty")
    info: Any = one.scram_credential_info
    if not isinstance(info, ScramCredentialInfo):
        raise TypeError("Expected 'scram_credential_info' to be a ScramCredentialInfo")
    iterations: Any = info.iterations
    if not isinstance(iterations, int):
        raise TypeError("Expected 'iterations' to be an int")
    if iterations <= 0:
        raise ValueError("'iterations' must be positive")
    _check_mechanism(info.mechanism)


def _check_mechanism(mechanism: Any) -> None:
    if not isinstance(mechanism, ScramMechanism):
        raise TypeError("Expected 'mechanism' to be a ScramMechanism")


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
        if not checked_text(name):
            raise ValueError("'topic' cannot be empty")
    return names


def checked_alterations(resources: Any) -> list[ConfigResource]:
    """Resources for incremental_alter_configs(). Raises TypeError, ValueError."""
    for resource in checked_list(resources, "ConfigResource objects", "restype", "name"):
        if not resource.incremental_configs and not resource.set_config_dict:
            raise ValueError("expected non-empty list of ConfigEntry to alter incrementally")
        for entry in resource.incremental_configs:
            if not isinstance(getattr(entry, "name", None), str):
                raise TypeError("expected ConfigEntry objects whose name is a str")
            if not isinstance(entry.incremental_operation, AlterConfigOpType | None):
                raise TypeError("expected 'incremental_operation' to be an AlterConfigOpType")
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
    checked_places(list(specs))
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
    what = "ConsumerGroupTopicPartitions objects"
    checked_list(requests, what, "group_id", "topic_partitions")
    for request in requests:
        if not checked_text(request.group_id):
            raise ValueError("'group_id' cannot be empty")
        if sum(one.group_id == request.group_id for one in requests) > 1:
            raise ValueError(f"Duplicate groups in the list of {what} not allowed")
        partitions = request.topic_partitions
        if partitions is None and altering:
            raise ValueError("'topic_partitions' cannot be null")
        if partitions is None:
            continue
        if isinstance(partitions, list) and any(tp is None for tp in partitions):
            raise ValueError("Element of 'topic_partitions' cannot be None")
        if not checked_places(partitions):
            raise ValueError("'topic_partitions' cannot be empty")
        for tp in partitions:
            if not altering and tp.offset != OFFSET_INVALID:
                raise ValueError("Element of 'topic_partitions' must not have an 'offset'")
            if altering and tp.offset < 0:
                raise ValueError(
                    "Element of 'topic_partitions' must not have negative value for 'offset' field"
                )
    return list(requests)
