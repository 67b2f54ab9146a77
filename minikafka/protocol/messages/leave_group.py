"""LeaveGroup (13), versions 0–5: members go.

3 removes several, 4 is flexible, 5 says why.
"""

from __future__ import annotations

from minikafka.protocol.schema import INT16, INT32, STRING, Message, Struct, array, field, message, struct


@struct
class MemberIdentity(Struct):
    member_id: str = field(STRING, about="The member's id, given by the coordinator; empty before that.")
    group_instance_id: str | None = field(
        STRING, nullable=0, default=None, about="The id of a static member (KIP-345), or null."
    )
    reason: str | None = field(
        STRING,
        since=5,
        nullable=5,
        default=None,
        ignorable=True,
        about="Why the member does it, for the log.",
    )


@message(api_key=13, kind="request", versions=(0, 5), flexible=4)
class LeaveGroupRequest(Message):
    group_id: str = field(STRING, about="The group's id.")
    member_id: str = field(
        STRING, until=2, default="", about="The member's id, given by the coordinator; empty before that."
    )
    members: list[MemberIdentity] = field(array(MemberIdentity), since=3, default=[], about="The members.")


@struct
class MemberResponse(Struct):
    member_id: str = field(STRING, about="The member's id, given by the coordinator; empty before that.")
    group_instance_id: str | None = field(
        STRING, nullable=0, default=None, about="The id of a static member (KIP-345), or null."
    )
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")


@message(api_key=13, kind="response", versions=(0, 5), flexible=4)
class LeaveGroupResponse(Message):
    throttle_time_ms: int = field(
        INT32,
        since=1,
        default=0,
        ignorable=True,
        about="How long a quota makes the client wait; 0 without one.",
    )
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
    members: list[MemberResponse] = field(array(MemberResponse), since=3, default=[], about="The members.")
