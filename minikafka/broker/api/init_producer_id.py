"""InitProducerId (key 22): an id for an idempotent producer (KIP-98, KIP-360).

Ids come in blocks of 1,000 from the controller (AllocateProducerIds, KIP-730).
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING

from minikafka.protocol.api import ApiKey
from minikafka.protocol.dispatch import RequestContext, handles
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.messages.init_producer_id import InitProducerIdRequest, InitProducerIdResponse

if TYPE_CHECKING:
    from minikafka.broker.broker import Broker


@handles(ApiKey.INIT_PRODUCER_ID, versions=(0, 5))
def init_producer_id(
    node: Broker, request: InitProducerIdRequest, context: RequestContext
) -> InitProducerIdResponse | Awaitable[InitProducerIdResponse]:
    """A fresh id with epoch 0. Transactions are still to come: a transactional id is refused for good."""
    if request.transactional_id is not None:
        if request.transactional_id == "":
            return _answer(ErrorCode.INVALID_REQUEST)
        return _answer(ErrorCode.UNSUPPORTED_VERSION)
    if (request.producer_id < 0) != (request.producer_epoch < 0):
        return _answer(ErrorCode.INVALID_REQUEST)
    return _allocate(node)


async def _allocate(node: Broker) -> InitProducerIdResponse:
    try:
        return _answer(ErrorCode.NONE, await node.next_producer_id())
    except ApiError as error:
        return _answer(error.code)
    except (OSError, TimeoutError):
        return _answer(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)


def _answer(error: ErrorCode, producer_id: int = -1) -> InitProducerIdResponse:
    return InitProducerIdResponse(
        throttle_time_ms=0,
        error_code=error,
        producer_id=producer_id,
        producer_epoch=-1 if producer_id < 0 else 0,
    )
