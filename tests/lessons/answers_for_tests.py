"""Answers as learners write them: right ones, and wrong ones with the words that their hint must have."""

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

SEGMENTS = """
def should_roll(
    size, incoming, segment_bytes, age_ms, segment_ms, index_full, offset_too_far
):
    '''Does a new segment begin before the `incoming` bytes are written?'''
    if index_full or offset_too_far or size + incoming > segment_bytes:
        return True
    return size > 0 and age_ms > segment_ms


def floor_entry(entries, target):
    '''The position of the last entry that is not greater than `target`, or -1.'''
    low, high = 0, len(entries)
    while low < high:
        middle = (low + high) // 2
        if entries[middle] <= target:
            low = middle + 1
        else:
            high = middle
    return low - 1


def segments_to_delete(
    segments, now_ms, retention_ms, retention_bytes, high_watermark, log_start
):
    '''How many of the oldest go. A segment is (first, next, size, newest_ms).'''
    last = len(segments) - 1

    def may_go(n):
        _, following, size, _ = segments[n]
        return following <= high_watermark and not (n == last and size == 0)

    gone, left = 0, sum(size for _, _, size, _ in segments)
    while retention_ms >= 0 and gone <= last and may_go(gone):
        if now_ms - segments[gone][3] <= retention_ms:
            break
        left -= segments[gone][2]
        gone += 1
    while retention_bytes >= 0 and gone <= last and may_go(gone):
        if left - segments[gone][2] < retention_bytes:
            break
        left -= segments[gone][2]
        gone += 1
    while gone < last and segments[gone][1] <= min(log_start, high_watermark):
        gone += 1
    return gone
"""

_BY_TIME = SEGMENTS[
    SEGMENTS.index("    while retention_ms >= 0") : SEGMENTS.index("    while retention_bytes")
]
WRONG_SEGMENTS = {
    "exactly full": (
        SEGMENTS.replace("size + incoming > segment_bytes", "size + incoming >= segment_bytes"),
        "Exactly full still fits",
    ),
    "what is there only": (
        SEGMENTS.replace("size + incoming > segment_bytes", "size > segment_bytes"),
        "how big the file would be",
    ),
    "an empty one is old": (
        SEGMENTS.replace("return size > 0 and age_ms", "return age_ms"),
        "An empty segment never rolls",
    ),
    "never for its age": (
        SEGMENTS.replace("return size > 0 and age_ms > segment_ms", "return False"),
        "and yet it goes on",
    ),
    "no limits": (SEGMENTS.replace("index_full or offset_too_far or ", ""), "Either of the two flags"),
    "equal left out": (
        SEGMENTS.replace("if entries[middle] <= target", "if entries[middle] < target"),
        "equal to the target",
    ),
    "the next entry": (
        SEGMENTS.replace("return low - 1", "return low"),
        "where the target would be inserted",
    ),
    "never none": (SEGMENTS.replace("return low - 1", "return max(0, low - 1)"), "Entry 0 would lie behind"),
    "a hole": (
        SEGMENTS.replace(_BY_TIME, "    gone = sum(now_ms - s[3] > retention_ms >= 0 for s in segments)\n"),
        "leave a hole in the log",
    ),
    "watermark forgotten": (
        SEGMENTS.replace("return following <= high_watermark and not", "return not"),
        "not all replicas have it yet",
    ),
    "the empty last one": (
        SEGMENTS.replace("and not (n == last and size == 0)", ""),
        "it says where the log goes on",
    ),
    "too much by size": (
        SEGMENTS.replace("if left - segments[gone][2] < retention_bytes", "if left < retention_bytes"),
        "less than `retention_bytes`",
    ),
    "the last below the start": (
        SEGMENTS.replace("while gone < last and", "while gone <= last and"),
        "the last segment stays",
    ),
}

READ_LOG = """import struct

def read_log(data):
    '''The batches of a segment's bytes.'''
    header = struct.Struct(">qiibIhiqqqhii")
    codecs = ["none", "gzip", "snappy", "lz4", "zstd"]
    batches, position = [], 0
    while position + header.size <= len(data):
        fields = header.unpack_from(data, position)
        base, length, attributes, delta = fields[0], fields[1], fields[5], fields[6]
        size = 12 + length
        if size < header.size or position + size > len(data):
            break
        batches.append(
            {
                "position": position,
                "base_offset": base,
                "last_offset": base + delta,
                "count": fields[12],
                "max_timestamp": fields[8],
                "size": size,
                "compresscodec": codecs[attributes & 7],
            }
        )
        position += size
    return batches
"""

WRONG_READ_LOG = {
    "twelve bytes short": (
        READ_LOG.replace("size = 12 + length", "size = length"),
        "Twelve bytes are missing",
    ),
    "next offset": (READ_LOG.replace("base + delta,", "base + delta + 1,"), "the *next* record"),
    "only the distance": (READ_LOG.replace("base + delta,", "delta,"), "add it to `base_offset`"),
    "base time": (READ_LOG.replace("fields[8]", "fields[7]"), "Which one is at byte 35"),
    "all attributes": (
        READ_LOG.replace("codecs[attributes & 7]", 'codecs[attributes] if attributes < 5 else "?"'),
        "lowest three bits",
    ),
    "a torn one counts": (
        READ_LOG.replace(" or position + size > len(data)", ""),
        "where the file ends",
    ),
    "zeros count": (READ_LOG.replace("size < header.size or ", ""), "No real one is shorter"),
    "first batch only": (
        READ_LOG.replace("        position += size\n", "        break\n"),
        "`batch_length` counts what follows",
    ),
    "last delta as count": (READ_LOG.replace("fields[12]", "delta"), "The count stands at byte 57"),
}

SEGMENTS_PREDICTED = (
    'prediction = {"entry": 12319, "passed": 3, "oldest": 30, "older": True, '
    '"killed": 0, "sealed": 0, "gap": False}\n'
)
WRONG_SEGMENTS_PREDICTED = {
    "entry behind": (SEGMENTS_PREDICTED.replace("12319", "12359"), "a scan goes forward only"),
    "one too few": (SEGMENTS_PREDICTED.replace('"passed": 3', '"passed": 2'), "One too few"),
    "dense": (SEGMENTS_PREDICTED.replace('"passed": 3', '"passed": 0'), "This one is sparse"),
    "a cut segment": (SEGMENTS_PREDICTED.replace('"oldest": 30', '"oldest": 35'), "never cuts one in two"),
    "the oldest counts": (
        SEGMENTS_PREDICTED.replace('"oldest": 30', '"oldest": 40'),
        "the newest that counts",
    ),
    "a kill takes": (
        SEGMENTS_PREDICTED.replace('"killed": 0', '"killed": 15'),
        "not in the process's memory",
    ),
    "exact retention": (SEGMENTS_PREDICTED.replace("True", "False"), "On which of its records"),
    "a text": (SEGMENTS_PREDICTED.replace('"oldest": 30', '"oldest": "30"'), "without quotes"),
}

RIGHT = {"1a": LAG, "1b": PUBLISH + READ_ALL, "2a": PARTITION, "2b": PREDICTION}
RIGHT |= {"5a": SEGMENTS, "5b": READ_LOG, "5c": SEGMENTS_PREDICTED}
WRONG = {"1a": WRONG_LAG, "1b": WRONG_BUS, "2a": WRONG_PARTITION, "2b": WRONG_PREDICTION}
WRONG |= {"5a": WRONG_SEGMENTS, "5b": WRONG_READ_LOG, "5c": WRONG_SEGMENTS_PREDICTED}
