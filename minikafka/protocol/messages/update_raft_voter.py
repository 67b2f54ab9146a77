"""UpdateRaftVoter (82), version 0: a voter can be reached elsewhere now (KIP-853)."""

from __future__ import annotations

import uuid

from minikafka.protocol.schema import (
    INT16,
    INT32,
    STRING,
    UINT16,
    UUID,
    Message,
    Struct,
    array,
    field,
    message,
    struct,
)


@struct
class Listener(Struct):
    name: str = field(STRING, about="The listener's name.")
    host: str = field(STRING, about="The host name to connect to.")
    port: int = field(UINT16, about="The port to connect to.")


@struct
class KRaftVersionFeature(Struct):
    min_supported_version: int = field(INT16, about="The lowest version of the quorum's protocol.")
    max_supported_version: int = field(INT16, about="The highest.")


@message(api_key=82, kind="request", versions=(0, 0), flexible=0)
class UpdateRaftVoterRequest(Message):
    cluster_id: str | None = field(
        STRING, nullable=0, about="The cluster's id, or null where it is not known."
    )
    current_leader_epoch: int = field(INT32, about="The leader epoch that the voter knows, or -1.")
    voter_id: int = field(INT32, about="The controller's id.")
    voter_directory_id: uuid.UUID = field(UUID, about="The id of its data directory.")
    listeners: list[Listener] = field(array(Listener), about="Where it can be reached.")
    k_raft_version_feature: KRaftVersionFeature = field(
        KRaftVersionFeature, about="The versions of the quorum's protocol that it could run."
    )


@struct
class CurrentLeader(Struct):
    leader_id: int = field(INT32, default=-1, about="The leader's id, or -1.")
    leader_epoch: int = field(INT32, default=-1, about="The leader epoch.")
    host: str = field(STRING, default="", about="The host name to connect to.")
    port: int = field(INT32, default=0, about="The port to connect to.")


@message(api_key=82, kind="response", versions=(0, 0), flexible=0)
class UpdateRaftVoterResponse(Message):
    throttle_time_ms: int = field(
        INT32, default=0, about="How long a quota makes the client wait; 0 without one."
    )
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
    current_leader: CurrentLeader = field(
        CurrentLeader, tagged=(0, 0), default=CurrentLeader(), about="Who leads."
    )
