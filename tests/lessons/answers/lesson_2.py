"""Lesson 2, as learners answer it."""

from answers.solutions import RIGHT

PARTITION = RIGHT["2a"]

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
        PARTITION.replace("    h ^= h >> 13\n    h = h * m & mask\n    return h ^ (h >> 15)", "    return h"),
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

PREDICTION = RIGHT["2b"]
WRONG_PREDICTION = {
    "the old partition": (PREDICTION.replace('"grown": 5', '"grown": 3'), "The count changed"),
    "records move": (PREDICTION.replace('"old": 3', '"old": 5'), "Records don't move"),
    "order everywhere": (PREDICTION.replace("False", "True"), "Order holds within one partition"),
    "all consumers busy": (PREDICTION.replace('"busy": 6', '"busy": 8'), "8 is how many there are"),
    "counted from 1": (PREDICTION.replace('"where": 3', '"where": 4'), "numbered from 0"),
    "a text": (PREDICTION.replace('"where": 3', '"where": "3"'), "without quotes"),
}

WRONG = {"2a": WRONG_PARTITION, "2b": WRONG_PREDICTION}
