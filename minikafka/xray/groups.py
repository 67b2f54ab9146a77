"""The groups of a cluster's pictures.

Rule: a group is as that broker says which leads its partition of `__consumer_offsets`. While nobody can say
(the broker is gone, or still reads), the group stays as it was seen last, with an error and with the moment: its
positions are in the log, and nobody has lost them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import msgspec

from minikafka.broker.snapshot import BrokerSnapshot
from minikafka.coordinator.reading import GroupSnapshot
from minikafka.protocol.messages import consumer_protocol
from minikafka.xray.lag import LagRule, group_offsets
from minikafka.xray.snapshot import Group, Member, Partition, TopicPartition, broker_name

ACTIVE, LOADING = "active", "loading"
PartitionAt = Callable[[TopicPartition], Partition | None]


class Groups:
    """`see` who is there, then look at `drawn`. `leader_of(partition)`: which broker leads that partition of
    `__consumer_offsets` on paper; `partition_at`: as it was drawn last."""

    def __init__(self, lag: LagRule, leader_of: Callable[[int], int], partition_at: PartitionAt) -> None:
        self._lag = lag
        self._leader_of = leader_of
        self._partition_at = partition_at
        self._seen: dict[str, tuple[int, float, Group]] = {}
        """Partition of `__consumer_offsets`, when it was seen, and what."""
        self.drawn: tuple[Group, ...] = ()
        """By id."""

    def see(self, at: float, clock_offset_s: float, brokers: Mapping[int, BrokerSnapshot]) -> Iterator[None]:
        """One group after the other. `brokers`: those that run, by id; `clock_offset_s`: from their clock to `at`'s."""
        speaking = {p for b, view in brokers.items() for p in view.coordinates if self._speaks(b, p, view)}
        present: dict[str, None] = {}
        for broker, view in brokers.items():
            for group in view.groups:
                if self._speaks(broker, group.partition, view):
                    self._take(at, clock_offset_s, broker, group)
                    present[group.id] = None
                    yield
        for name, (partition, _, _) in list(self._seen.items()):
            if name not in present and partition in speaking:
                del self._seen[name]  # who must know it doesn't
        self._draw(present, brokers)

    def _speaks(self, broker: int, partition: int, view: BrokerSnapshot) -> bool:
        return self._leader_of(partition) == broker and view.coordinates.get(partition) == ACTIVE

    def _take(self, at: float, clock_offset_s: float, broker: int, told: GroupSnapshot) -> None:
        before = self._seen.get(told.id)
        group = _group(told, broker, clock_offset_s, self._partition_at, self._lag)
        if before is not None and before[2] == group:
            group = before[2]
        self._seen[told.id] = (told.partition, at, group)

    def _draw(self, present: Mapping[str, None], brokers: Mapping[int, BrokerSnapshot]) -> None:
        shown = []
        for name in sorted(self._seen):
            partition, at, group = self._seen[name]
            if name not in present:
                leader = brokers.get(self._leader_of(partition))
                loads = leader is not None and leader.coordinates.get(partition) == LOADING
                error = "COORDINATOR_LOAD_IN_PROGRESS" if loads else "COORDINATOR_NOT_AVAILABLE"
                group = msgspec.structs.replace(group, error=error, as_of=at)
            shown.append(group)
        self.drawn = tuple(shown)


def _group(
    group: GroupSnapshot, coordinator: int, clock_offset_s: float, partition_at: PartitionAt, lag: LagRule
) -> Group:
    members = tuple(
        Member(
            id=m.id,
            client_id=m.client_id,
            client_host=m.client_host,
            assignment=decode_assignment(m.assignment) if group.protocol_type == "consumer" else None,
            instance_id=m.instance_id,
            heard_at=None if m.heard_at is None else round(m.heard_at + clock_offset_s, 3),
            session_timeout_s=m.session_timeout_ms / 1000,
        )
        for m in group.members
    )
    committed = {TopicPartition(o.topic, o.partition): (o.offset, o.metadata) for o in group.offsets}
    return Group(
        id=group.id,
        state=group.state,
        protocol=group.protocol,
        protocol_type=group.protocol_type,
        generation=group.generation,
        coordinator=broker_name(coordinator),
        leader=group.leader,
        members=members,
        offsets=group_offsets(committed, members, partition_at, lag),
    )


def decode_assignment(data: bytes | memoryview | None) -> tuple[TopicPartition, ...] | None:
    """The partitions in a ConsumerProtocolAssignment, in order; None when there is none, or it can't be read."""
    if not data:
        return None
    try:
        return tuple(sorted(TopicPartition(*pair) for pair in consumer_protocol.assigned_pairs(data)))
    except ValueError:  # another client's bytes: whatever they are, the row lives
        return None
