"""SyncGroup (14), versions 0–5: the leader hands in the assignment, every member gets its part.

3 has static members, 4 is flexible, 5 repeats the protocol as a check.
"""

from __future__ import annotations

from minikafka.protocol.schema import (
    BYTES,
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
class SyncGroupRequestAssignment(Struct):
    member_id: str = field(STRING, about="The member's id, given by the coordinator; empty before that.")
    assignment: bytes = field(BYTES, about="The member's assignment, as bytes that only the members read.")


@message(api_key=14, kind="request", versions=(0, 5), flexible=4)
class SyncGroupRequest(Message):
    group_id: str = field(STRING, about="The group's id.")
    generation_id: int = field(INT32, about="The group's generation, or -1.")
    member_id: str = field(STRING, about="The member's id, given by the coordinator; empty before that.")
    group_instance_id: str | None = field(
        STRING, since=3, nullable=3, default=None, about="The id of a static member (KIP-345), or null."
    )
    protocol_type: str | None = field(
        STRING,
        since=5,
        nullable=5,
        default=None,
        ignorable=True,
        about='The kind of group: "consumer" for consumers.',
    )
    protocol_name: str | None = field(
        STRING,
        since=5,
        nullable=5,
        default=None,
        ignorable=True,
        about="The chosen protocol; null or empty without one.",
    )
    assignments: list[SyncGroupRequestAssignment] = field(
        array(SyncGroupRequestAssignment), about="What each member gets; only the leader sends it."
    )


@message(api_key=14, kind="response", versions=(0, 5), flexible=4)
class SyncGroupResponse(Message):
    throttle_time_ms: int = field(
        INT32,
        since=1,
        default=0,
        ignorable=True,
        about="How long a quota makes the client wait; 0 without one.",
    )
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
    protocol_type: str | None = field(
        STRING,
        since=5,
        nullable=5,
        default=None,
        ignorable=True,
        about='The kind of group: "consumer" for consumers.',
    )
    protocol_name: str | None = field(
        STRING,
        since=5,
        nullable=5,
        default=None,
        ignorable=True,
        about="The chosen protocol; null or empty without one.",
    )
    assignment: bytes = field(BYTES, about="The member's assignment, as bytes that only the members read.")
