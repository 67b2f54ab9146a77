"""The segment files of a topic, found by asking the brokers (DescribeLogDirs), and what a lab does to them.

Rule: files are found only where the brokers run on this machine, and nothing in them is changed.
"""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

from minikafka.protocol.channel import Channel
from minikafka.protocol.messages.describe_log_dirs import DescribeLogDirsRequest, DescribeLogDirsResponse
from minikafka.world import LiveUniverse
from minikafka_lessons.language import say
from minikafka_lessons.measure.results import Unmeasured
from minikafka_lessons.measure.scratch import CHUNK_BYTES, evict
from minikafka_lessons.show.live import own_name

VERSION = 1
"""Old enough for any Kafka."""


def segment_files(cluster: Any, topic: str) -> list[Path]:
    """The `.log` files of all replicas. Raises Unmeasured when they aren't on this machine."""
    topic = own_name(cluster, topic)
    addresses = [(b.host, b.port) for b in cluster.snapshot().brokers if b.host and b.port]
    places: list[Path] = []
    # The kernel's own loop is running in a notebook, so this one gets a thread.
    thread = threading.Thread(target=lambda: places.extend(asyncio.run(_places(addresses, topic))))
    thread.start()
    thread.join(20)
    found = sorted(file for place in places if place.is_dir() for file in place.glob("*.log"))
    if not found:
        raise Unmeasured(say("The files of {topic} are not on this machine.", topic=topic))
    return found


async def _places(addresses: list[tuple[str, int]], topic: str) -> list[Path]:
    """The directories of the topic's replicas, as the brokers name them."""
    universe = LiveUniverse()
    found = []
    try:
        for host, port in addresses:
            channel = await Channel.connect(universe.world("lab"), host, port, "lab")
            answer = await channel.request(DescribeLogDirsRequest(topics=None), VERSION, 10.0)
            assert isinstance(answer, DescribeLogDirsResponse)
            found += [
                Path(result.log_dir) / f"{topic}-{partition.partition_index}"
                for result in answer.results
                for named in result.topics
                if named.name == topic
                for partition in named.partitions
            ]
            channel.close()
    finally:
        universe.close()
    return found


def evict_segments(cluster: Any, topic: str) -> int:
    """Sync the topic's segments and put them out of the page cache; returns how many files have left it."""
    return sum(evict(file) for file in segment_files(cluster, topic))


def read_segments(cluster: Any, topic: str, share: float = 1.0) -> int:
    """Read the first part of each segment file, as any program may; returns the bytes."""
    done = 0
    for path in segment_files(cluster, topic):
        left = int(path.stat().st_size * share)
        with path.open("rb", buffering=0) as file:
            while left > 0 and (chunk := file.read(min(CHUNK_BYTES, left))):
                done, left = done + len(chunk), left - len(chunk)
    return done
