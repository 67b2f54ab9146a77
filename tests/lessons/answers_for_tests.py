"""Answers as learners write them: right ones, and wrong ones with the words that their hint must have."""

import answers_for_lesson_10

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

PARTITION = """
def murmur2(data):
    m = 0x5BD1E995
    mask = 0xFFFFFFFF
    h = 0x9747B28C ^ len(data)
    whole = len(data) // 4 * 4
    for i in range(0, whole, 4):
        k = int.from_bytes(data[i : i + 4], "little") * m & mask
        k ^= k >> 24
        k = k * m & mask
        h = (h * m & mask) ^ k
    if whole < len(data):
        h = (h ^ int.from_bytes(data[whole:], "little")) * m & mask
    h ^= h >> 13
    h = h * m & mask
    return h ^ h >> 15


def partition_for_key(key, partition_count):
    return (murmur2(key) & 0x7FFFFFFF) % partition_count
"""

_MAIN = "    return (murmur2(key) & 0x7FFFFFFF) % partition_count\n"
_SIGNED = "    h = murmur2(key)\n    h = h - (1 << 32) if h >> 31 else h\n"
WRONG_PARTITION = {
    "Python's hash": (PARTITION.replace(_MAIN, "    return hash(key) % partition_count\n"), "PYTHONHASHSEED"),
    "abs": (
        PARTITION.replace(_MAIN, _SIGNED + "    return abs(h) % partition_count\n"),
        "`abs` is not what Kafka does",
    ),
    "signed": (
        PARTITION.replace(_MAIN, _SIGNED + "    return h % partition_count\n"),
        "Python's % of a negative number",
    ),
    "unsigned": (
        PARTITION.replace(" & 0x7FFFFFFF", ""),
        "as an unsigned number. Kafka drops the sign bit first",
    ),
    "crc32": (
        PARTITION.replace(_MAIN, "    import zlib\n    return zlib.crc32(key) % partition_count\n"),
        "That is CRC-32",
    ),
    "wrong seed": (PARTITION.replace("0x9747B28C ^", "0 ^"), "another number than Kafka's: look at step 1"),
    "no length": (PARTITION.replace(" ^ len(data)", ""), "The length is missing"),
    "big end": (PARTITION.replace('"little"', '"big"'), "read from the wrong end"),
    "no rest": (PARTITION.replace("if whole < len(data)", "if False"), "one, two or three bytes are missing"),
    "no last mixing": (
        PARTITION.replace("    h ^= h >> 13\n    h = h * m & mask\n    return h ^ h >> 15", "    return h"),
        "last mixing is missing",
    ),
    "sum": (PARTITION.replace(_MAIN, "    return sum(key) % partition_count\n"), "The sum of the bytes"),
    "round robin": (
        "n = 0\ndef partition_for_key(key, count):\n    global n\n    n += 1\n    return n % count\n",
        "Use murmur2",
    ),
    "all to 0": ("def partition_for_key(key, count):\n    return 0\n", "murmur2"),
    "off by one": (
        PARTITION.replace("% partition_count", "% partition_count + 1"),
        "0 … partition_count − 1",
    ),
    "a float": (
        PARTITION.replace("% partition_count", "% partition_count / 1"),
        "calculate with whole numbers",
    ),
}

PREDICTION = 'prediction = {"where": 3, "grown": 5, "old": 3, "in_order": False, "busy": 6}\n'
WRONG_PREDICTION = {
    "the old partition": (PREDICTION.replace('"grown": 5', '"grown": 3'), "The count changed"),
    "records move": (PREDICTION.replace('"old": 3', '"old": 5'), "Records don't move"),
    "order everywhere": (PREDICTION.replace("False", "True"), "Order holds within one partition"),
    "all consumers busy": (PREDICTION.replace('"busy": 6', '"busy": 8'), "8 is how many there are"),
    "counted from 1": (PREDICTION.replace('"where": 3', '"where": 4'), "numbered from 0"),
    "a text": (PREDICTION.replace('"where": 3', '"where": "3"'), "without quotes"),
}

RIGHT = {
    "1a": LAG,
    "1b": PUBLISH + READ_ALL,
    "2a": PARTITION,
    "2b": PREDICTION,
    **answers_for_lesson_10.RIGHT,
}
WRONG = {
    "1a": WRONG_LAG,
    "1b": WRONG_BUS,
    "2a": WRONG_PARTITION,
    "2b": WRONG_PREDICTION,
    **answers_for_lesson_10.WRONG,
}
