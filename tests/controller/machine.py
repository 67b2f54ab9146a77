"""A controller core without I/O.

Its log in memory, brokers that are only numbers, and the invariants after each step.
"""

import random
from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

from minikafka.controller import Controller, Decision
from minikafka.controller.topics import TopicsToCreate
from minikafka.metadata.configs import BrokerConfigs
from minikafka.metadata.features import SUPPORTED_FEATURES
from minikafka.metadata.image import MetadataImage
from minikafka.metadata.records import FeatureLevelRecord, encode_record
from minikafka.protocol.messages import alter_partition_reassignments as moves
from minikafka.protocol.messages import assign_replicas_to_dirs as assigning
from minikafka.protocol.messages.alter_partition import (
    AlterPartitionRequest,
    BrokerState,
    PartitionData,
    TopicData,
)
from minikafka.protocol.messages.broker_heartbeat import BrokerHeartbeatRequest
from minikafka.protocol.messages.broker_registration import BrokerRegistrationRequest, Feature, Listener
from minikafka.protocol.messages.create_partitions import CreatePartitionsRequest, CreatePartitionsTopic
from minikafka.protocol.messages.create_topics import (
    CreatableTopic,
    CreatableTopicConfig,
    CreateTopicsRequest,
)
from minikafka.protocol.messages.delete_topics import DeleteTopicsRequest

R = TypeVar("R")
CLUSTER = "a-cluster"


class Machine:
    """A controller core, its log in memory, and brokers that are only numbers."""

    def __init__(self, seed: int, *, elr: bool = True) -> None:
        self.core = Controller(
            CLUSTER, BrokerConfigs({"default.replication.factor": 3}), rng=random.Random(seed)
        )
        self.log: list[bytes] = []
        self.now_s = 0.0
        self.epochs: dict[int, int] = {}
        self.incarnations: dict[int, int] = {}
        self.do(self.core.activate(0.0))
        if not elr:
            level = FeatureLevelRecord(name="eligible.leader.replicas.version", feature_level=0)
            self.do(Decision((level,), None))

    def do(self, decision: Decision[R]) -> R:
        before = self.core.image
        if decision.records:
            base = len(self.log)
            self.log += [encode_record(record) for record in decision.records]
            self.core.replay(decision.records, base, self.now_s)
        if decision.is_whole:  # a broker that is leaving hands over piece by piece
            check(before, self.core.image)
        return decision.response

    def registration(
        self, id: int, *, clean: bool, directory: int = 500, directories: Sequence[UUID] = ()
    ) -> BrokerRegistrationRequest:
        """That of a new life."""
        self.incarnations[id] = self.incarnations.get(id, id * 1000) + 1
        return BrokerRegistrationRequest(
            broker_id=id,
            cluster_id=CLUSTER,
            incarnation_id=UUID(int=self.incarnations[id]),
            listeners=[Listener(name="PLAINTEXT", host="h", port=1, security_protocol=0)],
            features=[
                Feature(name=name, min_supported_version=low, max_supported_version=high)
                for name, (low, high) in SUPPORTED_FEATURES.items()
            ],
            log_dirs=list(directories) or [UUID(int=id + directory)],
            previous_broker_epoch=self.epochs.get(id, -1) if clean else -1,
        )

    def register(
        self, id: int, *, clean: bool, directory: int = 500, directories: Sequence[UUID] = ()
    ) -> None:
        request = self.registration(id, clean=clean, directory=directory, directories=directories)
        self.epochs[id] = self.do(self.core.register_broker(request, len(self.log), self.now_s)).broker_epoch

    def heartbeat(
        self,
        id: int,
        *,
        fence: bool = False,
        leave: bool = False,
        behind: bool = False,
        offline: Sequence[UUID] = (),
    ) -> bool:
        request = BrokerHeartbeatRequest(
            broker_id=id,
            broker_epoch=self.epochs.get(id, -1),
            current_metadata_offset=-1 if behind else len(self.log),
            want_fence=fence,
            want_shut_down=leave,
            offline_log_dirs=list(offline),
        )
        return self.do(self.core.heartbeat(request, len(self.log), self.now_s)).should_shut_down

    def assign(
        self, id: int, directory: UUID, topic_id: UUID, indexes: Sequence[int], *, epoch: int | None = None
    ) -> list[int]:
        """A broker tells where its replicas lie; the error code for each."""
        partitions = [assigning.PartitionData(partition_index=index) for index in indexes]
        topic = assigning.TopicData(topic_id=topic_id, partitions=partitions)
        request = assigning.AssignReplicasToDirsRequest(
            broker_id=id,
            broker_epoch=self.epochs.get(id, -1) if epoch is None else epoch,
            directories=[assigning.DirectoryData(id=directory, topics=[topic])],
        )
        response = self.do(self.core.assign_replicas_to_dirs(request))
        return [p.error_code for d in response.directories for t in d.topics for p in t.partitions]

    def expire(self) -> None:
        while self.do(self.core.expire_session(self.now_s)) is not None:
            pass

    def create(self, name: str, partitions: int, factor: int, **configs: str) -> int:
        topic = CreatableTopic(
            name=name,
            num_partitions=partitions,
            replication_factor=factor,
            assignments=[],
            configs=[
                CreatableTopicConfig(name=key.replace("_", "."), value=value)
                for key, value in configs.items()
            ],
        )
        return (
            self.do(self.core.create_topics(TopicsToCreate(CreateTopicsRequest(topics=[topic]))))
            .topics[0]
            .error_code
        )

    def alter_isr(self, topic: str, index: int, isr: Sequence[int], *, stale: bool = False) -> int:
        found = self.core.image.topics[topic]
        partition = found.partitions[index]
        data = PartitionData(
            partition_index=index,
            leader_epoch=partition.leader_epoch,
            new_isr_with_epochs=[BrokerState(broker_id=id, broker_epoch=-1) for id in isr],
            partition_epoch=partition.partition_epoch - stale,
        )
        request = AlterPartitionRequest(
            broker_id=partition.leader,
            broker_epoch=self.epochs.get(partition.leader, -1),
            topics=[TopicData(topic_id=found.id, partitions=[data])],
        )
        return self.do(self.core.alter_partition(request)).topics[0].partitions[0].error_code

    def move(self, topic: str, index: int, replicas: Sequence[int] | None) -> tuple[int, str | None]:
        """To these brokers; None takes a move back. The error code and its sentence."""
        wanted = moves.ReassignablePartition(
            partition_index=index, replicas=None if replicas is None else list(replicas)
        )
        topics = [moves.ReassignableTopic(name=topic, partitions=[wanted])]
        request = moves.AlterPartitionReassignmentsRequest(topics=topics)
        response = self.do(self.core.alter_partition_reassignments(request))
        (answer,) = response.responses[0].partitions
        return answer.error_code, answer.error_message


def check(before: MetadataImage, after: MetadataImage) -> None:
    """The design's invariants on a controller's state, and on a step of it."""
    uses_elr = "eligible.leader.replicas.version" in after.features
    for topic, index, partition in after.partitions():
        where = f"{topic.name}-{index}: {partition}"
        assert set(partition.isr) <= set(partition.replicas), where
        assert {*partition.adding_replicas, *partition.removing_replicas} <= set(partition.replicas), where
        assert len(partition.directories) == len(partition.replicas) == len(set(partition.replicas)), where
        assert set(partition.elr) <= set(partition.replicas) - set(partition.isr), where
        assert partition.leader == -1 or partition.leader in partition.isr, where
        assert len(set(partition.isr)) == len(partition.isr), where
        if uses_elr:
            assert all(after.brokers[id].is_active for id in partition.isr), where
            assert partition.isr or partition.leader == -1, where
        else:
            assert partition.isr, where
            assert partition.leader == -1 or after.brokers[partition.leader].is_active, where
        old = before.topic_by_id(topic.id)
        if old is not None and index in old.partitions:
            assert partition.leader_epoch >= old.partitions[index].leader_epoch, where
            assert partition.partition_epoch >= old.partitions[index].partition_epoch, where
            if partition.leader != old.partitions[index].leader:
                assert partition.leader_epoch > old.partitions[index].leader_epoch, where
    for id, broker in after.brokers.items():
        if id in before.brokers:
            assert broker.epoch >= before.brokers[id].epoch


def run(machine: Machine, command: tuple[object, ...]) -> None:
    match command:
        case ("register", int(id), bool(clean)):
            machine.register(id, clean=clean)
        case ("heartbeat", int(id), str(wish)):
            machine.heartbeat(id, fence=wish == "fence", leave=wish == "leave", behind=wish == "behind")
        case ("time", float(seconds)):
            machine.now_s += seconds
            machine.expire()
        case ("create", str(name), int(partitions), int(factor), bool(unclean), int(min_isr)):
            machine.create(
                name,
                partitions,
                factor,
                unclean_leader_election_enable=str(unclean).lower(),
                min_insync_replicas=str(min_isr),
            )
        case ("delete", str(name)):
            machine.do(machine.core.delete_topics(DeleteTopicsRequest(topic_names=[name], timeout_ms=1)))
        case ("more", str(name), int(count)):
            topic = CreatePartitionsTopic(name=name, count=count, assignments=None)
            request = CreatePartitionsRequest(topics=[topic], timeout_ms=1, validate_only=False)
            machine.do(machine.core.create_partitions(request))
        case ("move", int(which), list(replicas)):
            partitions = list(machine.core.image.partitions())
            if partitions:
                topic_image, index, _ = partitions[which % len(partitions)]
                machine.move(topic_image.name, index, replicas or None)
        case ("isr", int(which), list(isr), bool(stale)):
            partitions = list(machine.core.image.partitions())
            if partitions:
                topic_image, index, _ = partitions[which % len(partitions)]
                machine.alter_isr(topic_image.name, index, isr, stale=stale)
