"""Administration: `AdminClient` in front of `AsyncAdmin`, whose parts go by what they administer.

Rule: what fails for one topic, group or resource is a value under its name. Kafka: `KafkaAdminClient`.
"""
