"""The cluster as its user holds it: build, drive, kill, partition, step, look inside."""

from minikafka.cluster.cluster import BackgroundFailure, Cluster

__all__ = ["BackgroundFailure", "Cluster"]
