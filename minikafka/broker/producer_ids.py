"""Producer ids: handed out one by one from blocks that the controller allots (KIP-730, `RPCProducerIdManager`)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from minikafka.membership import AskController
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.messages.allocate_producer_ids import (
    AllocateProducerIdsRequest,
    AllocateProducerIdsResponse,
)


class ProducerIds:
    """The current block of one broker."""

    def __init__(
        self, broker_id: int, broker_epoch: Callable[[], int], ask_controller: AskController
    ) -> None:
        self._broker_id = broker_id
        self._broker_epoch = broker_epoch
        self._ask_controller = ask_controller
        self._next = 0
        self._end = 0
        self._asking = asyncio.Lock()

    async def take(self) -> int:
        """A producer id that nobody else has. Raises ApiError, OSError or TimeoutError when no block can be had."""
        async with self._asking:
            if self._next >= self._end:
                response: AllocateProducerIdsResponse = await self._ask_controller(
                    AllocateProducerIdsRequest(broker_id=self._broker_id, broker_epoch=self._broker_epoch()),
                    0,
                )
                if response.error_code != ErrorCode.NONE:
                    raise ApiError(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)
                self._next = response.producer_id_start
                self._end = response.producer_id_start + response.producer_id_len
            taken = self._next
            self._next += 1
            return taken
