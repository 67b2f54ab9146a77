"""The broker: a node that stores partitions and answers Kafka's requests."""
