"""Lesson 1, as learners answer it."""

LAG = """
def lag(log_end_offset, committed_offset, log_start_offset):
    if committed_offset is None:
        return None
    return max(0, log_end_offset - max(committed_offset, log_start_offset))
"""

WRONG_LAG = {
    "0 without a commit": (
        "def lag(e, c, s):\n    return 0 if c is None else max(0, e - max(c, s))",
        "0 says “has read everything”",
    ),
    "no commit counts from 0": (
        "def lag(e, c, s):\n    return max(0, e - max(c or 0, s))",
        "Nobody knows where that group will begin",
    ),
    "negative": (
        "def lag(e, c, s):\n    return None if c is None else e - max(c, s)",
        "Your LAG gets negative",
    ),
    "one too few": (
        "def lag(e, c, s):\n    return None if c is None else max(0, e - max(c, s) - 1)",
        "One too few",
    ),
    "one too many": (
        "def lag(e, c, s):\n    return None if c is None else max(0, e - max(c, s) + 1)",
        "One too many",
    ),
    "abs": ("def lag(e, c, s):\n    return None if c is None else abs(e - max(c, s))", "`abs` turns"),
    "deleted records count": (
        "def lag(e, c, s):\n    return None if c is None else max(0, e - c)",
        "You count records that retention has deleted",
    ),
    "not c": ("def lag(e, c, s):\n    return None if not c else max(0, e - max(c, s))", "0 is a real commit"),
}

PUBLISH = """
def publish(producer, topic, rows):
    for station, text in rows:
        while True:
            try:
                producer.produce(topic, text, key=station)
                break
            except BufferError:
                producer.poll(0.1)
    producer.flush()
"""

READ_ALL = """
def read_all(consumer, count):
    records = []
    while len(records) < count:
        message = consumer.poll(1.0)
        if message is None or message.error() is not None:
            continue
        records.append((message.key().decode(), message.value().decode()))
    consumer.commit(asynchronous=False)
    return records
"""

WRONG_BUS = {
    "no flush": (
        PUBLISH.replace("    producer.flush()\n", "") + READ_ALL,
        "What has to be true before you return?",
    ),
    "no key": (
        PUBLISH.replace(", key=station", "") + READ_ALL,
        "What brings a station's records into the same one",
    ),
    "key is the value": (
        PUBLISH.replace("key=station", "key=text") + READ_ALL,
        "whose row it is: the station's name alone",
    ),
    "full queue raises": (
        "def publish(producer, topic, rows):\n    for s, t in rows:\n        producer.produce(topic, t, key=s)\n"
        "    producer.flush()\n" + READ_ALL,
        "What becomes of the row that found no room",
    ),
    "full queue drops": (
        "def publish(producer, topic, rows):\n    for s, t in rows:\n        try:\n"
        "            producer.produce(topic, t, key=s)\n        except BufferError:\n            producer.poll(0.1)\n"
        "    producer.flush()\n" + READ_ALL,
        "What becomes of the row that found no room",
    ),
    "twice": (
        PUBLISH.replace(
            "                break\n",
            "                producer.produce(topic, text, key=station)\n                break\n",
        )
        + READ_ALL,
        "Some rows are sent again that had been accepted",
    ),
    "stops at None": (
        PUBLISH
        + READ_ALL.replace(
            "        if message is None or", "        if message is None:\n            break\n        if"
        ),
        "That says nothing of what comes later",
    ),
    "takes None for a message": (
        PUBLISH + READ_ALL.replace("message is None or ", ""),
        "That says nothing of what comes later",
    ),
    "takes events for records": (
        PUBLISH
        + READ_ALL.replace(" or message.error() is not None", "").replace(
            "(message.key().decode(), message.value().decode())",
            "((message.key() or b'').decode(), (message.value() or b'').decode())",
        ),
        "the end of a partition comes as a message",
    ),
    "no commit": (
        PUBLISH + READ_ALL.replace("    consumer.commit(asynchronous=False)\n", ""),
        "A group remembers what was committed",
    ),
    "bytes": (PUBLISH + READ_ALL.replace(".decode()", ""), "what makes a text of bytes"),
    "reads for ever": (
        PUBLISH + READ_ALL.replace("while len(records) < count", "while True"),
        "until your list has `count` of them",
    ),
    "by a global variable": (
        "kept = []\ndef publish(producer, topic, rows):\n    kept.extend(rows)\n"
        "def read_all(consumer, count):\n    return list(kept)\n",
        "Each row has to be given to the producer",
    ),
    "an event is decoded": (
        PUBLISH
        + READ_ALL.replace(
            "if message is None or message.error() is not None:\n            continue",
            "if message is None:\n            continue",
        ),
        "poll returned an event",
    ),
}

RIGHT = {"1a": LAG, "1b": PUBLISH + READ_ALL}
WRONG = {"1a": WRONG_LAG, "1b": WRONG_BUS}
SKELETONS = {
    "1a": "def lag(e, c, s):\n    '''Doc.'''\n    raise NotImplementedError('exercise 1a')\n",
    "1b": "def publish(p, t, r):\n    raise NotImplementedError\ndef read_all(c, n):\n    raise NotImplementedError\n",
}
