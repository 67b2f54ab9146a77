"""DescribeConfigs (32), versions 1–4: configuration of topics and brokers.

1 tells synonyms, 3 types and documentation, 4 is flexible.
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
class DescribeConfigsResource(Struct):
    resource_type: int = field(INT8, about="2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group.")
    resource_name: str = field(STRING, about="The topic's name, or the broker's id; empty for all brokers.")
    configuration_keys: list[str] | None = field(
        array(STRING), nullable=0, default=None, about="The keys to tell; null for all."
    )


@message(api_key=32, kind="request", versions=(1, 4), flexible=4)
class DescribeConfigsRequest(Message):
    resources: list[DescribeConfigsResource] = field(
        array(DescribeConfigsResource), about="Resource by resource."
    )
    include_synonyms: bool = field(
        BOOL, default=False, about="Also tell every place that a value could come from."
    )
    include_documentation: bool = field(BOOL, since=3, default=False, about="Also tell what each key is for.")


@struct
class DescribeConfigsSynonym(Struct):
    name: str = field(STRING, about="The key of the synonym.")
    value: str | None = field(STRING, nullable=0, about="The value, or null.")
    source: int = field(INT8, about="Where this one comes from.")


@struct
class DescribeConfigsResourceResult(Struct):
    name: str = field(STRING, about="The configuration's key.")
    value: str | None = field(STRING, nullable=0, about="The value, or null.")
    read_only: bool = field(BOOL, default=False, about="Can it not be changed while running?")
    config_source: int = field(
        INT8,
        default=-1,
        about="Where the value comes from: 1 topic, 2 broker, 3 all brokers, 4 file, 5 default.",
    )
    is_sensitive: bool = field(BOOL, default=False, about="Is it a secret, so that the value is withheld?")
    synonyms: list[DescribeConfigsSynonym] = field(
        array(DescribeConfigsSynonym),
        default=[],
        about="The places that the value could come from, the strongest first.",
    )
    config_type: int = field(
        INT8,
        since=3,
        default=0,
        ignorable=True,
        about="1 boolean, 2 string, 3 int, 4 short, 5 long, 6 double, 7 list, 8 class, 9 password.",
    )
    documentation: str | None = field(
        STRING, since=3, nullable=0, default="", ignorable=True, about="What the key is for."
    )


@struct
class DescribeConfigsResult(Struct):
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
    error_message: str | None = field(
        STRING, nullable=0, default=None, about="The error in words; null without one."
    )
    resource_type: int = field(INT8, about="2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group.")
    resource_name: str = field(STRING, about="The topic's name, or the broker's id; empty for all brokers.")
    configs: list[DescribeConfigsResourceResult] = field(
        array(DescribeConfigsResourceResult), about="The configuration."
    )


@message(api_key=32, kind="response", versions=(1, 4), flexible=4)
class DescribeConfigsResponse(Message):
    throttle_time_ms: int = field(
        INT32, default=0, about="How long a quota makes the client wait; 0 without one."
    )
    results: list[DescribeConfigsResult] = field(array(DescribeConfigsResult), about="One result each.")
