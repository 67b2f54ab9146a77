"""What the product holds: its live objects, counted by kind. What is let go of is not there any more."""

import gc
from collections import Counter

WITH_THE_PRODUCT = ("minikafka", "asyncio", "_asyncio", "uvloop", "concurrent", "_thread", "threading")
PLAIN = ("coroutine", "frame", "traceback", "generator", "memoryview")
STORED = (
    "minikafka.log.epochs.EpochEntry",  # a log remembers each epoch that it has records of, as Kafka's does
    "minikafka.world.page_cache.Write",  # what a simulated disk holds and nobody has synced
    "minikafka.world.page_cache.Truncation",
    "minikafka.xray.story.Run",  # the lines of the cluster's story, of which there are at most 240
)
"""What may grow, since it is what a cluster is there to keep, or is bounded."""


def held():
    """kind → how many of it there are."""
    for _ in range(3):
        gc.collect()
    kinds = Counter(type(one) for one in gc.get_objects())
    return Counter(
        {
            f"{kind.__module__}.{kind.__qualname__}": count
            for kind, count in kinds.items()
            if str(kind.__module__).split(".")[0] in WITH_THE_PRODUCT or kind.__qualname__ in PLAIN
        }
    )


def grown(before, after, by):
    """The kinds of which there are more, by at least so many: kind → (before, after)."""
    return {
        kind: (before[kind], count)
        for kind, count in sorted(after.items())
        if count - before[kind] >= by and kind not in STORED
    }
