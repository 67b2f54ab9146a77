"""What `confluent_kafka.aio` offers, so that a program which imports from there needs a new name and nothing else.

Rule: names only; what they name is in `minikafka/client/aio.py`.
"""

from minikafka.client.aio import AIOConsumer as AIOConsumer
from minikafka.client.aio import AIOProducer as AIOProducer
