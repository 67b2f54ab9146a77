"""What a decision is, and what it may look at.

Rule: a decision changes nothing, and it is of bounded size: what concerns thousands of partitions is decided piece
by piece, each as the cluster is by then, and others are heard in between. Kafka: `ControllerResult`.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from minikafka.metadata.configs import BrokerConfigs
from minikafka.metadata.ids import UNASSIGNED_DIRECTORY
from minikafka.metadata.image import MetadataImage
from minikafka.policy import Rules
from minikafka.protocol.schema import Message

R = TypeVar("R")

PIECE_RECORDS = 500
"""Of a decision that could be cut anywhere, so many records are decided at a time."""

ELIGIBLE_LEADER_REPLICAS = "eligible.leader.replicas.version"


@dataclass(frozen=True, slots=True)
class Decision(Generic[R]):
    """Records to append (all of them or none), and the answer to give once they are committed.

    One that isn't whole is made again after that, of what the cluster is by then, and gives the answer in the end.
    `is_certain`: the answer says nothing that isn't committed; it needn't wait for what is only decided.
    """

    records: tuple[Message, ...]
    response: R
    is_whole: bool = True
    is_certain: bool = False

    @classmethod
    def of_changes(cls, changes: Sequence[Message], response: R, last: Message | None = None) -> Decision[R]:
        """So many changes that they may not be all (`PIECE_RECORDS`), or those and `last`."""
        is_whole = len(changes) < PIECE_RECORDS
        return cls((*changes, last) if is_whole and last else tuple(changes), response, is_whole)


@dataclass(frozen=True, slots=True)
class Situation:
    """What every decision may look at. `random` is the only source of chance.

    `image` has all that is decided; `committed` lacks what may still be lost with this controller's leadership.
    """

    image: MetadataImage
    committed: MetadataImage
    configs: BrokerConfigs
    rules: Rules
    random: random.Random

    @property
    def active_brokers(self) -> tuple[int, ...]:
        """Ids of the brokers that may lead and be in an ISR, ascending."""
        return tuple(id for id in sorted(self.image.brokers) if self.image.brokers[id].is_active)

    @property
    def uses_elr(self) -> bool:
        """Whether eligible leader replicas (KIP-966) are switched on in this cluster."""
        return self.image.features.get(ELIGIBLE_LEADER_REPLICAS, 0) > 0

    def directory_for_new(self, broker_id: int) -> UUID:
        """Where a new replica on that broker lies; who has several directories says so itself."""
        known = self.image.brokers[broker_id].log_dirs
        return known[0] if len(known) == 1 else UNASSIGNED_DIRECTORY

    def new_id(self) -> UUID:
        """A random id, never one of those that Kafka reserves."""
        return UUID(int=self.random.getrandbits(128), version=4)
