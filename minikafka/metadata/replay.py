"""Replaying records: the only code that makes one metadata image of another.

Rule: one method for each record type, and none of them decides anything. A draft copies a table when it
first writes to it, so the images before stay as they were, and it remembers what it wrote to. Kafka:
`MetadataDelta.replay`, `TopicsDelta`, `ClusterDelta`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from minikafka.metadata.image import (
    TOPIC_RESOURCE,
    BrokerRegistration,
    ControllerRegistration,
    Endpoint,
    MetadataDelta,
    MetadataImage,
    PartitionRegistration,
    TopicImage,
    difference,
)
from minikafka.metadata.records import (
    BrokerRegistrationChangeRecord,
    ClearElrRecord,
    ConfigRecord,
    FeatureLevelRecord,
    FenceBrokerRecord,
    PartitionChangeRecord,
    PartitionRecord,
    ProducerIdsRecord,
    RegisterBrokerRecord,
    RegisterControllerRecord,
    RemoveTopicRecord,
    TopicRecord,
    UnfenceBrokerRecord,
    UnregisterBrokerRecord,
)
from minikafka.protocol.schema import Message
from minikafka.protocol.uuid_text import encode_uuid

Skip = Callable[[int, Message, ValueError], None]
"""Gets a record's number among those applied, the record, and what is wrong with it."""


def apply_all(image: MetadataImage, records: Iterable[Message], last_offset: int) -> MetadataImage:
    """The image after these records, the last of which is at `last_offset`. Raises `ValueError`."""
    return advance(image, records, last_offset)[0]


def advance(
    image: MetadataImage, records: Iterable[Message], last_offset: int, skip: Skip | None = None
) -> tuple[MetadataImage, MetadataDelta]:
    """As `apply_all`, with what changed: that is found among what the records name, not among all there is.

    With `skip`, it is told which of the records makes no sense here, and the others are applied.
    """
    draft = ImageDraft(image)
    for number, record in enumerate(records):
        try:
            draft.replay(record)
        except ValueError as problem:
            if skip is None:
                raise
            skip(number, record, problem)
    return draft.finish(last_offset)


class ImageDraft:
    """An image in the making."""

    def __init__(self, image: MetadataImage) -> None:
        self._image = image
        self._tables: dict[str, dict[Any, Any]] = {}
        self._partitions: dict[str, dict[int, PartitionRegistration]] = {}
        self._touched_brokers: dict[int, None] = {}
        self._touched_topics: dict[str, dict[int, None]] = {}
        self._touched_configs: dict[tuple[int, str], None] = {}
        self._next_producer_id = image.next_producer_id

    def replay(self, record: Message) -> None:
        """Take one record in; types that say nothing about the image (NoOp, say) pass.

        Raises `ValueError` for a record that makes no sense here (say, a partition of an unknown topic).
        """
        handler = _HANDLERS.get(type(record))
        if handler is not None:
            handler(self, record)

    def finish(self, offset: int) -> tuple[MetadataImage, MetadataDelta]:
        """The finished image, and what is different in it."""
        for name, partitions in self._partitions.items():
            topics = self._writable("topics")
            topics[name] = replace(topics[name], partitions=partitions)
        self._partitions = {}
        older = self._image
        newer = replace(older, offset=offset, next_producer_id=self._next_producer_id, **self._tables)
        return newer, difference(
            older, newer, self._touched_brokers, self._touched_topics, self._touched_configs
        )

    def _writable(self, table: str) -> dict[Any, Any]:
        copied = self._tables.get(table)
        if copied is None:
            copied = self._tables[table] = dict(getattr(self._image, table))
        return copied

    def _read(self, table: str) -> Mapping[Any, Any]:
        copied = self._tables.get(table)
        found: Mapping[Any, Any] = getattr(self._image, table) if copied is None else copied
        return found

    def _topic_name(self, topic_id: UUID) -> str:
        name: str | None = self._read("topic_names").get(topic_id)
        if name is None:
            raise ValueError(f"metadata log: no topic has the id {encode_uuid(topic_id)}")
        return name

    def _held(self, name: str) -> Mapping[int, PartitionRegistration]:
        partitions: Mapping[int, PartitionRegistration] | None = self._partitions.get(name)
        if partitions is None:
            partitions = self._read("topics")[name].partitions
        return partitions

    def _partitions_of(self, name: str, indexes: Iterable[int]) -> dict[int, PartitionRegistration]:
        """A topic's partitions, of which these are about to be written."""
        self._touched_topics.setdefault(name, {}).update(dict.fromkeys(indexes))
        partitions = self._partitions.get(name)
        if partitions is None:
            partitions = self._partitions[name] = dict(self._held(name))
        return partitions

    def _broker(self, broker_id: int, epoch: int) -> BrokerRegistration:
        broker: BrokerRegistration | None = self._read("brokers").get(broker_id)
        if broker is None or broker.epoch != epoch:
            raise ValueError(f"metadata log: no broker {broker_id} is registered with epoch {epoch}")
        return broker

    def _brokers(self, id: int) -> dict[int, BrokerRegistration]:
        """The brokers, of which this one is about to be written."""
        self._touched_brokers[id] = None
        return self._writable("brokers")

    def register_broker(self, record: RegisterBrokerRecord) -> None:
        self._brokers(record.broker_id)[record.broker_id] = BrokerRegistration(
            id=record.broker_id,
            epoch=record.broker_epoch,
            incarnation_id=record.incarnation_id,
            listeners=tuple(Endpoint(e.name, e.host, e.port, e.security_protocol) for e in record.end_points),
            rack=record.rack,
            fenced=record.fenced,
            in_controlled_shutdown=record.in_controlled_shutdown,
            log_dirs=tuple(record.log_dirs),
            features={f.name: (f.min_supported_version, f.max_supported_version) for f in record.features},
        )

    def unregister_broker(self, record: UnregisterBrokerRecord) -> None:
        self._broker(record.broker_id, record.broker_epoch)
        del self._brokers(record.broker_id)[record.broker_id]

    def change_broker(self, record: BrokerRegistrationChangeRecord) -> None:
        broker = self._broker(record.broker_id, record.broker_epoch)
        self._brokers(record.broker_id)[record.broker_id] = replace(
            broker,
            fenced=broker.fenced if record.fenced == 0 else record.fenced > 0,
            in_controlled_shutdown=broker.in_controlled_shutdown or record.in_controlled_shutdown > 0,
            log_dirs=tuple(record.log_dirs) or broker.log_dirs,
        )

    def fence_broker(self, record: FenceBrokerRecord) -> None:
        self._brokers(record.id)[record.id] = replace(self._broker(record.id, record.epoch), fenced=True)

    def unfence_broker(self, record: UnfenceBrokerRecord) -> None:
        self._brokers(record.id)[record.id] = replace(self._broker(record.id, record.epoch), fenced=False)

    def register_controller(self, record: RegisterControllerRecord) -> None:
        self._writable("controllers")[record.controller_id] = ControllerRegistration(
            id=record.controller_id,
            incarnation_id=record.incarnation_id,
            listeners=tuple(Endpoint(e.name, e.host, e.port, e.security_protocol) for e in record.end_points),
            features={f.name: (f.min_supported_version, f.max_supported_version) for f in record.features},
        )

    def create_topic(self, record: TopicRecord) -> None:
        if record.name in self._read("topics"):
            raise ValueError(f"metadata log: the topic {record.name} exists already")
        self._touched_topics.setdefault(record.name, {})
        self._writable("topics")[record.name] = TopicImage(record.name, record.topic_id)
        self._writable("topic_names")[record.topic_id] = record.name

    def remove_topic(self, record: RemoveTopicRecord) -> None:
        name = self._topic_name(record.topic_id)
        self._touched_topics.setdefault(name, {})
        del self._writable("topics")[name]
        del self._writable("topic_names")[record.topic_id]
        self._partitions.pop(name, None)
        if (TOPIC_RESOURCE, name) in self._read("configs"):
            self._touched_configs[TOPIC_RESOURCE, name] = None
            del self._writable("configs")[TOPIC_RESOURCE, name]

    def create_partition(self, record: PartitionRecord) -> None:
        index = record.partition_id
        self._partitions_of(self._topic_name(record.topic_id), [index])[index] = PartitionRegistration(
            replicas=tuple(record.replicas),
            isr=tuple(record.isr),
            leader=record.leader,
            leader_epoch=record.leader_epoch,
            partition_epoch=record.partition_epoch,
            leader_recovery_state=record.leader_recovery_state,
            directories=tuple(record.directories),
            removing_replicas=tuple(record.removing_replicas),
            adding_replicas=tuple(record.adding_replicas),
            elr=tuple(record.eligible_leader_replicas or ()),
            last_known_elr=tuple(record.last_known_elr or ()),
        )

    def change_partition(self, record: PartitionChangeRecord) -> None:
        name = self._topic_name(record.topic_id)
        partitions = self._partitions_of(name, [record.partition_id])
        partition = partitions.get(record.partition_id)
        if partition is None:
            raise ValueError(f"metadata log: {name} has no partition {record.partition_id}")
        partitions[record.partition_id] = partition.merge(record)

    def clear_elr(self, record: ClearElrRecord) -> None:
        topics = self._read("topics")
        for name in [record.topic_name] if record.topic_name else list(topics):
            if name not in topics:
                raise ValueError(f"metadata log: there is no topic {name}")
            held = {index: p for index, p in self._held(name).items() if p.elr or p.last_known_elr}
            if held:
                partitions = self._partitions_of(name, held)
                for index, partition in held.items():
                    partitions[index] = replace(partition, elr=(), last_known_elr=())

    def change_config(self, record: ConfigRecord) -> None:
        configs = self._writable("configs")
        resource = (record.resource_type, record.resource_name)
        self._touched_configs[resource] = None
        values = dict(configs.get(resource, {}))
        if record.value is None:
            values.pop(record.name, None)
        else:
            values[record.name] = record.value
        if values:
            configs[resource] = values
        else:
            configs.pop(resource, None)

    def change_feature(self, record: FeatureLevelRecord) -> None:
        if record.feature_level:
            self._writable("features")[record.name] = record.feature_level
        else:
            self._writable("features").pop(record.name, None)

    def give_producer_ids(self, record: ProducerIdsRecord) -> None:
        self._next_producer_id = record.next_producer_id


_HANDLERS: dict[type[Message], Callable[[ImageDraft, Any], None]] = {
    RegisterBrokerRecord: ImageDraft.register_broker,
    UnregisterBrokerRecord: ImageDraft.unregister_broker,
    BrokerRegistrationChangeRecord: ImageDraft.change_broker,
    FenceBrokerRecord: ImageDraft.fence_broker,
    UnfenceBrokerRecord: ImageDraft.unfence_broker,
    RegisterControllerRecord: ImageDraft.register_controller,
    TopicRecord: ImageDraft.create_topic,
    RemoveTopicRecord: ImageDraft.remove_topic,
    PartitionRecord: ImageDraft.create_partition,
    PartitionChangeRecord: ImageDraft.change_partition,
    ClearElrRecord: ImageDraft.clear_elr,
    ConfigRecord: ImageDraft.change_config,
    FeatureLevelRecord: ImageDraft.change_feature,
    ProducerIdsRecord: ImageDraft.give_producer_ids,
}
