"""The controller's pure core: all decisions in one place, and the replay that alone changes its state.

Rule: `decide → propose → commit → replay`, in that order; the shell (`node.py`) sees to it, on a standby too, which
only replays. A commit takes its time, and decisions don't wait for it: each is made on the image that the earlier ones
will give (`decided`), as they will be committed in this order or not at all. Images never change and share what they
can, so what is foreseen costs no more than replaying it later would, and when another node leads, dropping it is all
there is to a rollback. Kafka keeps a history of each table for that (`TimelineHashMap`, `SnapshotRegistry`,
`QuorumController.renounce`).
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from minikafka.controller import alter_configs as configs_of
from minikafka.controller import brokers, features, producer_ids, registration, topics
from minikafka.controller.alter_partition import alter_partition
from minikafka.controller.decision import Decision, Situation
from minikafka.controller.directories import assign_replicas_to_dirs
from minikafka.controller.elect_leaders import balance_leaders, elect_leaders
from minikafka.controller.partition_change import elections_where_allowed
from minikafka.controller.reassignment import alter_partition_reassignments
from minikafka.controller.sessions import Sessions
from minikafka.metadata.configs import BrokerConfigs
from minikafka.metadata.features import bootstrap_records
from minikafka.metadata.image import MetadataDelta, MetadataImage
from minikafka.metadata.records import RegisterBrokerRecord, UnregisterBrokerRecord
from minikafka.metadata.replay import Skip, advance
from minikafka.policy import Rules
from minikafka.protocol.messages.allocate_producer_ids import (
    AllocateProducerIdsRequest,
    AllocateProducerIdsResponse,
)
from minikafka.protocol.messages.alter_configs import AlterConfigsRequest, AlterConfigsResponse
from minikafka.protocol.messages.alter_partition import AlterPartitionRequest, AlterPartitionResponse
from minikafka.protocol.messages.alter_partition_reassignments import (
    AlterPartitionReassignmentsRequest,
    AlterPartitionReassignmentsResponse,
)
from minikafka.protocol.messages.assign_replicas_to_dirs import (
    AssignReplicasToDirsRequest,
    AssignReplicasToDirsResponse,
)
from minikafka.protocol.messages.broker_heartbeat import BrokerHeartbeatRequest, BrokerHeartbeatResponse
from minikafka.protocol.messages.broker_registration import (
    BrokerRegistrationRequest,
    BrokerRegistrationResponse,
)
from minikafka.protocol.messages.controller_registration import (
    ControllerRegistrationRequest,
    ControllerRegistrationResponse,
)
from minikafka.protocol.messages.create_partitions import CreatePartitionsRequest, CreatePartitionsResponse
from minikafka.protocol.messages.create_topics import CreateTopicsResponse
from minikafka.protocol.messages.delete_topics import DeleteTopicsRequest, DeleteTopicsResponse
from minikafka.protocol.messages.elect_leaders import ElectLeadersRequest, ElectLeadersResponse
from minikafka.protocol.messages.incremental_alter_configs import (
    IncrementalAlterConfigsRequest,
    IncrementalAlterConfigsResponse,
)
from minikafka.protocol.messages.unregister_broker import UnregisterBrokerRequest, UnregisterBrokerResponse
from minikafka.protocol.messages.update_features import UpdateFeaturesRequest, UpdateFeaturesResponse
from minikafka.protocol.schema import Message
from minikafka.quorum.snapshot_file import MetadataSnapshot


class Foreseen(NamedTuple):
    """What records that were decided will make of the image; they are to begin at `base_offset`."""

    base_offset: int
    image: MetadataImage
    delta: MetadataDelta


class Controller:
    """State: the metadata image, and the brokers' sessions (which no log keeps).

    Every method but `replay`, `expect`, `forget_foreseen`, `load_snapshot` and `activate` only decides. They raise
    `ApiError` where the whole request is refused. `now_s` is the controller's clock in seconds; `next_offset` where the
    decision's first record will stand.
    """

    def __init__(
        self,
        cluster_id: str,
        configs: BrokerConfigs | None = None,
        rules: Rules | None = None,
        rng: random.Random | None = None,
    ) -> None:
        self.cluster_id = cluster_id
        self.configs = configs or BrokerConfigs()
        self.rules = rules or Rules()
        self.random = rng or random.Random(0)
        self.image = MetadataImage()
        """All that is committed, and nothing else."""
        self._foreseen: deque[Foreseen] = deque()
        """What is decided and not committed yet, in the log's order; empty on a standby."""
        self.sessions = Sessions(self.configs.seconds("broker.session.timeout.ms"))
        """When each registered broker was last heard from."""
        self._registration_offsets: dict[int, int] = {}
        """Of each registered broker, where in the log its newest registration is."""

    @property
    def decided(self) -> MetadataImage:
        """The image with all that was decided: what the next decision is made on."""
        return self._foreseen[-1].image if self._foreseen else self.image

    def foresee(self, records: Sequence[Message], base_offset: int) -> Foreseen:
        """What the records will make of what is decided. Raises `ValueError` for what makes no sense: such must never
        be committed."""
        return Foreseen(base_offset, *advance(self.decided, records, base_offset + len(records) - 1))

    def expect(self, foreseen: Foreseen) -> None:
        """Its records were proposed: it is decided."""
        self._foreseen.append(foreseen)

    def forget_foreseen(self) -> None:
        """Another node leads: what was decided here and isn't committed will never be."""
        self._foreseen.clear()

    def replay(
        self, records: Sequence[Message], base_offset: int, now_s: float = 0.0, skip: Skip | None = None
    ) -> MetadataDelta:
        """Take committed records in; they begin at `base_offset`. Returns what is different now. `skip` is told
        of those that make no sense (`MetadataImage.advance`)."""
        if self._foreseen:
            foreseen = self._foreseen.popleft()
            assert foreseen.base_offset == base_offset, "a leader's log has what it proposed, in order"
            self.image, delta = foreseen.image, foreseen.delta
        else:
            self.image, delta = advance(self.image, records, base_offset + len(records) - 1, skip)
        for offset, record in enumerate(records, base_offset):
            if isinstance(record, RegisterBrokerRecord):
                if (
                    self._registration_offsets.get(record.broker_id) is None
                    or record.broker_epoch >= base_offset
                ):
                    self.sessions.begin(record.broker_id, now_s)
                self._registration_offsets[record.broker_id] = offset
            elif isinstance(record, UnregisterBrokerRecord):
                self.sessions.end(record.broker_id)
                self._registration_offsets.pop(record.broker_id, None)
        return delta

    def load_snapshot(self, snapshot: MetadataSnapshot, skip: Skip | None = None) -> None:
        """Begin with what was known at the snapshot's end, in place of all records before it."""
        last_offset = snapshot.name.end_offset - 1
        self.image, _ = advance(MetadataImage(), snapshot.records, last_offset, skip)
        self._registration_offsets = dict.fromkeys(sorted(self.image.brokers), last_offset)

    def activate(self, now_s: float) -> Decision[None]:
        """Begin to lead: everybody's session starts afresh. In an empty log the bootstrap records are due."""
        for broker_id in sorted(self.image.brokers):
            self.sessions.begin(broker_id, now_s)
        if self.image.features:
            return Decision((), None)
        return Decision(tuple(bootstrap_records(self.configs.int("min.insync.replicas"))), None)

    @property
    def situation(self) -> Situation:
        return Situation(self.decided, self.image, self.configs, self.rules, self.random)

    def register_broker(
        self, request: BrokerRegistrationRequest, next_offset: int, now_s: float
    ) -> Decision[BrokerRegistrationResponse]:
        return brokers.register_broker(
            self.situation, self.sessions, request, self.cluster_id, next_offset, now_s
        )

    def heartbeat(
        self, request: BrokerHeartbeatRequest, next_offset: int, now_s: float
    ) -> Decision[BrokerHeartbeatResponse]:
        registered_at = self._registration_offsets.get(request.broker_id, -1)
        return brokers.heartbeat(self.situation, self.sessions, request, registered_at, next_offset, now_s)

    def expire_session(self, now_s: float) -> Decision[int | None]:
        """Fence the broker that has been silent longest, if that is too long; the answer is its id.

        One at a time, so that the next decision sees what this one did.
        """
        known = self.decided.brokers
        broker_id = self.sessions.first_expired(known, now_s)
        if broker_id is None:
            return Decision((), None)
        return brokers.fence(self.situation, known[broker_id], broker_id)

    def next_expiry_s(self) -> float | None:
        """When `expire_session` is due next; None: as long as nobody is in service, never."""
        return self.sessions.next_expiry_s(self.decided.brokers)

    def unregister_broker(self, request: UnregisterBrokerRequest) -> Decision[UnregisterBrokerResponse]:
        return brokers.unregister_broker(self.situation, request)

    def register_controller(
        self, request: ControllerRegistrationRequest
    ) -> Decision[ControllerRegistrationResponse]:
        return registration.register_controller(self.situation, request)

    def update_features(
        self, request: UpdateFeaturesRequest, version: int, node_id: int, voters: Sequence[int]
    ) -> Decision[UpdateFeaturesResponse]:
        return features.update_features(self.situation, request, version, node_id, voters)

    def create_topics(self, asked: topics.TopicsToCreate) -> Decision[CreateTopicsResponse]:
        return asked.decide(self.situation)

    def delete_topics(self, request: DeleteTopicsRequest) -> Decision[DeleteTopicsResponse]:
        return topics.delete_topics(self.situation, request)

    def create_partitions(self, request: CreatePartitionsRequest) -> Decision[CreatePartitionsResponse]:
        return topics.create_partitions(self.situation, request)

    def alter_partition(self, request: AlterPartitionRequest) -> Decision[AlterPartitionResponse]:
        return alter_partition(self.situation, request)

    def alter_partition_reassignments(
        self, request: AlterPartitionReassignmentsRequest
    ) -> Decision[AlterPartitionReassignmentsResponse]:
        return alter_partition_reassignments(self.situation, request)

    def assign_replicas_to_dirs(
        self, request: AssignReplicasToDirsRequest
    ) -> Decision[AssignReplicasToDirsResponse]:
        broker = brokers.check_broker_epoch(self.situation, request.broker_id, request.broker_epoch)
        return assign_replicas_to_dirs(self.situation, broker, request)

    def incremental_alter_configs(
        self, request: IncrementalAlterConfigsRequest
    ) -> Decision[IncrementalAlterConfigsResponse]:
        return configs_of.incremental_alter_configs(self.situation, request)

    def alter_configs(self, request: AlterConfigsRequest) -> Decision[AlterConfigsResponse]:
        return configs_of.alter_configs(self.situation, request)

    def elect_leaders(self, request: ElectLeadersRequest) -> Decision[ElectLeadersResponse]:
        return elect_leaders(self.situation, request)

    def balance_leaders(self) -> Decision[None]:
        """Now and then: preferred replicas lead again."""
        return balance_leaders(self.situation)

    def elect_where_allowed(self) -> Decision[None]:
        """After configurations changed: leaders for offline partitions that may now have one."""
        return Decision.of_changes(elections_where_allowed(self.situation), None)

    def allocate_producer_ids(
        self, request: AllocateProducerIdsRequest
    ) -> Decision[AllocateProducerIdsResponse]:
        return producer_ids.allocate_producer_ids(self.situation, request)
