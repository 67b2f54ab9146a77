"""A load on a producer of a simulated cluster, and what came of it: requests a record, and latency in virtual time.

Rule: a load is a list of pauses in milliseconds, one before each record; it is the same each time. What came of it is
read from the trace and from the delivery reports. Kafka measures the same with `kafka-producer-perf-test.sh`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

from minikafka.client.producer.events import BatchSent
from minikafka.protocol.events import RequestSent
from minikafka.world import Traced
from minikafka_lessons import data
from minikafka_lessons.language import say

PATIENCE_S = 0.5
"""Virtual time without any acknowledgement after which nothing more will come; what then still waits is flushed."""
_LOOK_S = 0.005


def burst(count: int) -> list[float]:
    """So many records at the same moment."""
    return [0.0] * count


def bursts(count: int, records: int, pause_ms: float) -> list[float]:
    """`count` times `records` at the same moment, with pauses between."""
    return [pause_ms if i % records == 0 and i else 0.0 for i in range(count * records)]


def steady(count: int, every_ms: float) -> list[float]:
    """So many records, one after every so many milliseconds."""
    return [0.0, *[every_ms] * (count - 1)]


@dataclass(frozen=True, repr=False)
class Outcome:
    """What became of a load. Moments are virtual seconds, durations milliseconds."""

    began: float
    ended: float
    records: int
    requests: int
    batches: tuple[BatchSent, ...]
    latencies_ms: tuple[float, ...] = field(default=())
    """Of each record: from `produce` to the acknowledgement. Shortest first."""
    stuck: int = 0
    """Records that did not leave until they were flushed."""

    @property
    def requests_a_record(self) -> float:
        """1 where every record travels alone."""
        return self.requests / max(1, self.records)

    @property
    def median_ms(self) -> float:
        """Half of the records were no slower."""
        return self.latencies_ms[(len(self.latencies_ms) - 1) // 2] if self.latencies_ms else 0.0

    @property
    def slowest_ms(self) -> float:
        return self.latencies_ms[-1] if self.latencies_ms else 0.0

    @property
    def most_often(self) -> int:
        """How many records are in most of the batches."""
        sizes = Counter(batch.records for batch in self.batches)
        return sizes.most_common(1)[0][0] if sizes else 0

    def __repr__(self) -> str:
        told = say(
            "records: {records:,} · requests: {requests:,} ({each:.3g} a record) · latency: {median:.1f} ms, "
            "slowest {slowest:.1f} ms",
            records=self.records,
            requests=self.requests,
            each=self.requests_a_record,
            median=self.median_ms,
            slowest=self.slowest_ms,
        )
        if self.stuck:
            told += " · " + say("never left by themselves: {n}", n=self.stuck)
        return told


def send(
    cluster: Any,
    producer: Any,
    topic: str,
    pauses_ms: Sequence[float],
    values: Sequence[str | bytes] = (),
) -> Outcome:
    """Give the producer a record after each pause, and let virtual time pass until all are acknowledged.

    `values`: what to send, over and over; readings of the weather if nothing is given. One record goes before, and
    isn't counted: with it the producer finds the leader.
    """
    texts = cycle(values or [f"{station}, {reading}" for station, reading in data.weather(100)])
    producer.produce(topic, next(texts))
    producer.flush()
    latencies: list[float] = []
    batches: list[BatchSent] = []
    requests: list[float] = []

    def note(traced: Traced) -> None:
        match traced.event:
            case BatchSent():
                batches.append(traced.event)
            case RequestSent(api="PRODUCE"):
                requests.append(traced.at)

    def acknowledged(error: Any, message: Any) -> None:
        if error is None:
            latencies.append(message.latency() * 1000)

    began = cluster.now
    stop = cluster.on_event(note)
    try:
        for pause_ms in pauses_ms:
            if pause_ms:
                cluster.run(pause_ms / 1000)
            producer.produce(topic, next(texts), on_delivery=acknowledged)
        moved, at = 0, cluster.now
        while len(latencies) < len(pauses_ms) and cluster.now < at + PATIENCE_S:
            cluster.run(_LOOK_S)
            producer.poll(0)
            if len(latencies) > moved:
                moved, at = len(latencies), cluster.now
        stuck = len(pauses_ms) - len(latencies)
        producer.flush()
    finally:
        stop()
    ended = max([began, *requests])
    return Outcome(
        began, ended, len(pauses_ms), len(requests), tuple(batches), tuple(sorted(latencies)), stuck
    )
