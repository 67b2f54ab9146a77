"""ListTransactions (66), versions 0–2: the transactions a coordinator knows (KIP-664).

1 asks for old ones (KIP-994), 2 for ids by a pattern (KIP-1152).
"""

from __future__ import annotations

from minikafka.protocol.schema import (
    INT16,
    INT32,
    INT64,
    STRING,
    Message,
    Struct,
    array,
    field,
    message,
    struct,
)


@message(api_key=66, kind="request", versions=(0, 2), flexible=0)
class ListTransactionsRequest(Message):
    state_filters: list[str] = field(array(STRING), about="The states wanted; none asks for all.")
    producer_id_filters: list[int] = field(array(INT64), about="The producers wanted; none asks for all.")
    duration_filter: int = field(
        INT64, since=1, default=-1, about="Only those that run for longer (ms); below 0: all."
    )
    transactional_id_pattern: str | None = field(
        STRING, since=2, nullable=2, default=None, about="A regular expression for the ids; null is any."
    )


@struct
class TransactionState(Struct):
    transactional_id: str = field(STRING, about="The transactional id.")
    producer_id: int = field(INT64, about="The producer's id.")
    transaction_state: str = field(STRING, about="The state's name.")


@message(api_key=66, kind="response", versions=(0, 2), flexible=0)
class ListTransactionsResponse(Message):
    throttle_time_ms: int = field(
        INT32, default=0, about="How long a quota makes the client wait; 0 without one."
    )
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
    unknown_state_filters: list[str] = field(array(STRING), about="Wanted states that do not exist.")
    transaction_states: list[TransactionState] = field(
        array(TransactionState), about="Transaction by transaction."
    )
