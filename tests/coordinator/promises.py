"""A coordinator of another kind than groups, small enough to read at once: it keeps promises.

A promise is written to an internal topic of its own; when that is committed, a record is produced to the leader of some
partition, which may be any broker; when that broker has answered, "kept" is written. So does a transaction coordinator
with its markers. What was promised and not kept is taken up by whoever leads the partition next.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from minikafka.coordinator.core import MetadataStep
from minikafka.coordinator.decision import BrokerAnswer, BrokerRequest, Decision, Effects
from minikafka.coordinator.tenants import Tenant
from minikafka.metadata.image import MetadataImage
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.heartbeat import HeartbeatResponse
from minikafka.protocol.messages.produce import PartitionProduceData, ProduceRequest, TopicProduceData
from minikafka.records.batch import NewRecord, build_batch

MARKS = "marks"
AGAIN_MS = 500


@dataclass(frozen=True)
class Promised:
    """A mark is owed to a partition of `marks`."""

    name: str
    partition: int


@dataclass(frozen=True)
class Kept:
    """It is there."""

    name: str


class Promises:
    """The core of one partition of `__promise_state`."""

    def __init__(self, image: Callable[[], MetadataImage]) -> None:
        self.image = image
        self.open: dict[str, int] = {}
        self.kept: list[str] = []
        self.topics_seen_deleted: list[str] = []
        self._effects = Effects()

    def encode(self, record: Promised | Kept) -> tuple[bytes, bytes | None]:
        text = f"{record.partition}" if isinstance(record, Promised) else "kept"
        return record.name.encode(), text.encode()

    def decode(self, key: bytes | None, value: bytes | None) -> Promised | Kept | None:
        if key is None or value is None:
            return None
        return Kept(key.decode()) if value == b"kept" else Promised(key.decode(), int(value))

    def replay(self, record: Promised | Kept, now_ms: int = 0) -> None:
        if isinstance(record, Promised):
            self.open[record.name] = record.partition
        elif self.open.pop(record.name, None) is not None:
            self.kept.append(record.name)

    def promise(self, name: str, partition: int) -> Decision:
        """Answered when the promise is committed; then the mark is produced."""
        self._effects.records.append(Promised(name, partition))
        self._ask_for_mark(name, partition)
        return self._effects.decision(HeartbeatResponse(error_code=ErrorCode.NONE))

    def _ask_for_mark(self, name: str, partition: int) -> None:
        registration = self.image().partition(MARKS, partition)
        assert registration is not None
        batch = build_batch([NewRecord(0, None, name.encode())])
        data = PartitionProduceData(index=partition, records=batch)
        topic = self.image().topics[MARKS]
        request = ProduceRequest(
            acks=-1,
            timeout_ms=2_000,
            topic_data=[TopicProduceData(name=MARKS, topic_id=topic.id, partition_data=[data])],
        )
        self._effects.ask_broker(BrokerRequest(("mark", name), registration.leader, request, 3.0))

    def answered(self, answer: BrokerAnswer, now_ms: int) -> Decision:
        _, name = answer.asked.key
        if name in self.open:
            response = answer.response
            code = (
                ErrorCode.NONE
                if response is None
                else response.responses[0].partition_responses[0].error_code
            )
            if response is None or code:
                self._effects.start_timer(("again", name), AGAIN_MS)
            else:
                self._effects.records.append(Kept(name))
        return self._effects.decision()

    def expire(self, key: tuple[str, ...], now_ms: int) -> Decision:
        if key[1] in self.open:
            self._ask_for_mark(key[1], self.open[key[1]])
        return self._effects.decision()

    def loaded(self, now_ms: int) -> Decision:
        for name, partition in self.open.items():
            self._ask_for_mark(name, partition)
        return self._effects.decision()

    def on_metadata(self, step: MetadataStep) -> Callable[[int], Decision] | None:
        self.topics_seen_deleted += step.deleted_topics
        return None

    def drain(self) -> Decision:
        return self._effects.decision()

    def unload(self) -> Decision:
        return self._effects.decision()

    def write_failed(self, on_failure: object, code: ErrorCode, now_ms: int) -> Decision:
        return self._effects.decision()


PROMISES = Tenant(
    key_type=7,
    topic="__promise_state",
    partitions="offsets.topic.num.partitions",
    replication_factor="offsets.topic.replication.factor",
    write_timeout_ms="offsets.commit.timeout.ms",
    topic_configs=lambda configs: {"cleanup.policy": "compact"},
    core=lambda world, configs, image: Promises(image),
)
