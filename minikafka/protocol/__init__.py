"""Kafka's wire protocol: message classes, their compiled codecs, framing, the server's and the client's end.

Rule: bytes from the wire never crash it; they become a message or a `MalformedMessage`.
Kafka has the same in `clients/src/main/java/org/apache/kafka/common/{protocol,requests,network}`.
"""
