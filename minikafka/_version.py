"""Which minikafka this is: for people, and for servers that ask their clients.

Rule: it stands here, and in pyproject.toml, which a test compares.
"""

VERSION = "0.1.0"
