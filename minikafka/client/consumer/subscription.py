"""What a consumer has subscribed to: names of topics, and patterns of names.

Rule: a subscription never changes; a new one takes its place, and what its patterns match is looked up again
each time. Kafka: `SubscriptionState`, which also holds what `positions.py` does here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from minikafka.client.errors import KafkaError, failure
from minikafka.client.values import Message

if TYPE_CHECKING:
    from minikafka.client.connections.metadata import Metadata


class Subscription:
    """Names as given to subscribe(); one that begins with ^ is a regular expression. Raises KafkaException."""

    def __init__(self, topics: Sequence[str] = ()) -> None:
        try:
            self.patterns = [re.compile(topic) for topic in topics if topic.startswith("^")]
        except re.error as cause:
            raise failure(KafkaError._INVALID_ARG, f"Failed to set subscription: {cause}") from cause
        self.names = [topic for topic in topics if not topic.startswith("^")]

    def __bool__(self) -> bool:
        return bool(self.names or self.patterns)

    def topics(self, metadata: Metadata) -> list[str]:
        """The names, and what the patterns match now; sorted."""
        matched = {
            topic.name
            for topic in metadata.topics.values()
            if not topic.internal and any(pattern.match(topic.name) for pattern in self.patterns)
        }
        return sorted(matched.union(self.names))

    def complaints(self, metadata: Metadata) -> list[Message]:
        """One event for each named topic that is not there, and each pattern that matches none."""
        events = []
        for pattern in self.patterns:
            if not any(pattern.match(topic.name) for topic in metadata.topics.values() if not topic.internal):
                events.append(_complaint(pattern.pattern, KafkaError.UNKNOWN_TOPIC_OR_PART))
        for topic in self.names:
            view = metadata.topics.get(topic)
            if view is not None and view.error:
                events.append(_complaint(topic, view.error))
        return events


def _complaint(topic: str, code: int) -> Message:
    reason = f"Subscribed topic not available: {topic}: {KafkaError(code).str()}"
    return Message(topic, error=KafkaError(code, reason))
