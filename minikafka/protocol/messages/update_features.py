"""UpdateFeatures (57), versions 0–2: run the cluster at other levels (KIP-584, KIP-778; 2 has no results)."""

from __future__ import annotations

from minikafka.protocol.schema import (
    BOOL,
    INT8,
    INT16,
    INT32,
    STRING,
    Message,
    Struct,
    array,
    field,
    message,
    struct,
)


@struct
class FeatureUpdateKey(Struct):
    feature: str = field(STRING, about="The feature's name.")
    max_version_level: int = field(INT16, about="The level that the cluster should run; 0: none.")
    allow_downgrade: bool = field(BOOL, until=0, default=False, about="May it be a lower one?")
    upgrade_type: int = field(
        INT8, since=1, default=1, about="1 upgrade, 2 downgrade that loses nothing, 3 any downgrade."
    )


@message(api_key=57, kind="request", versions=(0, 2), flexible=0)
class UpdateFeaturesRequest(Message):
    timeout_ms: int = field(INT32, default=60_000, about="How long to wait for the answer.")
    feature_updates: list[FeatureUpdateKey] = field(array(FeatureUpdateKey), about="Feature by feature.")
    validate_only: bool = field(BOOL, since=1, default=False, about="Only say what would come of it.")


@struct
class UpdatableFeatureResult(Struct):
    feature: str = field(STRING, about="The feature's name.")
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
    error_message: str | None = field(
        STRING, nullable=0, default=None, about="The error in words; null without one."
    )


@message(api_key=57, kind="response", versions=(0, 2), flexible=0)
class UpdateFeaturesResponse(Message):
    throttle_time_ms: int = field(
        INT32, default=0, about="How long a quota makes the client wait; 0 without one."
    )
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
    error_message: str | None = field(
        STRING, nullable=0, default=None, about="The error in words; null without one."
    )
    results: list[UpdatableFeatureResult] = field(
        array(UpdatableFeatureResult), until=1, default=[], ignorable=True, about="Feature by feature."
    )
