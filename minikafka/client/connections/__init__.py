"""What the three clients have in common towards the cluster: connections, metadata, leaders, offsets, notices.

Rule: a client has one `Reach`, and all its parts reach the cluster through it. Kafka: `NetworkClient`, `Metadata`.
"""
