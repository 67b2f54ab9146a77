"""What a cluster knows about itself: the records it is told by, the image they add up to, and configurations.

Rule: an image is immutable, and only records change one into the next. Kafka: modules `metadata` and
`server` (`MetadataImage`, `MetadataDelta`, `MetadataLoader`, `BrokerLifecycleManager`, `TopicConfig`).
"""
