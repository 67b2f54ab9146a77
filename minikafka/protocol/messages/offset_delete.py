"""OffsetDelete (47), version 0: forget what a group committed for some partitions (KIP-496).

Nothing is flexible.
"""

from __future__ import annotations

from minikafka.protocol.schema import INT16, INT32, STRING, Message, Struct, array, field, message, struct


@struct
class OffsetDeleteRequestPartition(Struct):
    partition_index: int = field(INT32, about="The partition.")


@struct
class OffsetDeleteRequestTopic(Struct):
    name: str = field(STRING, about="The topic's name.")
    partitions: list[OffsetDeleteRequestPartition] = field(
        array(OffsetDeleteRequestPartition), about="Partition by partition."
    )


@message(api_key=47, kind="request", versions=(0, 0), flexible=None)
class OffsetDeleteRequest(Message):
    group_id: str = field(STRING, about="The group's id.")
    topics: list[OffsetDeleteRequestTopic] = field(array(OffsetDeleteRequestTopic), about="Topic by topic.")


@struct
class OffsetDeleteResponsePartition(Struct):
    partition_index: int = field(INT32, about="The partition.")
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")


@struct
class OffsetDeleteResponseTopic(Struct):
    name: str = field(STRING, about="The topic's name.")
    partitions: list[OffsetDeleteResponsePartition] = field(
        array(OffsetDeleteResponsePartition), about="Partition by partition."
    )


@message(api_key=47, kind="response", versions=(0, 0), flexible=None)
class OffsetDeleteResponse(Message):
    error_code: int = field(INT16, default=0, about="What went wrong with the whole request, or 0.")
    throttle_time_ms: int = field(
        INT32, default=0, about="How long a quota makes the client wait; 0 without one."
    )
    topics: list[OffsetDeleteResponseTopic] = field(array(OffsetDeleteResponseTopic), about="Topic by topic.")
