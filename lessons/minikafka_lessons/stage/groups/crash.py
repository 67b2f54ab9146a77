"""A crash: one member works through a topic until it is killed, another takes over; what was done twice, what never?

Rule: the work of a record is noted the moment it is done, by the record's own value; what is counted at the end is that
note, and nothing that a client believes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from minikafka.commands import Cut
from minikafka_lessons.stage.groups.team import CONFIG

TOPIC, COUNT = "parcels", 12
PATIENCE_S = 60.0


class Killed(BaseException):
    """The member's process ends here. No code of its own can catch it in the usual way."""


@dataclass(frozen=True)
class Crash:
    """What came of it."""

    worked: tuple[int, ...]
    """How often the work on each record was done, in the order of their offsets."""
    committed: int
    """Where the first member's last commit stood when it was killed."""

    @property
    def twice(self) -> int:
        """Records that were worked on more than once."""
        return sum(times > 1 for times in self.worked)

    @property
    def never(self) -> int:
        """Records that nobody worked on."""
        return sum(times == 0 for times in self.worked)

    def __repr__(self) -> str:
        row = " ".join(str(times) for times in self.worked)
        return f"work done on each record: {row}   twice: {self.twice}, never: {self.never}"


Way = Callable[[Any, Sequence[Any], Callable[[Any], None]], object]


class _Member:
    """The consumer as the learner's function sees it: it commits what it was given."""

    def __init__(self, consumer: Any, strike: Callable[[str], None]) -> None:
        self._consumer, self._strike = consumer, strike

    def commit(self) -> None:
        """What was polled up to now, and wait for the answer."""
        self._consumer.commit(asynchronous=False)
        self._strike("commit")

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["_consumer"], name)


def crash(cluster: Any, way: Way, batch: int, killed_after: tuple[str, int]) -> Crash:
    """`way(consumer, messages, work)` is given `batch` records at a time; the member is killed right after its n-th
    "work" or "commit" is done. A second one, with the same `way`, does the rest."""
    what, number = killed_after
    _fill(cluster)
    group = f"crash-{len(cluster.snapshot().groups or ()) + 1}"
    done: Counter[str] = Counter()
    worked: Counter[bytes] = Counter()

    def strike(step: str) -> None:
        done[step] += 1
        if (step, done[step]) == (what, number):
            raise Killed

    def work(message: Any) -> None:
        worked[message.value()] += 1
        strike("work")

    known = dict.fromkeys(cluster.clients)
    first = _open(cluster, group, "first")
    host = next(name for name in cluster.clients if name not in known)
    try:
        _work_off(cluster, _Member(first, strike), way, batch, work)
    except Killed:
        cluster.do(Cut((host,)))
        cluster.run(1)
    else:
        first.close()
    found = next(g for g in cluster.snapshot().groups if g.id == group)
    committed = sum(one.committed or 0 for one in found.offsets)
    second = _open(cluster, group, "second")
    number = -1  # nobody kills this one
    _work_off(cluster, _Member(second, lambda _: None), way, batch, work)
    second.close()
    return Crash(tuple(worked[f"parcel {n}".encode()] for n in range(COUNT)), committed)


def _open(cluster: Any, group: str, name: str) -> Any:
    consumer = cluster.consumer({**CONFIG, "group.id": group, "client.id": name})
    consumer.subscribe([TOPIC])
    return consumer


def _work_off(cluster: Any, member: _Member, way: Way, batch: int, work: Callable[[Any], None]) -> None:
    """Until the topic's end is reached, or it is killed."""
    until = cluster.now + PATIENCE_S
    while cluster.now < until:
        messages = member.consume(batch, 2.0)
        if messages:
            way(member, messages, work)
            if messages[-1].offset() == COUNT - 1:
                return


def _fill(cluster: Any) -> None:
    if any(topic.name == TOPIC for topic in cluster.snapshot().topics):
        return
    cluster.create_topic(TOPIC, 1)
    producer = cluster.producer()
    for n in range(COUNT):
        producer.produce(TOPIC, f"parcel {n}")
    producer.flush()
    producer.close()
