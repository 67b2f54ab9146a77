"""minikafka: a whole Kafka cluster in one Python process, which you can stop, step, break, rewind and look inside.

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

from minikafka._version import VERSION as __version__

if TYPE_CHECKING:
    from minikafka.client import OFFSET_BEGINNING as OFFSET_BEGINNING
    from minikafka.client import OFFSET_END as OFFSET_END
    from minikafka.client import OFFSET_INVALID as OFFSET_INVALID
    from minikafka.client import OFFSET_STORED as OFFSET_STORED
    from minikafka.client import TIMESTAMP_CREATE_TIME as TIMESTAMP_CREATE_TIME
    from minikafka.client import TIMESTAMP_LOG_APPEND_TIME as TIMESTAMP_LOG_APPEND_TIME
    from minikafka.client import TIMESTAMP_NOT_AVAILABLE as TIMESTAMP_NOT_AVAILABLE
    from minikafka.client import AdminClient as AdminClient
    from minikafka.client import Consumer as Consumer
    from minikafka.client import ConsumerGroupState as ConsumerGroupState
    from minikafka.client import ConsumerGroupTopicPartitions as ConsumerGroupTopicPartitions
    from minikafka.client import ConsumerGroupType as ConsumerGroupType
    from minikafka.client import ElectionType as ElectionType
    from minikafka.client import IsolationLevel as IsolationLevel
    from minikafka.client import KafkaError as KafkaError
    from minikafka.client import KafkaException as KafkaException
    from minikafka.client import Message as Message
    from minikafka.client import NewPartitions as NewPartitions
    from minikafka.client import NewTopic as NewTopic
    from minikafka.client import Node as Node
    from minikafka.client import Producer as Producer
    from minikafka.client import ThrottleEvent as ThrottleEvent
    from minikafka.client import TopicCollection as TopicCollection
    from minikafka.client import TopicPartition as TopicPartition
    from minikafka.client import TopicPartitionInfo as TopicPartitionInfo
    from minikafka.client import Uuid as Uuid
    from minikafka.client import consistent as consistent
    from minikafka.client import fnv1a as fnv1a
    from minikafka.client import murmur2 as murmur2
    from minikafka.cluster import BackgroundFailure as BackgroundFailure
    from minikafka.cluster import Cluster as Cluster
    from minikafka.policy import Rules as Rules
    from minikafka.xray.snapshot import Snapshot as Snapshot


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
    "Rules": "minikafka.policy",
    "Producer": "minikafka.client",
    "Snapshot": "minikafka.xray.snapshot",
    "TIMESTAMP_CREATE_TIME": "minikafka.client",
    "TIMESTAMP_LOG_APPEND_TIME": "minikafka.client",
    "TIMESTAMP_NOT_AVAILABLE": "minikafka.client",
    "ThrottleEvent": "minikafka.client",
    "TopicCollection": "minikafka.client",
    "TopicPartition": "minikafka.client",
    "TopicPartitionInfo": "minikafka.client",
    "Uuid": "minikafka.client",
    "consistent": "minikafka.client",
    "fnv1a": "minikafka.client",
    "murmur2": "minikafka.client",
}

__all__ = ["__version__", *sorted(_HOMES)]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'minikafka' has no attribute {name!r}")
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
