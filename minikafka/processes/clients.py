"""What the parent does to topics: by clients of its own, as anybody could.

Rule: each comes for one command and goes with it. Called in a thread, not in the parent's loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from minikafka.client import AdminClient, Producer
from minikafka.metadata.configs import BrokerConfigs
from minikafka.processes.picture import ProcessPicture
from minikafka.xray.snapshot import Snapshot

LOOK_AGAIN_S = 0.1


class ProcessClients:
    """See `Clients`. Made in the parent's loop."""

    def __init__(self, bootstrap_servers: str, configs: BrokerConfigs, picture: ProcessPicture) -> None:
        self._servers = {"bootstrap.servers": bootstrap_servers}
        self._configs = configs
        self._picture = picture
        self._loop = asyncio.get_running_loop()

    @property
    def default_replication_factor(self) -> int:
        return self._configs.int("default.replication.factor")

    def admin(self) -> AdminClient:
        return AdminClient(self._servers)

    def producer(self, config: Mapping[str, Any]) -> Producer:
        return Producer({**self._servers, **config})

    def wait_until(self, predicate: Callable[[Snapshot], bool], timeout_s: float) -> Snapshot:
        """Raises TimeoutError."""
        return asyncio.run_coroutine_threadsafe(self._wait(predicate, timeout_s), self._loop).result()

    async def _wait(self, predicate: Callable[[Snapshot], bool], timeout_s: float) -> Snapshot:
        try:
            async with asyncio.timeout(timeout_s):
                while not predicate(snapshot := await self._picture.take()):
                    await asyncio.sleep(LOOK_AGAIN_S)
                return snapshot
        except TimeoutError:
            raise TimeoutError(f"it did not become true within {timeout_s:g} seconds") from None


__all__ = ["ProcessClients"]
