"""The records of `__transaction_state`, for reading.

Rule: the notation is Kafka's (`TransactionLogKey.json`, `TransactionLogValue.json`, KIP-98, KIP-890).
"""

from __future__ import annotations

from minikafka.protocol.schema import (
    INT8,
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


@message(api_key=0, kind="data", versions=(0, 0))
class TransactionLogKey(Message):
    """Names a transactional id."""

    transactional_id: str = field(STRING, about="The transactional id.")


@struct
class PartitionsSchema(Struct):
    """Partitions of one topic in a transaction."""

    topic: str = field(STRING, about="The topic.")
    partition_ids: list[int] = field(array(INT32), about="The partitions.")


@message(api_key=0, kind="data", versions=(0, 1), flexible=1)
class TransactionLogValue(Message):
    """A transactional id's producer, and how far its transaction is."""

    producer_id: int = field(INT64, about="The producer id.")
    previous_producer_id: int = field(
        INT64, since=1, default=-1, tagged=(0, 1), about="That of the last commit."
    )
    next_producer_id: int = field(INT64, since=1, default=-1, tagged=(1, 1), about="The latest given out.")
    producer_epoch: int = field(INT16, about="The producer's epoch.")
    next_producer_epoch: int = field(INT16, since=1, default=-1, tagged=(3, 1), about="Its epoch.")
    transaction_timeout_ms: int = field(INT32, about="The transaction's timeout in ms.")
    transaction_status: int = field(INT8, about="The state: 0 empty, 1 ongoing, 2 and 3 prepared …")
    transaction_partitions: list[PartitionsSchema] | None = field(
        array(PartitionsSchema), nullable=0, about="What has been written to."
    )
    transaction_last_update_timestamp_ms: int = field(INT64, about="The last change, in ms.")
    transaction_start_timestamp_ms: int = field(INT64, about="The start, in ms.")
    client_transaction_version: int = field(
        INT16, since=1, default=0, tagged=(2, 1), about="The client's version."
    )
