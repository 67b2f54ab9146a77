"""ListGroups (16), versions 0–5: the groups that a broker coordinates.

3 is flexible, 4 filters by state, 5 by type.
"""

from __future__ import annotations

from minikafka.protocol.schema import INT16, INT32, STRING, Message, Struct, array, field, message, struct


@message(api_key=16, kind="request", versions=(0, 5), flexible=3)
class ListGroupsRequest(Message):
    states_filter: list[str] = field(
        array(STRING), since=4, default=[], about="List only groups in these states; none for all."
    )
    types_filter: list[str] = field(
        array(STRING), since=5, default=[], about="List only groups of these types; none for all."
    )


@struct
class ListedGroup(Struct):
    group_id: str = field(STRING, about="The group's id.")
    protocol_type: str = field(STRING, about='The kind of group: "consumer" for consumers.')
    group_state: str = field(STRING, since=4, default="", ignorable=True, about="The group's state in words.")
    group_type: str = field(
        STRING, since=5, default="", ignorable=True, about="The kind of group: classic, consumer, share."
    )


@message(api_key=16, kind="response", versions=(0, 5), flexible=3)
class ListGroupsResponse(Message):
    throttle_time_ms: int = field(
        INT32,
        since=1,
        default=0,
        ignorable=True,
        about="How long a quota makes the client wait; 0 without one.",
    )
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
    groups: list[ListedGroup] = field(array(ListedGroup), about="Group by group.")
