"""A load in virtual time: so many records a second into a topic, and a group of workers that needs time for each.

Rule: all of it is the cluster's own clients, driven a virtual second at a time; what is counted comes from snapshots. A
rewound cluster finds its load as it was at that moment. Kafka: `ProducerPerformance` and `ConsumerPerformance`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from minikafka import OFFSET_END, KafkaException, TopicPartition
from minikafka.commands import CreateTopic, DeleteTopic
from minikafka.policy.consuming import Look, lag_status
from minikafka.xray.snapshot import Snapshot
from minikafka_lessons import data
from minikafka_lessons.language import say
from minikafka_lessons.show import ink
from minikafka_lessons.show.lag import lag_html

Monitor = Callable[[Sequence[Look]], tuple[str, str, int | None]]
WINDOW = 5
"""So many looks a monitor is shown, a second apart."""
PATIENCE_S = 6
"""After it has acted, one who obeys a monitor waits so long for the effect."""
SPEED = 50
"""Records that a worker manages in a second: 20 ms each."""
AIRPORTS = 400
_CLIENT = {"topic.metadata.refresh.interval.ms": 1000}
"""Clients hear of new partitions within a second (Kafka's own default is 5 minutes)."""
_READER = {
    **_CLIENT,
    "auto.offset.reset": "earliest",
    "enable.auto.commit": False,
    "heartbeat.interval.ms": 500,
}


@dataclass(frozen=True)
class Worked:
    """One record that a worker has finished."""

    at: float
    partition: int
    offset: int
    key: str
    number: int
    """The record was the so-manieth that was sent."""


@dataclass(frozen=True)
class Verdict:
    """What a monitor said of a partition at a look."""

    at: float
    partition: int
    status: str
    rule: str
    lag: int | None


@dataclass(frozen=True)
class _Moment:
    """What a rewound load goes back to."""

    at: float
    sent: int
    workers: int
    worked: int
    samples: int
    verdicts: int


class Load:
    """A topic, new and empty, its producer, and a group of workers. Nothing moves but by `run`."""

    def __init__(
        self,
        cluster: Any,
        topic: str,
        group: str,
        *,
        partitions: int,
        speed: int = SPEED,
        keys: Sequence[str] = (),
        monitor: Monitor = lag_status,
        telling: bool = True,
    ) -> None:
        self.topic, self.group, self.speed = topic, group, speed
        self._cluster, self._monitor, self._telling = cluster, monitor, telling
        self._keys = list(keys) or [text[:3] for _, text in data.airports(AIRPORTS)]
        self.workers: list[Any] = []
        self.worked: list[Worked] = []
        self.samples: list[tuple[float, int, int, int]] = []
        """(seconds, produced, committed, LAG): as `show.record_lag` has them."""
        self.looks: dict[int, list[tuple[float, Look]]] = {}
        self.verdicts: list[Verdict] = []
        self.actions: list[tuple[float, str]] = []
        """(seconds since it began, what was done on the monitor's word)."""
        self.sent = self._opened = 0
        self._stuck: list[Any] = []
        self._make_anew(partitions)
        self._producer: Any = cluster.producer({**_CLIENT, "client.id": "airports", "linger.ms": 5})
        cluster.__dict__["loads"][self.topic] = self
        self._began = cluster.now
        self._moments = [_Moment(cluster.now, 0, 0, 0, 0, 0)]

    def _make_anew(self, partitions: int) -> None:
        """The cell may have run before: then its clients, topic and commits go."""
        loads: dict[str, Load] = self._cluster.__dict__.setdefault("loads", {})
        if (before := loads.get(self.topic)) is not None:
            before.close()
        if any(topic.name == self.topic for topic in self._cluster.snapshot().topics):
            self._cluster.do(DeleteTopic(self.topic))
        if hasattr(self._cluster, "forget"):
            self._cluster.forget(self.group)
        self._cluster.do(CreateTopic(self.topic, partitions))

    # -- what happens ------------------------------------------------------------------------------------------

    def add_workers(self, count: int = 1) -> None:
        """So many more consumers join the group."""
        self._go_back()
        for _ in range(count):
            self._opened += 1
            worker = self._cluster.consumer(
                {**_READER, "group.id": self.group, "client.id": f"worker-{self._opened}"}
            )
            worker.subscribe([self.topic])
            self.workers.append(worker)
        self._note()

    def run(self, seconds: int, rate: int, *, obey: bool = False) -> None:
        """So many virtual seconds, in each of which `rate` records are sent and each worker does what it can.

        `obey`: whoever is on duty does what the monitor says: for WARN ("lag grows") one more worker, as long as there
        are fewer than partitions; for STALL another worker in the place of the one that has that partition.
        """
        self._go_back()
        ends = self._cluster.now
        for _ in range(seconds):
            ends += 1.0
            self._send(rate)
            self._work()
            self._cluster.run(max(0.0, ends - self._cluster.now))
            self._look(self._cluster.snapshot())
            if obey:
                self._obey()
            self._note()
        if self._telling:
            print(self._line(seconds, rate))

    def drain(self) -> None:
        """Nobody writes until the group has read everything."""
        seconds = 0
        while self.lag and seconds < 120:
            telling, self._telling = self._telling, False
            self.run(1, 0)
            self._telling, seconds = telling, seconds + 1
        if self._telling:
            print(self._line(seconds, 0))

    def stop_working(self, worker: int = 0) -> None:
        """This worker hangs in a record: it stays in its group, and does nothing any more."""
        self._stuck.append(self.workers[worker])

    def read_again(self, partition: int, records: int) -> None:
        """The worker that has this partition goes back so many records, and commits that."""
        for worker in self.workers:
            for place in worker.assignment():
                if place.partition == partition:
                    committed = worker.committed([place])[0].offset
                    there = TopicPartition(self.topic, partition, max(0, committed - records))
                    worker.seek(there)
                    worker.commit(offsets=[there], asynchronous=False)

    def delete_records(self) -> None:
        """All that is there now is deleted, read or not, as retention would."""
        everything = [
            TopicPartition(self.topic, p.index, OFFSET_END)
            for p in self._cluster.snapshot().topic(self.topic).partitions
        ]
        with self._cluster.admin() as admin:
            for done in admin.delete_records(everything).values():
                done.result()

    def close(self) -> None:
        """Its clients leave."""
        for client in [*self.workers, self._producer]:
            with contextlib.suppress(Exception):  # one that a rewind has left says so: it is gone
                client.close()
        self.workers.clear()

    # -- what there is to see ----------------------------------------------------------------------------------

    @property
    def lag(self) -> int:
        """Of all partitions together, at the last look."""
        return self.samples[-1][3] if self.samples else 0

    @property
    def lags(self) -> dict[int, int | None]:
        """Of each partition, at the last look; None without a commit."""
        return {p: lag_status([looks[-1][1]])[2] for p, looks in sorted(self.looks.items())}

    @property
    def overtaken(self) -> list[Worked]:
        """Records that were worked off after a newer one of the same key."""
        newest: dict[str, int] = {}
        late = []
        for one in self.worked:
            if one.number < newest.get(one.key, -1):
                late.append(one)
            newest[one.key] = max(newest.get(one.key, -1), one.number)
        return late

    def status(self) -> ink.Picture:
        """What the monitor said of each partition at the last look."""
        news = [v for v in self.verdicts if v.at == self.verdicts[-1].at]
        rows: list[list[object]] = [
            [v.partition, ink.Code(v.status), ink.Code(v.rule), ink.number(v.lag)] for v in news
        ]
        return ink.Picture(ink.table(["PARTITION", "STATUS", say("rule"), "LAG"], rows, left=3))

    def picture(self) -> ink.Picture:
        """The LAG of all partitions over time."""
        return ink.Picture(lag_html(self.samples, self.group))

    # -- a second ----------------------------------------------------------------------------------------------

    def _send(self, rate: int) -> None:
        for _ in range(rate):
            key = self._keys[self.sent % len(self._keys)]
            self._producer.produce(self.topic, f"{self.sent}", key=key)
            self.sent += 1

    def _work(self) -> None:
        for worker in list(self.workers):
            if worker in self._stuck:
                continue
            messages = [m for m in worker.consume(self.speed, timeout=0.0) if m.error() is None]
            for m in messages:
                self.worked.append(
                    Worked(self._cluster.now, m.partition(), m.offset(), m.key().decode(), int(m.value()))
                )
            if messages:
                with contextlib.suppress(KafkaException):  # a rebalance took the partitions meanwhile
                    worker.commit(asynchronous=True)

    def _look(self, snapshot: Snapshot) -> None:
        topic = snapshot.topic(self.topic)
        group = next((g for g in snapshot.groups or () if g.id == self.group), None)
        rows = {o.partition: o for o in group.offsets if o.topic == self.topic} if group else {}
        produced = done = lag = 0
        for partition in topic.partitions:
            start, end = partition.log_start or 0, partition.high_watermark or 0
            row = rows.get(partition.index)
            committed = None if row is None else row.committed
            looks = self.looks.setdefault(partition.index, [])
            looks.append((snapshot.at, (start, committed, end)))
            said = self._monitor([look for _, look in looks[-WINDOW:]])
            self.verdicts.append(Verdict(snapshot.at, partition.index, said[0], said[1], said[2]))
            at = max(start, committed or 0)
            produced, done, lag = produced + end, done + at, lag + max(0, end - at)
        self.samples.append((snapshot.at - self._began, produced, done, lag))

    def _obey(self) -> None:
        now = self._cluster.now - self._began
        if self.actions and now - self.actions[-1][0] < PATIENCE_S:
            return
        news = [v for v in self.verdicts if v.at == self.verdicts[-1].at]
        for verdict in news:
            if verdict.status == "STALL" and (stuck := self._owner(verdict.partition)) is not None:
                self.workers.remove(stuck)
                stuck.close()
                self.add_workers()
                self.actions.append((now, f"replaced the worker of partition {verdict.partition}"))
                return
        if any((v.status, v.rule) == ("WARN", "lag grows") for v in news) and len(self.workers) < len(news):
            self.add_workers()
            self.actions.append((now, "added a worker"))

    def _owner(self, partition: int) -> Any:
        for worker in self.workers:
            if any(place.partition == partition for place in worker.assignment()):
                return worker
        return None

    def _line(self, seconds: int, rate: int) -> str:
        return say(
            "{n} s with {rate} records a second, {workers} consumer(s): LAG {lag:,}",
            n=seconds,
            rate=rate,
            workers=len(self.workers),
            lag=self.lag,
        )

    # -- going back --------------------------------------------------------------------------------------------

    def _note(self) -> None:
        self._moments.append(
            _Moment(
                *(self._cluster.now, self.sent, len(self.workers)),
                *(len(self.worked), len(self.samples), len(self.verdicts)),
            )
        )

    def _go_back(self) -> None:
        """If the cluster was rewound, so is this."""
        now = self._cluster.now
        if self._moments[-1].at <= now + 1e-9:
            return
        while len(self._moments) > 1 and self._moments[-1].at > now + 1e-9:
            self._moments.pop()
        then = self._moments[-1]
        self.sent = then.sent
        for kept, count in (
            (self.workers, then.workers),
            (self.worked, then.worked),
            (self.samples, then.samples),
            (self.verdicts, then.verdicts),
        ):
            del kept[count:]
        for looks in self.looks.values():
            looks[:] = [one for one in looks if one[0] <= now + 1e-9]
        self.looks = {p: looks for p, looks in self.looks.items() if looks}
        self.actions = [one for one in self.actions if one[0] <= now - self._began + 1e-9]


__all__ = ["Load", "Verdict", "Worked"]
