"""The assignors of consumer groups: which rule each strategy follows, and what the group's leader computes.

Rule: the bytes that members exchange are Kafka's, so our consumers share groups with Java's and librdkafka's.
Kafka: `ConsumerPartitionAssignor`, `ConsumerCoordinator.onLeaderElected`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from minikafka.client.errors import KafkaError, failure
from minikafka.client.values import Pair
from minikafka.protocol.messages.consumer_protocol import (
    ConsumerProtocolAssignment,
    ConsumerProtocolSubscription,
    StickyAssignorUserData,
    TopicPartition,
    decode_sticky,
    decode_subscription,
    encode_versioned,
)

if TYPE_CHECKING:
    from minikafka.policy import Rules

COOPERATIVE = "cooperative-sticky"
STICKY = "sticky"
ASSIGNORS = {
    "range": "assign_range",
    "roundrobin": "assign_round_robin",
    STICKY: "assign_sticky",
    COOPERATIVE: "assign_cooperative_sticky",
}
"""Protocol name → rule."""


def check_strategies(text: str) -> list[str]:
    """The strategies of `partition.assignment.strategy`. Raises KafkaException(_INVALID_ARG)."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in ASSIGNORS:
            known = ", ".join(ASSIGNORS)
            raise failure(
                KafkaError._INVALID_ARG,
                f'Unknown partition.assignment.strategy "{name}": it is one of {known}',
            )
    if not names or (COOPERATIVE in names and len(names) > 1):
        raise failure(
            KafkaError._INVALID_ARG,
            f"partition.assignment.strategy needs a strategy, and {COOPERATIVE} can't be mixed with others",
        )
    return names


def _by_topic(pairs: Sequence[Pair]) -> list[TopicPartition]:
    topics: dict[str, list[int]] = {}
    for topic, partition in sorted(pairs):
        topics.setdefault(topic, []).append(partition)
    return [TopicPartition(topic=topic, partitions=partitions) for topic, partitions in topics.items()]


def subscription_bytes(
    topics: Sequence[str],
    owned: Sequence[Pair],
    generation: int,
    rack: str,
    previous: tuple[Sequence[Pair], int] | None = None,
) -> bytes:
    """A member's metadata for JoinGroup.

    An eager member has given up all that it owned by now; `previous`, what it had last and in which generation, is
    what the sticky assignor goes by; None before its first assignment. Kafka: `StickyAssignor.subscriptionUserData`.
    """
    user_data = None
    if previous is not None:
        pairs, when = previous
        user_data = StickyAssignorUserData(previous_assignment=_by_topic(pairs), generation=when).encode(1)
    return encode_versioned(
        ConsumerProtocolSubscription(
            topics=sorted(topics),
            user_data=user_data,
            owned_partitions=_by_topic(owned),
            generation_id=generation,
            rack_id=rack or None,
        )
    )


def assignment_bytes(pairs: Sequence[Pair]) -> bytes:
    """A member's assignment for SyncGroup."""
    return encode_versioned(ConsumerProtocolAssignment(assigned_partitions=_by_topic(pairs)))


def subscribed_topics(members: Mapping[str, bytes]) -> list[str]:
    """Every topic that some member wants, sorted. Raises MalformedMessage."""
    return sorted({topic for data in members.values() for topic in decode_subscription(data).topics})


def assign(
    rules: Rules, strategy: str, members: Mapping[str, bytes], partition_counts: Mapping[str, int]
) -> dict[str, list[Pair]]:
    """What the group's leader does: everybody's subscription in, everybody's partitions out."""
    subscriptions: dict[str, list[str]] = {}
    owned: dict[str, list[Pair]] = {}
    generations: dict[str, int] = {}
    for member, data in members.items():
        subscription = decode_subscription(data)
        subscriptions[member] = list(subscription.topics)
        held, generations[member] = subscription.owned_partitions, subscription.generation_id
        if strategy == STICKY:
            told = decode_sticky(subscription.user_data or b"")
            held, generations[member] = told.previous_assignment, told.generation
        owned[member] = [(o.topic, p) for o in held for p in o.partitions]
    newest = max(generations.values(), default=-1)
    for member, generation in generations.items():
        if generation < newest:  # what it claims from an older generation may belong to others by now
            owned[member] = []
    rule = getattr(rules, ASSIGNORS[strategy])
    result: dict[str, list[Pair]] = rule(subscriptions, partition_counts, owned)
    return {member: list(result.get(member, ())) for member in members}
