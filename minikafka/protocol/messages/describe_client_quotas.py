"""DescribeClientQuotas (48), versions 0–1: which quotas there are (KIP-546). 1 is flexible."""

from __future__ import annotations

from minikafka.protocol.schema import (
    BOOL,
    FLOAT64,
    INT8,
    INT16,
    INT32,
    STRING,
    Message,
    Struct,
    array,
    field,
    message,
    struct,
)


@struct
class ComponentData(Struct):
    entity_type: str = field(STRING, about="user, client-id or ip.")
    match_type: int = field(INT8, about="0: this name; 1: the default; 2: any name.")
    match: str | None = field(STRING, nullable=0, about="The name, or null where there is none to match.")


@message(api_key=48, kind="request", versions=(0, 1), flexible=1)
class DescribeClientQuotasRequest(Message):
    components: list[ComponentData] = field(array(ComponentData), about="What the entities must be.")
    strict: bool = field(BOOL, about="Whether they must not be anything else.")


@struct
class EntityData(Struct):
    entity_type: str = field(STRING, about="user, client-id or ip.")
    entity_name: str | None = field(STRING, nullable=0, about="Its name; null is the default.")


@struct
class ValueData(Struct):
    key: str = field(STRING, about="The quota's name.")
    value: float = field(FLOAT64, about="Its value.")


@struct
class EntryData(Struct):
    entity: list[EntityData] = field(array(EntityData), about="Whose quota it is.")
    values: list[ValueData] = field(array(ValueData), about="Quota by quota.")


@message(api_key=48, kind="response", versions=(0, 1), flexible=1)
class DescribeClientQuotasResponse(Message):
    throttle_time_ms: int = field(
        INT32, default=0, about="How long a quota makes the client wait; 0 without one."
    )
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
    error_message: str | None = field(
        STRING, nullable=0, default=None, about="The error in words; null without one."
    )
    entries: list[EntryData] | None = field(
        array(EntryData), nullable=0, about="Entity by entity; null with an error."
    )
