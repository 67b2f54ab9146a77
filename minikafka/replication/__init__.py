"""Replication: partitions as one broker sees them, followers that fetch, requests that wait.

Rule: followers pull, and a record is committed when the whole ISR has it (KIP-101, KIP-497).
Kafka: `kafka.server.ReplicaManager`, `kafka.cluster.Partition`.
"""
