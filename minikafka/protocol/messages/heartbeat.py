"""Heartbeat (12), versions 0–4: a member is alive; the answer tells of a rebalance.

3 has static members, 4 is flexible.
"""

from __future__ import annotations

from minikafka.protocol.schema import INT16, INT32, STRING, Message, field, message


@message(api_key=12, kind="request", versions=(0, 4), flexible=4)
class HeartbeatRequest(Message):
    group_id: str = field(STRING, about="The group's id.")
    generation_id: int = field(INT32, about="The group's generation, or -1.")
    member_id: str = field(STRING, about="The member's id, given by the coordinator; empty before that.")
    group_instance_id: str | None = field(
        STRING, since=3, nullable=3, default=None, about="The id of a static member (KIP-345), or null."
    )


@message(api_key=12, kind="response", versions=(0, 4), flexible=4)
class HeartbeatResponse(Message):
    throttle_time_ms: int = field(
        INT32,
        since=1,
        default=0,
        ignorable=True,
        about="How long a quota makes the client wait; 0 without one.",
    )
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
