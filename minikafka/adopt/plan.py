"""Which topics and which replicas are taken: the source's folders beside what its metadata know.

Rule: of several replicas of a partition the most complete one is taken. Kafka: `LogManager.isStrayReplica`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from uuid import UUID

from minikafka.adopt.known import Known, KnownTopic
from minikafka.adopt.replica import Replica, read_replica
from minikafka.adopt.report import Report
from minikafka.adopt.source import SourceDirectory
from minikafka.log.checkpoints import CLEANER_OFFSETS
from minikafka.metadata.topic_names import (
    GROUP_METADATA_TOPIC,
    SHARE_GROUP_STATE_TOPIC,
    TRANSACTION_STATE_TOPIC,
    why_invalid,
)
from minikafka.protocol.uuid_text import encode_uuid

NOT_TAKEN = {
    TRANSACTION_STATE_TOPIC: "nobody coordinates transactions in our cluster (yet)",
    SHARE_GROUP_STATE_TOPIC: "our cluster has no share groups",
}


@dataclass(slots=True)
class PlannedTopic:
    """A topic to be; `id` None: it never had one."""

    name: str
    id: UUID | None
    configs: dict[str, str]
    partitions: int
    leader_epochs: dict[int, int]
    replicas: dict[int, Replica] = field(default_factory=dict)


def plan(
    sources: Sequence[SourceDirectory], known: Known, wanted: Sequence[str], report: Report
) -> list[PlannedTopic]:
    """By name. Raises OSError."""
    candidates: dict[str, list[Replica]] = {}
    for source in sources:
        for key in sorted(source.partitions):
            if _is_wanted(key[0], wanted):
                candidates.setdefault(key[0], []).append(read_replica(source, key))
    topics = []
    for name in sorted({*candidates, *(name for name in known.topics if _is_wanted(name, wanted))}):
        if name in NOT_TAKEN:
            report.leave(f"topic {name}", NOT_TAKEN[name])
            continue
        if why_invalid(name) is not None:
            report.leave(f"folders of {name}", "no topic can have this name")
            continue
        replicas = candidates.get(name, [])
        told = known.topics.get(name)
        if told is None and known.is_complete:
            for replica in replicas:
                report.leave(f"{replica.path}", "a stray: the cluster's metadata has no such topic")
            continue
        topics.append(_planned(name, told, replicas, report))
    return topics


def _is_wanted(name: str, wanted: Sequence[str]) -> bool:
    return not wanted or name == GROUP_METADATA_TOPIC or any(fnmatchcase(name, pattern) for pattern in wanted)


def _planned(name: str, told: KnownTopic | None, replicas: list[Replica], report: Report) -> PlannedTopic:
    topic_id = told.id if told is not None and told.id is not None else _commonest(replicas)
    ours = []
    for replica in replicas:
        its_id = replica.topic_id
        if topic_id is None or its_id in (None, topic_id):
            ours.append(replica)
        else:
            was = "" if its_id is None else f" (its id is {encode_uuid(its_id)})"
            report.leave(f"{replica.path}", f"it is of another topic of this name{was}")
    chosen: dict[int, Replica] = {}
    for replica in ours:
        index = replica.key[1]
        best = chosen.get(index)
        if best is None or replica.rank > best.rank:
            chosen[index] = replica
    for replica in ours:
        best = chosen[replica.key[1]]
        if best is not replica:
            report.leave(f"{replica.path}", "another replica, which was taken, is as complete or more so")
    epochs = dict(told.leader_epochs) if told is not None else {}
    count = max((*epochs, *chosen), default=-1) + 1
    configs = dict(told.configs) if told is not None else _guessed(name, ours)
    _say_what_is_missing(name, count, chosen, report)
    return PlannedTopic(name, topic_id, configs, count, epochs, chosen)


def _commonest(replicas: list[Replica]) -> UUID | None:
    ids = Counter(found for replica in replicas if (found := replica.topic_id) is not None)
    return min(ids, key=lambda one: (-ids[one], one.bytes), default=None)


def _guessed(name: str, replicas: list[Replica]) -> dict[str, str]:
    """Where nobody says how a topic is configured: Kafka's cleaner has been there, so it was compacted."""
    was_cleaned = any(replica.source.noted(CLEANER_OFFSETS, replica.key) is not None for replica in replicas)
    if name == GROUP_METADATA_TOPIC:
        return {"cleanup.policy": "compact", "compression.type": "producer", "segment.bytes": "104857600"}
    return {"cleanup.policy": "compact"} if was_cleaned else {}


def _say_what_is_missing(name: str, count: int, chosen: dict[int, Replica], report: Report) -> None:
    missing = [index for index in range(count) if index not in chosen]
    if missing:
        where = ", ".join(map(str, missing[:20])) + ("…" if len(missing) > 20 else "")
        report.leave(
            f"partitions {where} of {name}",
            "their folders aren't here (other brokers have them?): they begin empty",
        )
    for index, replica in sorted(chosen.items()):
        if not replica.logs:
            report.leave(f"{replica.path}", f"it has no .log: partition {index} of {name} begins empty")
        elif replica.others:
            shown = ", ".join(replica.others[:5]) + ("…" if len(replica.others) > 5 else "")
            report.leave(f"{replica.path}: {shown}", "no files of a partition's")
