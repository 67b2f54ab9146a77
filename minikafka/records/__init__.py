"""Record batches: the bytes that travel unchanged from a producer's socket to a segment file and back.

Rule: a batch is a `memoryview`; only who must see a record decodes it.
Kafka does the same in `org.apache.kafka.common.record` (KIP-98 brought the v2 format).
"""
