"""The frame around every metadata record, and which class belongs to which number.

Rule: a record in the metadata log is (frame version 1, record type, record version) as unsigned
varints, then the fields. Kafka: `MetadataRecordSerde`, `AbstractApiMessageSerde`.
"""

from __future__ import annotations

from minikafka.metadata.records.brokers import (
    BrokerRegistrationChangeRecord,
    FenceBrokerRecord,
    RegisterBrokerRecord,
    RegisterControllerRecord,
    UnfenceBrokerRecord,
    UnregisterBrokerRecord,
)
from minikafka.metadata.records.security import (
    AccessControlEntryRecord,
    ClientQuotaRecord,
    DelegationTokenRecord,
    RemoveAccessControlEntryRecord,
    RemoveDelegationTokenRecord,
    RemoveUserScramCredentialRecord,
    UserScramCredentialRecord,
)
from minikafka.metadata.records.settings import (
    AbortTransactionRecord,
    BeginTransactionRecord,
    ConfigRecord,
    EndTransactionRecord,
    FeatureLevelRecord,
    NoOpRecord,
    ProducerIdsRecord,
    ZkMigrationStateRecord,
)
from minikafka.metadata.records.topics import (
    ClearElrRecord,
    PartitionChangeRecord,
    PartitionRecord,
    RemoveTopicRecord,
    TopicRecord,
)
from minikafka.protocol.primitives import read_uvarint, uvarint
from minikafka.protocol.schema import MalformedMessage, Message

FRAME_VERSION = 1

RECORD_TYPES: dict[int, type[Message]] = {
    record.SCHEMA.api_key: record
    for record in (
        RegisterBrokerRecord,
        UnregisterBrokerRecord,
        TopicRecord,
        PartitionRecord,
        ConfigRecord,
        PartitionChangeRecord,
        FenceBrokerRecord,
        UnfenceBrokerRecord,
        RemoveTopicRecord,
        FeatureLevelRecord,
        ProducerIdsRecord,
        BrokerRegistrationChangeRecord,
        NoOpRecord,
        ZkMigrationStateRecord,
        BeginTransactionRecord,
        EndTransactionRecord,
        AbortTransactionRecord,
        RegisterControllerRecord,
        ClearElrRecord,
        AccessControlEntryRecord,
        ClientQuotaRecord,
        DelegationTokenRecord,
        RemoveAccessControlEntryRecord,
        RemoveDelegationTokenRecord,
        RemoveUserScramCredentialRecord,
        UserScramCredentialRecord,
    )
}


def record_version(record: Message) -> int:
    """The version in which the controller writes this record: the newest, or the oldest that can say it."""
    if isinstance(record, BrokerRegistrationChangeRecord):
        if record.cordoned_log_dirs is not None:
            return 3
        return 2 if record.log_dirs else 1 if record.in_controlled_shutdown else 0
    return record.SCHEMA.versions[1]


def encode_record(record: Message, version: int | None = None) -> bytes:
    """The record's bytes as they are in the value of a log record; `version` None is the usual one."""
    if version is None:
        version = record_version(record)
    head = uvarint(FRAME_VERSION) + uvarint(record.SCHEMA.api_key) + uvarint(version)
    return head + record.encode(version)


def decode_record(data: bytes | memoryview) -> Message:
    """The record in the value of a log record.

    Raises `MalformedMessage` for an unknown frame version, record type or record version, and for torn bytes.
    """
    try:
        frame_version, position = read_uvarint(data, 0)
        if frame_version != FRAME_VERSION:
            raise MalformedMessage(f"metadata record: unknown frame version {frame_version}")
        record_type, position = read_uvarint(data, position)
        version, position = read_uvarint(data, position)
    except IndexError:
        raise MalformedMessage("metadata record: the frame is cut off") from None
    record = RECORD_TYPES.get(record_type)
    if record is None:
        raise MalformedMessage(f"metadata record: unknown type {record_type}")
    lowest, highest = record.SCHEMA.versions
    if not lowest <= version <= highest:
        raise MalformedMessage(f"{record.__name__}: unknown version {version}")
    return record.decode(data, version, position)
