"""Why our clients answer otherwise than confluent_kafka's, where they do, for docs/CLIENTS.md."""

_MORE = "more is taken"
_ACCIDENT = "there the error is an accident"
_AT_ONCE = "it is told at once"
_NO_LIST = "a text is no list"
_OWN_ERROR = "the broker's own error"
_NEVER_BEGUN = "the sentence says what is wrong"
_GOES_ON = "refused there, too; the partitions are assigned all the same, and nothing stands still"
_NOT_ASSIGNED = "it is not assigned; there the topic is not known yet"
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
    **{
        f"tests/test_message.py: {case}": why
        for case, why in {
            "an empty value is no empty message": "`if message:` must not take a record for nothing",
        }.items()
    },
    **{
        f"tests/test_topic_partition.py: {case}": why
        for case, why in {
            "a partition and a text": "there comparing is an error, by accident",
            "a partition's attributes": "more is taken: topic and error can be set",
            "a partition is copied": _MORE,
        }.items()
    },
    "tests/test_kafka_error.py: errors are compared": _ACCIDENT,
    "tests/test_kafka_error.py: an exception is pickled": _MORE,
    "tests/test_kafka_error.py: an error that is made says nothing of retries": (
        "a code that Kafka calls retriable is retriable, whoever made the error"
    ),
    **{
        f"tests/test_Consumer.py: {case}": why
        for case, why in {
            "store_offsets, every way": _NOT_ASSIGNED,
            "every call without __init__": _NEVER_BEGUN,
        }.items()
    },
    **{
        f"tests/test_Producer.py: {case}": why
        for case, why in {
            "produce_batch, callbacks": "more is taken: an entry's on_delivery",
            "every call without __init__": _NEVER_BEGUN,
            "headers: a name of bytes": "there the name is mangled",
        }.items()
    },
    **{
        f"tests/test_Wakeable.py: {case} is interrupted": "it ends within a moment"
        for case in ("consume()", "consume(5, 20)")
    },
    "tests/test_log.py: logger of a AdminClient, as keywords alone": _MORE,
    "tests/test_AIOConsumer.py: what is refused, and closed": f"{_NOT_ASSIGNED}; closing twice is no error",
    "tests/test_AIOProducer.py: begin and end": "true, though nothing waits; close() says whether all was delivered",
    **{
        f"tests/test_Admin.py: {case}": why
        for why, cases in {
            _ACCIDENT: (
                "create_topics, text",
                "create_topics, text in a list",
                "create_topics, None in a list",
                "create_partitions, text",
                "create_partitions, None in a list",
                "elect_leaders, nobody is there",
                "elect_leaders, one partition twice",
            ),
            _AT_ONCE: (
                "create_topics, one topic twice",
                "delete_topics, one topic twice",
                "describe_configs, one resource twice",
            ),
            "a topic's name is a text": ("delete_topics, a number in a list",),
            _NO_LIST: (
                "describe_configs, text",
                "alter_configs, text",
                "create_acls, text",
                "delete_acls, text",
            ),
        }.items()
        for case in cases
    },
    "tests/integration/consumer/test_consumer_topicpartition_metadata.py: metadata beside an offset": (
        "there a null character is written behind the text"
    ),
    **{
        f"tests/ducktape/test_consumer.py: {case}": why
        for case, why in {
            "on_assign raises": "no record is lost by it",
            "assign() after subscribe()": "there nothing is read after unsubscribe() and assign()",
        }.items()
    },
    "tests/integration/admin/test_delete_records.py: records of two topics": _OWN_ERROR,
    **{
        f"what users reported: {case}": why
        for case, why in {
            "assigned anew while paused": "an assignment begins unpaused, as with Kafka's own consumer",
            "seek() in on_assign": _NOT_ASSIGNED,
            "assign() in a cooperative group": _GOES_ON,
            "incremental_assign() in an eager group": _GOES_ON,
            "one partition twice in a list": "of two offsets the last is committed, once",
            "two members of one group.instance.id": "fatal() says so, too",
            "one callback of three": "there it is forgotten before it is called",
            "a limit of nan": "it is no time",
            "close() in on_revoke": "it is closed",
            "close() in on_commit": "it is closed",
            "at exit: sys.exit in a callback": _ACCIDENT,
        }.items()
    },
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
    "alter_partition_reassignments": "ours alone: Java's admin client has it",
    "list_partition_reassignments": "ours alone: Java's admin client has it",
    "unregister_broker": "ours alone: Java's admin client has it",
    "close": "ours alone: there the garbage collector closes it",
    "lag": "ours alone: how far behind each partition is",
    "remove_members_from_consumer_group": "ours alone: Java's admin client has it",
}
"""Name → why theirs has none."""
