"""minikafka: a whole Kafka cluster in one Python process, which a learner can stop, step, break and look inside.

```python
from minikafka import Cluster

with Cluster(brokers=3) as cluster:
    cluster.create_topic("orders", partitions=6, replication_factor=3)
    producer = cluster.producer({"linger.ms": 5, "compression.type": "zstd"})
    producer.produce("orders", key=b"k", value=b"v")
    producer.flush()
```

Names are imported when they are first used, so that `import minikafka` stays light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from minikafka.client import (
        AdminClient,
        Consumer,
        KafkaError,
        KafkaException,
        Message,
        NewPartitions,
        NewTopic,
        Producer,
        TopicPartition,
    )
    from minikafka.cluster import BackgroundFailure, Cluster
    from minikafka.policy import Organs
    from minikafka.xray.snapshot import Snapshot

__version__ = "0.1.0"

_HOMES = {
    "AdminClient": "minikafka.client",
    "BackgroundFailure": "minikafka.cluster",
    "Cluster": "minikafka.cluster",
    "Consumer": "minikafka.client",
    "KafkaError": "minikafka.client",
    "KafkaException": "minikafka.client",
    "Message": "minikafka.client",
    "NewPartitions": "minikafka.client",
    "NewTopic": "minikafka.client",
    "Organs": "minikafka.policy",
    "Producer": "minikafka.client",
    "Snapshot": "minikafka.xray.snapshot",
    "TopicPartition": "minikafka.client",
}

__all__ = [
    "AdminClient",
    "BackgroundFailure",
    "Cluster",
    "Consumer",
    "KafkaError",
    "KafkaException",
    "Message",
    "NewPartitions",
    "NewTopic",
    "Organs",
    "Producer",
    "Snapshot",
    "TopicPartition",
    "__version__",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'minikafka' has no attribute {name!r}")
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
