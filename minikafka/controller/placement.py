"""On which brokers new partitions go, and who of them is in sync from the start.

Rule: a new replica is in sync if its broker is in service; the first such one leads. Brokers that are
fenced get replicas only when there aren't enough others. Kafka: `StripedReplicaPlacer`,
`ReplicationControlManager.validateManualPartitionAssignment`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from minikafka.controller.decision import Situation
from minikafka.policy import spread_over_racks
from minikafka.protocol.errors import ApiError, ErrorCode


class Replicas(NamedTuple):
    """The replicas of a partition that is about to be made. `isr` isn't empty."""

    brokers: tuple[int, ...]
    isr: tuple[int, ...]
    directories: tuple[UUID, ...]


def place(situation: Situation, partition_count: int, replication_factor: int) -> list[Replicas]:
    """Places partitions by the rule `place_replicas`. Raises `ApiError` INVALID_REPLICATION_FACTOR."""

    def refuse(sentence: str) -> ApiError:
        return ApiError(ErrorCode.INVALID_REPLICATION_FACTOR, sentence)

    brokers = situation.image.brokers
    unfenced = [id for id in sorted(brokers) if not brokers[id].fenced]
    fenced = [id for id in sorted(brokers) if brokers[id].fenced]
    if not unfenced:
        raise refuse("All brokers are currently fenced.")
    if replication_factor > len(brokers):
        raise refuse(
            f"The target replication factor of {replication_factor} cannot be reached because only "
            f"{len(brokers)} broker(s) are registered or some brokers have all their log directories cordoned."
        )
    first = min(replication_factor, len(unfenced))
    placed = _spread(situation, unfenced, partition_count, first)
    if replication_factor > first:
        more = _spread(situation, fenced, partition_count, replication_factor - first)
        placed = [[*some, *others] for some, others in zip(placed, more, strict=True)]
    replicas = [_replicas(situation, chosen) for chosen in placed]
    if any(not partition.isr for partition in replicas):
        raise refuse("All brokers are currently fenced or in controlled shutdown.")
    return replicas


def _spread(
    situation: Situation, brokers: Sequence[int], partition_count: int, replication_factor: int
) -> list[list[int]]:
    """By the rule `place_replicas`; where brokers are in several racks, over these first."""
    start = situation.random.randrange(len(brokers))
    racks: dict[str, list[int]] = {}
    for id in brokers:
        racks.setdefault(situation.image.brokers[id].rack or "", []).append(id)
    if len(racks) < 2:
        return situation.rules.place_replicas(brokers, partition_count, replication_factor, start)
    return spread_over_racks(
        [racks[name] for name in sorted(racks)], partition_count, replication_factor, start
    )


def check_brokers(situation: Situation, broker_ids: Sequence[int]) -> None:
    """Can these hold a partition? Raises `ApiError` INVALID_REPLICA_ASSIGNMENT."""

    def refuse(sentence: str) -> ApiError:
        return ApiError(ErrorCode.INVALID_REPLICA_ASSIGNMENT, f"The manual partition assignment {sentence}")

    if not broker_ids:
        raise refuse("includes an empty replica list.")
    previous = None
    for id in sorted(broker_ids):
        if id not in situation.image.brokers:
            raise refuse(f"includes broker {id}, but no such broker is registered.")
        if id == previous:
            raise refuse(f"includes the broker {id} more than once.")
        previous = id


def check_manual_assignment(
    situation: Situation, index: int, broker_ids: Sequence[int], replication_factor: int | None
) -> Replicas:
    """Replicas that a client chose itself. Raises `ApiError` INVALID_REPLICA_ASSIGNMENT."""

    def refuse(sentence: str) -> ApiError:
        return ApiError(ErrorCode.INVALID_REPLICA_ASSIGNMENT, sentence)

    check_brokers(situation, broker_ids)
    if replication_factor is not None and len(broker_ids) != replication_factor:
        raise refuse(
            f"The manual partition assignment includes a partition with {len(broker_ids)} replica(s), but this "
            f"is not consistent with previous partitions, which have {replication_factor} replica(s)."
        )
    replicas = _replicas(situation, broker_ids)
    if not replicas.isr:
        raise refuse(
            f"All brokers specified in the manual partition assignment for partition {index} are fenced or in "
            "controlled shutdown."
        )
    return replicas


def _replicas(situation: Situation, broker_ids: Sequence[int]) -> Replicas:
    active = situation.active_brokers
    directories = tuple(situation.directory_for_new(id) for id in broker_ids)
    return Replicas(tuple(broker_ids), tuple(id for id in broker_ids if id in active), directories)
