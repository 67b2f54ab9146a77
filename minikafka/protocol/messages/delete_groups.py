"""DeleteGroups (42), versions 0–2: delete groups that have no members.

2 is flexible.
"""

from __future__ import annotations

from minikafka.protocol.schema import INT16, INT32, STRING, Message, Struct, array, field, message, struct


@message(api_key=42, kind="request", versions=(0, 2), flexible=2)
class DeleteGroupsRequest(Message):
    groups_names: list[str] = field(array(STRING), about="The ids of the groups to delete.")


@struct
class DeletableGroupResult(Struct):
    group_id: str = field(STRING, about="The group's id.")
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")


@message(api_key=42, kind="response", versions=(0, 2), flexible=2)
class DeleteGroupsResponse(Message):
    throttle_time_ms: int = field(
        INT32, default=0, about="How long a quota makes the client wait; 0 without one."
    )
    results: list[DeletableGroupResult] = field(array(DeletableGroupResult), about="One result each.")
