"""Records about brokers and controllers: who is registered, where it listens, whether it is fenced.

Kafka: `metadata/src/main/resources/common/metadata/RegisterBrokerRecord.json` and its neighbours.
"""

from __future__ import annotations

from uuid import UUID as Uuid

from minikafka.protocol.schema import (
    BOOL,
    INT8,
    INT16,
    INT32,
    INT64,
    STRING,
    UINT16,
    UUID,
    Message,
    Struct,
    array,
    field,
    message,
    struct,
)


@struct
class BrokerEndpoint(Struct):
    """Where a broker can be reached."""

    name: str = field(STRING, about="The listener's name.")
    host: str = field(STRING, about="The host that clients connect to.")
    port: int = field(UINT16, about="The port.")
    security_protocol: int = field(INT16, about="0 is PLAINTEXT.")


@struct
class BrokerFeature(Struct):
    """A feature and the levels of it that a broker understands."""

    name: str = field(STRING, about="The feature's name.")
    min_supported_version: int = field(INT16, about="The lowest level.")
    max_supported_version: int = field(INT16, about="The highest level.")


@message(api_key=0, kind="record", versions=(0, 4), flexible=0)
class RegisterBrokerRecord(Message):
    """A broker has registered, or has amended its registration."""

    broker_id: int = field(INT32, about="The broker.")
    is_migrating_zk_broker: bool = field(BOOL, since=2, default=False, about="Left from the move to KRaft.")
    incarnation_id: Uuid = field(UUID, about="Identifies the broker's process.")
    broker_epoch: int = field(INT64, about="Given by the controller; a new one for each incarnation.")
    end_points: list[BrokerEndpoint] = field(array(BrokerEndpoint), about="Where it listens.")
    features: list[BrokerFeature] = field(array(BrokerFeature), default=[], about="What it understands.")
    rack: str | None = field(STRING, nullable=0, default=None, about="The rack it is in.")
    fenced: bool = field(BOOL, default=True, about="Whether it is fenced: not (or no longer) in service.")
    in_controlled_shutdown: bool = field(BOOL, since=1, default=False, about="Whether it is about to leave.")
    log_dirs: list[Uuid] = field(
        array(UUID), since=3, tagged=(0, 3), default=[], about="Its log directories."
    )
    cordoned_log_dirs: list[Uuid] | None = field(
        array(UUID), since=4, nullable=4, tagged=(1, 4), default=None, about="Those that take no new replica."
    )


@message(api_key=1, kind="record", versions=(0, 0), flexible=0)
class UnregisterBrokerRecord(Message):
    """A broker is gone for good."""

    broker_id: int = field(INT32, about="The broker.")
    broker_epoch: int = field(INT64, about="Its epoch.")


@message(api_key=7, kind="record", versions=(0, 0), flexible=0)
class FenceBrokerRecord(Message):
    """A broker was fenced (written by old controllers only; read for completeness)."""

    id: int = field(INT32, about="The broker.")
    epoch: int = field(INT64, about="Its epoch.")


@message(api_key=8, kind="record", versions=(0, 0), flexible=0)
class UnfenceBrokerRecord(Message):
    """A broker was unfenced (written by old controllers only; read for completeness)."""

    id: int = field(INT32, about="The broker.")
    epoch: int = field(INT64, about="Its epoch.")


@message(api_key=17, kind="record", versions=(0, 3), flexible=0)
class BrokerRegistrationChangeRecord(Message):
    """A broker was fenced or unfenced, is shutting down, or lost a log directory."""

    broker_id: int = field(INT32, about="The broker.")
    broker_epoch: int = field(INT64, about="Its epoch.")
    fenced: int = field(INT8, tagged=(0, 0), default=0, about="-1 unfenced, 0 no change, 1 fenced.")
    in_controlled_shutdown: int = field(
        INT8, since=1, tagged=(1, 1), default=0, about="0 no change, 1 in controlled shutdown."
    )
    log_dirs: list[Uuid] = field(array(UUID), since=2, tagged=(2, 2), default=[], about="Directories left.")
    cordoned_log_dirs: list[Uuid] | None = field(
        array(UUID), since=3, nullable=3, tagged=(3, 3), default=None, about="Those that take no new replica."
    )


@struct
class ControllerEndpoint(Struct):
    """Where a controller can be reached."""

    name: str = field(STRING, about="The listener's name.")
    host: str = field(STRING, about="The host.")
    port: int = field(UINT16, about="The port.")
    security_protocol: int = field(INT16, about="0 is PLAINTEXT.")


@struct
class ControllerFeature(Struct):
    """A feature and the levels of it that a controller understands."""

    name: str = field(STRING, about="The feature's name.")
    min_supported_version: int = field(INT16, about="The lowest level.")
    max_supported_version: int = field(INT16, about="The highest level.")


@message(api_key=27, kind="record", versions=(0, 0), flexible=0)
class RegisterControllerRecord(Message):
    """A controller has registered."""

    controller_id: int = field(INT32, about="The controller.")
    incarnation_id: Uuid = field(UUID, about="Identifies the controller's process.")
    zk_migration_ready: bool = field(BOOL, default=False, about="Left from the move to KRaft.")
    end_points: list[ControllerEndpoint] = field(array(ControllerEndpoint), about="Where it listens.")
    features: list[ControllerFeature] = field(array(ControllerFeature), default=[], about="What it knows.")
