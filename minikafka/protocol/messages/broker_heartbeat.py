"""BrokerHeartbeat (63), versions 0–2: a broker is alive, and the controller (un)fences it (KIP-631).

1 tells failed directories, 2 cordoned ones.
"""

from __future__ import annotations

import uuid

from minikafka.protocol.schema import BOOL, INT16, INT32, INT64, UUID, Message, array, field, message


@message(api_key=63, kind="request", versions=(0, 2), flexible=0)
class BrokerHeartbeatRequest(Message):
    broker_id: int = field(INT32, about="The broker's id.")
    broker_epoch: int = field(
        INT64, default=-1, about="The broker's epoch, given at registration; -1 for no check."
    )
    current_metadata_offset: int = field(INT64, about="How far the broker has read the metadata log.")
    want_fence: bool = field(BOOL, default=False, about="Does the broker want to be fenced?")
    want_shut_down: bool = field(BOOL, default=False, about="Does the broker want to leave?")
    offline_log_dirs: list[uuid.UUID] = field(
        array(UUID), since=1, tagged=(0, 1), default=[], about="The ids of directories that failed."
    )
    cordoned_log_dirs: list[uuid.UUID] | None = field(
        array(UUID),
        since=2,
        nullable=2,
        tagged=(1, 2),
        default=None,
        about="The ids of directories closed to new replicas (KIP-1066); null where not told.",
    )


@message(api_key=63, kind="response", versions=(0, 2), flexible=0)
class BrokerHeartbeatResponse(Message):
    throttle_time_ms: int = field(
        INT32, default=0, about="How long a quota makes the client wait; 0 without one."
    )
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
    is_caught_up: bool = field(BOOL, default=False, about="Has the broker read nearly all metadata?")
    is_fenced: bool = field(BOOL, default=True, about="Is the broker fenced?")
    should_shut_down: bool = field(BOOL, default=False, about="May the broker leave now?")
