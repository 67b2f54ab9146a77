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

BATCH = '''
import gzip
import struct


def varint(number):
    """A signed number as a varint (bytes)."""
    number = (number << 1) ^ (number >> 63)
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def crc32c(data):
    """The checksum of some bytes."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def record_batch(rows, gzipped=False):
    """The batch (bytes) of these rows: (time in ms, key or None, value or None)."""

    def sized(part):
        return varint(-1) if part is None else varint(len(part)) + part

    first, records = rows[0][0], b""
    for n, (time, key, value) in enumerate(rows):
        body = (
            b"\\0"
            + varint(time - first)
            + varint(n)
            + sized(key)
            + sized(value)
            + varint(0)
        )
        records += varint(len(body)) + body
    if gzipped:
        records = gzip.compress(records)
    largest = max(time for time, _, _ in rows)
    count = len(rows)
    hashed = (
        struct.pack(
            ">hiqqqhii", int(gzipped), count - 1, first, largest, -1, -1, -1, count
        )
        + records
    )
    rest = struct.pack(">ibI", -1, 2, crc32c(hashed)) + hashed
    return struct.pack(">qi", 0, len(rest)) + rest
'''

WRONG_BATCH = {
    "zlib's checksum": (
        BATCH.replace(
            "    crc = 0xFFFFFFFF\n", "    import zlib\n\n    return zlib.crc32(data)\n    crc = 0xFFFFFFFF\n"
        ),
        "Kafka's is CRC-32C",
    ),
    "bits not turned over": (BATCH.replace("return crc ^ 0xFFFFFFFF", "return crc"), "turn all 32 bits over"),
    "no zigzag": (
        BATCH.replace("(number << 1) ^ (number >> 63)", "number & (1 << 64) - 1"),
        "You leave out zigzag",
    ),
    "the sign is lost": (
        BATCH.replace("(number << 1) ^ (number >> 63)", "abs(number) << 1"),
        "You lose the sign",
    ),
    "little end first": (BATCH.replace('">', '"<'), "wrong way round"),
    "length of all": (BATCH.replace("0, len(rest))", "0, len(rest) + 12)"), "You count the whole batch"),
    "last offset is the count": (BATCH.replace("count - 1", "count"), "Which one has the last of them"),
    "time of the last": (
        BATCH.replace("max(time for time, _, _ in rows)", "rows[-1][0]"),
        "which time is the largest",
    ),
    "checksum from the magic on": (
        BATCH.replace("crc32c(hashed)", 'crc32c(b"\\2" + hashed)'),
        "Your checksum begins too early",
    ),
    "checksum of the records only": (
        BATCH.replace("crc32c(hashed)", "crc32c(records)"),
        "it begins at the attributes",
    ),
    "an empty key for none": (
        BATCH.replace("varint(-1) if part is None", "varint(0) if part is None"),
        "missing key as an empty one",
    ),
    "difference to the record before": (
        BATCH.replace("    if gzipped:\n", "        first = time\n    first = rows[0][0]\n    if gzipped:\n"),
        "difference to the record before",
    ),
    "never packed": (
        BATCH.replace("        records = gzip.compress(records)\n", "        pass\n"),
        "nothing was packed",
    ),
    "packed and not said": (BATCH.replace("int(gzipped), ", "0, "), "gzip is codec 1"),
    "a text": (
        BATCH + "\ndef record_batch(rows, gzipped=False):\n    return str(rows)\n",
        "a header alone has 61 bytes",
    ),
}

CODECS = """
prediction = {
    "small": "zstd",  # 1,000 rows of JSON to a batch: one of the two smallest codecs
    "one": "none",  # one row of weather to a batch: the smallest, of "none" and the four
    "many": 100,  # 1, 10, 100 or 1000: first batch size where zstd makes weather 3 times smaller
    "random": False,  # 1,000 random records with lz4 take less than their keys and values: True?
    "default": "lz4",  # the producer packs with lz4, the topic says nothing: codec in the file
    "topic": "gzip",  # the producer packs with zstd, the topic says gzip: codec in the file
}
"""
WRONG_CODECS = {
    "a quick one": (CODECS.replace('"small": "zstd"', '"small": "lz4"'), "among the quick ones"),
    "a codec for one row": (CODECS.replace('"one": "none"', '"one": "zstd"'), "trust the codec too much"),
    "one row pays": (CODECS.replace('"many": 100', '"many": 1'), "the header alone is larger"),
    "no such size": (CODECS.replace('"many": 100', '"many": 50'), "One of the four sizes"),
    "random gets smaller": (CODECS.replace("False", "True"), "drawn by lot"),
    "unpacked on the way": (CODECS.replace('"default": "lz4"', '"default": "none"'), "Nobody unpacked it"),
    "the producer's codec": (CODECS.replace('"topic": "gzip"', '"topic": "zstd"'), "one of its own"),
    "no codec": (CODECS.replace('"small": "zstd"', '"small": "rar"'), "One of these words"),
}

FRAME = '''
def xxh32(data):
    """The hash of less than 16 bytes: a number of 32 bits. It is right as it is."""
    mask, h = 0xFFFFFFFF, 0x165667B1 + len(data)
    whole = len(data) // 4 * 4
    for i in range(0, whole, 4):
        h = h + int.from_bytes(data[i : i + 4], "little") * 0xC2B2AE3D & mask
        h = (h << 17 | h >> 15) * 0x27D4EB2F & mask
    for byte in data[whole:]:
        h = h + byte * 0x165667B1 & mask
        h = (h << 11 | h >> 21) * 0x9E3779B1 & mask
    h = (h ^ h >> 15) * 0x85EBCA77 & mask
    h = (h ^ h >> 13) * 0xC2B2AE3D & mask
    return h ^ h >> 16


found = {
    "dock": "dock-3",  # whose frames can't be read today
    "field": "HC",  # the field that is wrong: "magic", "FLG", "BD", "size", "HC", "length" or "data"
    "too_many": 4,  # how many bytes its client has put into the hash that don't belong there
}


def mended(frame):
    """The frame (bytes), so that a client of today reads it."""
    end = 14 if frame[4] & 8 else 6
    right = xxh32(frame[4:end]) >> 8 & 0xFF
    return frame[:end] + bytes([right]) + frame[end + 1 :]
'''
WRONG_FRAME = {
    "the dock with a size": (FRAME.replace('"dock-3"', '"dock-2"'), "say how long their content is"),
    "another field": (FRAME.replace('"field": "HC"', '"field": "checksum"'), "One of these: magic"),
    "one byte too many": (FRAME.replace('"too_many": 4', '"too_many": 1'), "some before them"),
    "the magic is hashed": (FRAME.replace("frame[4:end]", "frame[:end]"), "the very fault of that client"),
    "the lowest byte": (FRAME.replace(">> 8 & 0xFF", "& 0xFF"), "which byte of the hash"),
    "no size": (FRAME.replace("14 if frame[4] & 8 else 6", "6"), "You put HC at byte 6"),
    "no checksum": (FRAME.replace("xxh32(frame[4:end]) >> 8 & 0xFF", "0"), "0 says “no checksum”"),
    "as it was": (
        FRAME.replace("return frame[:end] + bytes([right]) + frame[end + 1 :]", "return frame"),
        "still has the old checksum",
    ),
    "one byte more": (FRAME.replace("frame[end + 1 :]", "frame[end:]"), "longer or shorter"),
    "nothing": (FRAME.replace("return frame[:end]", "frame[:end]"), "bytes are expected"),
}

RIGHT = {
    "1a": LAG,
    "1b": PUBLISH + READ_ALL,
    "2a": PARTITION,
    "2b": PREDICTION,
    "4a": BATCH,
    "4b": CODECS,
    "4c": FRAME,
}
WRONG = {
    "1a": WRONG_LAG,
    "1b": WRONG_BUS,
    "2a": WRONG_PARTITION,
    "2b": WRONG_PREDICTION,
    "4a": WRONG_BATCH,
    "4b": WRONG_CODECS,
    "4c": WRONG_FRAME,
}
