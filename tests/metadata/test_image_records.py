"""An image written back as records gives the same image again."""

from uuid import UUID

from controller.machine import Machine, run
from controller.test_core_properties import COMMANDS
from hypothesis import given, settings
from hypothesis import strategies as st

from minikafka.metadata.image import Endpoint, MetadataImage
from minikafka.metadata.image_records import records_of
from minikafka.metadata.records import (
    ConfigRecord,
    ControllerEndpoint,
    ControllerFeature,
    ProducerIdsRecord,
    RegisterControllerRecord,
    decode_record,
    encode_record,
)
from minikafka.metadata.replay import apply_all
from minikafka.protocol.errors import ApiError


def read_back(image: MetadataImage) -> MetadataImage:
    records = [decode_record(encode_record(record)) for record in records_of(image)]
    return apply_all(MetadataImage(), records, image.offset)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 9), st.lists(COMMANDS, max_size=40))
def test_whatever_became_of_a_cluster(seed: int, commands: list[tuple[object, ...]]) -> None:
    machine = Machine(seed)
    for id in (1, 2, 3):
        machine.register(id, clean=True)
        machine.heartbeat(id)
    machine.create("a", 2, 3, min_insync_replicas="2")
    for command in commands:
        try:
            run(machine, command)
        except ApiError:
            continue
    assert read_back(machine.core.image) == machine.core.image


def test_controllers_settings_of_brokers_and_producer_ids_too() -> None:
    endpoint = ControllerEndpoint(name="CONTROLLER", host="c", port=9093, security_protocol=0)
    feature = ControllerFeature(name="metadata.version", min_supported_version=7, max_supported_version=30)
    image = apply_all(
        MetadataImage(),
        [
            RegisterControllerRecord(
                controller_id=3000, incarnation_id=UUID(int=7), end_points=[endpoint], features=[feature]
            ),
            ConfigRecord(resource_type=4, resource_name="", name="min.insync.replicas", value="2"),
            ProducerIdsRecord(broker_id=1, next_producer_id=3000),
        ],
        9,
    )
    assert image.controllers[3000].listeners == (Endpoint("CONTROLLER", "c", 9093),)
    assert read_back(image) == image
