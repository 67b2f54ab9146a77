"""The log of one partition, as Kafka lays it on disk: segments, sparse indexes, epochs, producer states.

Rule: what is on disk is Kafka's own format under Kafka's own names, and every method
is synchronous, since writes go to the page cache. Kafka: `UnifiedLog`, `LocalLog`, `LogSegment`.
"""
