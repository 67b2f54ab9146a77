"""AllocateProducerIds (67), version 0: a block of producer ids for a broker (KIP-730)."""

from __future__ import annotations

from minikafka.protocol.schema import INT16, INT32, INT64, Message, field, message


@message(api_key=67, kind="request", versions=(0, 0), flexible=0)
class AllocateProducerIdsRequest(Message):
    broker_id: int = field(INT32, about="The broker's id.")
    broker_epoch: int = field(
        INT64, default=-1, about="The broker's epoch, given at registration; -1 for no check."
    )


@message(api_key=67, kind="response", versions=(0, 0), flexible=0)
class AllocateProducerIdsResponse(Message):
    throttle_time_ms: int = field(
        INT32, default=0, about="How long a quota makes the client wait; 0 without one."
    )
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
    producer_id_start: int = field(INT64, default=0, about="The first producer id of the block.")
    producer_id_len: int = field(INT32, default=0, about="How many ids the block has.")
