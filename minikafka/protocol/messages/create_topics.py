"""CreateTopics (19), versions 2–7: create topics.

5 is flexible and tells the configuration (KIP-525), 7 tells the topic's id.
"""

from __future__ import annotations

import uuid

from minikafka.protocol.schema import (
    BOOL,
    INT8,
    INT16,
    INT32,
    STRING,
    UUID,
    ZERO_UUID,
    Message,
    Struct,
    array,
    field,
    message,
    struct,
)


@struct
class CreatableReplicaAssignment(Struct):
    partition_index: int = field(INT32, about="The partition.")
    broker_ids: list[int] = field(array(INT32), about="The replicas' brokers, the preferred leader first.")


@struct
class CreatableTopicConfig(Struct):
    name: str = field(STRING, about="The configuration's key.")
    value: str | None = field(STRING, nullable=0, about="The value, or null.")


@struct
class CreatableTopic(Struct):
    name: str = field(STRING, about="The topic's name.")
    num_partitions: int = field(INT32, default=-1, about="How many partitions; -1 for the broker's setting.")
    replication_factor: int = field(
        INT16, default=-1, about="How many replicas; -1 for the broker's setting."
    )
    assignments: list[CreatableReplicaAssignment] = field(
        array(CreatableReplicaAssignment),
        default=[],
        about="The replicas chosen by hand, instead of two numbers.",
    )
    configs: list[CreatableTopicConfig] = field(
        array(CreatableTopicConfig), default=[], about="The configuration."
    )


@message(api_key=19, kind="request", versions=(2, 7), flexible=5)
class CreateTopicsRequest(Message):
    topics: list[CreatableTopic] = field(array(CreatableTopic), about="The topics to create.")
    timeout_ms: int = field(INT32, default=60000, about="How long the server may take.")
    validate_only: bool = field(BOOL, default=False, about="Check, but change nothing.")


@struct
class CreatableTopicConfigs(Struct):
    name: str = field(STRING, about="The configuration's key.")
    value: str | None = field(STRING, nullable=0, about="The value, or null.")
    read_only: bool = field(BOOL, default=False, about="Can it not be changed while running?")
    config_source: int = field(INT8, default=-1, about="Where the value comes from, as in DescribeConfigs.")
    is_sensitive: bool = field(BOOL, default=False, about="Is it a secret, so that the value is withheld?")


@struct
class CreatableTopicResult(Struct):
    name: str = field(STRING, about="The topic's name.")
    topic_id: uuid.UUID = field(UUID, since=7, default=ZERO_UUID, ignorable=True, about="The topic's id.")
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
    error_message: str | None = field(
        STRING, nullable=0, default=None, about="The error in words; null without one."
    )
    topic_config_error_code: int = field(
        INT16,
        since=5,
        tagged=(0, 5),
        default=0,
        ignorable=True,
        about="Why the configuration is missing, or 0.",
    )
    num_partitions: int = field(
        INT32, since=5, default=-1, ignorable=True, about="How many partitions the topic got."
    )
    replication_factor: int = field(
        INT16, since=5, default=-1, ignorable=True, about="How many replicas each partition got."
    )
    configs: list[CreatableTopicConfigs] | None = field(
        array(CreatableTopicConfigs),
        since=5,
        nullable=5,
        default=[],
        ignorable=True,
        about="The topic's whole configuration. Clients want it there, even empty.",
    )


@message(api_key=19, kind="response", versions=(2, 7), flexible=5)
class CreateTopicsResponse(Message):
    throttle_time_ms: int = field(
        INT32, default=0, about="How long a quota makes the client wait; 0 without one."
    )
    topics: list[CreatableTopicResult] = field(array(CreatableTopicResult), about="Topic by topic.")
