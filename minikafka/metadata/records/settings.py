"""Records about configurations, features, producer ids, and those that only mark the log.

Kafka: `ConfigRecord.json`, `FeatureLevelRecord.json`, `ProducerIdsRecord.json`, `NoOpRecord.json`,
`BeginTransactionRecord.json` and its neighbours (KIP-868), `ZkMigrationRecord.json`.
"""

from __future__ import annotations

from minikafka.protocol.schema import INT8, INT16, INT32, INT64, STRING, Message, field, message


@message(api_key=4, kind="record", versions=(0, 0), flexible=0)
class ConfigRecord(Message):
    """A configuration was set, or (null) deleted."""

    resource_type: int = field(INT8, about="2 topic, 4 broker, 16 client metrics, 32 group.")
    resource_name: str = field(STRING, about="The topic, or the broker id ('' for all brokers).")
    name: str = field(STRING, about="The key.")
    value: str | None = field(STRING, nullable=0, about="The value, or null: back to the default.")


@message(api_key=12, kind="record", versions=(0, 0), flexible=0)
class FeatureLevelRecord(Message):
    """The level of a feature in this cluster."""

    name: str = field(STRING, about="The feature.")
    feature_level: int = field(INT16, about="Its level; 0 is off.")


@message(api_key=15, kind="record", versions=(0, 0), flexible=0)
class ProducerIdsRecord(Message):
    """A block of producer ids was given to a broker."""

    broker_id: int = field(INT32, about="The broker.")
    broker_epoch: int = field(INT64, default=-1, about="Its epoch.")
    next_producer_id: int = field(INT64, about="The first id of the next block.")


@message(api_key=20, kind="record", versions=(0, 0), flexible=0)
class NoOpRecord(Message):
    """Says nothing, but moves the log's end."""


@message(api_key=21, kind="record", versions=(0, 0), flexible=0)
class ZkMigrationStateRecord(Message):
    """The state of the move away from ZooKeeper; a KRaft cluster writes 0 (none) once."""

    zk_migration_state: int = field(INT8, about="0: none.")


@message(api_key=23, kind="record", versions=(0, 0), flexible=0)
class BeginTransactionRecord(Message):
    """What follows counts only once the transaction ends."""

    name: str | None = field(STRING, tagged=(0, 0), nullable=0, default=None, about="For the reader.")


@message(api_key=24, kind="record", versions=(0, 0), flexible=0)
class EndTransactionRecord(Message):
    """The transaction is complete."""


@message(api_key=25, kind="record", versions=(0, 0), flexible=0)
class AbortTransactionRecord(Message):
    """The transaction doesn't count."""

    reason: str | None = field(STRING, tagged=(0, 0), nullable=0, default=None, about="For the reader.")
