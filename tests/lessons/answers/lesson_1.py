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
        PUBLISH + READ_ALL.replace("message is None or message.error() is not None", "False"),
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
}

RIGHT = {"1a": LAG, "1b": PUBLISH + READ_ALL}
WRONG = {"1a": WRONG_LAG, "1b": WRONG_BUS}
SKELETONS = {
    "1a": "def lag(e, c, s):\n    '''Doc.'''\n    raise NotImplementedError('exercise 1a')\n",
    "1b": "def publish(p, t, r):\n    raise NotImplementedError\ndef read_all(c, n):\n    raise NotImplementedError\n",
}
<<<<<<< HEAD:tests/lessons/answers/lesson_1.py
=======

PREDICTION = 'prediction = {"where": 3, "grown": 5, "old": 3, "in_order": False, "busy": 6}\n'
WRONG_PREDICTION = {
    "the old partition": (PREDICTION.replace('"grown": 5', '"grown": 3'), "The count changed"),
    "records move": (PREDICTION.replace('"old": 3', '"old": 5'), "Records don't move"),
    "order everywhere": (PREDICTION.replace("False", "True"), "Order holds within one partition"),
    "all consumers busy": (PREDICTION.replace('"busy": 6', '"busy": 8'), "8 is how many there are"),
    "counted from 1": (PREDICTION.replace('"where": 3', '"where": 4'), "numbered from 0"),
    "a text": (PREDICTION.replace('"where": 3', '"where": "3"'), "without quotes"),
}

<<<<<<< HEAD:tests/lessons/answers/lesson_1.py
_HIGH = "def high_watermark(current, leader_end, isr_ends):\n    return max(current, min([leader_end, *isr_ends]))\n"
_SYNC = "def is_in_sync(now, last, limit):\n    return now - last <= limit\n"
_CUT = "def truncation_offset(own, other):\n    return min(own, other)\n"
RULES = _HIGH + _SYNC + _CUT


def _high(value):
    return f"def high_watermark(current, end, ends):\n    return {value}\n{_SYNC}{_CUT}"


def _sync(value):
    return f"{_HIGH}def is_in_sync(now, last, limit):\n    return {value}\n{_CUT}"


def _cut(value):
    return f"{_HIGH}{_SYNC}def truncation_offset(own, other):\n    return {value}\n"


WRONG_RULES = {
    "the leader's end": (_high("end"), "The largest end is the leader's"),
    "the fastest": (_high("max([end, *ends])"), "The largest end is the leader's"),
    "a majority": (_high("sorted([end, *ends])[len(ends) // 2]"), "A majority is Raft's rule"),
    "one too far": (_high("min([end, *ends]) + 1"), "One too far"),
    "it falls": (_high("min([end, *ends])"), "What was committed once stays committed"),
    "it never moves": (_high("current"), "Yours never moves"),
    "one too few": (_high("max(current, min([end, *ends]) - 1)"), "One too few"),
    "a float": (_high("max(current, min([end, *ends])) / 1"), "expected an offset, an int"),
    "always in sync": (_sync("True"), "Yours says True for ever"),
    "no delay": (_sync("last >= now"), "Yours allows no delay"),
    "seconds": (_sync("now - last <= limit / 1000"), "The limit is in milliseconds already"),
    "the wrong way round": (_sync("now - last > limit"), "The wrong way round"),
    "never in sync": (_sync("False"), "Behind is not out of sync"),
    "nothing is cut": (_cut("own"), "two values at one offset"),
    "the leader's end cuts": (_cut("other"), "The leader's end alone isn't enough"),
    "the later end": (_cut("max(own, other)"), "The later of the two ends"),
    "all is cut": (_cut("0"), "Cutting everything is safe only as long as nobody dies"),
}

OUTCOMES = (
    'outcomes = {"A": "lost", "B": "lost", "C": "kept", "D": "lost", "E": "refused", "F": "kept", "G": "refused", '
    '"H": "lost", "I": "refused"}\n'
)
WRONG_OUTCOMES = {
    "acks=1 is kept": (
        OUTCOMES.replace('"B": "lost"', '"B": "kept"'),
        "at the moment of the acknowledgement",
    ),
    "all is all": (OUTCOMES.replace('"D": "lost"', '"D": "kept"'), "not that it is safe there"),
    "refused is lost": (OUTCOMES.replace('"E": "refused"', '"E": "lost"'), "What was never acknowledged"),
    "acks=1 is refused": (OUTCOMES.replace('"H": "lost"', '"H": "refused"'), "Only acks=all is ever refused"),
    "another word": (OUTCOMES.replace('"F": "kept"', '"F": "fine"'), "One of three words"),
    "three of two": (OUTCOMES.replace('"I": "refused"', '"I": "kept"'), "Three must be in sync"),
}

RIGHT = {"1a": LAG, "1b": PUBLISH + READ_ALL, "2a": PARTITION, "2b": PREDICTION, "8a": RULES, "8b": OUTCOMES}
=======
READY = """
def batch_is_ready(size_bytes, batch_size_bytes, waited_ms, linger_ms):
    return size_bytes >= batch_size_bytes or waited_ms >= linger_ms
"""
_READY = "size_bytes >= batch_size_bytes or waited_ms >= linger_ms"


def ready(decision):
    """A rule that decides so."""
    return READY.replace(_READY, decision)


WRONG_READY = {
    "always": (ready("True"), "Your rule has no patience"),
    "never": (ready("False"), "never lets a batch go"),
    "size only": (ready("size_bytes >= batch_size_bytes"), "the last record never leaves"),
    "clock only": (ready("waited_ms >= linger_ms"), "looks at the clock only"),
    "both": (ready(_READY.replace(" or ", " and ")), "both reasons at once"),
    "beyond the edges": (ready(_READY.replace(">=", ">")), "Look at the very edge"),
    "beyond full": (ready(_READY.replace(">=", ">", 1)), "It can't get any bigger"),
    "beyond linger": (
        ready("size_bytes >= batch_size_bytes or waited_ms > linger_ms"),
        "who has waited exactly linger.ms has waited long enough",
    ),
    "arguments mixed up": (
        ready("size_bytes >= linger_ms or waited_ms >= batch_size_bytes"),
        "bytes with milliseconds",
    ),
    "seconds": (
        ready("size_bytes >= batch_size_bytes or waited_ms / 1000 >= linger_ms"),
        "milliseconds already",
    ),
    "the other way round": (ready(f"not ({_READY})"), "other way round"),
    "half full": (
        ready("size_bytes >= batch_size_bytes / 2 or waited_ms >= linger_ms"),
        "Half full is not full",
    ),
    "a little early": (
        ready("size_bytes >= batch_size_bytes or waited_ms >= linger_ms * 0.8"),
        "could still get more records",
    ),
    "no return": (READY.replace("return ", ""), "Does every way through your function return one?"),
    "numbers": (ready(f"1 if {_READY} else 0"), "a question that has two answers"),
    "raises": (ready("size >= batch_size_bytes"), "An exception is no answer"),
}

LINGER = 'prediction = {"fast_0": 1, "fast_15": 8, "fast_35": 18, "slow_15": 1, "slow_wait": 15, "burst_wait": 0}\n'
WRONG_LINGER = {
    "the first is forgotten": (LINGER.replace("8,", "7,", 1), "opens the batch counts, too"),
    "one too many": (LINGER.replace("18", "19"), "the batch has just left"),
    "no fraction of a record": (LINGER.replace("8,", "7.5,", 1), "whole records"),
    "one a millisecond": (LINGER.replace("8,", "15,", 1), "at another rate"),
    "an empty batch": (LINGER.replace('"fast_0": 1', '"fast_0": 0'), "An empty batch is never sent"),
    "leaves at once": (LINGER.replace('"slow_wait": 15', '"slow_wait": 0'), "can't know that nobody else"),
    "waits for the next": (LINGER.replace('"slow_wait": 15', '"slow_wait": 50'), "doesn't wait for the next"),
    "full batches linger": (LINGER.replace('"burst_wait": 0', '"burst_wait": 15'), "not the shortest"),
    "a text": (LINGER.replace("18", '"18"'), "without quotes"),
}

RIGHT = {"1a": LAG, "1b": PUBLISH + READ_ALL, "2a": PARTITION, "2b": PREDICTION, "3a": READY, "3b": LINGER}
>>>>>>> lesson3:tests/lessons/answers_for_tests.py
WRONG = {
    "1a": WRONG_LAG,
    "1b": WRONG_BUS,
    "2a": WRONG_PARTITION,
    "2b": WRONG_PREDICTION,
<<<<<<< HEAD:tests/lessons/answers/lesson_1.py
    "8a": WRONG_RULES,
    "8b": WRONG_OUTCOMES,
}
>>>>>>> lesson8:tests/lessons/answers_for_tests.py
=======
    "3a": WRONG_READY,
    "3b": WRONG_LINGER,
}
>>>>>>> lesson3:tests/lessons/answers_for_tests.py
