"""Waiting until a live cluster looks as somebody wants it to.

Rule: the predicate runs in the thread of the one who waits, so whatever it raises is raised there, and it may call
the cluster's own methods. Kafka's tests have `TestUtils.waitUntilTrue`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from minikafka.cluster.drivers import LiveLoop
from minikafka.xray.snapshot import Snapshot

LOOK_AGAIN_S = 0.05


def wait_live(
    loop: LiveLoop, look: Callable[[], Snapshot], predicate: Callable[[Snapshot], bool], timeout_s: float
) -> Snapshot:
    """The first snapshot for which `predicate` holds; `look` runs on the loop. Raises TimeoutError."""
    changed = asyncio.Event()
    unsubscribe = loop.call(lambda: loop.universe.trace.subscribe(lambda _: changed.set()))
    deadline = loop.now() + timeout_s

    def take() -> Snapshot:
        changed.clear()
        return look()

    try:
        while True:
            snapshot = loop.call(take)
            if predicate(snapshot):
                return snapshot
            left_s = deadline - loop.now()
            if left_s <= 0:
                raise TimeoutError(f"it did not become true within {timeout_s:g} seconds")
            # Most changes are events of the trace. Offsets move without one (there would be one for each record),
            # so there is another look after a short while in any case.
            loop.run(_set_within(changed, min(left_s, LOOK_AGAIN_S)))
    finally:
        loop.call(unsubscribe)


async def _set_within(event: asyncio.Event, timeout_s: float) -> None:
    try:
        async with asyncio.timeout(timeout_s):
            await event.wait()
    except TimeoutError:
        pass


def is_ready(snapshot: Snapshot, name: str, partitions: int) -> bool:
    """Does every partition of the topic have a leader that is there and knows it?"""
    try:
        topic = snapshot.topic(name)
    except KeyError:
        return False
    return len(topic.partitions) >= partitions and all(
        p.leader is not None and p.high_watermark is not None for p in topic.partitions
    )
