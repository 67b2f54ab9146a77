"""The cluster as its user holds it: build, drive, kill, partition, step, look inside.

Rule: the nodes are asynchronous and the same in both worlds; only the face is synchronous.
Kafka's tests have `KafkaClusterTestKit`.
"""

from minikafka.cluster.cluster import Cluster
from minikafka.cluster.failures import AnsweredFailure, BackgroundFailure
from minikafka.metadata.config_types import ConfigWarning

__all__ = ["AnsweredFailure", "BackgroundFailure", "Cluster", "ConfigWarning"]
