"""The answer to a request that fails as a whole: its error, in the form that its API has for that.

Rule: every API that is spoken has a refusal, in every version, so whatever a handler raises, its client is told. Where
the response has one `error_code` for the whole, the refusal follows from the message file: that code, and all else
empty. The files beside this one say what the other APIs answer. Kafka: `AbstractRequest.getErrorResponse` of each
request.
"""

from __future__ import annotations

from typing import Any, Final

from minikafka.protocol.api import RESPONSES, SPOKEN, ApiKey
from minikafka.protocol.errors import ApiError
from minikafka.protocol.refusals import groups, records, settings, topics
from minikafka.protocol.refusals.refusal import Refusal, words
from minikafka.protocol.schema import MISSING, Message

# Those that tell every error in words. The others do where the error has words of its own.
_WORDY: Final = (
    ApiKey.DESCRIBE_QUORUM,
    ApiKey.UNREGISTER_BROKER,
    ApiKey.CONTROLLER_REGISTRATION,
    ApiKey.ADD_RAFT_VOTER,
    ApiKey.REMOVE_RAFT_VOTER,
)
# What Kafka leaves out instead of leaving it empty.
_NULL: Final[dict[ApiKey, dict[str, Any]]] = {ApiKey.DESCRIBE_CLIENT_QUOTAS: {"entries": None}}


def _whole(key: ApiKey) -> Refusal:
    def refuse(request: Message, version: int, error: ApiError) -> Message:
        response: Any = RESPONSES[key]
        said: dict[str, Any] = {"error_code": error.code}
        for spec in response.FIELDS:
            if spec.name == "error_message":
                said["error_message"] = words(error) if key in _WORDY else error.message
            elif spec.default is MISSING and spec.name != "error_code":
                empty = spec.wire_default
                said[spec.name] = [] if empty == [] else empty
        answer: Message = response(**said | _NULL.get(key, {}))
        return answer

    return refuse


REFUSALS: Final[dict[ApiKey, Refusal]] = {
    **{key: _whole(key) for key in SPOKEN},
    **records.REFUSALS,
    **groups.REFUSALS,
    **topics.REFUSALS,
    **settings.REFUSALS,
}

__all__ = ["REFUSALS", "Refusal"]
