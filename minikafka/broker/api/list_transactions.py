"""ListTransactions (key 66): the transactions whose coordinator this broker is (KIP-664). There are none yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minikafka.protocol.api import ApiKey
from minikafka.protocol.dispatch import RequestContext, handles
from minikafka.protocol.messages.list_transactions import ListTransactionsRequest, ListTransactionsResponse

if TYPE_CHECKING:
    from minikafka.broker.broker import Broker

STATES = frozenset(
    (
        "Empty",
        "Ongoing",
        "PrepareCommit",
        "PrepareAbort",
        "CompleteCommit",
        "CompleteAbort",
        "Dead",
        "PrepareEpochFence",
    )
)


@handles(ApiKey.LIST_TRANSACTIONS, versions=(0, 1))
def list_transactions(
    node: Broker, request: ListTransactionsRequest, context: RequestContext
) -> ListTransactionsResponse:
    """None, and which of the wanted states do not exist."""
    unknown = [name for name in dict.fromkeys(request.state_filters) if name not in STATES]
    return ListTransactionsResponse(unknown_state_filters=unknown, transaction_states=[])
