"""What an application passes to a consumer, checked, and turned into what the core works with.

Rule: whatever is wrong with an argument is reported here, at once, with confluent_kafka's kind of exception.
Kafka's Java clients leave most of this to the compiler.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minikafka.client.connections.offsets import OffsetToCommit
from minikafka.client.consumer.positions import is_position
from minikafka.client.errors import KafkaError, failure
from minikafka.client.faces.arguments import checked_partitions, checked_text
from minikafka.client.values import Message, Pair, TopicPartition


def checked_topics(topics: Any) -> None:
    """A list of names to subscribe to, each once. Raises TypeError, KafkaException(_INVALID_ARG)."""
    if not isinstance(topics, list) or not all(isinstance(topic, str) for topic in topics):
        raise TypeError("expected list of topic unicode strings")
    for topic in topics:
        checked_text(topic)
    doing = "Failed to set subscription"
    if not topics or not all(topics):
        raise failure(KafkaError._INVALID_ARG, f"{doing}: a topic without a name, or none")
    if len(set(topics)) < len(topics):
        raise failure(KafkaError._INVALID_ARG, f"{doing}: a topic is listed twice")


def each_once(partitions: Sequence[TopicPartition]) -> list[dict[Pair, int]]:
    """Their offsets, so that a partition that is there twice comes in a second round."""
    rounds: list[dict[Pair, int]] = []
    for tp in partitions:
        free = next((one for one in rounds if pair_of(tp) not in one), None)
        if free is None:
            rounds.append(free := {})
        free[pair_of(tp)] = tp.offset
    return rounds


def pair_of(tp: TopicPartition) -> Pair:
    """(topic, partition)."""
    return tp.topic, tp.partition


def checked_assignment(partitions: Any) -> Sequence[TopicPartition]:
    """The same for assign(): each partition once, each offset a real one or one that means something."""
    doing = "Failed to set assignment"
    seen = set()
    for tp in checked_partitions(partitions):
        if not is_position(tp.offset):
            raise failure(
                KafkaError._INVALID_ARG, f"{doing}: {tp.offset} is neither an offset nor a name for one"
            )
        if pair_of(tp) in seen:
            raise failure(KafkaError._INVALID_ARG, f"{doing}: {tp.topic} [{tp.partition}] is listed twice")
        seen.add(pair_of(tp))
    return list(partitions)


def offsets_given(
    message: Message | None, offsets: list[TopicPartition] | None
) -> dict[Pair, OffsetToCommit] | None:
    """What a commit was asked to commit: a message's offset + 1, or these offsets; None where neither is given."""
    if message is not None and offsets is not None:
        raise ValueError("message and offsets are mutually exclusive")
    if message is not None:
        if not all(
            hasattr(message, name) for name in ("error", "topic", "partition", "offset", "leader_epoch")
        ):
            raise TypeError(f"expected Message, not {type(message).__name__}")
        error, topic, partition, offset = (
            message.error(),
            message.topic(),
            message.partition(),
            message.offset(),
        )
        epoch = message.leader_epoch()
        if error is not None or topic is None or partition is None:
            raise failure(KafkaError._INVALID_ARG, "A message that carries an error has no offset to commit")
        if offset is None:  # it was made by hand
            return {}
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
