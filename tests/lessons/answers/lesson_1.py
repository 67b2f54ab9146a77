"""Lesson 1, as learners answer it."""

from answers.solutions import RIGHT

LAG = RIGHT["1a"]

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

PUBLISH, READ_ALL = RIGHT["1b"].split_at("def read_all")


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

WRONG = {"1a": WRONG_LAG, "1b": WRONG_BUS}
