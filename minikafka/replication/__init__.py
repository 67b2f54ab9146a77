"""Replication: partitions as one broker sees them, followers that fetch, requests that wait.

The one rule of this room: followers pull, and a record is committed when the whole ISR has it (KIP-101, KIP-497).
Kafka: `kafka.server.ReplicaManager`, `kafka.cluster.Partition`.
"""
