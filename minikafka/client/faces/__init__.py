"""What the three clients have in common towards an application: arguments, futures, and the driver of their loop.

Rule: only here do the clients know threads. Kafka: the application's side of `KafkaProducer`, `KafkaConsumer`.
"""
