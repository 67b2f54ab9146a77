"""UpdateFeatures: the cluster is to run at other levels.

Rule: all updates of a request or none; a level is run only when every node that is registered understands it. Kafka:
`FeatureControlManager`, `QuorumFeatures`; KIP-584, KIP-778.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from minikafka.controller.decision import Decision, Situation
from minikafka.metadata.features import QUORUM_FEATURE, QUORUM_LEVEL, SUPPORTED_FEATURES
from minikafka.metadata.records import FeatureLevelRecord
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.messages.update_features import (
    FeatureUpdateKey,
    UpdatableFeatureResult,
    UpdateFeaturesRequest,
    UpdateFeaturesResponse,
)

UPGRADE, SAFE_DOWNGRADE, UNSAFE_DOWNGRADE = 1, 2, 3
METADATA_VERSION = "metadata.version"
CHANGED_METADATA = (8, 11, 13, 14, 15, 17, 23, 30)
"""Levels of metadata.version whose records an earlier level can't have. Kafka: `MetadataVersion.didMetadataChange`."""


def update_features(
    situation: Situation, request: UpdateFeaturesRequest, version: int, node_id: int, voters: Sequence[int]
) -> Decision[UpdateFeaturesResponse]:
    """`version`: the request's; before 1 it only says whether it may go down. `voters`: who has to be registered."""
    records: list[FeatureLevelRecord] = []
    for update in request.feature_updates:
        kind = update.upgrade_type
        if version < 1:
            kind = SAFE_DOWNGRADE if update.allow_downgrade else UPGRADE
        try:
            records += _update(situation, update, kind, node_id, voters)
        except ApiError as refused:
            sentence = (
                "The update failed for all features since the following feature had an error: "
                f"{refused.message}"
            )
            return Decision((), UpdateFeaturesResponse(error_code=refused.code, error_message=sentence))
    results = [UpdatableFeatureResult(feature=update.feature) for update in request.feature_updates]
    written = () if request.validate_only else tuple(records)
    return Decision(written, UpdateFeaturesResponse(results=results))


def _update(
    situation: Situation, update: FeatureUpdateKey, kind: int, node_id: int, voters: Sequence[int]
) -> list[FeatureLevelRecord]:
    name, level = update.feature, update.max_version_level
    if kind not in (UPGRADE, SAFE_DOWNGRADE, UNSAFE_DOWNGRADE):
        raise _invalid(update, "The controller does not support the given upgrade type.")
    if level < 0:
        raise _invalid(update, "A feature version cannot be less than 0.")
    reason = _not_supported(situation, update, node_id, voters)
    if reason:
        raise _invalid(update, reason)
    now = QUORUM_LEVEL if name == QUORUM_FEATURE else situation.image.features.get(name, 0)
    if level < now and kind == UPGRADE:
        raise _invalid(
            update,
            "Can't downgrade the version of this feature without setting the upgrade type to either safe or unsafe "
            "downgrade.",
        )
    if level > now and kind != UPGRADE:
        raise _invalid(update, "Can't downgrade to a newer version.")
    if name == METADATA_VERSION and level < now:
        _check_downgrade(level, now, kind)
    if name == QUORUM_FEATURE:
        if level < now:
            raise _invalid(update, "Can't downgrade the version of this feature.")
        return []
    return [FeatureLevelRecord(name=name, feature_level=level)]


def _check_downgrade(level: int, now: int, kind: int) -> None:
    if not any(level < changed <= now for changed in CHANGED_METADATA):
        return
    sentence = (
        "Unsafe metadata downgrade is not supported in this version."
        if kind == UNSAFE_DOWNGRADE
        else "Refusing to perform the requested downgrade because it might delete metadata information."
    )
    raise ApiError(
        ErrorCode.INVALID_UPDATE_VERSION,
        f"Unsupported metadata.version downgrade from {now} to {level}. {sentence}",
    )


def _not_supported(
    situation: Situation, update: FeatureUpdateKey, node_id: int, voters: Sequence[int]
) -> str | None:
    image = situation.image
    found = _outside(f"Local controller {node_id}", SUPPORTED_FEATURES, update)
    for id in sorted(image.brokers):
        found = found or _outside(f"Broker {id}", image.brokers[id].features, update)
    for id in sorted(image.controllers):
        if id != node_id:
            found = found or _outside(f"Controller {id}", image.controllers[id].features, update)
    for id in voters:
        if not found and id not in image.controllers:
            found = f"controller {id} has not registered, and may not support this feature"
    return found


def _outside(who: str, features: Mapping[str, tuple[int, int]], update: FeatureUpdateKey) -> str | None:
    low, high = features.get(update.feature, (0, 0))
    if low <= update.max_version_level <= high:
        return None
    if (low, high) == (0, 0):
        return f"{who} does not support this feature."
    return f"{who} only supports versions {low}-{high}"


def _invalid(update: FeatureUpdateKey, why: str) -> ApiError:
    return ApiError(
        ErrorCode.INVALID_UPDATE_VERSION,
        f"Invalid update version {update.max_version_level} for feature {update.feature}. {why}",
    )


__all__ = ["update_features"]
