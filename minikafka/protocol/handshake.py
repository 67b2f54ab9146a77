"""ApiVersions, which a server answers from its table of handlers.

Rule: whatever version a client asks in, it gets an answer that it can read: an unknown version is answered in
version 0, with the range of ApiVersions itself (KIP-511). Kafka: `KafkaApis.handleApiVersionsRequest`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple, Protocol, runtime_checkable

from minikafka.protocol.api import ApiKey
from minikafka.protocol.dispatch import RequestContext, handles
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.api_versions import (
    ApiVersion,
    ApiVersionsRequest,
    ApiVersionsResponse,
    FinalizedFeatureKey,
    SupportedFeatureKey,
)

VERSIONS = (0, 4)
_SOFTWARE = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?")


class Features(NamedTuple):
    """What a node says of features: supported (name, lowest, highest), finalized (name, level)."""

    supported: Sequence[tuple[str, int, int]] = ()
    finalized_epoch: int = -1
    finalized: Sequence[tuple[str, int]] = ()


@runtime_checkable
class HasFeatures(Protocol):
    """A node that knows of features."""

    def api_versions_features(self) -> Features: ...


class ServedNode(NamedTuple):
    """What the server hands to this handler: the node, and the table it is asked about."""

    node: object
    advertised: Sequence[tuple[ApiKey, int, int]]


@handles(ApiKey.API_VERSIONS, versions=VERSIONS)
def api_versions(
    served: ServedNode, request: ApiVersionsRequest, context: RequestContext
) -> ApiVersionsResponse:
    if context.api_version >= 3 and not (
        _SOFTWARE.fullmatch(request.client_software_name)
        and _SOFTWARE.fullmatch(request.client_software_version)
    ):
        return ApiVersionsResponse(error_code=ErrorCode.INVALID_REQUEST, api_keys=[])
    keys = [
        ApiVersion(api_key=key, min_version=low, max_version=high) for key, low, high in served.advertised
    ]
    features = served.node.api_versions_features() if isinstance(served.node, HasFeatures) else Features()
    # A reader below version 4 rejects a feature that begins at level 0.
    least = 0 if context.api_version >= 4 else 1
    return ApiVersionsResponse(
        api_keys=keys,
        supported_features=[
            SupportedFeatureKey(name=name, min_version=max(low, least), max_version=high)
            for name, low, high in features.supported
        ],
        finalized_features_epoch=features.finalized_epoch,
        finalized_features=[
            FinalizedFeatureKey(name=name, max_version_level=level, min_version_level=level)
            for name, level in features.finalized
        ],
    )


def unsupported_version() -> ApiVersionsResponse:
    """The answer, in version 0, to a version of ApiVersions that nobody here knows."""
    own = ApiVersion(api_key=ApiKey.API_VERSIONS, min_version=VERSIONS[0], max_version=VERSIONS[1])
    return ApiVersionsResponse(error_code=ErrorCode.UNSUPPORTED_VERSION, api_keys=[own])
