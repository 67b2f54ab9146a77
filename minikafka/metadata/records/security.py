"""Records about who may do what and how much: quotas, passwords, permissions, tokens.

The cluster acts on none of them, but real ones have them, and a log with them is read and shown. Kafka:
`ClientQuotaRecord.json`, `UserScramCredentialRecord.json`, `AccessControlEntryRecord.json`,
`DelegationTokenRecord.json` and their neighbours.
"""

from __future__ import annotations

from uuid import UUID as Uuid

from minikafka.protocol.schema import (
    BOOL,
    BYTES,
    FLOAT64,
    INT8,
    INT32,
    INT64,
    STRING,
    UUID,
    Message,
    Struct,
    array,
    field,
    message,
    struct,
)


@struct
class EntityData(Struct):
    """A part of whom a quota is for."""

    entity_type: str = field(STRING, about="user, client-id or ip.")
    entity_name: str | None = field(STRING, nullable=0, about="Its name, or null: the default.")


@message(api_key=14, kind="record", versions=(0, 0), flexible=0)
class ClientQuotaRecord(Message):
    """A quota was set or removed."""

    entity: list[EntityData] = field(array(EntityData), about="Whom it is for.")
    key: str = field(STRING, about="Which quota.")
    value: float = field(FLOAT64, about="How much.")
    remove: bool = field(BOOL, about="Whether it was removed.")


@message(api_key=11, kind="record", versions=(0, 0), flexible=0)
class UserScramCredentialRecord(Message):
    """A user's password was set."""

    name: str = field(STRING, about="The user.")
    mechanism: int = field(INT8, about="1 SCRAM-SHA-256, 2 SCRAM-SHA-512.")
    salt: bytes = field(BYTES, about="The salt.")
    stored_key: bytes = field(BYTES, about="What the broker compares a proof with.")
    server_key: bytes = field(BYTES, about="With which the broker proves itself.")
    iterations: int = field(INT32, about="How often it was hashed.")


@message(api_key=22, kind="record", versions=(0, 0), flexible=0)
class RemoveUserScramCredentialRecord(Message):
    """A user's password was removed."""

    name: str = field(STRING, about="The user.")
    mechanism: int = field(INT8, about="1 SCRAM-SHA-256, 2 SCRAM-SHA-512.")


@message(api_key=18, kind="record", versions=(0, 0), flexible=0)
class AccessControlEntryRecord(Message):
    """A permission was given or denied."""

    id: Uuid = field(UUID, about="Names this entry.")
    resource_type: int = field(INT8, about="2 topic, 3 group, 4 cluster …")
    resource_name: str = field(STRING, about="The resource.")
    pattern_type: int = field(INT8, about="3 literal, 4 prefixed.")
    principal: str = field(STRING, about="For whom.")
    host: str = field(STRING, about="From where; * is anywhere.")
    operation: int = field(INT8, about="2 all, 3 read, 4 write …")
    permission_type: int = field(INT8, about="2 deny, 3 allow.")


@message(api_key=19, kind="record", versions=(0, 0), flexible=0)
class RemoveAccessControlEntryRecord(Message):
    """A permission was taken back."""

    id: Uuid = field(UUID, about="Names the entry.")


@message(api_key=10, kind="record", versions=(0, 0), flexible=0)
class DelegationTokenRecord(Message):
    """A token was given out, or renewed."""

    owner: str = field(STRING, about="Whom it stands for.")
    requester: str = field(STRING, about="Who asked for it.")
    renewers: list[str] = field(array(STRING), about="Who may renew it.")
    issue_timestamp: int = field(INT64, about="When it was issued, in ms.")
    max_timestamp: int = field(INT64, about="Until when it can be renewed, in ms.")
    expiration_timestamp: int = field(INT64, about="When it ends unless renewed, in ms.")
    token_id: str = field(STRING, about="Names it.")


@message(api_key=26, kind="record", versions=(0, 0), flexible=0)
class RemoveDelegationTokenRecord(Message):
    """A token is gone."""

    token_id: str = field(STRING, about="Names it.")
