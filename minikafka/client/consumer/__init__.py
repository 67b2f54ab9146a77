"""The consumer: `Consumer` in front of `AsyncConsumer`, its group, its positions, its fetches and its commits.

Rule: the application's thread and the loop share the positions and the mailbox, and nothing else.
Kafka: `org.apache.kafka.clients.consumer`.
"""
