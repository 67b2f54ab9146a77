"""ListConfigResources (74), versions 0–1: what has a configuration (KIP-714, KIP-1142).

0 lists subscriptions to client metrics only; 1 asks for kinds and tells them.
"""

from __future__ import annotations

from minikafka.protocol.schema import (
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


@message(api_key=74, kind="request", versions=(0, 1), flexible=0)
class ListConfigResourcesRequest(Message):
    resource_types: list[int] = field(array(INT8), since=1, default=[], about="The kinds; none asks for all.")


@struct
class ConfigResource(Struct):
    resource_name: str = field(STRING, about="The resource's name.")
    resource_type: int = field(INT8, since=1, default=16, ignorable=True, about="Its kind.")


@message(api_key=74, kind="response", versions=(0, 1), flexible=0)
class ListConfigResourcesResponse(Message):
    throttle_time_ms: int = field(
        INT32, default=0, about="How long a quota makes the client wait; 0 without one."
    )
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
    config_resources: list[ConfigResource] = field(array(ConfigResource), about="Resource by resource.")
