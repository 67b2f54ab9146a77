"""InitProducerId (22), versions 0–6: get a producer id and epoch.

2 is flexible, 3 raises the epoch of a known producer (KIP-360), 6 serves two-phase commit (KIP-939).
"""

from __future__ import annotations

from minikafka.protocol.schema import BOOL, INT16, INT32, INT64, STRING, Message, field, message


@message(api_key=22, kind="request", versions=(0, 6), flexible=2)
class InitProducerIdRequest(Message):
    transactional_id: str | None = field(
        STRING, nullable=0, default=None, about="The producer's transactional id; null without transactions."
    )
    transaction_timeout_ms: int = field(INT32, about="After so long an open transaction is aborted.")
    producer_id: int = field(INT64, since=3, default=-1, about="The producer's id, or -1.")
    producer_epoch: int = field(INT16, since=3, default=-1, about="The producer's epoch, or -1.")
    enable2_pc: bool = field(
        BOOL, since=6, default=False, about="The client decides about commits in two phases (KIP-939)."
    )
    keep_prepared_txn: bool = field(
        BOOL, since=6, default=False, about="Leave a prepared transaction as it is."
    )


@message(api_key=22, kind="response", versions=(0, 6), flexible=2)
class InitProducerIdResponse(Message):
    throttle_time_ms: int = field(
        INT32, default=0, about="How long a quota makes the client wait; 0 without one."
    )
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
    producer_id: int = field(INT64, default=-1, about="The producer's id, or -1.")
    producer_epoch: int = field(INT16, default=-1, about="The producer's epoch, or -1.")
    ongoing_txn_producer_id: int = field(
        INT64,
        since=6,
        default=-1,
        about="The producer id of a transaction that is still prepared, or -1.",
    )
    ongoing_txn_producer_epoch: int = field(INT16, since=6, default=-1, about="Its epoch, or -1.")
