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
        OFFSET_BEGINNING,
        OFFSET_END,
        OFFSET_INVALID,
        OFFSET_STORED,
        TIMESTAMP_CREATE_TIME,
        TIMESTAMP_LOG_APPEND_TIME,
        TIMESTAMP_NOT_AVAILABLE,
        AdminClient,
        Consumer,
        ConsumerGroupState,
        ConsumerGroupTopicPartitions,
        ConsumerGroupType,
        ElectionType,
        IsolationLevel,
        KafkaError,
        KafkaException,
        Message,
        NewPartitions,
        NewTopic,
        Node,
        Producer,
        TopicCollection,
        TopicPartition,
        TopicPartitionInfo,
        Uuid,
        consistent,
        fnv1a,
        murmur2,
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
    "ConsumerGroupState": "minikafka.client",
    "ConsumerGroupTopicPartitions": "minikafka.client",
    "ConsumerGroupType": "minikafka.client",
    "ElectionType": "minikafka.client",
    "IsolationLevel": "minikafka.client",
    "KafkaError": "minikafka.client",
    "KafkaException": "minikafka.client",
    "Message": "minikafka.client",
    "NewPartitions": "minikafka.client",
    "NewTopic": "minikafka.client",
    "Node": "minikafka.client",
    "OFFSET_BEGINNING": "minikafka.client",
    "OFFSET_END": "minikafka.client",
    "OFFSET_INVALID": "minikafka.client",
    "OFFSET_STORED": "minikafka.client",
    "Organs": "minikafka.policy",
    "Producer": "minikafka.client",
    "Snapshot": "minikafka.xray.snapshot",
    "TIMESTAMP_CREATE_TIME": "minikafka.client",
    "TIMESTAMP_LOG_APPEND_TIME": "minikafka.client",
    "TIMESTAMP_NOT_AVAILABLE": "minikafka.client",
    "TopicCollection": "minikafka.client",
    "TopicPartition": "minikafka.client",
    "TopicPartitionInfo": "minikafka.client",
    "Uuid": "minikafka.client",
    "consistent": "minikafka.client",
    "fnv1a": "minikafka.client",
    "murmur2": "minikafka.client",
}

__all__ = [
    "OFFSET_BEGINNING",
    "OFFSET_END",
    "OFFSET_INVALID",
    "OFFSET_STORED",
    "TIMESTAMP_CREATE_TIME",
    "TIMESTAMP_LOG_APPEND_TIME",
    "TIMESTAMP_NOT_AVAILABLE",
    "AdminClient",
    "BackgroundFailure",
    "Cluster",
    "Consumer",
    "ConsumerGroupState",
    "ConsumerGroupTopicPartitions",
    "ConsumerGroupType",
    "ElectionType",
    "IsolationLevel",
    "KafkaError",
    "KafkaException",
    "Message",
    "NewPartitions",
    "NewTopic",
    "Node",
    "Organs",
    "Producer",
    "Snapshot",
    "TopicCollection",
    "TopicPartition",
    "TopicPartitionInfo",
    "Uuid",
    "__version__",
    "consistent",
    "fnv1a",
    "murmur2",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'minikafka' has no attribute {name!r}")
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
