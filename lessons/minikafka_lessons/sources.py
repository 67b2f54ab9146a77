"""Where a lesson's cluster comes from: the lab's, any Kafka's, or one of the notebook's own.

Rule: a source shows a cluster and lets go of it; it makes and deletes nothing there.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading  # noqa: TID251 - a kernel's loop is running: this one needs a thread of its own
from collections.abc import Coroutine
from typing import Any

from minikafka import Cluster, Snapshot
from minikafka.xray.files import Found, Question
from minikafka_lessons.language import sentence

LAB_VARIABLE = "MINIKAFKA_LAB"
BOOTSTRAP_VARIABLE = "MINIKAFKA_BOOTSTRAP"
ANSWER_LIMIT_S, CLOSING_LIMIT_S = 15.0, 5.0


class Source:
    """Where snapshots come from: `fresh()` asks now, `latest()` may be a tick old."""

    name = ""
    bootstrap_servers = ""
    kind = ""
    is_shared = False
    """May other notebooks be at work on it?"""

    def fresh(self) -> Snapshot:
        """The picture now."""
        raise NotImplementedError

    def latest(self) -> Snapshot:
        """For views."""
        return self.fresh()

    def look(self, question: Question) -> Found:
        """What a replica's files hold. Raises Unseen."""
        raise NotImplementedError

    def close(self) -> None:
        """Let go."""


class OwnCluster(Source):
    """A cluster in this process."""

    kind = sentence("a cluster of this notebook's own")

    def __init__(self, number: int, brokers: int = 3) -> None:
        self.cluster = Cluster(brokers=brokers, name=f"lesson-{number}")
        self.name = self.cluster.name
        self.bootstrap_servers = self.cluster.bootstrap_servers

    def fresh(self) -> Snapshot:
        return self.cluster.snapshot()

    def look(self, question: Question) -> Found:
        return self.cluster.look(question)

    def close(self) -> None:
        self.cluster.close()


class SeenCluster(Source):
    """A cluster in another process, seen through a `Feed`: the lab's, or any Kafka."""

    is_shared = True

    def __init__(self, feed: Any, name: str, bootstrap_servers: str, kind: str) -> None:
        self.name, self.bootstrap_servers, self.kind = name, bootstrap_servers, kind
        self._feed = feed
        self._latest: Snapshot | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="minikafka-lesson", daemon=True)
        self._thread.start()
        self._watching: Any = None

    def fresh(self) -> Snapshot:
        found: Snapshot = self._wait_for(self._feed.once())
        return found

    def latest(self) -> Snapshot:
        if self._watching is None:
            self._watching = asyncio.run_coroutine_threadsafe(
                self._feed.watch(self._show, lambda _: None), self._loop
            )
        return self._latest or self.fresh()

    def look(self, question: Question) -> Found:
        found: Found = self._wait_for(self._feed.look(question))
        return found

    def _show(self, snapshot: Snapshot) -> None:
        self._latest = snapshot

    def _wait_for(self, asked: Coroutine[Any, Any, Any]) -> Any:
        if self._loop.is_closed():
            asked.close()
            raise ConnectionError(f"{self.name} is not watched any more.")
        answer = asyncio.run_coroutine_threadsafe(asked, self._loop)
        try:
            return answer.result(ANSWER_LIMIT_S)
        except BaseException:  # an interrupt, too: nobody waits for it any more
            answer.cancel()
            raise

    def close(self) -> None:
        if self._loop.is_closed():
            return
        with contextlib.suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(end_of_all_tasks(), self._loop).result(CLOSING_LIMIT_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CLOSING_LIMIT_S)
        if not self._thread.is_alive():
            self._loop.close()


async def end_of_all_tasks() -> None:
    """Those of this loop, but for the one that asks: a loop that stops before its tasks says so, late and at length."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


def find_source(number: int) -> Source:
    """The lab's cluster, the Kafka of MINIKAFKA_BOOTSTRAP, or a new one."""
    name = os.environ.get(LAB_VARIABLE)
    servers = os.environ.get(BOOTSTRAP_VARIABLE)
    if name:
        from minikafka.xray.client import SocketFeed
        from minikafka.xray.discovery import NoCluster, running_clusters

        try:
            for found in running_clusters():
                if found.name == name and (not servers or found.bootstrap_servers == servers):
                    source = SeenCluster(
                        SocketFeed(found), name, found.bootstrap_servers, sentence("the lab's cluster")
                    )
                    source.fresh()
                    return source
        except (NoCluster, OSError, TimeoutError):
            pass
    elif servers:
        from minikafka.xray.remote import RemoteFeed

        return SeenCluster(
            RemoteFeed(servers), servers, servers, sentence("the Kafka that MINIKAFKA_BOOTSTRAP names")
        )
    return OwnCluster(number)
