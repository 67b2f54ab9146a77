"""Why our clients answer otherwise than confluent_kafka's, where they do, for docs/CLIENTS.md."""

# "Section: case" → why ours answers otherwise.
REASONS: dict[str, str] = {
    "Producer: produce, key=bytearray": "more is taken: it is copied",
    "Producer: produce, headers=[['a', b'x']]": "more is taken",
    "Producer: produce, headers=tuple of pairs": "more is taken",
    "Producer: produce, headers={1: b'a'}": "there the header is lost without a word",
    "Producer: produce, on_delivery=5": "there the error is an accident",
    "Producer: produce_batch, a timestamp": "more is taken",
    "Producer: closed: produce_batch([])": "a closed client says so, whatever it is given",
    "Consumer: subscribe([5])": "there the number is lost without a word, or ends the process",
    "Consumer: subscribe, on_assign=None": "more is taken",
    "Consumer: assign a tuple": "more is taken",
    "Consumer: seek to -3": "it stands for nothing; assign() refuses it there, too",
    "Consumer: commit, one of two unknown": "it is told which one failed, and that the other is committed",
    "AdminClient: describe_topics(list)": "more is taken",
    "AdminClient: list_consumer_group_offsets, two groups": "more is taken",
    "AdminClient: list_offsets, unknown": "the broker's own error",
    "AdminClient: describe_acls": "there the broker's error SECURITY_DISABLED is lost",
}
"""\"Section: case\" → why ours answers otherwise."""
_SERIALIZERS = "missing: serializers are not built; a message's value is bytes"
_SHARE = "missing: share groups are not built"
MISSING: dict[str, str] = {
    "AcknowledgeType": _SHARE,
    "ConcurrentModificationException": _SHARE,
    "DeserializingConsumer": _SERIALIZERS,
    "DeserializingShareConsumer": _SHARE,
    "IllegalStateException": _SHARE,
    "Messages": _SHARE,
    "SerializingProducer": _SERIALIZERS,
    "ShareConsumer": _SHARE,
    "delivery_count": _SHARE,
    "deserialized_key": _SERIALIZERS,
    "deserialized_value": _SERIALIZERS,
    "libversion": "missing: there is no librdkafka",
    "version": "missing: it is `minikafka.__version__`",
}
"""Name → why ours has none."""
OURS: dict[str, str] = {
    "close": "ours alone: there the garbage collector closes it",
    "lag": "ours alone: how far behind each partition is",
    "remove_members_from_consumer_group": "ours alone: Java's admin client has it",
}
"""Name → why theirs has none."""
