"""The producer: `Producer` in front of `AsyncProducer`, the batches that wait, and who sends them.

Rule: every record that is accepted is reported exactly once. Kafka: `org.apache.kafka.clients.producer`.
"""
