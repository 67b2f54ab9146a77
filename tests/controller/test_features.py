"""UpdateFeatures: all levels of a request or none, and only what every node understands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from minikafka import Cluster
from minikafka.protocol.channel import Channel
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.update_features import (
    FeatureUpdateKey,
    UpdateFeaturesRequest,
    UpdateFeaturesResponse,
)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with Cluster(brokers=1, controllers=3, world="simulated", seed=2, message_events=False) as made:
        made.run(3)
        yield made


def update(
    cluster: Cluster, version: int = 2, *, only_validate: bool = False, **levels: Any
) -> UpdateFeaturesResponse:
    """By a broker, as every client does. `group_version=(0, 2)`: level and type."""
    universe = cluster._loop.universe
    updates = [
        FeatureUpdateKey(feature=name.replace("_", "."), max_version_level=level, upgrade_type=kind)
        for name, (level, kind) in levels.items()
    ]
    request = UpdateFeaturesRequest(feature_updates=updates, validate_only=only_validate)

    async def ask() -> UpdateFeaturesResponse:
        channel = await Channel.connect(universe.world("client-9"), "broker-1", 9092, "somebody")
        try:
            answer: UpdateFeaturesResponse = await channel.request(request, version)
            return answer
        finally:
            channel.close()

    answer: UpdateFeaturesResponse = cluster._loop.run(cluster._nodes.on("client-9", ask()), 10)
    return answer


def level(cluster: Cluster, name: str) -> int | None:
    controller = cluster._nodes.controller
    assert controller is not None
    return controller.image.features.get(name)


def test_a_level_goes_down_and_up_again(cluster: Cluster) -> None:
    assert update(cluster, group_version=(0, 2)).error_code == ErrorCode.NONE
    assert level(cluster, "group.version") in (None, 0)
    answer = update(cluster, 1, group_version=(1, 1))
    assert [(r.feature, r.error_code) for r in answer.results] == [("group.version", 0)]
    assert level(cluster, "group.version") == 1


@pytest.mark.parametrize(
    ("levels", "said"),
    [
        ({"flux_version": (1, 1)}, "does not support this feature"),
        ({"group_version": (9, 1)}, "only supports versions 0-1"),
        ({"group_version": (-1, 3)}, "A feature version cannot be less than 0."),
        ({"group_version": (0, 1)}, "without setting the upgrade type"),
        ({"group_version": (0, 7)}, "does not support the given upgrade type"),
        ({"metadata_version": (29, 2)}, "Refusing to perform the requested downgrade"),
        ({"metadata_version": (29, 3)}, "Unsafe metadata downgrade is not supported"),
        ({"kraft_version": (0, 2)}, "Can't downgrade"),
    ],
)
def test_what_is_refused_changes_nothing_else_either(
    cluster: Cluster, levels: dict[str, Any], said: str
) -> None:
    answer = update(cluster, share_version=(0, 2), **levels)
    assert answer.error_code == ErrorCode.INVALID_UPDATE_VERSION
    assert said in str(answer.error_message)
    assert level(cluster, "share.version") == 1


def test_one_that_is_only_to_be_validated(cluster: Cluster) -> None:
    assert update(cluster, only_validate=True, share_version=(0, 2)).error_code == ErrorCode.NONE
    assert level(cluster, "share.version") == 1
