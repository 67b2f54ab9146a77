"""An image written back as records: what a new log or a snapshot would have to say for this image to come of it.

Rule: replaying these records on an empty image gives an equal one; what is named comes before what names it. Kafka:
`MetadataImage.write`, `ImageWriter`.
"""

from __future__ import annotations

from collections.abc import Iterator

from minikafka.metadata.image import (
    BrokerRegistration,
    ControllerRegistration,
    MetadataImage,
    PartitionRegistration,
    TopicImage,
)
from minikafka.metadata.records import (
    BrokerEndpoint,
    BrokerFeature,
    ConfigRecord,
    ControllerEndpoint,
    ControllerFeature,
    FeatureLevelRecord,
    PartitionRecord,
    ProducerIdsRecord,
    RegisterBrokerRecord,
    RegisterControllerRecord,
    TopicRecord,
)
from minikafka.protocol.schema import Message


def records_of(image: MetadataImage) -> Iterator[Message]:
    """All of it but its offset, in a fixed order. Of the last block of producer ids only the end is known, not whose
    it was."""
    for name in sorted(image.features, key=lambda name: (name != "metadata.version", name)):
        yield FeatureLevelRecord(name=name, feature_level=image.features[name])
    for id in sorted(image.controllers):
        yield _controller(image.controllers[id])
    for id in sorted(image.brokers):
        yield _broker(image.brokers[id])
    for name in sorted(image.topics):
        topic = image.topics[name]
        yield TopicRecord(name=name, topic_id=topic.id)
        for index in sorted(topic.partitions):
            yield _partition(topic, index, topic.partitions[index])
    for kind, name in sorted(image.configs):
        for key, value in sorted(image.configs[kind, name].items()):
            yield ConfigRecord(resource_type=kind, resource_name=name, name=key, value=value)
    if image.next_producer_id:
        yield ProducerIdsRecord(broker_id=-1, broker_epoch=-1, next_producer_id=image.next_producer_id)


def _controller(controller: ControllerRegistration) -> RegisterControllerRecord:
    return RegisterControllerRecord(
        controller_id=controller.id,
        incarnation_id=controller.incarnation_id,
        end_points=[
            ControllerEndpoint(name=x.name, host=x.host, port=x.port, security_protocol=x.security_protocol)
            for x in controller.listeners
        ],
        features=[
            ControllerFeature(name=name, min_supported_version=low, max_supported_version=high)
            for name, (low, high) in controller.features.items()
        ],
    )


def _broker(broker: BrokerRegistration) -> RegisterBrokerRecord:
    return RegisterBrokerRecord(
        broker_id=broker.id,
        incarnation_id=broker.incarnation_id,
        broker_epoch=broker.epoch,
        end_points=[
            BrokerEndpoint(name=x.name, host=x.host, port=x.port, security_protocol=x.security_protocol)
            for x in broker.listeners
        ],
        features=[
            BrokerFeature(name=name, min_supported_version=low, max_supported_version=high)
            for name, (low, high) in broker.features.items()
        ],
        rack=broker.rack,
        fenced=broker.fenced,
        in_controlled_shutdown=broker.in_controlled_shutdown,
        log_dirs=list(broker.log_dirs),
    )


def _partition(topic: TopicImage, index: int, partition: PartitionRegistration) -> PartitionRecord:
    return PartitionRecord(
        partition_id=index,
        topic_id=topic.id,
        replicas=list(partition.replicas),
        isr=list(partition.isr),
        leader=partition.leader,
        leader_epoch=partition.leader_epoch,
        partition_epoch=partition.partition_epoch,
        leader_recovery_state=partition.leader_recovery_state,
        directories=list(partition.directories),
        removing_replicas=list(partition.removing_replicas),
        adding_replicas=list(partition.adding_replicas),
        eligible_leader_replicas=list(partition.elr) or None,
        last_known_elr=list(partition.last_known_elr) or None,
    )


__all__ = ["records_of"]
