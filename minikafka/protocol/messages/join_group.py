"""JoinGroup (11), versions 0–9: become a member; the answer comes when the group has gathered.

4 gives a member id first (KIP-394), 5 has static members, 6 is flexible, 9 can skip the assignment.
"""

from __future__ import annotations

from minikafka.protocol.schema import (
    BOOL,
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
class JoinGroupRequestProtocol(Struct):
    name: str = field(STRING, about="The protocol's name: for a consumer, its assignor's.")
    metadata: bytes = field(BYTES, about="The member's subscription, as bytes that only the members read.")


@message(api_key=11, kind="request", versions=(0, 9), flexible=6)
class JoinGroupRequest(Message):
    group_id: str = field(STRING, about="The group's id.")
    session_timeout_ms: int = field(INT32, about="Without a heartbeat for so long the member is dead.")
    rebalance_timeout_ms: int = field(
        INT32,
        since=1,
        default=-1,
        ignorable=True,
        about="How long the group waits for members to join again; -1 for the session timeout.",
    )
    member_id: str = field(STRING, about="The member's id, given by the coordinator; empty before that.")
    group_instance_id: str | None = field(
        STRING, since=5, nullable=5, default=None, about="The id of a static member (KIP-345), or null."
    )
    protocol_type: str = field(STRING, about='The kind of group: "consumer" for consumers.')
    protocols: list[JoinGroupRequestProtocol] = field(
        array(JoinGroupRequestProtocol), about="The protocols that the member offers, the best first."
    )
    reason: str | None = field(
        STRING,
        since=8,
        nullable=8,
        default=None,
        ignorable=True,
        about="Why the member does it, for the log.",
    )


@struct
class JoinGroupResponseMember(Struct):
    member_id: str = field(STRING, about="The member's id, given by the coordinator; empty before that.")
    group_instance_id: str | None = field(
        STRING,
        since=5,
        nullable=5,
        default=None,
        ignorable=True,
        about="The id of a static member (KIP-345), or null.",
    )
    metadata: bytes = field(BYTES, about="That member's subscription for the chosen protocol.")


@message(api_key=11, kind="response", versions=(0, 9), flexible=6)
class JoinGroupResponse(Message):
    throttle_time_ms: int = field(
        INT32,
        since=2,
        default=0,
        ignorable=True,
        about="How long a quota makes the client wait; 0 without one.",
    )
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
    generation_id: int = field(INT32, default=-1, about="The group's generation, or -1.")
    protocol_type: str | None = field(
        STRING,
        since=7,
        nullable=7,
        default=None,
        ignorable=True,
        about='The kind of group: "consumer" for consumers.',
    )
    protocol_name: str | None = field(
        STRING, nullable=7, default=None, about="The chosen protocol; null or empty without one."
    )
    leader: str = field(STRING, about="The member that computes the assignment.")
    skip_assignment: bool = field(
        BOOL,
        since=9,
        default=False,
        about="The leader need not assign: the group keeps what it has (KIP-814).",
    )
    member_id: str = field(STRING, about="The member's id, given by the coordinator; empty before that.")
    members: list[JoinGroupResponseMember] = field(
        array(JoinGroupResponseMember), about="All members with their subscriptions, told to the leader only."
    )
