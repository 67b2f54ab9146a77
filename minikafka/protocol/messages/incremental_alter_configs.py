"""IncrementalAlterConfigs (44), versions 0–1: change single configuration keys (KIP-339).

1 is flexible.
"""

from __future__ import annotations

from minikafka.protocol.schema import (
    BOOL,
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
class AlterableConfig(Struct):
    name: str = field(STRING, about="The configuration's key.")
    config_operation: int = field(INT8, about="0 set, 1 delete, 2 append to a list, 3 take from a list.")
    value: str | None = field(STRING, nullable=0, about="The value, or null.")


@struct
class AlterConfigsResource(Struct):
    resource_type: int = field(INT8, about="2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group.")
    resource_name: str = field(STRING, about="The topic's name, or the broker's id; empty for all brokers.")
    configs: list[AlterableConfig] = field(array(AlterableConfig), about="The configuration.")


@message(api_key=44, kind="request", versions=(0, 1), flexible=1)
class IncrementalAlterConfigsRequest(Message):
    resources: list[AlterConfigsResource] = field(array(AlterConfigsResource), about="Resource by resource.")
    validate_only: bool = field(BOOL, default=False, about="Check, but change nothing.")


@struct
class AlterConfigsResourceResponse(Struct):
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
    error_message: str | None = field(
        STRING, nullable=0, default=None, about="The error in words; null without one."
    )
    resource_type: int = field(INT8, about="2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group.")
    resource_name: str = field(STRING, about="The topic's name, or the broker's id; empty for all brokers.")


@message(api_key=44, kind="response", versions=(0, 1), flexible=1)
class IncrementalAlterConfigsResponse(Message):
    throttle_time_ms: int = field(
        INT32, default=0, about="How long a quota makes the client wait; 0 without one."
    )
    responses: list[AlterConfigsResourceResponse] = field(
        array(AlterConfigsResourceResponse), about="One result for each resource."
    )
