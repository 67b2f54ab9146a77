"""A case: the seed, the cluster, the workload and the faults of one run, as one value.

Rule: equal cases end in equal reports, so a case is all that has to be kept of a run that broke. Kafka has none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

import msgspec

from minikafka.explore import moves
from minikafka.explore.exploration import run
from minikafka.explore.faults import ALL_KINDS, UNDOING, Fault, draw_faults, draw_reordering
from minikafka.explore.report import Report
from minikafka.explore.workload import Operating, Workload, draw_workload
from minikafka.policy import Rules

SECONDS = 30.0
FEWEST_BROKERS, MOST_BROKERS = 3, 5
QUORUMS = (1, 3, 5)
COUNTS = (6, 12, 20)
CONFIGS = {"replica.lag.time.max.ms": "5000"}
"""A follower that hangs is given up within the time that a run lasts."""
QUICK_LAG = (False, True)
SNAPSHOTS = {
    "metadata.log.max.record.bytes.between.snapshots": "4000",
    "metadata.max.retention.bytes": "1",
    "controller.quorum.fetch.snapshot.max.bytes": "400",
}
"""Controllers write one every few changes and give up the log before it: who was away has to fetch one, in pieces."""
OFTEN = (False, True)


class Case(msgspec.Struct, frozen=True):
    """`run()` says what comes of it."""

    seed: int
    workload: Workload
    faults: tuple[Fault, ...] = ()
    brokers: int = 3
    configs: dict[str, str] = {}
    controllers: int = 1

    @property
    def size(self) -> int:
        """How many commands it has: topics, clients and faults."""
        workload = self.workload
        clients = len(workload.writers) + len(workload.readers) + len(workload.operators)
        return len(workload.topics) + clients + len(self.faults)

    def run(self, rules: Rules | None = None) -> Report:
        """One run."""
        return run(
            *(self.seed, self.workload, self.faults),
            brokers=self.brokers,
            controllers=self.controllers,
            configs=self.configs,
            rules=rules,
        )

    def __str__(self) -> str:
        workload = self.workload
        quorum = f"{self.controllers} controller{'s' if self.controllers > 1 else ''}"
        lines = [
            f"seed {self.seed}, {self.brokers} brokers, {quorum}, {workload.lasts_s:g} s, {self.size} commands:"
        ]
        lines += [f"  topic {t.topic}: {t.partitions} × {t.replication_factor}" for t in workload.topics]
        lines += [f"  writer: {w.count} at a turn to {w.topic} {_listed(w.config)}" for w in workload.writers]
        lines += [f"  reader: {r.topic} for {r.group} {_listed(r.config)}" for r in workload.readers]
        lines += [f"  operator: changes {o.topic}" for o in workload.operators]
        lines += [f"  {_listed(self.configs)}"] if self.configs else []
        return "\n".join([*map(str.rstrip, lines), *map(str, self.faults)])


def _listed(config: Mapping[str, str | int | float | bool]) -> str:
    return " ".join(f"{name}={value}" for name, value in config.items())


def draw_case(
    seed: int,
    brokers: int | None = None,
    seconds: float = SECONDS,
    kinds: Sequence[str] = ALL_KINDS,
    controllers: int | None = None,
) -> Case:
    """One of many: 3 to 5 brokers and 1, 3 or 5 controllers unless said, a workload and faults of these kinds within so
    many seconds."""
    random = Random(f"case/{seed}")
    drawn = random.randint(FEWEST_BROKERS, MOST_BROKERS)
    count = brokers or drawn
    voters = controllers or Random(f"controllers/{seed}").choice(QUORUMS)
    workload = msgspec.structs.replace(draw_workload(seed, in_flight=(1, 5), brokers=count), lasts_s=seconds)
    if voters > 1:
        workload = msgspec.structs.replace(workload, operators=(Operating(workload.topics[0].topic),))
    most = random.choice(COUNTS) if kinds else 0
    befalling = [kind for kind in kinds if kind not in (*moves.KINDS, "reorder")]
    faults = (
        draw_faults(
            *(seed, count, most),
            kinds=(*befalling, *UNDOING),
            within_s=seconds,
            controllers=voters,
        )
        if befalling
        else ()
    )
    moving = moves.draw_moves(seed, count, workload.topics, kinds, seconds)
    reordering = draw_reordering(seed, seconds) if "reorder" in kinds else ()
    faults = tuple(sorted((*faults, *moving, *reordering), key=lambda fault: fault.at_s))
    configs = dict(CONFIGS) if random.choice(QUICK_LAG) else {}
    if Random(f"snapshots/{seed}").choice(OFTEN):
        configs |= SNAPSHOTS
    return Case(seed, workload, faults, count, configs, voters)


__all__ = ["Case", "draw_case"]
