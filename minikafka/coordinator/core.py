"""What a coordinator's shell needs of the core that it carries: its codec, its replay, and when it may decide.

Rule: the record types and their bytes belong to the core; the shell moves them and looks into none. A core has no I/O:
whom to ask, and when to wake it, it says in its `Decision`. Kafka: `CoordinatorShard`, with its `Serializer` and
`Deserializer`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from minikafka.coordinator.decision import BrokerAnswer, Decision, TimerKey
from minikafka.metadata.image import MetadataImage
from minikafka.protocol.errors import ErrorCode


class MetadataStep(NamedTuple):
    """The cluster's metadata as they are now. `deleted_topics`: those whose deletion was committed with this step."""

    image: MetadataImage
    deleted_topics: tuple[str, ...]


class Core(Protocol):
    """Of one partition of an internal topic. Besides these it has the decisions that its callers name."""

    def encode(self, record: Any) -> tuple[bytes, bytes | None]:
        """Key and value as they are stored. Raises ValueError when the format can't hold it."""

    def decode(self, key: bytes | None, value: bytes | None) -> Any | None:
        """The record; None for a type that this core doesn't know. Raises ValueError."""

    def replay(self, record: Any, now_ms: int = 0) -> None:
        """Take over a record of the log: the only way in which what is persistent changes."""

    def drain(self) -> Decision:
        """What the replayed records led to."""

    def loaded(self, now_ms: int) -> Decision:
        """The log is replayed: from now on requests come. What an earlier coordinator left undone is taken up."""

    def unload(self) -> Decision:
        """Another broker coordinates now: the answers for those who wait."""

    def expire(self, key: TimerKey, now_ms: int) -> Decision:
        """A timer fired."""

    def answered(self, answer: BrokerAnswer, now_ms: int) -> Decision:
        """Another broker answered what this core asked, or couldn't be asked."""

    def on_metadata(self, step: MetadataStep) -> Callable[[int], Decision] | None:
        """The cluster changed. What is returned is decided, with the time in ms, when all earlier writes are replayed;
        None: nothing is to be done."""

    def write_failed(self, on_failure: Any, code: ErrorCode, now_ms: int) -> Decision:
        """The records of a decision could not be committed."""
