"""The answer to a request that fails as a whole: its error, in the form that its API has for that.

Rule: every API that is spoken has a refusal, in every version. So whatever a handler raises, its client is told.
Kafka: `AbstractRequest.getErrorResponse` of each request.
"""

from __future__ import annotations

from typing import Any, Final

from minikafka.protocol.api import REQUESTS, RESPONSES, ApiKey
from minikafka.protocol.errors import ApiError
from minikafka.protocol.refusals import groups, records, settings, topics
from minikafka.protocol.refusals.refusal import Refusal, words
from minikafka.protocol.schema import Message

# What an answer with one error for the whole has beside it, all of it empty.
_EMPTY: Final[dict[ApiKey, dict[str, Any]]] = {
    ApiKey.HEARTBEAT: {},
    ApiKey.LEAVE_GROUP: {"members": []},
    ApiKey.SYNC_GROUP: {"assignment": b""},
    ApiKey.LIST_GROUPS: {"groups": []},
    ApiKey.API_VERSIONS: {"api_keys": []},
    ApiKey.INIT_PRODUCER_ID: {},
    ApiKey.DESCRIBE_ACLS: {"resources": []},
    ApiKey.DESCRIBE_LOG_DIRS: {"results": []},
    ApiKey.LIST_PARTITION_REASSIGNMENTS: {"topics": []},
    ApiKey.OFFSET_DELETE: {"topics": []},
    ApiKey.DESCRIBE_CLIENT_QUOTAS: {"entries": None},
    ApiKey.DESCRIBE_QUORUM: {"topics": []},
    ApiKey.FETCH_SNAPSHOT: {"topics": []},
    ApiKey.DESCRIBE_CLUSTER: {"cluster_id": "", "brokers": []},
    ApiKey.UNREGISTER_BROKER: {},
    ApiKey.LIST_TRANSACTIONS: {"unknown_state_filters": [], "transaction_states": []},
    ApiKey.LIST_CONFIG_RESOURCES: {"config_resources": []},
    ApiKey.ALTER_PARTITION: {"topics": []},
    ApiKey.BROKER_REGISTRATION: {},
    ApiKey.BROKER_HEARTBEAT: {},
    ApiKey.CONTROLLER_REGISTRATION: {},
    ApiKey.ALLOCATE_PRODUCER_IDS: {},
    ApiKey.ASSIGN_REPLICAS_TO_DIRS: {"directories": []},
}
# Those that tell the error in words, always or only where it has some of its own.
_WORDY: Final = (ApiKey.DESCRIBE_QUORUM, ApiKey.UNREGISTER_BROKER, ApiKey.CONTROLLER_REGISTRATION)
_WORDY_AT_TIMES: Final = (
    ApiKey.DESCRIBE_ACLS,
    ApiKey.LIST_PARTITION_REASSIGNMENTS,
    ApiKey.DESCRIBE_CLIENT_QUOTAS,
    ApiKey.DESCRIBE_CLUSTER,
)


def _whole(key: ApiKey) -> Refusal:
    def refuse(request: Message, version: int, error: ApiError) -> Message:
        response: Any = RESPONSES[key]
        answer: Message = response(error_code=error.code, **said(error), **_EMPTY[key])
        return answer

    def said(error: ApiError) -> dict[str, str | None]:
        if key in _WORDY:
            return {"error_message": words(error)}
        return {"error_message": error.message} if key in _WORDY_AT_TIMES else {}

    return refuse


REFUSALS: Final[dict[ApiKey, Refusal]] = {
    **{key: _whole(key) for key in _EMPTY},
    **records.REFUSALS,
    **groups.REFUSALS,
    **topics.REFUSALS,
    **settings.REFUSALS,
}
assert all(key in REFUSALS for key in REQUESTS), [key for key in REQUESTS if key not in REFUSALS]

__all__ = ["REFUSALS", "Refusal"]
