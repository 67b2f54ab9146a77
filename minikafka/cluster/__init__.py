"""The cluster as its user holds it: build, drive, kill, partition, step, look inside."""

from minikafka.cluster.cluster import Cluster
from minikafka.cluster.failures import BackgroundFailure

__all__ = ["BackgroundFailure", "Cluster"]
