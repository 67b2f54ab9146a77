"""DescribeGroups (15), versions 0–6: state and members of groups.

4 has static members, 5 is flexible, 6 tells errors in words.
"""

from __future__ import annotations

from minikafka.protocol.schema import (
    BOOL,
    BYTES,
    INT16,
    INT32,
    MIN_INT32,
    STRING,
    Message,
    Struct,
    array,
    field,
    message,
    struct,
)


@message(api_key=15, kind="request", versions=(0, 6), flexible=5)
class DescribeGroupsRequest(Message):
    groups: list[str] = field(array(STRING), about="The ids of the groups.")
    include_authorized_operations: bool = field(
        BOOL, since=3, default=False, about="Also tell what the client may do with each group."
    )


@struct
class DescribedGroupMember(Struct):
    member_id: str = field(STRING, about="The member's id, given by the coordinator; empty before that.")
    group_instance_id: str | None = field(
        STRING,
        since=4,
        nullable=4,
        default=None,
        ignorable=True,
        about="The id of a static member (KIP-345), or null.",
    )
    client_id: str = field(STRING, about="The member's client id.")
    client_host: str = field(STRING, about="The address that the member connects from.")
    member_metadata: bytes = field(BYTES, about="The member's subscription.")
    member_assignment: bytes = field(BYTES, about="The member's assignment.")


@struct
class DescribedGroup(Struct):
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
    error_message: str | None = field(
        STRING,
        since=6,
        nullable=6,
        default=None,
        about="The error in words; null without one.",
    )
    group_id: str = field(STRING, about="The group's id.")
    group_state: str = field(STRING, about="The group's state in words.")
    protocol_type: str = field(STRING, about='The kind of group: "consumer" for consumers.')
    protocol_data: str = field(STRING, about="The chosen protocol.")
    members: list[DescribedGroupMember] = field(array(DescribedGroupMember), about="The members.")
    authorized_operations: int = field(
        INT32,
        since=3,
        default=MIN_INT32,
        about="A bit for each allowed operation; the lowest int32 where not asked.",
    )


@message(api_key=15, kind="response", versions=(0, 6), flexible=5)
class DescribeGroupsResponse(Message):
    throttle_time_ms: int = field(
        INT32,
        since=1,
        default=0,
        ignorable=True,
        about="How long a quota makes the client wait; 0 without one.",
    )
    groups: list[DescribedGroup] = field(array(DescribedGroup), about="Group by group.")
