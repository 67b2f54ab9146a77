"""What waits in a producer's accumulator at this moment.

Rule: looking changes nothing, and is no call of the client: it isn't on a tape. Kafka tells it as metrics only
(`record-queue-time-avg`, `buffer-available-bytes`).
"""

from __future__ import annotations

from typing import NamedTuple

from minikafka.client.producer.producer import Producer


class WaitingBatch(NamedTuple):
    """A batch that has not been sent yet, with what it is measured by."""

    topic: str
    partition: int
    records: int
    size_bytes: int
    waited_ms: float
    batch_size_bytes: int
    """`batch.size`"""
    linger_ms: float


def accumulated(producer: Producer) -> tuple[WaitingBatch, ...]:
    """The batches that wait, by partition; of each the oldest first. Raises RuntimeError when it is closed."""
    core = producer._open()
    now, settings = core.world.clock.now(), core.settings
    return tuple(
        WaitingBatch(
            queue.topic,
            queue.partition,
            len(batch.messages),
            batch.size_bytes,
            round((now - batch.created_at) * 1000, 3),
            settings["batch.size"],
            settings["linger.ms"],
        )
        for queue in core.queues()
        for batch in list(queue.batches)
    )
