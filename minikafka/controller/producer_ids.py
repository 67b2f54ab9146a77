"""Producer ids, a block at a time.

Rule: no id is given twice. Kafka: `ProducerIdControlManager`, KIP-730.
"""

from __future__ import annotations

from minikafka.controller.brokers import check_broker_epoch
from minikafka.controller.decision import Decision, Situation
from minikafka.metadata.records import ProducerIdsRecord
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.messages.allocate_producer_ids import (
    AllocateProducerIdsRequest,
    AllocateProducerIdsResponse,
)

BLOCK_SIZE = 1000


def allocate_producer_ids(
    situation: Situation, request: AllocateProducerIdsRequest
) -> Decision[AllocateProducerIdsResponse]:
    """The next block for a broker.

    Raises `ApiError` STALE_BROKER_EPOCH, or UNKNOWN_SERVER_ERROR at the end of all.
    """
    check_broker_epoch(situation, request.broker_id, request.broker_epoch)
    first = situation.image.next_producer_id
    if first > 2**63 - 1 - BLOCK_SIZE:
        raise ApiError(
            ErrorCode.UNKNOWN_SERVER_ERROR,
            "Exhausted all producerIds as the next block's end producerId has exceeded the int64 type limit",
        )
    record = ProducerIdsRecord(
        broker_id=request.broker_id,
        broker_epoch=request.broker_epoch,
        next_producer_id=first + BLOCK_SIZE,
    )
    return Decision(
        (record,), AllocateProducerIdsResponse(producer_id_start=first, producer_id_len=BLOCK_SIZE)
    )
