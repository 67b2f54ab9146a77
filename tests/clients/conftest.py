"""A live cluster of three brokers in this process. CLIENTS_BOOTSTRAP=HOST:PORT,… runs what can on another cluster."""

import importlib
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from clients.drivers import confluent

BROKERS = 3
# As a test cluster is set: groups form at once, and there are few partitions to wait for.
SETTINGS = {"group.initial.rebalance.delay.ms": "0", "offsets.topic.num.partitions": "5"}


@pytest.fixture(scope="module")
def shared_cluster() -> Iterator[Any]:
    """For tests that break nothing."""
    from minikafka import Cluster

    with Cluster(brokers=BROKERS, configs=SETTINGS) as cluster:
        yield cluster


@pytest.fixture
def cluster() -> Iterator[Any]:
    """For tests that kill brokers."""
    from minikafka import Cluster

    with Cluster(brokers=BROKERS, configs=SETTINGS) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def bootstrap(request: pytest.FixtureRequest) -> str:
    if other := os.environ.get("CLIENTS_BOOTSTRAP"):
        return other
    return request.getfixturevalue("shared_cluster").bootstrap_servers


@pytest.fixture
def new_topic(bootstrap: str) -> Callable[..., str]:
    """Makes a topic that no other test uses."""

    def make(name: str = "orders", partitions: int = 6) -> str:
        topic = f"{name}-{uuid.uuid4().hex[:8]}"
        confluent.create_topic(bootstrap, topic, partitions)
        return topic

    return make


def driver(name: str) -> ModuleType:
    """A client by its file in drivers/; skips when its program is missing."""
    if name == "kcat" and not shutil.which("kcat"):
        pytest.skip("kcat is not installed (Debian: kcat)")
    return importlib.import_module(f"clients.drivers.{name}")
