"""What an application passes to a client, checked, and turned into what the core works with.

One rule: whatever is wrong with an argument is said here, at once, with confluent_kafka's kind of exception.
Kafka's Java clients leave most of this to the compiler.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from minikafka.client.errors import KafkaError, failure
from minikafka.client.offsets import OffsetToCommit
from minikafka.client.values import HeadersArgument, Message, TopicPartition

if TYPE_CHECKING:
    from minikafka.client.assignors import Pair


def keyword_config(config: Mapping[str, Any] | None, more: Mapping[str, Any]) -> dict[str, Any]:
    """`Producer(conf, group_id="g")`: keywords stand for keys with dots."""
    if config is None and not more:
        raise TypeError("expected configuration dict")
    if config is not None and not isinstance(config, Mapping):
        raise TypeError("expected configuration dict")
    dotted = {
        name
        if name.endswith("_cb") or name in ("on_delivery", "on_commit")
        else name.replace("_", "."): value
        for name, value in more.items()
    }
    return {**(config or {}), **dotted}


def bytes_of(value: Any) -> bytes | None:
    """A key, a value or a header's value as bytes; text is UTF-8."""
    if value is None or type(value) is bytes:
        return value
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    raise TypeError(f"a bytes-like object is required, not '{type(value).__name__}'")


def headers_of(headers: HeadersArgument) -> tuple[tuple[str, bytes | None], ...]:
    """Headers given as pairs or as a mapping."""
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    result = []
    for name, value in pairs:
        if not isinstance(name, str):
            raise TypeError("a header's name must be a str")
        result.append((name, bytes_of(value)))
    return tuple(result)


def pair_of(tp: TopicPartition) -> Pair:
    """(topic, partition)."""
    return tp.topic, tp.partition


def checked_partitions(partitions: Any) -> Sequence[TopicPartition]:
    """The list itself, if it holds partitions. Raises TypeError."""
    if not isinstance(partitions, (list, tuple)):
        raise TypeError("expected list of TopicPartition")
    for tp in partitions:
        # By its shape, so that confluent_kafka's own TopicPartition is welcome, too.
        if not hasattr(tp, "topic") or not hasattr(tp, "partition") or not hasattr(tp, "offset"):
            raise TypeError("expected list of TopicPartition")
    return partitions


def offsets_given(
    message: Message | None, offsets: list[TopicPartition] | None
) -> dict[Pair, OffsetToCommit] | None:
    """What a commit was asked to commit: a message's offset + 1, or these offsets; None where neither is given."""
    if message is not None and offsets is not None:
        raise ValueError("message and offsets are mutually exclusive")
    if message is not None:
        error, topic, partition, offset = (
            message.error(),
            message.topic(),
            message.partition(),
            message.offset(),
        )
        epoch = message.leader_epoch()
        if error is not None or topic is None or partition is None or offset is None:
            raise failure(KafkaError._INVALID_ARG, "A message that carries an error has no offset to commit")
        return {(topic, partition): OffsetToCommit(offset + 1, -1 if epoch is None else epoch)}
    if offsets is not None:
        return {
            pair_of(tp): OffsetToCommit(
                tp.offset, -1 if tp.leader_epoch is None else tp.leader_epoch, tp.metadata or ""
            )
            for tp in checked_partitions(offsets)
            if tp.offset >= 0
        }
    return None


def timeout_option(options: Mapping[str, Any]) -> float | None:
    """The seconds an administration call may take, None for the default. Raises TypeError for an unknown option."""
    for name in options:
        if name not in (
            "request_timeout",
            "operation_timeout",
            "validate_only",
            "broker",
            "states",
            "types",
        ) and (name not in ("isolation_level", "require_stable", "include_authorized_operations")):
            raise TypeError(f"unknown option {name!r}")
    chosen = options.get("operation_timeout") or options.get("request_timeout")
    return None if chosen is None else float(chosen)


def checked_list(items: Any) -> Any:
    """The list itself. Raises TypeError, or ValueError where it is empty."""
    if not isinstance(items, list):
        raise TypeError("expected a list")
    if not items:
        raise ValueError("expected a list that is not empty")
    return items
