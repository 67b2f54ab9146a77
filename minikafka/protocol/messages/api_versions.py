"""ApiVersions (18), versions 0–4: which APIs and versions a server speaks; the first request on a connection.

3 is flexible, but the response's header never is. An unknown version is answered in version 0.
"""

from __future__ import annotations

from minikafka.protocol.schema import (
    BOOL,
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


@message(api_key=18, kind="request", versions=(0, 4), flexible=3)
class ApiVersionsRequest(Message):
    client_software_name: str = field(
        STRING, since=3, default="", ignorable=True, about="Which client library asks."
    )
    client_software_version: str = field(STRING, since=3, default="", ignorable=True, about="Its version.")


@struct
class ApiVersion(Struct):
    api_key: int = field(INT16, about="The API.")
    min_version: int = field(INT16, about="The lowest version.")
    max_version: int = field(INT16, about="The highest version.")


@struct
class SupportedFeatureKey(Struct):
    name: str = field(STRING, about="The feature's name.")
    min_version: int = field(INT16, about="The lowest version.")
    max_version: int = field(INT16, about="The highest version.")


@struct
class FinalizedFeatureKey(Struct):
    name: str = field(STRING, about="The feature's name.")
    max_version_level: int = field(INT16, about="The agreed level.")
    min_version_level: int = field(INT16, about="The lowest level it covers.")


@message(api_key=18, kind="response", versions=(0, 4), flexible=3)
class ApiVersionsResponse(Message):
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
    api_keys: list[ApiVersion] = field(array(ApiVersion), about="The APIs that the server speaks.")
    throttle_time_ms: int = field(
        INT32,
        since=1,
        default=0,
        ignorable=True,
        about="How long a quota makes the client wait; 0 without one.",
    )
    supported_features: list[SupportedFeatureKey] = field(
        array(SupportedFeatureKey),
        since=3,
        tagged=(0, 3),
        default=[],
        ignorable=True,
        about="Features that the server could run.",
    )
    finalized_features_epoch: int = field(
        INT64,
        since=3,
        tagged=(1, 3),
        default=-1,
        ignorable=True,
        about="Rises with each change of the finalized features; -1 where not known.",
    )
    finalized_features: list[FinalizedFeatureKey] = field(
        array(FinalizedFeatureKey),
        since=3,
        tagged=(2, 3),
        default=[],
        ignorable=True,
        about="Features at the level that the cluster has agreed on.",
    )
    zk_migration_ready: bool = field(
        BOOL,
        since=3,
        tagged=(3, 3),
        default=False,
        ignorable=True,
        about="Is the node ready to take over from ZooKeeper?",
    )
